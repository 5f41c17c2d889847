"""What a function meets when the experiments run: its arguments while it is missing, its variables where it fails.

Nothing of the solution is used: the body that was taken out is replaced by one that writes its arguments down.
"""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import libcst as cst
from pydantic import ValidationError

from hakken.bench.agents.contract import Called
from hakken.bench.experiments.lab import Lab
from hakken.bench.experiments.running import Outcome, RunJob
from hakken.bench.masking.bodies import MaskError, find, parse
from hakken.bench.proving.proofs import with_body
from hakken.bench.types import Experiment, FunctionRef

_INBOX = Path(__file__).resolve().parent / "inbox"
_MODULE = "hakken_capture"
_READ = 20_000


def captured(
    workspace: Path,
    function: FunctionRef,
    experiments: Sequence[Experiment],
    lab: Lab,
    most: int = 2,
    seconds: float | None = None,
) -> tuple[dict[str, str], ...]:
    """Arguments of the first call in each experiment, in words.

    An experiment that stops before, at another function that is still missing, gives none.

    Args:
        workspace: The repository.
        function: What is missing.
        experiments: What is run.
        lab: Where they run.
        most: Different calls that are returned.
        seconds: Wall seconds of each run at most, beside its own limit.
    """
    source = (workspace / function.file).read_bytes()
    try:
        body = with_body(source, function.name, f"raise __import__({_MODULE!r}).Captured(locals())")
    except MaskError:
        return ()  # the agent has broken the file: there is nothing to run
    with tempfile.TemporaryDirectory(prefix="hakken-capture-") as name:
        outs, jobs, inbox = [], [], _laid_out(Path(name).resolve())
        for index, experiment in enumerate(experiments):
            out = inbox.with_name(str(index))
            out.mkdir()
            job = watched(RunJob(tree=workspace, experiment=experiment, wall_seconds=seconds), function, inbox)
            env = {**job.env, "HAKKEN_CAPTURE_OUT": str(out)}
            files = {**job.files, function.file: body}
            jobs.append(job.model_copy(update={"env": env, "files": files, "written": (out,)}))
            outs.append(out)
        lab.run(jobs)
        rows = [row for out in outs for row in _rows(out)]
    # Calls that differ in figures alone teach nothing new.
    different: dict[str, dict[str, str]] = {}
    for row in rows:
        different.setdefault(re.sub(r"[-+.\d]+(e-?\d+)?", "#", json.dumps(row, sort_keys=True)), row)
    return tuple(list(different.values())[:most])


def returning(
    workspace: Path,
    function: FunctionRef,
    runs: Sequence[tuple[Experiment, bytes]],
    lab: Lab,
    seconds: float | None = None,
) -> list[tuple[Outcome, list[Called]]]:
    """Run experiments, and see what the first call of a written function gave back in each.

    Args:
        workspace: The repository.
        function: What was written.
        runs: Each an experiment, and the function's file as it is in this run.
        lab: Where they run.
        seconds: Wall seconds of each run at most, beside its own limit.
    """
    with tempfile.TemporaryDirectory(prefix="hakken-capture-") as name:
        outs, jobs, inbox = [], [], _laid_out(Path(name).resolve())
        for index, (experiment, content) in enumerate(runs):
            out = inbox.with_name(str(index))
            out.mkdir()
            job = watched(RunJob(tree=workspace, experiment=experiment, wall_seconds=seconds), function, inbox)
            taken = bool(job.shown)  # whether the repository takes our module
            files = {**job.files, function.file: _decorated(content, function.name) if taken else content}
            update: dict[str, Any] = {"files": files}
            if taken:
                update |= {"env": {**job.env, "HAKKEN_CAPTURE_OUT": str(out)}, "written": (out,)}
            jobs.append(job.model_copy(update=update))
            outs.append(out)
        return [(outcome, _calls(out)) for outcome, out in zip(lab.run(jobs), outs, strict=True)]


def _decorated(source: bytes, name: str) -> bytes:
    """The file with a decorator next to the function that writes down what it returns."""
    module = parse(source)
    node = find(module, name)
    watcher = cst.Decorator(decorator=cst.parse_expression(f"__import__({_MODULE!r}).returned"))
    changed = module.deep_replace(node, node.with_changes(decorators=[*node.decorators, watcher]))
    assert isinstance(changed, cst.Module)
    return changed.bytes


def _calls(out: Path) -> list[Called]:
    """Calls that were written down, of the form that is expected."""
    found = []
    for file in sorted(out.glob("*.returned.jsonl")):
        if file.is_symlink() or not file.is_file():
            continue
        with file.open("rb") as stream:
            line = stream.read(_READ).partition(b"\n")[0]
        try:
            found.append(Called.model_validate_json(line))
        except ValidationError:
            continue  # cut off, or written by somebody else
    return found


def watched(job: RunJob, function: FunctionRef, inbox: Path) -> RunJob:
    """The same run; where it ends by an error in the function, the values of its variables come before the traceback.

    A repository that has a module of that name of its own is run as it is.

    Args:
        job: The run.
        function: Which function.
        inbox: Folder that holds our modules and nothing else: the repository's own, such as a ``types.py``, must not
            come before those of Python here when they do not otherwise.
    """
    if (job.tree / f"{_MODULE}.py").exists():
        return job
    env = {**job.env, "PYTHONPATH": str(inbox), "HAKKEN_WATCH": function.name}
    return job.model_copy(update={"env": env, "shown": (*job.shown, inbox)})


def _laid_out(folder: Path) -> Path:
    """Our modules in a folder of their own: the package itself is hidden from every box."""
    inbox = folder / "inbox"
    inbox.mkdir()
    for path in sorted(_INBOX.glob("*.py")):
        (inbox / path.name).write_bytes(path.read_bytes())
    return inbox


def _rows(out: Path) -> list[dict[str, str]]:
    """What was written, of the form that is expected: the code of a repository could write anything."""
    rows = []
    for file in sorted(out.glob("*.jsonl")):
        if file.is_symlink() or not file.is_file():
            continue
        with file.open(encoding="utf-8", errors="replace") as stream:
            lines = stream.read(_READ).splitlines()
        for line in lines[:1]:
            try:
                row = json.loads(line)
            except ValueError:
                continue  # cut off
            if isinstance(row, dict):
                rows.append({str(key): str(value) for key, value in row.items()})
    return rows
