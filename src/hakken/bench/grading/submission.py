"""What an agent leaves behind, frozen: regular files alone, copied when no process of the agent is left."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from hakken.bench.experiments.reading import MAX_JSON, Unreadable, read_bytes, read_json
from hakken.bench.masking.transplant import Transplant, transplant
from hakken.bench.tasks.folder import ANSWER, TaskFolder
from hakken.bench.trees import copy_tree, differing, executables
from hakken.core.types import Record


class Submission(Record):
    """A frozen workspace."""

    root: Path
    left_out: tuple[str, ...] = ()
    """Links, devices and what was too much."""
    words: str = ""
    """What the agent said at last."""


def freeze(workspace: Path, target: Path, task: TaskFolder, words: str = "") -> Submission:
    """Copy a workspace after its agent has ended: what it is graded by, then everything else that fits.

    Files of the task that can be executed still can, however the agent wrote them.
    """
    left_out = copy_tree(workspace, target, trusted=False, first=task.files, most_bytes=task.room)
    for name in executables(task.base):
        if (target / name).is_file():
            (target / name).chmod(0o755)
    return Submission(root=target, left_out=left_out, words=words)


def answer_of(submission: Submission) -> Any:
    """The reported answer, or None where there is none that can be read."""
    try:
        return read_json(submission.root, ANSWER)
    except Unreadable:
        return None


def graded_files(submission: Submission, task: TaskFolder) -> dict[str, Transplant]:
    """The masked files with the agent's functions in them."""
    found: dict[str, Transplant] = {}
    for file in dict.fromkeys(f.file for f in task.task.functions):
        names = [f.name for f in task.task.functions if f.file == file]
        base = (task.base / file).read_bytes()
        try:
            agent = read_bytes(submission.root, file, MAX_JSON)
        except Unreadable as error:
            missing = tuple(f"{name}: {file} {error}" for name in names)
            found[file] = Transplant(content=base, taken=(), missing=missing, helpers=())
        else:
            found[file] = transplant(base, agent, names)
    return found


def edited_files(submission: Submission, task: TaskFolder) -> tuple[str, ...]:
    """Files that differ from what the agent was given, beside masked files, results and the answer."""
    written = {name for experiment in task.task.experiments for name in experiment.writes}
    expected = {ANSWER, *(f.file for f in task.task.functions), *written}
    return tuple(name for name in differing(task.base, submission.root) if name not in expected)
