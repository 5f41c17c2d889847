"""Compare the fitted line with the true one; the only source of the metric."""

import argparse
import json
import random
from pathlib import Path

parser = argparse.ArgumentParser()
parser.add_argument("--out_dir", type=Path, required=True)
parser.add_argument("--seed", type=int, required=True)
args = parser.parse_args()

low, high = json.loads(Path("hidden/range.json").read_text())
rng = random.Random(args.seed)
slope, height = rng.uniform(low, high), rng.uniform(low, high)
a, b = json.loads((args.out_dir / "line.json").read_text())
# The root mean square distance of two lines over -1 to 1.
distance = ((a - slope) ** 2 / 3 + (b - height) ** 2) ** 0.5
(args.out_dir / "metrics.json").write_text(json.dumps({"line/distance": distance}))
