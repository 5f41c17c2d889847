"""Constants of a set-up: which numbers of a text are some, and whether code or configuration holds them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TypeVar

from hakken.research.papers.audit.document.document import Unit, UnitKind
from hakken.research.papers.audit.language.numbers import Number, find_numbers, normalise
from hakken.research.papers.audit.matching.candidates import Candidates
from hakken.research.papers.audit.records.evidence import Evidence
from hakken.research.papers.audit.records.words import stems

_THINGS = (
    r"learning[- ]rates?|lr|batch(?:es)?|batch[- ]sizes?|(?:training |update |diffusion |gradient )?steps?|timesteps?"
    r"|epochs?|iterations?|layers?|heads?|dimension(?:s|al)?|dims?|hidden|units?|neurons?|channels?|embeddings?"
    r"|decay(?: rate)?|dropout(?: rate)?|momentum|warm-?up|data points?|samples?|points|examples|images|parameters"
    r"|params?|seeds?|temperature|threshold|neighbou?rs?|elements|mod(?:ulo)?|gamma|lambda|alpha|beta|betas|epsilon"
    r"|weighting|weights?|factor|fraction|context(?: length| size)?|block size"
    r"|vocabular\w*|tokens|characters|bits|window"
    r"|width|depth|kernels?|filters|rate|clip\w*|schedule\w*|every|frequency|interval|coefficient|penalty|ratio|grid|bins"
    r"|components?|scales?|branch(?:es)?|blocks?|stages?|classes|categories|tokens|sequences?|size|length|budget|patience"
    r"|penalties|optimi[sz]er|initial(?:ised|ized)?|GPUs?|CPUs?|cores?|GB|MB|memory|dimensional|noise|levels?|fold"
)
_LEFT = re.compile(
    rf"(?:\b(?:{_THINGS})|[=∈←→]|\\?[α-ωΑ-Ω]\S{{0,6}})(?:\s+(?:was|were|is|are|of|at|to|set|being|equal|around|about"
    r"|approximately|from|used|decay|rates?|value|fixed|values|sizes?|the|first|for|a|every|than|all)\b|\s?[=:≈∈(])*\s*$",
    re.I,
)  # fmt: skip
_RIGHT = re.compile(
    rf"^\s?-?(?:(?!(?:with|for|in|on|of|by|from|using|and|or|to|the|at|when|after)\b)[a-z-]+ ){{0,2}}?(?:{_THINGS})\b",
    re.I,
)
_PROGRAM = re.compile(
    r"\b(?:PyTorch|TensorFlow|Python|CUDA|JAX|NumPy|SciPy|scikit-learn|Keras|Ubuntu|Gym(?:nasium)?|transformers)"
    r"\s+(?:version\s+)?[vV]?$"
)
_SETUP_SECTION = re.compile(r"set-?up|method|background|implementation|training|hyper-?param|problem|model|architecture"
                            r"|data|related|preliminar|approach|detail", re.I)  # fmt: skip
_LINES = re.compile(r"[\n;]|(?<=[.!?])\s")
_WORD_CUT = (re.compile(r"^\w+(?=\W)"), re.compile(r"(?<=\s)\w+$"))
"""Halves of words at the ends of a cut text."""
_LETTERS = {"α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon", "η": "learning rate eta",
            "λ": "lambda", "μ": "mu", "ρ": "rho", "σ": "sigma", "τ": "tau", "θ": "theta", "κ": "kappa"}  # fmt: skip
_GREEK = re.compile("|".join(_LETTERS))
T = TypeVar("T")
_SHORT = {
    "lr": "learning rate",
    "wd": "weight decay",
    "bs": "batch size",
    "embd": "embedding dimension",
    "emb": "embedding",
    "dim": "dimension",
    "dims": "dimensions",
    "iters": "iterations steps",
    "iter": "iterations steps",
    "iterations": "steps",
    "steps": "iterations",
    "epochs": "epochs",
    "num": "number",
    "seq": "sequence",
    "len": "length",
    "ema": "exponential moving average",
    "eps": "epsilon",
    "hid": "hidden",
    "timesteps": "steps",
    "subsample": "sample rows fraction examples",
    "colsample": "columns features fraction",
    "estimators": "trees rounds",
    "test": "held out holdout",
    "n_estimators": "trees",
    "d_model": "width dimension hidden",
    "model": "width dimension",
    "context": "length window",
    "block": "context length",
    "head": "heads",
    "layer": "layers",
}
"""Abbreviations of code, as a text spells them."""
_PLAIN = frozenset(
    ["the", "and", "with", "from", "for", "this", "that", "each", "are", "was", "were", "which", "number"]
)


@dataclass(frozen=True)
class Found:
    """Where a constant stands in the record."""

    about: str
    typed: bool = False
    """Only in notes that somebody typed, which prove nothing."""


class Constants:
    """Looks up constants of the set-up."""

    def __init__(self, evidence: Evidence, candidates: Candidates) -> None:
        self.held: dict[float, list[tuple[frozenset[str], str]]] = {}
        for setting in evidence.settings:
            self.held.setdefault(setting.value, []).append((_stemmed(setting.words), setting.about))
        for literal in candidates.literals:
            entry = (_stemmed(literal.words), f"a constant in {literal.where}")
            self.held.setdefault(literal.value, []).append(entry)
        self.typed: dict[float, list[frozenset[str]]] = {}
        for line in (line for note in evidence.notes for line in _LINES.split(note)):
            for number in find_numbers(line):
                self.typed.setdefault(number.value, []).append(stems(line))

    def find(self, number: Number, unit: Unit) -> Found | None:
        """The first place that holds this value under a name that the text uses too."""
        words = self._words(unit, number)
        for value in (number.value, number.value / 100) if number.unit == "%" else (number.value,):
            for known, about in _close(self.held, value):
                if words & known:
                    return Found(about)
        if any(words & known for known in _close(self.typed, number.value)):
            return Found("only texts that somebody typed say so", typed=True)
        return None

    def contrary(self, number: Number, unit: Unit) -> str:
        """What the record has under the very name that stands before a number, where all of its values are others."""
        text = normalise(unit.text)[max(0, number.start - 40) : number.start]
        said = re.search(r"((?:[A-Za-z-]+ ){0,2}[A-Za-z-]+)(?: (?:of|is|was|to|=)(?: about)?|:)? $", text)
        words = stems(said.group(1)) if said else frozenset[str]()
        named = {v: about for v, entries in self.held.items() for known, about in entries if known == words}
        if len(words) < 2 or not named or any(abs(v - number.value) <= 1e-9 * abs(v) for v in named):
            return ""
        told = " or ".join(f"{v:g}" for v in sorted(named)[:4])
        return f"{next(iter(named.values()))}: {told}"

    def elsewhere(self, number: Number) -> str:
        """Where code or configuration holds a telling value under names that the text does not use."""
        telling = number.step < 0.1 or number.value >= 20
        values = (number.value, number.value / 100) if number.unit == "%" else (number.value,)
        return next((about for v in values for _, about in _close(self.held, v)), "") if telling else ""

    def _words(self, unit: Unit, number: Number) -> frozenset[str]:
        """Words near the number; of a cell those of its row and column."""
        if unit.row:
            near = " ".join(t for _, t in unit.row) + f" {unit.column}"
        else:
            text = normalise(unit.text)
            near = _WORD_CUT[0].sub("", text[max(0, number.start - 60) : number.start]) + " "
            near += _WORD_CUT[1].sub("", text[number.end : number.end + 48])
        near = _GREEK.sub(lambda m: f" {_LETTERS[m.group()]} ", near)
        return frozenset(s for s in stems(near) if not s.replace(".", "").isdigit()) - _PLAIN


def _stemmed(words: frozenset[str]) -> frozenset[str]:
    return stems(" ".join(f"{w} {_SHORT.get(w, '')}" for w in words)) - _PLAIN


def _close(table: dict[float, list[T]], value: float) -> list[T]:
    """Entries of this value; products of powers of ten are off by their rounding."""
    if value in table:
        return table[value]
    return next((entries for v, entries in table.items() if abs(v - value) <= 1e-9 * abs(value)), [])


def is_constant(number: Number, unit: Unit, metric_unit: str) -> bool:
    """Whether the words beside a number make it one of the set-up.

    Args:
        number: The number.
        unit: Where it stands.
        metric_unit: Unit of the metrics that the number may be a value of; "1923 steps" is no constant where steps
            are what was measured.
    """
    if unit.kind is UnitKind.CELL or metric_unit == "/s":
        return False
    text = normalise(unit.text)
    left, right = text[max(0, number.start - 70) : number.start], text[number.end : number.end + 45]
    if _PROGRAM.search(left):
        return True
    if number.unit in ("%", "x", "points") and not re.search(r"^\s?(?:dropout|of the data|training|split)", right):
        return False
    behind = _RIGHT.match(right)
    if behind:
        said = behind.group().strip(" -").lower()
        return not metric_unit or metric_unit.rstrip("s") not in said or re.search(r"\btrain", said) is not None
    return _LEFT.search(left) is not None


def is_program_version(number: Number, unit: Unit) -> bool:
    """``PyTorch 1.9``."""
    return _PROGRAM.search(normalise(unit.text)[: number.start]) is not None


def in_setup(unit: Unit) -> bool:
    """Whether a unit stands where methods are described rather than results."""
    return _SETUP_SECTION.search(unit.section) is not None and not re.search(r"result|abstract", unit.section, re.I)
