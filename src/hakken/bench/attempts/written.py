"""What an agent wrote in the place of each masked function, to be read by people."""

from __future__ import annotations

from hakken.bench.grading.submission import Submission, graded_files
from hakken.bench.masking.bodies import MaskError, find, parse
from hakken.bench.tasks.folder import TaskFolder


def written(submission: Submission, task: TaskFolder, longest: int) -> dict[str, str]:
    """The bodies that grading took from a submission, by ``file:name``, none longer than so many characters."""
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
            found[str(function)] = module.code_for_node(node.with_changes(leading_lines=())).strip()[:longest]
    return found
