"""Every value that the record holds or that follows from it, with what it is about."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from hakken.core.source import lines_of, syntax_tree
from hakken.core.types import TrialCost
from hakken.research.papers.audit.language.roles import Role
from hakken.research.papers.audit.records.derive import Array, Contrast, summarise
from hakken.research.papers.audit.records.evidence import Evidence
from hakken.research.papers.audit.records.sizes import sizes

_COSTS: dict[str, tuple[Callable[[TrialCost], float | None], str]] = {
    "cpu_seconds": (lambda c: c.cpu_seconds, "s"),
    "wall_seconds": (lambda c: c.wall_seconds, "s"),
    "memory_mb": (lambda c: c.peak_memory_mb, "MB"),
    "steps": (lambda c: c.steps, ""),
    "parameters": (lambda c: c.parameters, ""),
    "examples": (lambda c: c.examples, ""),
}
"""Kinds of cost: how each is read, and its unit."""


@dataclass(frozen=True)
class Candidate:
    """One derivable value."""

    role: Role
    value: float
    about: str
    variant: str = ""
    against: str = ""
    split: str = ""
    metric: str = ""
    noun: str = ""
    seed: int | None = None
    unit: str = ""
    slack: float = 0.0
    """By how much a printed value may differ beyond rounding (sampled p values)."""


@dataclass(frozen=True)
class Literal:
    """A number in the source code of an experiment, with the names that it stands next to."""

    value: float
    words: frozenset[str]
    where: str


class Candidates:
    """All candidates of one record, computed once."""

    def __init__(self, evidence: Evidence) -> None:
        self.evidence = evidence

    @cached_property
    def by_role(self) -> dict[Role, list[Candidate]]:
        """Candidates by what they are."""
        found: dict[Role, list[Candidate]] = {}
        for candidate in (*self._levels(), *self._contrasts(), *self._costs(), *self._failed_costs(), *self._sizes()):
            found.setdefault(candidate.role, []).append(candidate)
        return found

    @cached_property
    def by_seed(self) -> dict[int | None, list[Candidate]]:
        """Values of single trials by their seed."""
        found: dict[int | None, list[Candidate]] = {}
        for candidate in self.by_role.get(Role.VALUE, ()):
            found.setdefault(candidate.seed, []).append(candidate)
        return found

    def of_role(self, role: Role, seeds: frozenset[int]) -> list[Candidate]:
        """Candidates of a role; single trials only those of the seeds that are named."""
        if role is Role.VALUE and seeds:
            return [c for seed in seeds for c in self.by_seed.get(seed, ())]
        return self.by_role.get(role, [])

    def _name(self, variant: str) -> str:
        return self.evidence.variants[variant].title if variant in self.evidence.variants else variant

    def _levels(self) -> Iterator[Candidate]:
        for (variant, split, metric), by_seed in self.evidence.values.items():
            s = summarise(np.array(list(by_seed.values()), float))
            unit = self.evidence.metric(metric).unit
            where = f"{metric} of {self._name(variant)} on {split} seeds (n = {s.n})"
            rows: list[tuple[Role, float | None, str]] = [
                (Role.LEVEL, s.mean, "mean"),
                (Role.MEDIAN, s.median, "median"),
                (Role.MINIMUM, s.low, "minimum"),
                (Role.MAXIMUM, s.high, "maximum"),
                (Role.SD, s.sd, "standard deviation"),
                (Role.SE, s.se, "standard error"),
                (Role.HALF, s.half, "half width of the 95 % interval"),
                (Role.LOW, s.mean - s.half if s.half is not None else None, "lower end of the interval of the mean"),
                (Role.HIGH, s.mean + s.half if s.half is not None else None, "upper end of the interval of the mean"),
            ]
            for role, value, what in rows:
                if value is not None:
                    yield Candidate(role, value, f"{what} {where}", variant, "", split, metric, unit=unit)
            for seed, value in by_seed.items():
                about = f"{metric} of {self._name(variant)}, {split} seed {seed}"
                yield Candidate(Role.VALUE, value, about, variant, "", split, metric, seed=seed, unit=unit)

    def _contrasts(self) -> Iterator[Candidate]:
        for (variant, against, split, metric), c in self.evidence.contrasts.items():
            if variant == self.evidence.baseline:
                continue  # differences are told from the variant's side
            where = f"{metric}, {self._name(variant)} against {self._name(against)}, {split} seeds (n = {c.n})"
            raw = "unadjusted" if self._adjusted(variant, against, split, metric) else ""
            for role, value, what, slack in self._of_contrast(c):
                noun = "gain" if "of the gain" in what else "differences" if "of the differences" in what else ""
                noun = raw if role is Role.P else noun
                yield Candidate(role, value, f"{what}: {where}", variant, against, split, metric, noun, slack=slack)
            recorded = self.evidence.recorded.get((variant, split, metric))
            if recorded is None or against != self.evidence.baseline:
                continue
            for what, noted, role in (
                ("recorded p", recorded.p, Role.P),
                ("adjusted p", recorded.p_adjusted, Role.P),
                ("noise floor", recorded.noise_floor, Role.FLOOR),
                ("effect size", recorded.effect_size, Role.EFFECT),
            ):
                if noted is not None:
                    noun = raw if what == "recorded p" else ""
                    yield Candidate(role, noted, f"{what}: {where}", variant, against, split, metric, noun)

    def _adjusted(self, variant: str, against: str, split: str, metric: str) -> bool:
        """Whether the p of a comparison is one of several: only the adjusted one decides."""
        found = self.evidence.recorded.get((variant, split, metric)) if against == self.evidence.baseline else None
        matched = (
            c for c in self.evidence.matched if (c.variant_id, c.baseline_id, c.metric) == (variant, against, metric)
        )
        recorded = found or next(matched, None)
        return recorded is not None and recorded.p_adjusted is not None

    def _of_contrast(self, c: Contrast) -> Iterator[tuple[Role, float, str, float]]:
        yield Role.DIFFERENCE, c.difference, "difference", 0.0
        yield Role.CHANGE, c.gain, "gain", 0.0
        yield Role.LOW, c.low, "lower end of the interval of the difference", 0.0
        yield Role.HIGH, c.high, "upper end of the interval of the difference", 0.0
        gains = (c.low, c.high) if c.gain == c.difference else (-c.high, -c.low)
        yield Role.LOW, gains[0], "lower end of the interval of the gain", 0.0
        yield Role.HIGH, gains[1], "upper end of the interval of the gain", 0.0
        yield Role.HALF, (c.high - c.low) / 2, "half width of the interval of the difference", 0.0
        yield Role.SD, c.sd, "standard deviation of the differences", 0.0
        if c.sd:
            yield Role.EFFECT, c.difference / c.sd, "effect size", 0.0
        # A sampled p strays by a few standard errors, and counts the observed pattern once more.
        p = (c.p_low + c.p_high) / 2
        yield Role.P, p, "sign-flip p", (c.p_high - c.p_low) / 2 + 4 * (p * (1 - p) / 20_000) ** 0.5 + 1e-4
        yield Role.WINS, c.wins, "seeds on which it is better", 0.0
        yield Role.WINS, c.n - c.wins - c.ties, "seeds on which it is worse", 0.0
        if c.base:
            yield Role.RELATIVE, 100 * c.difference / abs(c.base), "relative change in percent", 0.0
            yield Role.RATIO, c.mean / c.base, "ratio", 0.0
        if c.mean:
            yield Role.RATIO, c.base / c.mean, "inverse ratio", 0.0

    def _sizes(self) -> Iterator[Candidate]:
        """Effect size, power and equivalence of the primary comparison."""
        for s in sizes(self.evidence):
            if s.value is not None:
                about = f"{s.what}: {s.metric} of {self._name(s.variant)}, {s.split} seeds"
                yield Candidate(s.role, s.value, about, s.variant, s.against, s.split, s.metric, s.word)

    def _failed_costs(self) -> Iterator[Candidate]:
        """What failed trials used, one by one: they enter no mean."""
        for variant, split, seed, cost in self.evidence.failed_costs:
            for kind, (get, unit) in _COSTS.items():
                value = get(cost)
                if value is not None:
                    about = f"{kind} of {self._name(variant)} on {split} seeds, seed {seed} (failed)"
                    yield Candidate(
                        Role.VALUE, float(value), about, variant, split=split, noun=kind, seed=seed, unit=unit
                    )

    def _costs(self) -> Iterator[Candidate]:
        base = self.evidence.baseline or ""
        matched = dict.fromkeys(c.baseline_id for c in self.evidence.matched)
        for (variant, split), costs in self.evidence.costs.items():
            for kind, (get, unit) in _COSTS.items():
                values = np.array([v for _, c in costs if (v := get(c)) is not None], float)
                if not len(values):
                    continue
                where = f"{kind} of {self._name(variant)} on {split} seeds"
                common = {"variant": variant, "split": split, "noun": kind, "unit": unit}
                for what, value in (("mean", values.mean()), ("median", np.median(values)), *_total(kind, values)):
                    yield Candidate(Role.COST, float(value), f"{what} {where}", **common)  # type: ignore[arg-type]
                for seed, cost in costs:
                    one = get(cost)
                    if one is not None:
                        about = f"{where}, seed {seed}"
                        yield Candidate(Role.VALUE, float(one), about, seed=seed, **common)  # type: ignore[arg-type]
                for other in ("", *matched):
                    rival = self.evidence.costs.get((other or base, split), ())
                    theirs = np.array([v for _, c in rival if (v := get(c)) is not None], float)
                    if not len(theirs) or not theirs.mean() or other == variant:
                        continue
                    for what, ratio in (
                        ("means", values.mean() / theirs.mean()),
                        ("medians", np.median(values) / (np.median(theirs) or 1.0)),
                    ):
                        about = f"ratio of {what}, {where} over {self._name(other) if other else 'the baseline'}"
                        common["against"] = other
                        yield Candidate(Role.COST_RATIO, float(ratio), about, **common)  # type: ignore[arg-type]

    @cached_property
    def literals(self) -> list[Literal]:
        """Numeric literals of every source, each with the names around it."""
        found: list[Literal] = []
        foreign = self.evidence.foreign
        by_people, by_models = (_whole, _whole) if foreign else (_lines, _none)
        files = [("the template", self.evidence.pristine, by_people)]
        files += [(self._name(v), texts, by_models) for v, texts in self.evidence.sources.items()]
        for owner, texts, parts in files:
            for path, text in texts.items():
                told = text if parts is not _none else _uncommented(text)
                found += _literals(told, f"{path} of {owner}", parts)
        return found


def _total(kind: str, values: Array) -> list[tuple[str, float]]:
    """Times add up over trials; memory and sizes do not."""
    return [("total", float(values.sum()))] if kind.endswith("seconds") else []


def _returned(tree: ast.AST) -> dict[int, str]:
    """Constants of a return statement by the name of their function: ``def weight_decay(t): return 0.1``."""
    functions = [n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef)]
    returns = [(f.name, r) for f in functions for r in ast.walk(f) if isinstance(r, ast.Return)]
    return {id(c): name for name, r in returns for c in ast.walk(r) if isinstance(c, ast.Constant)}


def _whole(text: str) -> list[str]:
    """Where code is all that is known of a set-up, a string speaks of everything in it."""
    return [text]


def _lines(text: str) -> list[str]:
    """In what a person wrote, the words of a line tell its numbers."""
    return text.splitlines()


def _none(text: str) -> list[str]:
    """What a model's strings and docstrings say is no constant of anything."""
    return []


def _uncommented(text: str) -> str:
    """A program with every line in its place and no comments: those of a model prove nothing."""
    lines = lines_of(text)
    try:
        for token in tokenize.generate_tokens(io.StringIO("\n".join(lines) + "\n").readline):
            if token.type == tokenize.COMMENT:
                row, column = token.start
                lines[row - 1] = lines[row - 1][:column]
    except (tokenize.TokenError, SyntaxError):
        return "\n".join(line.partition("#")[0] for line in lines)
    return "\n".join(lines)


def _literals(text: str, where: str, parts: Callable[[str], list[str]]) -> Iterator[Literal]:
    """Constants of a program, and the numbers in its strings.

    Args:
        text: The program.
        where: What it is.
        parts: The parts of a string whose words tell a number in them.
    """
    try:
        tree = syntax_tree(text)
    except SyntaxError:
        for line in text.splitlines():
            words = frozenset(re.findall(r"[a-z]{2,}", line.lower().replace("_", " ")))
            for number in re.findall(r"(?<![\w.])\d+(?:\.\d+)?(?:[eE]-?\d+)?", line):
                yield Literal(float(number), words, where)
        return
    lines = lines_of(text)
    returned = _returned(tree)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, int | float) and not isinstance(node.value, bool):
            line = lines[node.lineno - 1] if node.lineno <= len(lines) else ""
            line += f" {returned.get(id(node), '')}"
            words = frozenset(re.findall(r"[a-z]{2,}", line.lower().replace("_", " ")))
            yield Literal(float(node.value), words, f"{where}, line {node.lineno}")
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            for part in parts(node.value):
                words = frozenset(re.findall(r"[a-z]{3,}", part.lower()))
                for number in re.findall(r"(?<![\w.])\d+(?:\.\d+)?", part):
                    yield Literal(float(number), words, f"{where}, line {node.lineno}")
