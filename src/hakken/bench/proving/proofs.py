"""Prove a repository before tasks are made of it: it reproduces itself, and each masked function is needed.

A function is needed by an experiment when the experiment, run without its body, fails or gives other numbers. A
function that a trivial body can stand in for is none that anybody must replicate.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import libcst as cst

from hakken.bench.experiments.bands import as_tuple, band, first_wrong, widest
from hakken.bench.experiments.lab import Lab
from hakken.bench.experiments.running import Outcome, RunJob
from hakken.bench.masking.bodies import find, mask_file, parse, replace_body
from hakken.bench.pace import counted
from hakken.bench.texts.papers import numbers_in
from hakken.bench.types import Band, Experiment, FunctionRef, Gold, MetricRule, Value, Variant
from hakken.core.errors import UsageError

_NOTED = 5
"""Values of an experiment that are no numbers and are named."""


class ProofError(UsageError):
    """A repository does not reproduce itself, or none of its functions can be masked."""


def measure(root: Path, experiments: Sequence[Experiment], lab: Lab, runs: int = 3) -> tuple[list[Gold], list[str]]:
    """Measure every experiment in every configuration several times.

    Each run has another seed of Python's hashes, so that results which depend on the order of a set show it.

    Returns:
        The measured values, and a note for each metric that is left out since it cannot be reproduced.

    Raises:
        ProofError: an experiment fails, or none of its metrics can be reproduced, or one that it names cannot.
    """
    keys: list[tuple[Experiment, Variant | None]] = [(e, v) for e in experiments for v in (None, *e.hidden)]
    jobs = [
        RunJob(tree=root, experiment=e, variant=v, env={"PYTHONHASHSEED": str(seed)})
        for e, v in keys
        for seed in range(runs)
    ]
    lab.tell(f"measuring {counted(len(experiments), 'experiment')} ({counted(len(jobs), 'run')})")
    outcomes = lab.run(jobs)
    golds: list[Gold] = []
    notes: list[str] = []
    for index, (experiment, variant) in enumerate(keys):
        group = outcomes[index * runs : (index + 1) * runs]
        metrics, left_out = _bands(experiment, variant, group)
        notes += left_out
        golds.append(Gold(experiment=experiment.name, variant=variant.name if variant else None, metrics=metrics))
    kept = [_common(gold, golds) for gold in golds]
    for gold in kept:
        if not gold.metrics:
            raise ProofError(
                f"No metric of the experiment {gold.experiment} is reproduced in all of its configurations.",
                "Seed its random numbers.",
            )
    return kept, list(dict.fromkeys(notes))


def necessary(
    root: Path,
    experiments: Sequence[Experiment],
    golds: Sequence[Gold],
    traced: Mapping[str, Sequence[FunctionRef]],
    functions: Sequence[FunctionRef],
    lab: Lab,
    *,
    everywhere: bool = True,
) -> dict[str, tuple[str, ...]]:
    """By experiment, the functions (``file:name``) without which it fails or changes.

    Args:
        root: The repository.
        experiments: All of them.
        golds: What ``measure`` gave.
        traced: By experiment, the functions that it executes; others cannot be needed and are not tried.
        functions: Those that may be masked.
        lab: Where to run.
        everywhere: Try each function in every experiment that executes it. Else the quickest of these stands for all.
    """
    by_time = sorted(experiments, key=lambda e: e.seconds)
    users = {f: [e for e in by_time if f in traced.get(e.name, ())] for f in functions}
    pairs = [(f, e) for f, found in users.items() for e in (found if everywhere else found[:1])]
    lab.tell(f"proving {counted(len(functions), 'mask')} ({counted(len(pairs), 'run')})")
    outcomes = lab.run(RunJob(tree=root, experiment=e, files=masked(root, [f])) for f, e in pairs)
    needs: dict[str, set[str]] = {e.name: set() for e in experiments}
    for (function, experiment), outcome in zip(pairs, outcomes, strict=True):
        if not reproduced(outcome, experiment, golds):
            for user in [experiment] if everywhere else users[function]:
                needs[user.name].add(str(function))
    return {name: tuple(str(f) for f in functions if str(f) in found) for name, found in needs.items()}


def trivial(
    root: Path,
    experiments: Sequence[Experiment],
    golds: Sequence[Gold],
    needs: Mapping[str, Sequence[str]],
    functions: Sequence[FunctionRef],
    lab: Lab,
) -> dict[str, str]:
    """Functions that one trivial body can stand in for in all of their experiments, with that body.

    The quickest experiment is tried first: a body that fails there is not tried in the others.
    """
    by_time = sorted(experiments, key=lambda e: e.seconds)
    users = {f: [e for e in by_time if str(f) in needs.get(e.name, ())] for f in functions}
    left = [
        (f, body)
        for f in functions
        for body in trivial_bodies(find(parse((root / f.file).read_bytes()), f.name))
        if users[f]
    ]
    for turn in range(len(experiments)):
        tries = [(f, body, users[f][turn]) for f, body in left if turn < len(users[f])]
        if not tries:
            break
        lab.tell(f"trying trivial bodies ({counted(len(tries), 'run')})")
        outcomes = lab.run(
            RunJob(tree=root, experiment=e, files={f.file: with_body((root / f.file).read_bytes(), f.name, body)})
            for f, body, e in tries
        )
        failed = {
            (f, body)
            for (f, body, e), outcome in zip(tries, outcomes, strict=True)
            if not reproduced(outcome, e, golds)
        }
        left = [pair for pair in left if pair not in failed]
    return {str(f): body for f, body in left}


def reproduced(outcome: Outcome, experiment: Experiment, golds: Sequence[Gold]) -> bool:
    """Whether a run in the visible configuration gave the measured values."""
    gold = next(g for g in golds if g.experiment == experiment.name and g.variant is None)
    return not outcome.failure and not first_wrong(outcome.numbers.values, gold.metrics)


def masked(root: Path, functions: Sequence[FunctionRef]) -> dict[str, bytes]:
    """Files of a repository with functions masked, each without its docstring."""
    by_file: dict[str, list[str]] = {}
    for function in functions:
        by_file.setdefault(function.file, []).append(function.name)
    return {file: mask_file((root / file).read_bytes(), names, dict.fromkeys(names)) for file, names in by_file.items()}


def trivial_bodies(function: cst.FunctionDef) -> tuple[str, ...]:
    """Bodies that replicate nothing: nothing, zero, or the first argument as it came."""
    parameters = [p.name.value for p in (*function.params.posonly_params, *function.params.params)]
    own = [name for name in parameters if name not in ("self", "cls")]
    return ("return None", "return 0.0", *((f"return {own[0]}",) if own else ()))


def with_body(source: bytes, name: str, body: str) -> bytes:
    """A file where one function has this body of one line.

    Raises:
        MaskError: there is no such function.
    """
    module = parse(source)
    function = find(module, name)
    changed = module.deep_replace(function, replace_body(function, [cst.parse_statement(body)]))
    assert isinstance(changed, cst.Module)
    return changed.bytes


def predictable(golds: Sequence[Gold], experiments: Sequence[Experiment]) -> set[str]:
    """Experiments without a hidden configuration that gives other numbers than the visible one.

    A number of the hidden configuration itself, such as a seed that is written among the results, is none that a
    function has to give.
    """
    visible = {gold.experiment: gold.metrics for gold in golds if gold.variant is None}
    variants = {(e.name, v.name): v for e in experiments for v in e.hidden}
    differing = set()
    for gold in golds:
        if gold.variant is not None and (gold.experiment, gold.variant) in variants:
            own = _numbers_of(variants[gold.experiment, gold.variant])
            metrics = {name: b for name, b in gold.metrics.items() if not own.issuperset(as_tuple(b.value))}
            if first_wrong({name: b.value for name, b in visible[gold.experiment].items()}, metrics):
                differing.add(gold.experiment)
    return set(visible) - differing


def _numbers_of(variant: Variant) -> set[float]:
    """The numbers that a hidden configuration sets."""
    return numbers_in(" ".join(map(str, (*variant.overrides.values(), *variant.arguments))))


def _bands(
    experiment: Experiment, variant: Variant | None, outcomes: Sequence[Outcome]
) -> tuple[dict[str, Band], list[str]]:
    where = f"The experiment {experiment.name}{f' ({variant.name})' if variant else ''}"
    for outcome in outcomes:
        if outcome.failure:
            raise ProofError(
                f"{where} of the unmasked repository fails: {outcome.failure.rstrip('.')}.",
                "Run its command without network in a fresh copy of the repository, and mend it.",
            )
    found: dict[str, Band] = {}
    notes: list[str] = []
    named = experiment.metrics
    first = outcomes[0].numbers
    for name in named or first.values:
        values: list[Value] = [o.numbers.values[name] for o in outcomes if name in o.numbers.values]
        if len(values) < len(outcomes):
            reason = next((o.numbers.refused[name] for o in outcomes if name in o.numbers.refused), "is not written")
        elif made := band(values, named.get(name, MetricRule())):
            found[name] = made
            if (wide := widest(made)) > made.rule.relative:
                notes.append(f"{experiment.name}: {name} differs from run to run; within {wide:.0%} it counts as right")
            continue
        else:
            reason = "differs too much from run to run"
        if name in named:
            raise ProofError(f"{where} cannot be reproduced: its metric {name} {reason}.", "Seed it, or leave it out.")
        notes.append(f"{experiment.name}: {name} {reason}, and is left out")
    if not named:
        notes += _refused(experiment.name, first.refused)
    if not found:
        raise ProofError(
            f"{where} writes no number that a second run gives again: {'; '.join(notes)}.",
            "Seed its random numbers, and leave out times.",
        )
    return found, notes


def _refused(name: str, refused: Mapping[str, str]) -> list[str]:
    """What a run writes beside numbers, as far as anybody wants to read it."""
    notes = [f"{name}: {what} {why}, and is left out" for what, why in list(refused.items())[:_NOTED]]
    return [*notes, *([f"{name}: {len(refused) - _NOTED} more are no numbers"] if len(refused) > _NOTED else [])]


def _common(gold: Gold, golds: Sequence[Gold]) -> Gold:
    """Only metrics that every configuration of the experiment reproduces."""
    others = [set(other.metrics) for other in golds if other.experiment == gold.experiment]
    kept = set.intersection(*others)
    return gold.model_copy(update={"metrics": {name: b for name, b in gold.metrics.items() if name in kept}})
