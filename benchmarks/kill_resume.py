"""Kill a run without warning at random moments, run the same command again, and compare with a run left alone.

    python benchmarks/kill_resume.py --kills 10 --seed 0

The pipeline is the tiny template of the tests with the scripted model. Counted: model calls and trials in the record
(none may be there twice, none may be missing), facts (all equal), processes left behind. What depends on measured CPU
time differs between any two runs and is compared by number alone: facts on parity, and the reviewer's calls, whose
prompts hold the whole paper.
"""

from __future__ import annotations

import argparse
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psutil

from hakken.core.types import Call, EventKind
from hakken.store import RunFolder
from hakken.store.kinds import Facts

ROOT = Path(__file__).parents[1]
CODE = (
    "import sys\nfrom pathlib import Path\n"
    "from tests.research.test_pipeline import DATA, run, settings\n"
    "run(DATA / 'tiny', settings(Path(sys.argv[1])))\n"
)


def start(runs: Path) -> subprocess.Popen[bytes]:
    """Begin or continue the run in a process group of its own."""
    return subprocess.Popen([sys.executable, "-c", CODE, str(runs)], cwd=ROOT, start_new_session=True)


def inventory(folder: Path) -> tuple[list[str], list[str], list[tuple[str, str, str]]]:
    """Keys of calls (reviews by number), trials, and the facts that are not about time."""
    with RunFolder(folder).read() as store:
        made = [Call.model_validate(e.data) for e in store.events(EventKind.MODEL_CALLED)]
        trials = [e.stream for e in store.events(EventKind.TRIAL_FINISHED)]
        facts = store.get("facts", Facts)
    assert facts is not None
    twice = len(made) - len({call.key for call in made})
    reviews = sum(call.purpose.startswith("review/") for call in made)
    calls = [call.key for call in made if not call.purpose.startswith("review/")]
    calls += [f"review {number}" for number in range(reviews)] + ["twice"] * twice
    kept = [fact for fact in facts.facts if fact.kind != "parity"]
    return sorted(calls), sorted(trials), [(f.kind, f.subject, f.views["sentence"]) for f in kept]


def left_behind(runs: Path) -> int:
    """Processes that still mention the folder of the runs."""
    found = 0
    for process in psutil.process_iter(["cmdline"]):
        words = process.info["cmdline"] or []
        found += process.pid != psutil.Process().pid and any(str(runs) in word for word in words)
    return found


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kills", type=int, default=10)
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    rng = random.Random(args.seed)
    with tempfile.TemporaryDirectory() as name:
        alone = Path(name) / "alone"
        begun = time.monotonic()
        if start(alone).wait() != 0:
            sys.exit("The run that was left alone failed.")
        length = time.monotonic() - begun
        expected = inventory(alone / "tiny-001")
        print(f"left alone: {length:.1f} s, {len(expected[0])} calls, {len(expected[1])} trials")
        print("| kill at (s) | killed | calls | trials | twice | missing | facts equal | left behind |")
        print("|---:|---|---:|---:|---:|---:|---|---:|")
        for number in range(args.kills):
            runs = Path(name) / f"killed-{number}"
            moment = rng.uniform(0.3, length)
            process = start(runs)
            time.sleep(moment)
            process.send_signal(signal.SIGKILL)
            killed = process.wait() == -signal.SIGKILL
            time.sleep(0.5)
            orphans = left_behind(runs)
            if start(runs).wait() != 0:
                sys.exit("The run did not finish after the kill.")
            calls, trials, facts = inventory(runs / "tiny-001")
            twice = len(calls) - len(set(calls)) + len(trials) - len(set(trials))
            missing = len(set(expected[0]) - set(calls)) + len(set(expected[1]) - set(trials))
            equal = "yes" if facts == expected[2] else "no"
            print(
                f"| {moment:.1f} | {'yes' if killed else 'had ended'} | {len(calls)} | {len(trials)} | {twice} "
                f"| {missing} | {equal} | {orphans} |",
                flush=True,
            )


if __name__ == "__main__":
    main()
