"""Task folders of the original data set's problems: same ids, same rule of combination, masks by the syntax tree.

The experiments of that data set print their numbers. A small program in the task's repository runs the command and
writes what it printed to a file, so that every rule of grading can be used. Nothing is hidden in the data set, so each
task is marked ``gold_predictable`` unless the user gives hidden configurations in which the numbers are others.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import TypeAlias

from hakken.bench.experiments.bands import band
from hakken.bench.experiments.lab import Lab
from hakken.bench.experiments.running import Outcome, RunJob
from hakken.bench.importing.lines import NotFound, locate
from hakken.bench.importing.originals import Problem, Trial, read_problems
from hakken.bench.importing.probing import gpu_sign, has_gpu, too_large, why_not
from hakken.bench.importing.report import Imported, LeftOut, check_apart
from hakken.bench.masking.bodies import mask_file, masked_texts
from hakken.bench.masking.copies import copied_functions, installed_copies
from hakken.bench.proving.proofs import predictable
from hakken.bench.tasks.adopting import load_hidden
from hakken.bench.tasks.folder import PAPER, write_task
from hakken.bench.texts.leaks import Search, texts_of, told
from hakken.bench.types import Band, Experiment, FunctionRef, Gold, MaskMode, MetricRule, Task, Variant
from hakken.core.errors import UsageError

COLLECT = "hakken_collect.py"
RULE = MetricRule(relative=0.05, absolute=1e-12)
"""The tolerance of the original."""
_RUNS = 3
"""Of each experiment in each hidden configuration: nobody has published what spreads there."""
_SHELL = frozenset("|&;<>()$`\\*?[]#~!{}\n")
"""What makes a line more than a program and its words."""


_Ready: TypeAlias = tuple[Problem, tuple[FunctionRef, ...]]


@dataclass
class _Paper:
    """A repository of the data set and what was found out about it."""

    name: str
    root: Path
    text: str = ""
    variants: tuple[Variant, ...] = ()
    too_large: str = ""
    """Why no task can hold a copy of it; empty where one can."""
    problems: list[_Ready] = field(default_factory=list)
    """Those whose functions can be masked."""
    trials: dict[str, Trial] = field(default_factory=dict)
    """Experiments of these problems, by key; the place of each names its file of results."""
    why: dict[str, str] = field(default_factory=dict)
    """Why an experiment cannot be used here; empty where it can."""
    hidden: dict[tuple[str, str], dict[str, Band]] = field(default_factory=dict)
    """What the unmasked repository gives in a hidden configuration."""
    contents: dict[str, str] = field(default_factory=dict)
    """All texts that an agent is shown, unmasked."""
    leaks: tuple[str, ...] = ()
    """Published values among them."""


def import_autoexperiment(
    folder: Path,
    out: Path,
    lab: Lab,
    *,
    repositories: Path | None = None,
    sizes: Sequence[int] = (1,),
    mode: MaskMode = MaskMode.DESCRIPTION,
    limit: int = 100,
    seed: int = 0,
    hidden: Path | None = None,
    check: bool = True,
    every: bool = False,
    seconds: float = 60.0,
) -> Imported:
    """Write the data set's problems as task folders.

    One paper after the other is tried and written, so that an end at any moment loses the work on one.

    Args:
        folder: The data set's files.
        out: Folder that the tasks go to.
        lab: Where experiments are tried.
        repositories: Folder with ``<paper>/code`` (or the code itself); the data set's own folder when None.
        sizes: How many functions are masked.
        mode: What a masked body keeps; the original gives a description.
        limit: Most problems of a paper and size.
        seed: Of the sample.
        hidden: Folder with ``<paper>.toml`` files of hidden configurations, or one such file for all.
        check: Run each experiment of the unmasked repository once, and leave out problems whose experiments do not
            run here or give other numbers than the published ones.
        every: Write those too, for another machine.
        seconds: What an experiment takes on a usual machine.

    Raises:
        UsageError: the data set, or a file of hidden configurations, cannot be used.
    """
    problems, notes = read_problems(folder, sizes, limit=limit, seed=seed)
    names = _unique(problem.paper for problem in problems)
    papers = {name: _paper(name, repositories or folder, folder, hidden, out) for name in names}
    left_out, found = _assign(problems, papers)
    usable = [paper for paper in papers.values() if paper is not None and paper.problems]
    for paper in usable:
        _check_hidden(paper, check, seconds)
    done = Imported(
        benchmark="AutoExperiment",
        folder=str(out),
        tasks=(),
        left_out=tuple(left_out),
        notes=tuple(_unique([*notes, *found])),
    )
    for paper in usable:
        _probe(paper, lab, check, seconds)
        if every or not all(paper.why.values()):
            _look_through(paper, seconds)
        written, left = _write_all(paper, out, mode, seconds, every)
        done = done.model_copy(update={"tasks": (*done.tasks, *written), "left_out": (*done.left_out, *left)})
        done.write(out)
    done.write(out)
    return done


def _paper(name: str, repositories: Path, folder: Path, hidden: Path | None, out: Path) -> _Paper | None:
    """A paper's repository, or None where the user has none."""
    root = next((p for p in (repositories / name / "code", repositories / name) if p.is_dir()), None)
    if root is None or (root == repositories / name and not any(root.rglob("*.py"))):
        return None
    check_apart(out, root)
    texts = (repositories / name / PAPER, folder / name / PAPER)
    text = next((p.read_text(encoding="utf-8", errors="replace") for p in texts if p.is_file()), "")
    file = hidden / f"{name}.toml" if hidden is not None and hidden.is_dir() else hidden
    variants = load_hidden(file) if file is not None and file.is_file() else ()
    return _Paper(name, root.resolve(), text, variants, too_large(root))


def _assign(problems: Sequence[Problem], papers: Mapping[str, _Paper | None]) -> tuple[list[LeftOut], list[str]]:
    """Give papers their problems with the functions; those whose functions cannot be masked, and notes."""
    left_out: list[LeftOut] = []
    notes: list[str] = []
    for problem in problems:
        paper = papers[problem.paper]
        refs, why, found = _located(problem, paper)
        notes += found
        if why or paper is None:
            left_out.append(LeftOut(task=problem.id, reason=why))
        else:
            paper.problems.append((problem, refs))
            paper.trials |= {trial.key: trial for trial in problem.trials}
    return left_out, notes


def _located(problem: Problem, paper: _Paper | None) -> tuple[tuple[FunctionRef, ...], str, list[str]]:
    """The functions of a problem, why they cannot be masked, and notes."""
    if problem.broken:
        return (), problem.broken, []
    if paper is None:
        return (), f"the repository of {problem.paper} is not there (looked for {problem.paper}/code)", []
    if paper.too_large:
        return (), paper.too_large, []
    refs: list[FunctionRef] = []
    notes: list[str] = []
    for function in problem.functions:
        try:
            ref, found = locate(paper.root, function)
        except NotFound as error:
            return (), str(error), []
        refs.append(ref)
        notes += found
    if len(set(refs)) < len(refs):
        return (), "two of its functions are one", []
    return tuple(refs), "", notes


def _check_hidden(paper: _Paper, check: bool, seconds: float) -> None:
    """Say what is wrong with hidden configurations before anything is run.

    Raises:
        UsageError: nothing is to be run, or they have arguments and an experiment is a script.
    """
    if paper.variants and not check:
        raise UsageError("Hidden configurations have to be measured.", "Leave --no-check out.")
    for trial in paper.trials.values():
        _experiment(paper, trial, seconds)


def _probe(paper: _Paper, lab: Lab, check: bool, seconds: float) -> None:
    """Try each experiment once, and measure the hidden configurations."""
    trials = list(paper.trials.values())
    sign = "" if has_gpu() else gpu_sign(paper.root)
    if not check:
        seems = f"seems to need a GPU ({sign})" if sign else ""
        paper.why = dict.fromkeys(paper.trials, seems)
        return
    lab.tell(f"{paper.name}: trying {len(trials)} experiments of the unmasked repository")
    keys = [(trial, variant) for trial in trials for variant in (None, *paper.variants)]
    files = {COLLECT: _program()}
    jobs = [
        RunJob(
            tree=paper.root,
            files=files,
            experiment=_experiment(paper, trial, seconds),
            variant=variant,
            env={"PYTHONHASHSEED": str(seed)} if variant else {},
        )
        for trial, variant in keys
        for seed in range(_RUNS if variant else 1)
    ]
    outcomes = iter(lab.run(jobs))
    for trial, variant in keys:
        _judge(paper, trial, variant, list(islice(outcomes, _RUNS if variant else 1)), sign)
        where = f" ({variant.name})" if variant else ""
        lab.tell(f"{paper.name}: {trial.solution.splitlines()[0][:80]}{where}: {paper.why[trial.key] or 'runs'}")


def _judge(paper: _Paper, trial: Trial, variant: Variant | None, outcomes: Sequence[Outcome], sign: str) -> None:
    if variant is None:
        paper.why[trial.key] = why_not(outcomes[0], _published(trial), sign)
        return
    found, why = _measured(trial, outcomes)
    if why:
        paper.why[trial.key] = paper.why[trial.key] or f"{why} in the configuration {variant.name}"
    else:
        paper.hidden[trial.key, variant.name] = found


def _measured(trial: Trial, outcomes: Sequence[Outcome]) -> tuple[dict[str, Band], str]:
    """What an experiment gives in a hidden configuration, or why it cannot be used there."""
    if failure := next((outcome.failure for outcome in outcomes if outcome.failure), ""):
        return {}, f"fails ({failure.removesuffix('.')})"
    found: dict[str, Band] = {}
    for name in trial.values:
        values = [o.numbers.values[name] for o in outcomes if name in o.numbers.values]
        if len(values) < len(outcomes):
            return {}, f"gives no {name}"
        made = band(values, RULE)
        if made is None:
            return {}, f"gives another {name} in each run"
        found[name] = made
    return found, ""


def _look_through(paper: _Paper, seconds: float) -> None:
    """Find published values where an agent would find them."""
    paper.contents = texts_of(paper.root).contents | ({PAPER: paper.text} if paper.text else {})
    golds = [Gold(experiment=trial.key, metrics=_published(trial)) for trial in paper.trials.values()]
    experiments = [
        _experiment(paper, trial, seconds).model_copy(update={"hidden": paper.variants})
        for trial in paper.trials.values()
    ]
    search = Search(golds, experiments, paper.contents.items())
    found = {name: values for name, text in paper.contents.items() if (values := search.values(name, text))}
    paper.leaks = tuple(told(name, values) for name, values in found.items())


def _write_all(
    paper: _Paper, out: Path, mode: MaskMode, seconds: float, every: bool
) -> tuple[list[str], list[LeftOut]]:
    """The tasks of a paper that were written, and what does not run here or cannot be written."""
    written: list[str] = []
    left_out: list[LeftOut] = []
    for problem, refs in paper.problems:
        why = next((paper.why[trial.key] for trial in problem.trials if paper.why[trial.key]), "")
        reason = f"not runnable here: {why}" if why else ""
        if every or not why:
            try:
                _write(problem, refs, paper, out, mode, seconds)
                written.append(problem.id)
            except UsageError as error:
                reason = error.message
        if reason:
            left_out.append(LeftOut(task=problem.id, reason=reason))
    return written, left_out


def _write(
    problem: Problem, refs: tuple[FunctionRef, ...], paper: _Paper, out: Path, mode: MaskMode, seconds: float
) -> None:
    experiments, golds = [], []
    for index, trial in enumerate(problem.trials, 1):
        name = f"Experiment {index}"
        measured = all((trial.key, v.name) in paper.hidden for v in paper.variants)
        variants = paper.variants if measured else ()
        experiment = _experiment(paper, trial, seconds)
        experiments.append(
            experiment.model_copy(update={"name": name, "description": trial.description, "hidden": variants})
        )
        golds.append(Gold(experiment=name, metrics=_published(trial)))
        golds += [Gold(experiment=name, variant=v.name, metrics=paper.hidden[trial.key, v.name]) for v in variants]
    copies = copied_functions(paper.contents, paper.root, refs)
    task = Task(
        id=problem.id,
        source=problem.paper,
        title=f"AutoExperiment {problem.paper}",
        mode=mode,
        functions=refs,
        experiments=tuple(experiments),
        gold_predictable=bool(predictable(golds, experiments)),
        leaks=(
            *paper.leaks,
            *(f"{file} holds a copy of {function}" for function, files in copies.items() for file in files),
            *installed_copies(paper.root, refs),
        ),
    )
    given = list(zip(refs, problem.functions, strict=True))
    descriptions = {str(ref): f.description for ref, f in given if f.description}
    passages = {str(ref): f.relevant_paper for ref, f in given if f.relevant_paper}
    texts = masked_texts(refs, mode, descriptions, passages)
    masked = {
        file: mask_file((paper.root / file).read_bytes(), [r.name for r in refs if r.file == file], texts.get(file, {}))
        for file in _unique(ref.file for ref in refs)
    }
    added = {COLLECT: _program().decode(), **({PAPER: paper.text} if paper.text else {})}
    write_task(out / task.id, task, golds, paper.root, masked, added)


def _published(trial: Trial) -> dict[str, Band]:
    """The numbers that the data set gives for an experiment, with the tolerance of the original."""
    return {
        name: Band(value=value, half_width=(0.0,) * len(value) if isinstance(value, tuple) else 0.0, runs=1, rule=RULE)
        for name, value in trial.values.items()
    }


def _experiment(paper: _Paper, trial: Trial, seconds: float) -> Experiment:
    number = list(paper.trials).index(trial.key) + 1
    results = f"hakken_results/{number}.json"
    keys = json.dumps(list(dict.fromkeys(name.partition(".")[0] for name in trial.values)))
    simple = not _SHELL & set(trial.solution) and "=" not in trial.solution.partition(" ")[0]
    if not simple and any(variant.arguments for variant in paper.variants):
        raise UsageError(
            f"An experiment of {paper.name} is a script, which takes no further arguments.",
            "Write its hidden configurations with `overrides`.",
        )
    words = shlex.split(trial.solution) if simple else ["bash", "-e", "-c", trial.solution]
    return Experiment(
        name=f"{paper.name} {number}",
        command=("python", COLLECT, "--out", results, "--keys", keys, "--", *words),
        results=results,
        metrics=dict.fromkeys(trial.values, RULE),
        seconds=seconds,
    )


def _program() -> bytes:
    return (Path(__file__).parent / "programs" / COLLECT).read_bytes()


def _unique(items: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(items))
