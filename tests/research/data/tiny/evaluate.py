"""Score the estimates against the true levels of one split."""

import argparse
import json
import math
import sys
from pathlib import Path

parser = argparse.ArgumentParser()
parser.add_argument("--out_dir", type=Path, required=True)
parser.add_argument("--seed", type=int, default=0)
args = parser.parse_args()
truth = json.loads((Path(__file__).parent / "hidden" / "truth.json").read_text())
estimates = json.loads((args.out_dir / "estimates.json").read_text())
if len(estimates) != 40 or not all(isinstance(value, float) and math.isfinite(value) for value in estimates):
    sys.exit("estimates.json must hold forty finite numbers")
errors = [abs(estimates[int(index)] - level) for index, level in truth.items()]
metrics = {"levels/absolute_error": sum(errors) / len(errors), "levels/worst_error": max(errors)}
(args.out_dir / "metrics.json").write_text(json.dumps(metrics))
