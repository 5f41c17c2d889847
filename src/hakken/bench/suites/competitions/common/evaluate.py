"""Score the validation rows of a submission: the only source of metrics.

    python evaluate.py --out_dir run_0 --seed 0

Reads ``submission.csv`` in ``--out_dir`` as strictly as the grader of the competition does, and the answers of one half
of the validation rows, which are mounted as ``hidden/`` in this step only. The test rows of the competition, and its
answers, are not in this folder at all.
"""

from __future__ import annotations

import argparse
import csv
import json
import sys
from pathlib import Path

import scoring
import submissions

HERE = Path(__file__).parent


def main() -> int:
    """Score one folder."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out_dir", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=0, help="the trial's seed; the score does not depend on it")
    parser.add_argument("--hidden", type=Path, default=HERE / "hidden", help="folder with answers.csv")
    args = parser.parse_args()
    shape = json.loads((HERE / "data" / "form.json").read_text(encoding="utf-8"))
    with (HERE / "data" / "test.csv").open(newline="", encoding="utf-8") as file:
        header, *rows = csv.reader(file)
    ids = [row[header.index(shape["id"])] for row in rows]
    with (args.hidden / "answers.csv").open(newline="", encoding="utf-8") as file:
        right = {row[0]: row[1:] for row in list(csv.reader(file))[1:]}
    asked = submissions.Form(shape["id"], tuple(shape["columns"]), ids, shape["kind"], tuple(shape["classes"]))
    try:
        given = submissions.read_submission(args.out_dir / "submission.csv", asked)
        value = scoring.score(shape["metric"], [given[name] for name in right], list(right.values()))
    except (submissions.InvalidSubmission, scoring.Unscorable) as error:
        print(f"evaluate.py: {error}", file=sys.stderr)
        return 1
    metrics = {f"{shape['competition']}/{shape['metric']}": value}
    (args.out_dir / "metrics.json").write_text(json.dumps(metrics, indent=2) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
