"""Matching the numbers of any paper with a foreign record, within what their words, rows and columns name."""

from __future__ import annotations

import re
from dataclasses import replace

from hakken.core.types import Severity
from hakken.research.papers.audit.document.document import CITED, Document, Unit, UnitKind
from hakken.research.papers.audit.language.about import About, Scoper
from hakken.research.papers.audit.language.around import Around, walk
from hakken.research.papers.audit.language.bounds import bounded, perhaps_bounded, rough
from hakken.research.papers.audit.language.numbers import Number, find_numbers, normalise
from hakken.research.papers.audit.language.quantity import Quantity, quantity_of
from hakken.research.papers.audit.language.roles import Reading, Role, read_number
from hakken.research.papers.audit.language.scope import Names
from hakken.research.papers.audit.language.standing import is_arrow
from hakken.research.papers.audit.language.units import in_powers, is_power, printed_in, shared_unit, spelled_behind
from hakken.research.papers.audit.matching.candidates import Candidates
from hakken.research.papers.audit.matching.constants import Constants, in_setup, is_constant, is_program_version
from hakken.research.papers.audit.matching.kinds import of_one_kind
from hakken.research.papers.audit.matching.pool import Pool
from hakken.research.papers.audit.matching.ranks import Ranks
from hakken.research.papers.audit.matching.reach import follows
from hakken.research.papers.audit.matching.results import Results
from hakken.research.papers.audit.matching.shares import is_share, share_of_gain
from hakken.research.papers.audit.matching.strangers import Strangers
from hakken.research.papers.audit.matching.tallies import Tallies
from hakken.research.papers.audit.matching.verdicts import Match, Verdict
from hakken.research.papers.audit.records.evidence import Evidence

_OTHERS = re.compile(r"related work|background|literature|prior work", re.I)
_CONCLUDING = re.compile(r"abstract|result|conclu|discussion|experiment|evaluation|analysis|finding", re.I)
_COUNTED = re.compile(
    r"^\s?-?(?:(?:random|independent|different|hidden|attention|encoder|decoder|training) ){0,2}"
    r"(?:seeds|runs|repetitions|repeats|trials|layers|heads|epochs)\b", re.I
)  # fmt: skip
"""Nouns beside which even a two is worth a look."""
_ONE_OF = re.compile(r"\bone of (?:about |only )?$")
"""A number of the kind that the last one was: "a deviation of 0.3, and the baseline one of 0.5"."""
_OWN = re.compile(r"\b(?:our|ours|we|this (?:paper|work))\b", re.I)
_LISTED = re.compile(
    r"\b(?:steps|lines|stages|phases|equations|sections|items|rows|columns)\s+(?:\d+\s?[–—-]\s?)?$", re.I
)
_LISTED_UNIT = re.compile(
    r"^(?:,? (?:and |or )?[-+]?\d[\d.]*(?<!\.))+\s?(?P<unit>%|percent\b|percentage points\b|points\b|pp\b)"
)
"""The unit that a list prints once: "+0.50, +0.22, and -0.28 percentage points"."""
_IS = re.compile(r"[\s(:=]*(?:(?:is|was|are|at|about|only|just)[\s(]*){1,3}")
_LETTER = re.compile(r"\bn\s?=\s?$")
_WITHIN = re.compile(r"\bwithin\s$", re.I)
_TELLING = 100
"""A whole number of at least so much is hardly some metric's value by chance."""
_SILENT = "the record does not say"


class ForeignMatcher:
    """Matches the numbers of a paper with the derived values, the counts and the code of a foreign record."""

    def __init__(self, evidence: Evidence, candidates: Candidates, names: Names, pool: Pool) -> None:
        self.evidence = evidence
        self.names = names
        self.scoper = Scoper(names)
        self.results = Results(pool, self.scoper)
        self.strangers = Strangers(self.scoper, pool)
        self.constants = Constants(evidence, candidates)
        self.tallies = Tallies(evidence, names)
        self.ranks = Ranks(evidence, pool)
        self.cut: tuple[str, ...] = ()
        """Last letters of sentences whose end is lost behind a percent sign of the source."""
        self.seen: dict[tuple[Unit, Around, About | None], list[Match]] = {}

    def match_document(self, document: Document) -> list[Match]:
        """Every number of every unit that makes statements."""
        self.strangers.read(document)
        self.cut = tuple(r.sentence.partition("%")[0][-10:] for r in document.remarks if r.kind == "hidden_text")
        found: list[Match] = []
        for unit, around in walk(document):
            if unit.kind in (UnitKind.CODE, UnitKind.EQUATION, UnitKind.HEADING, UnitKind.TITLE):
                continue
            key = (unit, around, self.strangers.about(unit) if unit.row else None)
            if key not in self.seen:
                self.seen[key] = self._match(unit, around)
            found += self.seen[key]
        return of_one_kind(found)

    def _match(self, unit: Unit, around: Around) -> list[Match]:
        found = [*self.tallies.of_datasets(unit), *self.tallies.of_repeats(unit)]
        numbers = find_numbers(unit.text)
        done: list[Match] = []
        late: list[tuple[int, Number]] = []
        for printed in numbers:
            number = self._mended(printed, unit)
            if any(m.number.start <= number.start < m.number.end for m in found):
                continue
            match = self._judge(number, unit, around)
            loose = perhaps_bounded(number, normalise(unit.text)[: number.start])
            if loose is not None and match.verdict in (Verdict.UNSUPPORTED, Verdict.MISATTRIBUTED, Verdict.WEAK):
                bound = self._judge(loose, unit, around)
                match = bound if bound.verdict is Verdict.SUPPORTED else match
            done.append(match)
            if match.verdict in (Verdict.UNSUPPORTED, Verdict.MISATTRIBUTED, Verdict.WEAK):
                late.append((len(done) - 1, number))
        for at, number in late:
            derived = self._derived(done[at], number, [m for m in done if m.number is not number])
            done[at] = derived or done[at]
        return sorted([*found, *done], key=lambda m: m.number.start)

    def _judge(self, number: Number, unit: Unit, around: Around) -> Match:
        skipped = self._skip(number, unit)
        if skipped is not None:
            return skipped
        if self.ranks.told(number, unit):
            return self.ranks.judge(number, unit, self.scoper.of_sentence(number, unit, around))
        reading = self._reading(number, unit)
        if reading.role is Role.LABEL:
            return Match(unit, number, Role.LABEL, Verdict.SKIPPED, "a label")
        if reading.role is Role.VERSION or is_program_version(number, unit):
            return self._silent(number, unit, Role.VERSION, Severity.WARNING, f"{_SILENT} which version ran")
        if reading.role is Role.COUNT and (held := self._held(number, unit)) is not None:
            return held
        counted = self.tallies.of_number(number, unit, reading)
        if counted is not None:
            return counted
        quantity = quantity_of(number, unit, reading)
        about = self._about(number, unit, around, quantity)
        if unit.row:
            return self._cell(number, unit, about, quantity)
        return self._prose(number, unit, about, quantity)

    def _held(self, number: Number, unit: Unit) -> Match | None:
        """``n = 3`` that code or configuration holds under a name of the sentence counts no seeds."""
        if not _LETTER.search(normalise(unit.text)[: number.start]):
            return None
        held = self.constants.find(number, unit)
        typed = held is None or held.typed
        return None if typed else Match(unit, number, Role.SETTING, Verdict.SUPPORTED, held.about if held else "")

    def _reading(self, number: Number, unit: Unit) -> Reading:
        """What a number is; "one of" points back to the number before it."""
        before = [n for n in find_numbers(unit.text) if n.end <= number.start and n.form != "word"]
        if before and not unit.row and _ONE_OF.search(normalise(unit.text)[: number.start]):
            return read_number(before[-1], unit.text, unit)
        reading = read_number(number, unit.text, unit)
        if reading.role is Role.P and abs(number.value) > 1:
            return Reading(Role.SETTING)  # a letter of the method, no probability
        return reading

    def _mended(self, number: Number, unit: Unit) -> Number:
        """The number with the unit that its column states or that the source lost; points of data are no unit."""
        if number.unit == "" and unit.row:
            return replace(number, unit=printed_in(unit.column) or printed_in(unit.row[0][1]))
        end = unit.text.rstrip()
        if not number.unit and end.endswith(number.text) and any(t and end.endswith(t) for t in self.cut):
            return replace(number, unit="%")
        if not number.unit and not unit.row and (listed := _LISTED_UNIT.match(normalise(unit.text)[number.end :])):
            number = replace(number, unit="%" if listed.group("unit") in ("%", "percent") else "points")
        if not unit.row:
            left = normalise(unit.text)[: number.start]
            number = rough(bounded(number, left), left)
        if not number.unit and (spelled := spelled_behind(number, unit.text) or shared_unit(number, unit.text)):
            return replace(number, unit=spelled)
        if number.unit == "points" and number.step == 1.0 and number.value > 100:
            bare = number.text.split()[0]
            return replace(number, unit="", text=bare, end=number.start + len(bare))
        return number

    def _about(self, number: Number, unit: Unit, around: Around, quantity: Quantity) -> About:
        if unit.row:
            return self.strangers.about(unit)
        if number.form == "spread" and number.partner is not None:
            number = find_numbers(unit.text)[number.partner]  # a spread is about what its mean is about
        about = self.scoper.of_sentence(number, unit, around)
        return self.scoper.of_change(number, unit, around, about) if quantity.change else about

    def _skip(self, number: Number, unit: Unit) -> Match | None:
        """Numbers that state nothing about the record: inside names, headers, formulas, sentences about other work."""
        why = ""
        if unit.kind is UnitKind.HEADER:
            why = "part of a header"
        elif any(m.start <= number.start < m.end for m in self.names.find(unit.text)):
            why = "part of a name"
        elif self._is_year(number, unit):
            why = "a year"
        elif (
            unit.kind is not UnitKind.CELL
            and (unit.cites or "[@" in unit.text or CITED in unit.text)
            and (_OTHERS.search(unit.section) or not (_OWN.search(unit.text) or in_setup(unit)))
        ):
            why = "about another paper"
        elif unit.row and any(c in unit.row[0][1] for c in ("[@", CITED)):
            why = "a row from another paper"
        elif (
            not unit.row
            and number.step == 1.0
            and number.value in (0, 1, 2)
            and not number.unit
            and not number.sign
            and not self.tallies.is_part(number, unit)
            and not (number.value == 2 and _COUNTED.match(normalise(unit.text)[number.end :]))
        ):
            why = "too small to tell"
        elif number.form == "dimension":
            why = "a shape"
        elif _WITHIN.search(normalise(unit.text)[: number.start]):
            why = "a margin"
        elif is_power(number, unit.text):
            why = "a unit"
        elif number.form in ("low", "high") and _LISTED.search(normalise(unit.text)[: number.start]):
            why = "a label"
        return Match(unit, number, Role.LABEL, Verdict.SKIPPED, why) if why else None

    def _is_year(self, number: Number, unit: Unit) -> bool:
        whole = number.step == 1.0 and 1900 <= number.value <= 2100 and len(number.text) == 4
        return whole and (unit.cites or CITED in unit.text[number.end : number.end + 2])

    def _cell(self, number: Number, unit: Unit, about: About, quantity: Quantity) -> Match:
        if about.keys or about.unit:
            if (scaled := in_powers(number, unit, about.datasets, self.names.find)) is not None:
                match = replace(self.results.look_up(scaled, unit, about, quantity, scaled=True), number=number)
                bare = self.results.look_up(number, unit, about, quantity)
                return bare if bare.verdict is Verdict.SUPPORTED else match
            return self.results.look_up(number, unit, about, quantity)
        held = self.constants.find(number, unit)
        if held is not None and not held.typed:
            return Match(unit, number, Role.SETTING, Verdict.SUPPORTED, held.about)
        if about.variants or about.label:
            why = f"the record holds no “{unit.column}”"
            return Match(unit, number, Role.UNKNOWN, Verdict.UNSUPPORTED, why, Severity.WARNING, label=about.label)
        return self._missing(number, unit, held is not None)

    def _prose(self, number: Number, unit: Unit, about: About, quantity: Quantity) -> Match:
        if is_share(number, unit) and (share := share_of_gain(number, unit, about, self.results.pool)) is not None:
            return share
        setting = is_constant(number, unit, about.unit) and not quantity.change and quantity.role is not Role.SPREAD
        setting = setting and not self._of_a_name(number, unit)
        if setting and about.metric_named and (number.step < 1 or number.value >= _TELLING):
            measured = self.results.look_up(number, unit, about, quantity)
            return measured if measured.verdict is Verdict.SUPPORTED else self._constant(number, unit)
        if setting and not (about.unit and about.metric_named):
            return self._constant(number, unit)
        telling = quantity.change or about.metric_named or bool(about.unit) or number.form == "spread"
        telling = telling or (bool(about.keys) and number.step < 1 and not in_setup(unit))
        subject = about.variants or about.datasets
        telling = telling or (bool(subject) and _is_fine(number) and not setting and not in_setup(unit))
        telling = telling or (number.unit == "%" and not setting and _CONCLUDING.search(unit.section) is not None)
        telling = telling and not about.unmeasured
        if about.itself and telling:
            why = "the sentences before are about the same: it is compared with itself"
            return Match(unit, number, quantity.role, Verdict.UNSUPPORTED, why, Severity.WARNING)
        if telling and (about.keys or subject or not quantity.plain or number.unit == "%"):
            match = self.results.look_up(number, unit, about, quantity)
            if match.verdict is Verdict.SUPPORTED:
                return match
            held = self.constants.find(number, unit) if not quantity.change else None
            if held is not None and not held.typed:
                return Match(unit, number, Role.SETTING, Verdict.SUPPORTED, held.about)
            if setting or about.unmeasured or (in_setup(unit) and not about.metric_named and not quantity.change):
                return self._missing(number, unit, held is not None)
            return match
        return self._constant(number, unit)

    def _of_a_name(self, number: Number, unit: Unit) -> bool:
        """Whether a name stands right before a number: "dynamic weighting and warm-up is 20.0"; or an arrow does."""
        text = normalise(unit.text)
        if number.form in ("low", "high") and is_arrow(number, text):
            return True
        before = [m for m in self.names.find(unit.text) if m.kind == "variant" and m.end <= number.start]
        return bool(before) and _IS.fullmatch(text[before[-1].end : number.start]) is not None

    def _constant(self, number: Number, unit: Unit) -> Match:
        held = self.constants.find(number, unit)
        if held is not None and not held.typed:
            return Match(unit, number, Role.SETTING, Verdict.SUPPORTED, held.about)
        if held is None and (contrary := self.constants.contrary(number, unit)):
            return self._silent(number, unit, Role.SETTING, Severity.WARNING, contrary)
        if held is None and (other := self.constants.elsewhere(number)):
            why = f"its code holds this number under other names: {other}"
            return Match(unit, number, Role.SETTING, Verdict.WEAK, why, Severity.NOTE)
        return self._missing(number, unit, held is not None)

    def _missing(self, number: Number, unit: Unit, typed: bool) -> Match:
        """A constant that neither code nor configuration holds."""
        if typed:
            return self._silent(number, unit, Role.SETTING, Severity.NOTE, f"{_SILENT}; only its typed notes do")
        if self.evidence.has_code or self.evidence.settings:
            why = f"{_SILENT}: neither its code nor its configuration holds this number"
            return self._silent(number, unit, Role.SETTING, Severity.WARNING, why)
        return self._silent(number, unit, Role.SETTING, Severity.NOTE, f"{_SILENT}: it holds no code")

    def _silent(self, number: Number, unit: Unit, role: Role, severity: Severity, why: str) -> Match:
        return Match(unit, number, role, Verdict.UNSUPPORTED, why, severity)

    def _derived(self, match: Match, number: Number, others: list[Match]) -> Match | None:
        """A change that follows from two numbers printed beside it is as good as they are."""
        inserted = number.unit in ("%", "x") and match.role is Role.LEVEL
        if match.role not in (Role.CHANGE, Role.RELATIVE, Role.DIFFERENCE, Role.RATIO) and not inserted:
            return None
        sources = (Role.LEVEL, Role.CHANGE, Role.DIFFERENCE) if match.role is Role.RATIO else (Role.LEVEL,)
        levels = [m for m in others if m.role in sources and not (inserted and m.number.unit == number.unit)]
        for k, first in enumerate(levels):
            for second in levels[k + 1 :]:
                if not follows(number, first.number, second.number):
                    continue
                how = f"follows from {first.number.text} and {second.number.text}, printed beside it"
                bad = next((m for m in (first, second) if m.verdict is not Verdict.SUPPORTED), None)
                if bad is None:
                    return replace(match, verdict=Verdict.SUPPORTED, evidence=how, severity=None)
                return replace(
                    match,
                    verdict=bad.verdict,
                    evidence=f"{how}; {bad.evidence}",
                    severity=bad.severity,
                    owner=bad.owner,
                )
        return None


def _is_fine(number: Number) -> bool:
    """Whether a number has the digits of a measured one."""
    return number.step < 1 or (abs(number.value) >= 100 and not number.unit)
