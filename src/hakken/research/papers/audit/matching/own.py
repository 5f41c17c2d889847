"""Matching each printed number with the record, within its rounding and within what the words around it name."""

from __future__ import annotations

import re
from dataclasses import replace

from hakken.research.papers.audit.document.document import CITED, Document, Unit, UnitKind
from hakken.research.papers.audit.language.bounds import bounded, perhaps_bounded
from hakken.research.papers.audit.language.numbers import Number, find_numbers, normalise
from hakken.research.papers.audit.language.roles import Reading, Role
from hakken.research.papers.audit.language.scope import Names, Scope
from hakken.research.papers.audit.matching.candidates import Candidate, Candidates
from hakken.research.papers.audit.matching.counting import Counting
from hakken.research.papers.audit.matching.fitting import chance, fits, in_scope, nearest, rescaled
from hakken.research.papers.audit.matching.quotations import Quotations
from hakken.research.papers.audit.matching.reading import named, readings
from hakken.research.papers.audit.matching.set_up import tells_set_up
from hakken.research.papers.audit.matching.verdicts import Match, Verdict
from hakken.research.papers.audit.matching.ways import EFFECT, turned
from hakken.research.papers.audit.records.evidence import Evidence

#: what a printed role may be matched with
_ADMITS: dict[Role, tuple[Role, ...]] = {
    Role.LEVEL: (Role.LEVEL,),
    Role.SPREAD: (Role.SD, Role.SE, Role.HALF),
    Role.CHANGE: (Role.CHANGE, Role.DIFFERENCE, Role.RELATIVE),
    Role.DIFFERENCE: (Role.DIFFERENCE, Role.RELATIVE),
    Role.RATIO: (Role.RATIO, Role.COST_RATIO),
    Role.WINS: (Role.WINS,),
    Role.COST: (Role.COST,),
}
_WORDED = {
    "gain": re.compile(r"\bgain|\bimprovement|\breduction", re.I),
    "differences": re.compile(r"deviation of the (?:paired )?differences", re.I),
    "effect": re.compile(r"\beffect size", re.I),
    "equivalence": re.compile(r"\bequivalen", re.I),
    "unadjusted": re.compile(
        r"\bunadjusted|\buncorrected|\braw\b|\b(?:before|without) (?:\w+ ){0,2}(?:adjust|correct)", re.I
    ),
}
"""Candidates that only these words call for."""
_ONE_SIDED = re.compile(r"one-sided tests?[^.;:]{0,12}$", re.I)
"""What opens the p of an equivalence, which is no other p."""
_BOUNDS = (Role.LEVEL, Role.CHANGE, Role.DIFFERENCE, Role.RELATIVE, Role.RATIO, Role.COST)
"""What words may state a bound of; counts are looked up as they stand."""
_WEAK = 0.2
_HOLDS = (Verdict.SUPPORTED, Verdict.WEAK)


class Matcher:
    """Matches the numbers of units of a paper with the candidates of a record."""

    def __init__(self, evidence: Evidence, candidates: Candidates, names: Names) -> None:
        self.evidence = evidence
        self.candidates = candidates
        self.names = names
        self.seen: dict[tuple[Unit, Unit | None], list[Match]] = {}
        self.quotations = Quotations(evidence)
        self.counting = Counting(evidence)

    def match_document(self, document: Document) -> list[Match]:
        """Every number of every unit that makes statements."""
        found: list[Match] = []
        before: Unit | None = None
        for unit in document.units:
            if unit.kind in (UnitKind.CODE, UnitKind.EQUATION):
                continue
            same = before is not None and before.paragraph == unit.paragraph and unit.kind is before.kind
            found += self.match_unit(unit, before if same else None)
            before = unit
        return found

    def match_unit(self, unit: Unit, before: Unit | None) -> list[Match]:
        """The numbers of one unit; ``before`` is the sentence before it in the same paragraph."""
        if (unit, before) not in self.seen:
            self.seen[unit, before] = self._match(unit, before)
        return self.seen[unit, before]

    def _match(self, unit: Unit, before: Unit | None) -> list[Match]:
        numbers = find_numbers(unit.text)
        if not numbers:
            return []
        quoted = self.quotations.spans(unit)
        return [self._judge(n, numbers, unit, before, quoted) for n in numbers]

    def _judge(
        self,
        number: Number,
        numbers: tuple[Number, ...],
        unit: Unit,
        before: Unit | None,
        quoted: list[tuple[int, int]],
    ) -> Match:
        scope = self.names.of_number(number, unit, before)
        reading, *others = readings(number, unit, scope, self.names, self.evidence)
        if any(a <= number.start and number.end <= b for a, b in quoted):
            return Match(unit, number, reading.role, Verdict.SUPPORTED, "words of the record, printed as they are")
        if named(number, unit, self.names):
            return Match(unit, number, Role.LABEL, Verdict.SKIPPED, "a metric's name")
        if reading.role is Role.LABEL or self._is_year(number, unit):
            return Match(unit, number, Role.LABEL, Verdict.SKIPPED, "a label")
        if reading.role is Role.VERSION:
            return self._version(number, unit, before)
        found = self._read(number, numbers, unit, reading, scope)
        ways = [*((other, False) for other in others), (reading, True)]
        for other, loosely in ways if found.verdict not in _HOLDS else ():
            again = self._read(number, numbers, unit, other, scope, loosely=loosely)
            found = again if again.verdict in _HOLDS else found
        return found

    def _read(
        self,
        number: Number,
        numbers: tuple[Number, ...],
        unit: Unit,
        reading: Reading,
        scope: Scope,
        *,
        loosely: bool = False,
    ) -> Match:
        """The verdict on a number that is this; loosely, words may state a bound that can also compare with a value."""
        if number.form in ("low", "high") and reading.role in (Role.UNKNOWN, Role.CHANGE):
            reading, scope = self._from_to(number, unit, reading, scope)
        if reading.role is Role.UNKNOWN and number.form != "dimension":
            reading = self._guess(number, unit, scope, reading)
        if reading.role in _BOUNDS and not unit.row:
            left = normalise(unit.text)[: number.start]
            number = (perhaps_bounded(number, left) if loosely else None) or bounded(number, left)
        return self._look_up(number, numbers, unit, reading, scope)

    def _is_year(self, number: Number, unit: Unit) -> bool:
        after = unit.text[number.end : number.end + 2]
        if CITED in after and 1800 <= number.value <= 2100:
            return True
        return unit.cites and number.step == 1.0 and 1900 <= number.value <= 2100 and len(number.text) == 4

    def _version(self, number: Number, unit: Unit, before: Unit | None) -> Match:
        left = unit.text[: number.start].lower()
        if unit.row:
            left = " ".join(text for head, text in unit.row if text != unit.text).lower() + " " + unit.column.lower()
        named = [(left.rfind(name.lower()), name) for name in self.evidence.versions if name.lower() in left]
        version = number.text.lstrip("vV")
        if named:
            name = max(named)[1]
            true = self.evidence.versions[name]
            same = version == true or true.startswith(version + ".")
            verdict = Verdict.SUPPORTED if same else Verdict.UNSUPPORTED
            return Match(unit, number, Role.VERSION, verdict, f"{name} was {true}")
        hit = next((f"{n} was {v}" for n, v in self.evidence.versions.items() if v == version), None)
        verdict = Verdict.SUPPORTED if hit else Verdict.UNSUPPORTED
        return Match(unit, number, Role.VERSION, verdict, hit or "no such version is recorded")

    def _from_to(self, number: Number, unit: Unit, reading: Reading, scope: Scope) -> tuple[Reading, Scope]:
        """``from 9.8 to 9.1``: the baseline's mean first, the variant's second."""
        left = normalise(unit.text)[: number.start]
        if not re.search(r"\bfrom [^.;]*$", left) or not scope.metrics or self.evidence.baseline is None:
            return reading, scope
        subjects = (
            frozenset({self.evidence.baseline}) if number.form == "low" else scope.subjects - {self.evidence.baseline}
        )
        return Reading(Role.LEVEL), replace(scope, subjects=subjects)

    def _guess(self, number: Number, unit: Unit, scope: Scope, reading: Reading) -> Reading:
        """A bare number next to a metric's name is a mean of it."""
        units = {self.evidence.metric(m).unit for m in scope.metrics}
        if scope.metrics and (number.unit in units or (number.unit == "%" and "" in units)):
            return Reading(Role.LEVEL)
        return reading

    def _look_up(
        self, number: Number, numbers: tuple[Number, ...], unit: Unit, reading: Reading, scope: Scope
    ) -> Match:
        if reading.role is Role.COUNT:
            return self.counting.of_things(number, unit, reading, scope)
        if reading.role is Role.SEED:
            return self.counting.of_seeds(number, unit, scope)
        if reading.role in (Role.SETTING, Role.CONFIDENCE, Role.UNKNOWN):
            return self._setting(number, unit, reading, scope)
        pool = self._pool(number, numbers, unit, reading, scope)
        hits = [c for c in pool if fits(number, c, reading.role)]
        inside = [c for c in hits if in_scope(c, scope, self.evidence.baseline)]
        if inside:
            changes = reading.role in (Role.CHANGE, Role.RATIO)
            if changes and (told := turned(inside, number, unit, self.names, self.evidence)):
                return Match(unit, number, reading.role, Verdict.REVERSED, told)
            verdict = Verdict.WEAK if all(self._lost(number, c) for c in inside) else Verdict.SUPPORTED
            return Match(unit, number, reading.role, verdict, inside[0].about)
        if tells_set_up(reading.role, number, unit, scope, self.names):
            other = self._setting(number, unit, reading, scope)
            if other.verdict is Verdict.SUPPORTED:
                return other
        if hits:
            return Match(unit, number, reading.role, Verdict.MISATTRIBUTED, f"that is the {hits[0].about}")
        return Match(
            unit,
            number,
            reading.role,
            Verdict.UNSUPPORTED,
            nearest(number, [c for c in pool if in_scope(c, scope, self.evidence.baseline)]),
        )

    def _lost(self, number: Number, candidate: Candidate) -> bool:
        """Printed as zero: a mean that is none, or a difference that was found, has lost all of its digits."""
        if number.value != 0 or candidate.value == 0 or number.relation:
            return False
        if candidate.role is Role.LEVEL:
            return True
        key = (candidate.variant, candidate.against, candidate.split, candidate.metric)
        decided = key in self.evidence.contrasts and self.evidence.verdict(*key) != "inconclusive"
        return candidate.role in (Role.CHANGE, Role.DIFFERENCE, Role.RELATIVE) and decided

    def _pool(
        self, number: Number, numbers: tuple[Number, ...], unit: Unit, reading: Reading, scope: Scope
    ) -> list[Candidate]:
        roles = _ADMITS.get(reading.role, (reading.role,))
        if reading.role is Role.LEVEL and scope.seeds:
            roles = (Role.VALUE,)
        if reading.role is Role.COST and scope.seeds:
            roles = (Role.VALUE,)
        if (
            reading.role is Role.SPREAD
            and unit.row
            and re.search(r"\bs\.?d\b|standard deviation", unit.column + unit.caption, re.I)
        ):
            roles = (Role.SD,)
        pool = [c for role in roles for c in self.candidates.of_role(role, scope.seeds)]
        pool = [c for c in pool if c.noun not in _WORDED or _WORDED[c.noun].search(f"{unit.text} {unit.column}")]
        if reading.role is Role.P and _ONE_SIDED.search(unit.text[: number.start]):
            pool = [c for c in pool if c.noun == "equivalence"]
        if reading.role in (Role.COST, Role.COST_RATIO) or (scope.seeds and roles == (Role.VALUE,)):
            wanted = reading.noun if reading.role in (Role.COST, Role.COST_RATIO) else ""
            pool = [c for c in pool if (c.noun == wanted if wanted else True)]
            pool = [c for c in pool if reading.role is not Role.LEVEL or not c.noun]
            if reading.role is Role.COST and number.unit:
                pool = [c for c in pool if c.unit == ("MB" if number.unit.endswith("B") else "s")]
            if number.unit in ("ms", "min", "h", "GB"):
                pool = [rescaled(c, number.unit) for c in pool]
        return pool

    def _setting(self, number: Number, unit: Unit, reading: Reading, scope: Scope) -> Match:
        context = unit.text + " " + unit.column + " " + " ".join(text for _, text in unit.row)
        words = set(re.findall(r"[a-z]{2,}", context.lower().replace("_", " ")))
        stems = {w.rstrip("s") for w in words}
        half = number.step / 2 * (1 + 1e-9)
        for setting in self.evidence.settings:
            same_unit = setting.unit == number.unit or (unit.row and not number.unit)
            if (
                same_unit
                and abs(setting.value - number.value) <= half
                and stems & {w.rstrip("s") for w in setting.words}
            ):
                return Match(unit, number, Role.SETTING, Verdict.SUPPORTED, setting.about)
        if reading.role is Role.CONFIDENCE:
            return Match(unit, number, reading.role, Verdict.UNSUPPORTED, "intervals were computed at 95 %")
        named = set(scope.subjects)
        values = (number.value, number.value / 100) if number.unit == "%" else (number.value,)
        for literal in self.candidates.literals if self._may_be_constant(number, unit, reading) else ():
            if any(abs(literal.value - value) <= 1e-9 for value in values) and len(
                stems & {w.rstrip("s") for w in literal.words} - _COMMON
            ):
                return Match(unit, number, Role.SETTING, Verdict.SUPPORTED, f"a constant in {literal.where}")
        for quote in self.quotations.fixed:
            if (
                _names_number(quote, number)
                and len(stems & {w.rstrip("s") for w in re.findall(r"[a-z]{3,}", quote)} - _COMMON) >= 2
            ):
                return Match(unit, number, Role.SETTING, Verdict.SUPPORTED, f"recorded: {quote[:80]}")
        return self._anything(number, unit, reading, named, scope)

    def _may_be_constant(self, number: Number, unit: Unit, reading: Reading) -> bool:
        """Whether a number may stand in the code: with a unit, only where neither a metric nor an effect is told."""
        if not number.unit:
            return True
        if number.unit in ("x", "points") or (reading.role is Role.COST and reading.noun):
            return False
        text = f"{unit.text} {unit.column}"
        told = any(m.kind == "metric" for m in self.names.find(text))
        return not told and EFFECT.search(self.names.struck(text)) is None

    def _anything(self, number: Number, unit: Unit, reading: Reading, named: set[str], scope: Scope) -> Match:
        """Last resort: any measured value, weighed by the chance that a random number would match too."""
        if reading.role is not Role.UNKNOWN or number.unit in ("s", "MB", "GB"):
            return Match(unit, number, reading.role, Verdict.UNSUPPORTED, "nothing recorded has this value")
        roles = (Role.LEVEL, Role.DIFFERENCE, Role.RELATIVE, Role.RATIO, Role.MEDIAN, Role.SD)
        pool = [
            c
            for role in roles
            for c in self.candidates.by_role.get(role, ())
            if in_scope(c, scope, self.evidence.baseline)
        ]
        hits = [c for c in pool if fits(number, c, reading.role)]
        if hits and chance(number, pool) <= _WEAK:
            return Match(unit, number, reading.role, Verdict.SUPPORTED, hits[0].about)
        if hits:
            return Match(unit, number, reading.role, Verdict.WEAK, f"may be {hits[0].about}; so may many numbers")
        return Match(unit, number, reading.role, Verdict.UNSUPPORTED, "nothing recorded has this value")


_SMALL_WORDS = "the and for with that this from are was were def return each one two of in is to as by on an all"
_COMMON = frozenset(_SMALL_WORDS.split())


def _names_number(quote: str, number: Number) -> bool:
    return any(abs(n.value - number.value) < 1e-9 and n.unit == number.unit for n in find_numbers(quote))
