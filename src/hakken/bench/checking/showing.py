"""What an agent is shown of tasks that lie in folders, looked through for what it must not hold."""

from __future__ import annotations

from collections.abc import Sequence

from hakken.bench.checking.restoring import node_of
from hakken.bench.masking.copies import copied_functions, installed_copies
from hakken.bench.masking.statements import code_of
from hakken.bench.tasks.folder import INSTRUCTION, TaskFolder
from hakken.bench.texts.leaks import Search, texts_of, told


def leaks_in(tasks: Sequence[TaskFolder]) -> dict[str, list[str]]:
    """Measured values and masked functions that are shown: by what it is, the tasks where it is so."""
    found: dict[str, list[str]] = {}
    contents: dict[tuple[str, str], list[str]] = {}
    for task in tasks:
        shown = shown_texts(task)
        for name, text in shown.items():
            contents.setdefault((name, text), []).append(task.task.id)
        for leak in (*task.task.leaks, *_functions_in(task, shown)):
            found.setdefault(leak, []).append(task.task.id)
    golds = [gold for task in tasks for gold in task.golds]
    golds = list({gold.model_dump_json(): gold for gold in golds}.values())
    search = Search(golds, [e for task in tasks for e in task.task.experiments], contents)
    # Most files are the same in all tasks, and are read once.
    for (name, text), ids in contents.items():
        if values := search.values(name, text):
            found.setdefault(told(name, values), []).extend(ids)
    return {leak: list(dict.fromkeys(ids)) for leak, ids in found.items()}


def unsearched_in(tasks: Sequence[TaskFolder]) -> tuple[str, ...]:
    """Files that are shown and cannot be searched: they are no text, or very large."""
    return tuple(dict.fromkeys(name for task in tasks for name in texts_of(task.visible_repo).unsearched))


def shown_texts(task: TaskFolder) -> dict[str, str]:
    """By name the texts of the visible repository, and the instruction."""
    found = dict(texts_of(task.visible_repo).contents)
    instruction = task.root / INSTRUCTION
    if instruction.is_file():
        found[INSTRUCTION] = instruction.read_text(encoding="utf-8", errors="replace")
    return found


def _functions_in(task: TaskFolder, shown: dict[str, str]) -> list[str]:
    """Masked functions whose code is there all the same."""
    functions = task.task.functions
    found = []
    for function in functions:
        seen = node_of((task.visible_repo / function.file).read_bytes(), function.name)
        whole = node_of((task.solution / function.file).read_bytes(), function.name)
        if code_of(seen.body) == code_of(whole.body):
            found.append(f"{function} is not masked")
    copies = copied_functions(shown, task.solution, functions)
    found += [f"{name} holds a copy of {function}" for function, names in copies.items() for name in names]
    return [*found, *installed_copies(task.solution, functions, task.base)]
