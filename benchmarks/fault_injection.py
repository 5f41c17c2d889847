"""Kill a whole run, from template to reviewed paper, at every event and at random moments, and continue it each time.

    python benchmarks/fault_injection.py --stride 6 --random 100 --single 20

The run is the scripted pipeline of ``tests/recovery``: real trials in the real sandbox, a real paper, a scripted model.
Kills are SIGKILL to the driver, before, inside and after the transaction of every event, and at random moments. A run
is killed many times in its life (so kills hit resumed runs too), or once (``single``). At its end it is compared with a
run that was left alone: every payload of the record, the number of events of each, every file of the paper, byte by
byte. Only what our own clocks measured is left out (``seconds`` of steps and of the audit, and times and memory of
trials, which the harness is made to read as always the same: they differ between any two runs).
"""

from __future__ import annotations

import argparse
import platform
import random
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[1]))

from tests.recovery.kills import Outcome, killed_and_continued, left_alone
from tests.recovery.nursery import open_nursery

PLACES = ("before", "inside", "after")
Life = list[dict[str, Any]]


def at_events(events: int, stride: int, place: str) -> Iterator[Life]:
    """Lives in which every event is died at once."""
    for first in range(1, stride + 1):
        yield [{"event": number, "place": place} for number in range(first, events + 1, stride)]


def at_random(kills: int, length: float, rng: random.Random) -> Iterator[Life]:
    """Lives of eight kills each, at moments that let a run get on."""
    while kills > 0:
        yield [{"seconds": rng.uniform(0.02, length / 3)} for _ in range(min(8, kills))]
        kills -= 8


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--stride", type=int, default=6, help="lives that share the events of one place")
    parser.add_argument("--random", type=int, default=100, help="kills at random moments, eight a life")
    parser.add_argument("--single", type=int, default=20, help="kills at random moments, one a life")
    parser.add_argument("--places", nargs="*", choices=PLACES, default=list(PLACES))
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    rng = random.Random(args.seed)
    with tempfile.TemporaryDirectory() as name, open_nursery() as nursery:
        expected, events, length = left_alone(nursery, Path(name) / "0000")
        print(f"{platform.platform()}, {platform.machine()}, Python {platform.python_version()}")
        print(f"left alone: {length:.1f} s, {events} events\n")
        print("| kills | lives | killed | made twice | cut off, made again | orphans | ended otherwise | s |")
        print("|---|---:|---:|---:|---:|---:|---:|---:|")
        legs: dict[str, list[Life]] = {
            f"{place} each event": list(at_events(events, args.stride, place)) for place in args.places
        }
        legs["random moments"] = list(at_random(args.random, length, rng))
        legs["random moments, one a life"] = [[{"seconds": rng.uniform(0, length)}] for _ in range(args.single)]
        kills, faults = 0, []
        for index, (leg, lives) in enumerate(legs.items(), start=1):
            # Names of one length: tracebacks in the record hold paths, and so their lengths.
            bases = [Path(name) / f"{index}{number:03d}" for number in range(len(lives))]
            pairs = zip(bases, lives, strict=True)
            ended = [killed_and_continued(nursery, base, life, expected) for base, life in pairs]
            print(_row(leg, ended), flush=True)
            faults += [f"{leg}: {fault}" for outcome in ended for fault in outcome.faults]
            kills += sum(outcome.kills for outcome in ended)
        print(f"\n{kills} kills, {len(faults)} faults")
    for fault in faults:
        print(f"- {fault}")
    if faults:
        sys.exit(1)


def _row(leg: str, ended: list[Outcome]) -> str:
    sums = [sum(getattr(o, field) for o in ended) for field in ("kills", "twice", "in_flight", "orphans")]
    otherwise = sum(bool(outcome.faults) for outcome in ended)
    seconds = sum(outcome.seconds for outcome in ended)
    return f"| {leg} | {len(ended)} | {' | '.join(map(str, sums))} | {otherwise} | {seconds:.0f} |"


if __name__ == "__main__":
    main()
