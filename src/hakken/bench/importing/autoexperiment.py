"""Task folders of the original data set's problems: same ids, same rule of combination, masks by the syntax tree.

The experiments of that data set print their numbers. A small program in the task's repository runs the command and
writes what it printed to a file, so that every rule of grading can be used. Nothing is hidden in the data set, so each
task is marked ``gold_predictable`` unless the user gives hidden configurations.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hakken.bench.adopting import load_hidden
from hakken.bench.folder import PAPER, write_task
from hakken.bench.importing.lines import NotFound, locate
from hakken.bench.importing.originals import Problem, Trial, read_problems
from hakken.bench.importing.probing import gpu_sign, has_gpu, why_not
from hakken.bench.importing.report import Imported, LeftOut, check_apart
from hakken.bench.masking import mask_file, masked_texts
from hakken.bench.proving import Lab
from hakken.bench.running import Outcome, RunJob
from hakken.bench.trees import TreeError
from hakken.bench.types import Band, Experiment, FunctionRef, Gold, MaskMode, MetricRule, Task, Values, Variant
from hakken.core.errors import UsageError

COLLECT = "hakken_collect.py"
RULE = MetricRule(relative=0.05, absolute=1e-12)
"""The tolerance of the original."""
_SHELL = frozenset("|&;<>()$`\\*?[]#~!{}\n")
"""What makes a line more than a program and its words."""


@dataclass
class _Paper:
    """A repository of the data set and what was found out about it."""

    name: str
    root: Path
    text: str = ""
    variants: tuple[Variant, ...] = ()
    trials: dict[str, Trial] = field(default_factory=dict)
    """Experiments of the paper, by key; the place of each names its file of results."""
    why: dict[str, str] = field(default_factory=dict)
    """Why an experiment cannot be used here; empty where it can."""
    hidden: dict[tuple[str, str], Values] = field(default_factory=dict)
    """What the unmasked repository gives in a hidden configuration."""


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
    ready, left_out, found = _masked(problems, papers)
    for name, paper in papers.items():
        if paper is not None:
            mine = [problem for problem, _ in ready if problem.paper == name]
            paper.trials = {trial.key: trial for problem in mine for trial in problem.trials}
            _probe(paper, lab, check, seconds)
    written = []
    for problem, refs in ready:
        paper = papers[problem.paper]
        assert paper is not None
        why = next((paper.why[trial.key] for trial in problem.trials if paper.why[trial.key]), "")
        if why:
            left_out.append(LeftOut(task=problem.id, reason=f"not runnable here: {why}"))
        if not why or every:
            _write(problem, refs, paper, out, mode, seconds)
            written.append(problem.id)
    done = Imported(
        benchmark="AutoExperiment",
        folder=str(out),
        tasks=tuple(written),
        left_out=tuple(left_out),
        notes=tuple(_unique([*notes, *found])),
    )
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
    return _Paper(name, root.resolve(), text, variants)


_Ready = tuple[Problem, tuple[FunctionRef, ...]]


def _masked(
    problems: Sequence[Problem], papers: Mapping[str, _Paper | None]
) -> tuple[list[_Ready], list[LeftOut], list[str]]:
    """Problems with their functions, those whose functions cannot be masked, and notes."""
    ready: list[_Ready] = []
    left_out: list[LeftOut] = []
    notes: list[str] = []
    for problem in problems:
        refs, why, found = _located(problem, papers[problem.paper])
        notes += found
        if why:
            left_out.append(LeftOut(task=problem.id, reason=why))
        else:
            ready.append((problem, refs))
    return ready, left_out, notes


def _located(problem: Problem, paper: _Paper | None) -> tuple[tuple[FunctionRef, ...], str, list[str]]:
    """The functions of a problem, why they cannot be masked, and notes."""
    if problem.broken:
        return (), problem.broken, []
    if paper is None:
        return (), f"the repository of {problem.paper} is not there (looked for {problem.paper}/code)", []
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


def _probe(paper: _Paper, lab: Lab, check: bool, seconds: float) -> None:
    """Try each experiment once, and measure the hidden configurations."""
    trials = list(paper.trials.values())
    sign = "" if has_gpu() else gpu_sign(paper.root)
    if not check:
        seems = f"seems to need a GPU ({sign})" if sign else ""
        paper.why = dict.fromkeys(paper.trials, seems)
        if paper.variants:
            raise UsageError("Hidden configurations have to be measured.", "Leave --no-check out.")
        return
    lab.tell(f"{paper.name}: trying {len(trials)} experiments of the unmasked repository")
    keys = [(trial, variant) for trial in trials for variant in (None, *paper.variants)]
    files = {COLLECT: _program()}
    try:
        outcomes = lab.run(
            RunJob(tree=paper.root, files=files, experiment=_experiment(paper, t, seconds), variant=v) for t, v in keys
        )
    except TreeError as error:
        paper.why = dict.fromkeys(paper.trials, error.message)
        return
    for (trial, variant), outcome in zip(keys, outcomes, strict=True):
        _judge(paper, trial, variant, outcome, sign)
        where = f" ({variant.name})" if variant else ""
        lab.tell(f"{paper.name}: {trial.solution.splitlines()[0][:80]}{where}: {paper.why[trial.key] or 'runs'}")


def _judge(paper: _Paper, trial: Trial, variant: Variant | None, outcome: Outcome, sign: str) -> None:
    if variant is None:
        paper.why[trial.key] = why_not(outcome, trial.values, sign)
    elif outcome.failure:
        paper.why[trial.key] = paper.why[trial.key] or f"fails in the configuration {variant.name}: {outcome.failure}"
    else:
        paper.hidden[trial.key, variant.name] = outcome.numbers.values


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
        golds.append(_gold(name, None, trial.values))
        golds += [_gold(name, v.name, paper.hidden[trial.key, v.name]) for v in variants]
    task = Task(
        id=problem.id,
        source=problem.paper,
        title=f"AutoExperiment {problem.paper}",
        mode=mode,
        functions=refs,
        experiments=tuple(experiments),
        gold_predictable=not all(experiment.hidden for experiment in experiments),
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


def _gold(name: str, variant: str | None, values: Values) -> Gold:
    bands: Mapping[str, Band] = {
        metric: Band(
            value=value, half_width=(0.0,) * len(value) if isinstance(value, tuple) else 0.0, runs=1, rule=RULE
        )
        for metric, value in values.items()
    }
    return Gold(experiment=name, variant=variant, metrics=dict(bands))


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
