"""Make tasks of a repository: trace, measure, prove, take the results out, mask, write."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from hakken.bench.experiments.kept import code_hash, tree_of
from hakken.bench.experiments.lab import Lab
from hakken.bench.experiments.running import check_packages
from hakken.bench.masking.bodies import MaskError, docstring_of, find, mask_file, masked_texts, parse
from hakken.bench.masking.combos import LIMIT, combinations, relevant
from hakken.bench.masking.copies import installed_copies
from hakken.bench.pace import counted
from hakken.bench.proving.proofs import ProofError, measure, necessary, predictable, trivial
from hakken.bench.proving.tracing import candidates, trace
from hakken.bench.tasks.folder import INSTRUCTION, PAPER, TaskFolder, write_task
from hakken.bench.tasks.stripping import strip
from hakken.bench.texts.passages import best_passages
from hakken.bench.types import FunctionRef, Gold, MaskMode, Source, Task
from hakken.core.types import Record, content_hash

_TRACING = ("proving/tracing.py", "proving/tracer")


class Proved(Record):
    """A repository with everything that was found out about it: tasks are made of it without another run."""

    source: Source
    golds: tuple[Gold, ...]
    functions: tuple[FunctionRef, ...]
    """Those that are needed by an experiment, and not by a trivial body alone."""
    offered: tuple[FunctionRef, ...]
    """All that were tried: a task is named after the places of its functions here."""
    needs: dict[str, tuple[str, ...]]
    """By experiment, the functions it needs."""
    predictable: tuple[str, ...]
    """Experiments whose graded values are the ones that an agent can see or know."""
    dropped: tuple[str, ...]
    """Functions that cannot be masked, and why."""
    notes: tuple[str, ...]
    """Metrics and files that were left out, and why."""
    leaks: tuple[str, ...]
    """Places where an agent would find measured values, or any masked function."""
    copies: dict[str, tuple[str, ...]] = {}
    """By function, files that hold its code too, and are left: only where that was asked for."""
    texts: dict[str, str]
    """Files of the visible repository without results, and the paper; an empty one is taken out."""


def prove(source: Source, lab: Lab, *, runs: int = 3, quick: bool = False, allow_leaks: bool = False) -> Proved:
    """Find out all that tasks of a repository need.

    Files that hold the code of a function a second time are taken out where every experiment goes on without them;
    else the function is not masked.

    Args:
        source: The repository.
        lab: Where to run.
        runs: Of each experiment in each configuration.
        quick: Prove each mask in one experiment, and try no trivial bodies.
        allow_leaks: Mask also functions whose code stays somewhere else. Their tasks say so.

    Raises:
        UsageError: an experiment fails or is not reproducible, or no function can be masked.
        PrerequisiteError: a package is missing.
    """
    check_packages(source.packages)
    for function in source.maskable:
        _check_there(source.root, function)
    traced = _traced(source, lab)
    executed = [f for found in traced.values() for f in found]
    functions = source.maskable or candidates(source.root, executed, printed=any(e.prints for e in source.experiments))
    dropped = [f"{f} is executed by no experiment" for f in functions if f not in executed]
    golds, unstable = measure(source.root, source.experiments, lab, runs)
    needs = necessary(source.root, source.experiments, golds, traced, functions, lab, everywhere=not quick)
    needed = {name for names in needs.values() for name in names}
    dropped += [f"{f} is executed and not needed" for f in functions if f in executed and str(f) not in needed]
    kept = [f for f in functions if str(f) in needed]
    if not quick:
        replaceable = trivial(source.root, source.experiments, golds, needs, kept, lab)
        dropped += [f"{name} can be replaced by `{body}`" for name, body in replaceable.items()]
        kept = [f for f in kept if str(f) not in replaceable]
    shown = strip(source, golds, kept, lab)
    copies = shown.copies
    if not allow_leaks:
        dropped += [f"{f} is not masked: {names[0]}, which is needed, holds a copy" for f, names in copies.items()]
        kept = [f for f in kept if str(f) not in copies]
    if not kept:
        raise ProofError(
            f"No function of the repository can be masked: {'; '.join(dropped) or 'the commands execute none'}.",
            "Put what carries an experiment into functions of three lines or more, apart from those that read the "
            "command line, write files or print results, or name some: --function file.py:name.",
        )
    return Proved(
        source=source,
        golds=tuple(golds),
        functions=tuple(kept),
        offered=tuple(functions),
        needs=needs,
        predictable=tuple(sorted(predictable(golds, source.experiments))),
        dropped=tuple(dropped),
        notes=(*unstable, *shown.notes),
        leaks=(*shown.leaks, *installed_copies(source.root, kept, source.origin)),
        copies={f: names for f, names in copies.items() if allow_leaks},
        texts=shown.texts,
    )


def _check_there(root: Path, function: FunctionRef) -> None:
    """The function can be found and masked; what is wrong names its file."""
    try:
        find(parse((root / function.file).read_bytes()), function.name)
    except MaskError as error:
        raise MaskError(f"{function} cannot be masked: {error.message}", error.mend) from None


class Traced(Record):
    """Functions that each experiment executes."""

    functions: dict[str, tuple[FunctionRef, ...]]


def _traced(source: Source, lab: Lab) -> dict[str, tuple[FunctionRef, ...]]:
    """Trace a repository, or find what was kept about it."""
    key = ""
    if lab.kept is not None:
        commands = [(e.name, e.command, e.results, e.memory_mb, e.disk_mb) for e in source.experiments]
        key = lab.kept.key({"traced": tree_of(source.root), "commands": commands, "code": code_hash(_TRACING)})
        if found := lab.kept.recall(key, Traced):
            return found.functions
    lab.tell(f"tracing {counted(len(source.experiments), 'experiment')}")
    traced = trace(source.root, source.experiments, lab.executor, rung=lab.rung, allow_weak=lab.allow_weak)
    if lab.kept is not None:
        lab.kept.keep(key, Traced(functions=traced))
    return traced


def make_tasks(
    proved: Proved, sizes: Sequence[int], *, mode: MaskMode = MaskMode.DOCSTRING, seed: int = 0, limit: int = LIMIT
) -> list[Task]:
    """Tasks with so many masked functions each, by the combination rule of the original."""
    source, functions = proved.source, proved.functions
    tasks = []
    for n in sizes:
        for chosen in combinations(len(functions), n, seed=seed, limit=limit, salt=source.name):
            refs = tuple(functions[index] for index in chosen)
            places = "-".join(str(proved.offered.index(ref)) for ref in refs)
            names = relevant(refs, [e.name for e in source.experiments], proved.needs)
            tasks.append(
                Task(
                    id=f"{source.name}-n{n}-{places or 'all'}",
                    source=source.name,
                    title=source.title,
                    mode=mode,
                    functions=refs,
                    experiments=tuple(e for e in source.experiments if e.name in names),
                    packages=source.packages,
                    # Where nothing is masked, the reported answer is what is graded, and the agent can see it.
                    gold_predictable=not refs or bool(set(names) & set(proved.predictable)),
                    leaks=(*proved.leaks, *_copies_of(refs, proved)),
                )
            )
    return tasks


def _copies_of(refs: Sequence[FunctionRef], proved: Proved) -> list[str]:
    return [f"{name} holds a copy of {ref}" for ref in refs for name in proved.copies.get(str(ref), ())]


def write(task: Task, proved: Proved, folder: Path) -> TaskFolder:
    """Write one task below ``folder``, under its id."""
    source = proved.source
    golds = [g for g in proved.golds if g.experiment in {e.name for e in task.experiments}]
    texts = masked_texts(task.functions, task.mode, *_texts_of(source, task, proved.texts.get(PAPER, "")))
    masked = {
        file: mask_file(
            (source.root / file).read_bytes(), [f.name for f in task.functions if f.file == file], texts.get(file, {})
        )
        for file in dict.fromkeys(f.file for f in task.functions)
    }
    texts_and_gaps = proved.texts | {
        name: "" for e in source.experiments for name in e.writes
    }  # those of other experiments too
    return write_task(folder / task.id, task, golds, source.root, masked, texts_and_gaps)


def task_hash(folder: TaskFolder) -> str:
    """Identity of a task: what is asked, what an agent is shown, and how it is graded.

    Values that were measured are no part of it: another processor rounds otherwise, and breaks ties otherwise, so a
    task that is made again there would be another one. The code that they were measured from is.
    """
    return content_hash(
        {
            "task": folder.task.model_dump(mode="json"),
            "gold": [_asked_of(gold) for gold in folder.golds],
            "instruction": (folder.root / INSTRUCTION).read_text(encoding="utf-8"),
            "shown": tree_of(folder.visible_repo),
            "base": tree_of(folder.base),
            "solution": tree_of(folder.solution) if folder.solution.is_dir() else {},  # nothing may be masked
        }
    )


def _asked_of(gold: Gold) -> dict[str, object]:
    """An experiment's rules, and values that were given, not measured: importers have them from one file."""
    return {
        "experiment": gold.experiment,
        "variant": gold.variant,
        "metrics": {
            name: {"rule": band.rule.model_dump(), "given": band.value if band.runs == 1 else None}
            for name, band in gold.metrics.items()
        },
    }


def _texts_of(source: Source, task: Task, paper: str) -> tuple[dict[str, str], dict[str, str]]:
    """Descriptions and passages: those that the author gives, else the docstring and the nearest paragraph."""
    descriptions, passages = dict(source.descriptions), dict(source.passages)
    for function in task.functions:
        node = find(parse((source.root / function.file).read_bytes()), function.name)
        key = str(function)
        if key not in descriptions and (doc := docstring_of(node)):
            descriptions[key] = doc
        if key not in passages and (found := best_passages(paper, f"{function.name} {docstring_of(node) or ''}")):
            passages[key] = found[0]
    return descriptions, passages
