"""``hakken bench competition inspect`` and ``check``: signs of broken rules, and proofs of competitions."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from hakken.cli import options
from hakken.cli.bench.entering import Data, MetricName, Name, Rows, arena_for

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hakken.bench.competitions.checking import Proof
    from hakken.bench.competitions.findings import Finding


def inspect_(
    name: Name,
    code: Annotated[list[Path], typer.Argument(metavar="CODE", help="Files or folders of the participant's code.")],
    submission: Annotated[Path | None, typer.Option(help="What was handed in.")] = None,
    record: Annotated[Path | None, typer.Option(help="A record of commands, one a line.")] = None,
    data: Data = None,
    metric: MetricName = None,
    rows: Rows = None,
    as_json: options.Json = False,
) -> None:
    """Look for signs that a participant broke the rules.

    Signs with their evidence, for a person to judge: no verdict. Of folders, Python files and notebooks are read.

    \b
    Examples:
      hakken bench competition inspect digits-few solution/ --submission submission.csv
    """
    from hakken.bench.competitions.definition import load_competition, shipped
    from hakken.bench.competitions.pointers import read_text
    from hakken.bench.competitions.preparing import prepare as make
    from hakken.bench.competitions.rules import inspect
    from hakken.bench.competitions.sources import read_sources
    from hakken.bench.competitions.submissions import InvalidSubmission, read_submission
    from hakken.cli.console import emit, say
    from hakken.core.errors import UsageError

    arena = arena_for(name, data, metric, rows)
    sources = read_sources(code)
    given = None
    if submission is not None:
        try:
            given = read_submission(submission, arena.form)
        except InvalidSubmission as error:
            raise UsageError(f"{submission} is invalid: {error}.", "Only valid submissions are looked at.") from None
    found = inspect(
        make(load_competition(name).root) if name in shipped() else None,
        arena,
        sources,
        record=read_text(record).splitlines() if record else (),
        given=given,
    )
    if as_json:
        emit([finding.model_dump(mode="json") for finding in found])
        return
    say_signs(found)
    say(f"{len(found)} signs in {len(sources)} files; a sign is no verdict.")


def check(
    names: Annotated[list[str] | None, typer.Argument(metavar="COMPETITION", help="By default all that ship.")] = None,
    quick: Annotated[bool, typer.Option("--quick", help="Train no baselines.")] = False,
    weak: options.Weak = False,
    as_json: options.Json = False,
) -> None:
    """Prove competitions: perfect answers win, what knows nothing does not, nothing leaks, leaderboards are real.

    Exit code 1 when something does not hold.

    \b
    Examples:
      hakken bench competition check --quick
      hakken bench competition check digits-few --json
    """
    from hakken.bench.competitions.checking import check as prove
    from hakken.bench.competitions.definition import shipped
    from hakken.cli.console import emit, tell

    proofs = [
        prove(name, quick=quick, allow_weak=weak, tell=lambda text: tell(f"  {text}")) for name in names or shipped()
    ]
    if as_json:
        emit([{"passed": proof.passed, **proof.model_dump(mode="json")} for proof in proofs])
    else:
        for proof in proofs:
            _say_proof(proof)
    if not all(proof.passed for proof in proofs):
        raise typer.Exit(1)


def say_signs(signs: Iterable[Finding]) -> None:
    """Print signs, two lines each."""
    from hakken.cli.console import say

    for sign in signs:
        say(f"{sign.gravity.value:<8} {sign.rule:<25} {sign.where}")
        say(f"    {sign.why} {sign.evidence}")


def _say_proof(proof: Proof) -> None:
    from hakken.cli.console import say

    say(f"{proof.competition}: {'passed' if proof.passed else 'FAILED'}")
    for point in proof.points:
        say(f"  {'ok  ' if point.passed else 'FAIL'} {point.name}{f' ({point.detail})' if point.detail else ''}")
    for probe in proof.probes:
        state = "ok  " if probe.passed else "part" if probe.expected else "FAIL"
        why = "" if probe.passed else f": {probe.finding}{' It is part of the task.' if probe.expected else ''}"
        value = "nothing to look at" if probe.value is None else f"{probe.value:.4g} (limit {probe.limit:.4g})"
        say(f"  {state} probe {probe.name}: {value}{why}")
    say(f"  seconds: {', '.join(f'{name} {value:g}' for name, value in proof.seconds.items())}")
