"""``hakken bench grade``."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from hakken.cli import options
from hakken.cli.bench.common import Workers, open_lab


def grade(
    task: Annotated[Path, typer.Argument(metavar="TASK", help="Folder of a task.")],
    workspace: Annotated[Path, typer.Argument(metavar="WORKSPACE", help="What an agent left.")],
    reward: Annotated[Path | None, typer.Option(help="Also write the score here, as Harbor wants it.")] = None,
    discard: Annotated[
        bool,
        typer.Option(
            "--discard-gold",
            help="TASK is a throw-away copy of a task's tests folder: delete the measured values and the hidden "
            "configurations in it before the agent's code runs, which can read them in a weak sandbox.",
        ),
    ] = False,
    workers: Workers = 2,
    weak: options.Weak = False,
    as_json: options.Json = False,
) -> None:
    """Grade what an agent left in a workspace, by every rule.

    \b
    Examples:
      hakken bench grade hakken-tasks/my_repo-n1-0 workspace
      hakken bench grade hakken-tasks/my_repo-n1-0 workspace --json
      hakken bench grade /tests /app --allow-weak-sandbox --discard-gold --reward /logs/verifier/reward.json
    """
    import tempfile

    from hakken.bench.grading import freeze
    from hakken.bench.grading import grade as grade_one
    from hakken.bench.tasks.folder import discard_gold, load_task
    from hakken.cli.console import emit, say
    from hakken.core.errors import UsageError

    loaded = load_task(task)
    if not workspace.is_dir():
        raise UsageError(f"{workspace} is not a folder.", "Name the folder that the agent worked in.")
    if discard:
        discard_gold(task)
    with open_lab(workers, weak) as lab, tempfile.TemporaryDirectory(prefix="hakken-grade-") as name:
        score = grade_one(loaded, freeze(workspace, Path(name).resolve() / "frozen", loaded), lab)
    if reward is not None:
        reward.parent.mkdir(parents=True, exist_ok=True)
        reward.write_text(json.dumps({"reward": int(score.passed)}))
    if as_json:
        emit({**score.model_dump(mode="json"), "passed": score.passed})
        return
    for rule, verdict in score.verdicts.items():
        say(f"  {rule:<10} {'pass' if verdict.passed else 'fail'}  {verdict.reason}".rstrip())
    marks = [m for m in ("fabricated", "unchecked", "tampered", "hard_coded") if getattr(score, m)]
    say(f"score {int(score.passed)}{'  ' + ', '.join(marks) if marks else ''}")
