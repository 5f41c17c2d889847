"""What an agent wrote in the place of each masked function: to be read by people, and to be graded again."""

from __future__ import annotations

from hakken.bench.grading.submission import Submission, graded_files
from hakken.bench.masking.bodies import MaskError, find, parse
from hakken.bench.tasks.folder import TaskFolder

MOST_KEPT = 20_000
"""Characters of an answer, or of a function, that are kept."""
_LONGEST_FILE = 200_000
"""Bytes."""


def written(submission: Submission, task: TaskFolder) -> dict[str, str]:
    """The bodies that grading took from a submission, by ``file:name``, none longer than is kept."""
    found: dict[str, str] = {}
    for file, taken in graded_files(submission, task).items():
        for function in task.task.functions if taken.taken else ():
            if function.file != file or function.name not in taken.taken:
                continue
            try:
                module = parse(taken.content)
                node = find(module, function.name)
            except MaskError:
                continue  # hostile code that grading ran all the same: there is nothing to show
            found[str(function)] = module.code_for_node(node.with_changes(leading_lines=())).strip()[:MOST_KEPT]
    return found


def files_graded(submission: Submission, task: TaskFolder) -> dict[str, str]:
    """By masked file, its content with what grading took from a submission, helpers and imports included.

    Files that are no UTF-8, or very long, are left out.
    """
    found: dict[str, str] = {}
    for file, taken in graded_files(submission, task).items():
        try:
            found |= {file: taken.content.decode()} if taken.taken and len(taken.content) <= _LONGEST_FILE else {}
        except UnicodeDecodeError:
            continue
    return found
