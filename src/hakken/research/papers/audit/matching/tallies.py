"""Counts that any paper makes: of data sets, seeds, runs, and "three out of four"."""

from __future__ import annotations

import re

from hakken.core.types import Direction, Severity
from hakken.research.papers.audit.document.document import Unit, UnitKind
from hakken.research.papers.audit.language.numbers import WORDS, Number, normalise
from hakken.research.papers.audit.language.roles import Reading, Role
from hakken.research.papers.audit.language.scope import Names
from hakken.research.papers.audit.matching.verdicts import Match, Verdict
from hakken.research.papers.audit.records.evidence import RESULTS, Evidence

_COUNTS = "|".join(w for w in WORDS if w not in ("no", "none", "zero", "one", "a single"))
_APART_WORDS = "on|over|in|for|with|of|and|from|to|across|using|per|each|at|by|under|times|percent|points?"
"""They stand between a number and a noun that it does not count: "four methods on three data sets"."""
_DATASETS = re.compile(
    rf"\b(?P<all>all )?(?:the )?(?P<count>{_COUNTS}|\d{{1,2}})(?! (?:out )?of\b)\s+"
    rf"(?:(?!(?:{_APART_WORDS})\b|\d)[\w-]+ ){{0,3}}?(?P<noun>data ?sets|tasks|benchmarks|environments)\b",
    re.I,
)
_KIND = re.compile(
    r"(?!\b(?:different|distinct|diverse|2d|two-dimensional|synthetic|benchmark|public|standard|considered|tested"
    r"|evaluated|algorithmic|main|real|real-world|character-level|various|common|popular|level|world|dimensional|of|the|these|learning|toy)\b)"
    r"\b[a-z][\w-]+",
    re.I,
)
"""An adjective that parts some data sets from the others: "all three arithmetic tasks"."""
_OF = re.compile(
    r"^\s+(?:out )?of (?:the |all )?(?:[a-z]+|\d+) (?:data ?sets|tasks|cases|benchmarks|environments)\b", re.I
)
_REPEATED = re.compile(
    r"\b(?:run|ran|repeat\w*|train(?:ed)?|evaluated|executed|fitted|measured|tested)\b[^.;:\d]{0,30}?"
    rf"\b(?P<count>{_COUNTS}|\d{{1,2}}) times\b(?! (?:as|more|less|faster|slower|longer|shorter|the|larger|smaller"
    r"|lower|higher|better|worse|fewer|that)\b)",
    re.I,
)
_THINGS = re.compile(
    r"^\s(?:[a-z]+ ){0,2}?(configurations|variants|methods|models|approaches|settings|baselines|techniques|strategies"
    r"|components|contributions|aspects|architectures|algorithms|optimi[sz]ers|schedules|groups|phases)\b",
    re.I,
)
_EVERY = re.compile(
    r"\b(?:compar\w+|evaluat\w+|benchmark\w*|test(?:s|ed)?|study|studied|experiments?|validat\w+|assess\w*|report"
    r"|run|ran|measur\w+)\b[^.;]*$",
    re.I,
)
"""What opens a count of everything that was done."""
_PART = re.compile(r"\b(?:ablat\w*|subset|only|first|remaining|other|further|additional|of (?:them|the|these))\b", re.I)
_APART = re.compile(
    r"^\s(?:(?!seeds?\b|runs?\b|trials?\b|experiments?\b|ablations?\b|comparisons?\b|rep\w+)[\w-]+ ){0,2}?"
    r"(?:(?:with|for|in|on|by|from|using|and|to|at|when) |(?:run|experiment|trial)s?[ _]\d)",
    re.I,
)
"""Words between a number and a noun that keep the number from counting it: "2063 with Run 3"."""
_TAKEN = re.compile(r"\b(?:layer|head|run|seed|step|dimension|class|point|sample)", re.I)


_RUN = frozenset(["configurations", "variants", "methods", "models", "approaches", "algorithms"])
"""Nouns that count what was run."""
_FIRST = re.compile(
    r"\b(?:(?:lowest|highest|smallest|largest)(?: [\w-]+){1,3} (?:on|in|for)"
    r"|the (?:fastest|strongest|cheapest|lowest|highest)|the best|best on|best in|comes? (?:out )?(?:first|ahead)"
    r"|on top"
    r"|ranks? first|wins? on|leads? on)\b",
    re.I,
)
_AVERAGED = re.compile(r"(?:±|\bstd\b|\bdeviations?|\bmeans?|\baverag\w+)[^.;]{0,40}\b(?:over|of|across)\s$", re.I)
"""What opens a number of runs that was averaged over."""
_FURTHER = re.compile(r"^\s(?:further|additional|more|other|extra)\b", re.I)
_WORSE = re.compile(r"\b(?:worse|inferior|hurts?|degrad\w+|deteriorat\w+|underperform\w*|behind|loses)\b", re.I)
_BETTER = re.compile(r"\b(?:better|superior|helps?|improv\w+|outperform\w*|beats?|ahead|wins)\b", re.I)
_PACED = re.compile(r"step|time|epoch|sec|iter", re.I)
_FEW = 12
_PARTS = frozenset(["components", "contributions", "aspects"])


class Tallies:
    """Judges counts."""

    def __init__(self, evidence: Evidence, names: Names) -> None:
        self.evidence = evidence
        self.names = names
        self.datasets = next(iter(evidence.counts.get(("dataset", ""), {})), 0)

    def of_datasets(self, unit: Unit) -> list[Match]:
        """Every count of data sets or tasks in a sentence."""
        found: list[Match] = []
        if unit.row or unit.kind is UnitKind.HEADER or unit.cites or not self.datasets:
            return found
        text = normalise(unit.text)
        for match in _DATASETS.finditer(text):
            word = match.group("count").lower()
            value = float(word) if word.isdigit() else float(WORDS[word])
            if _TAKEN.search(match.group()) or (word == "both" and value > self.datasets):
                continue
            number = Number(match.group("count"), match.start("count"), match.end("count"), value, 1.0)
            told = f"the record holds {self.datasets} data sets"
            few, every = value < self.datasets, _of_everything(unit, text, number)
            if few and _KIND.search(text[match.end("count") : match.start("noun")]):
                found.append(Match(unit, number, Role.COUNT, Verdict.SKIPPED, "those of one kind"))
                continue
            wrong = value > self.datasets or (few and (match.group("all") is not None or every))
            verdict = Verdict.UNSUPPORTED if wrong else Verdict.SKIPPED if few else Verdict.SUPPORTED
            severity = Severity.WARNING if few and match.group("all") is None else None
            found.append(Match(unit, number, Role.COUNT, verdict, told, severity))
        return found

    def of_repeats(self, unit: Unit) -> list[Match]:
        """``each is run ten times``: a count of replicates."""
        found: list[Match] = []
        if unit.row or unit.kind is UnitKind.HEADER or unit.cites:
            return found
        text = normalise(unit.text)
        for match in _REPEATED.finditer(text):
            word = match.group("count").lower()
            value = float(word) if word.isdigit() else float(WORDS[word])
            number = Number(match.group("count"), match.start("count"), match.end("count"), value, 1.0, form="word")
            found.append(self._seeds(number, unit))
        return found

    def of_number(self, number: Number, unit: Unit, reading: Reading) -> Match | None:
        """A count of seeds or runs, or a part of a total; None for every other number."""
        if number.form in ("of", "total") or self.is_part(number, unit):
            told = self._part(number, unit)
            small = number.step == 1.0 and not number.unit and abs(number.value) <= _FEW
            why = "a part of things that no record counts"
            return told or (Match(unit, number, Role.COUNT, Verdict.SKIPPED, why) if small else None)
        if number.step == 1.0 and not number.unit and (match := _THINGS.match(normalise(unit.text)[number.end :])):
            return self._variants(number, unit, match.group(1).lower())
        if reading.role is not Role.COUNT or _APART.match(normalise(unit.text)[number.end :]):
            return None
        if reading.noun == "seed":
            return self._seeds(number, unit)
        if reading.noun == "trial":
            return self._runs(number, unit)
        if number.form == "word" or reading.noun in ("node", "ablation", "metric", "comparison", "claim", "decision"):
            return Match(unit, number, Role.COUNT, Verdict.SKIPPED, "a count of things that no record numbers")
        return None

    def _variants(self, number: Number, unit: Unit, noun: str) -> Match:
        """A count of methods: everything that is compared must have been run."""
        recorded = self.evidence.counts.get(("node", ""), {})
        counted = noun in _RUN
        if int(number.value) in recorded and noun not in _PARTS:
            return Match(unit, number, Role.COUNT, Verdict.SUPPORTED, "variants recorded")
        if not counted or number.value < 2 or not _of_everything(unit, normalise(unit.text), number):
            return Match(unit, number, Role.COUNT, Verdict.SKIPPED, "no count of the record")
        told = "; ".join(f"{n} {what}" for n, what in sorted(recorded.items()))
        return Match(unit, number, Role.COUNT, Verdict.UNSUPPORTED, told, Severity.WARNING)

    def is_part(self, number: Number, unit: Unit) -> bool:
        """Whether a number is the part of an ``x out of y data sets``."""
        return _OF.match(normalise(unit.text)[number.end :]) is not None

    def _seeds(self, number: Number, unit: Unit) -> Match:
        value = int(number.value)
        sizes = self.evidence.counts.get(("seed", ""), {})
        if value in sizes and value > 1:
            return Match(unit, number, Role.COUNT, Verdict.SUPPORTED, sizes[value])
        if value < 2:
            return Match(unit, number, Role.COUNT, Verdict.SKIPPED, "no count of replicates")
        most = max(sizes, default=1)
        if value + 1 in sizes and _FURTHER.match(unit.text[number.end :]):
            return Match(unit, number, Role.COUNT, Verdict.SUPPORTED, f"{sizes[value + 1]}, the first one aside")
        if most < 2:
            why = "the record holds one value of each and no replicates"
            return Match(unit, number, Role.COUNT, Verdict.UNSUPPORTED, why)
        told = " or ".join(str(n) for n in sorted(sizes))
        return Match(unit, number, Role.COUNT, Verdict.UNSUPPORTED, f"the record holds {told} replicates of each value")

    def _runs(self, number: Number, unit: Unit) -> Match:
        value = int(number.value)
        runs = self.evidence.counts.get(("trial", ""), {})
        sizes = self.evidence.counts.get(("seed", ""), {})
        averaged = _AVERAGED.search(unit.text[: number.start])
        if averaged and value not in sizes and max(sizes, default=1) > 1:
            told = " or ".join(str(n) for n in sorted(sizes))
            return Match(unit, number, Role.COUNT, Verdict.UNSUPPORTED, f"the record holds {told} replicates of each")
        if value in runs or (value in sizes and value > 1):
            return Match(unit, number, Role.COUNT, Verdict.SUPPORTED, runs.get(value) or sizes[value])
        repeated = re.search(r"\b(?:averag|mean|repeat|independent|each|per|replicat|std|standard|±)", unit.text, re.I)
        every = re.search(r"\ball (?:of )?(?:the |our |these )?$", unit.text[: number.start], re.I)
        if value < 2 or (not repeated and not every and value < max(runs, default=0)):
            return Match(unit, number, Role.COUNT, Verdict.SKIPPED, "a part of the runs")
        told = ", ".join(f"{n} {what}" for n, what in sorted(runs.items()))
        severity = None if repeated else Severity.WARNING
        return Match(unit, number, Role.COUNT, Verdict.UNSUPPORTED, f"the record holds {told}", severity)

    def _part(self, number: Number, unit: Unit) -> Match | None:
        """``three out of four data sets``: the total is counted; the part, where a metric and a run are named."""
        text = normalise(unit.text)
        if not re.match(
            r"^[^.;]{0,40}\b(?:data ?sets|tasks|cases|benchmarks|environments)\b", text[number.end :], re.I
        ):
            return None
        if number.form == "total":
            same = int(number.value) == self.datasets
            verdict = Verdict.SUPPORTED if same else Verdict.UNSUPPORTED
            return Match(unit, number, Role.COUNT, verdict, f"the record holds {self.datasets} data sets")
        wins = self._firsts(unit) if _FIRST.search(text) else self._wins(unit)
        if not wins:
            return Match(unit, number, Role.COUNT, Verdict.SKIPPED, "a part that the record does not count")
        value = int(number.value)
        told = "; ".join(f"{about}: {n} of {self.datasets}" for about, n in wins.items())
        verdict = Verdict.SUPPORTED if value in wins.values() else Verdict.UNSUPPORTED
        how = "best in" if _FIRST.search(text) else "better than the baseline in"
        return Match(unit, number, Role.WINS, verdict, f"{how} {told}")

    def _firsts(self, unit: Unit) -> dict[str, int]:
        """On how many data sets the named variants have the best mean, by metric."""
        mentions = self.names.find(unit.text)
        said = _FIRST.search(normalise(unit.text))
        before = [m for m in mentions if m.kind == "variant" and said and m.end <= said.start()]
        subjects = before[-1:] or [m for m in mentions if m.kind == "variant"]
        variants = {i for m in subjects if len(m.ids) == 1 for i in m.ids}
        named = {k.partition("/")[2] for m in mentions if m.kind == "metric" for k in m.ids}
        found: dict[str, int] = {}
        fast = "fastest" in unit.text
        for variant in variants if len(variants) == 1 else ():
            for name in dict.fromkeys(m.name for m in self.evidence.metrics):
                keys = [m.key for m in self.evidence.metrics if m.name == name]
                slow = fast and not _PACED.search(name)
                if slow or (named and name not in named) or any(self.evidence.direction(k) is None for k in keys):
                    continue
                title = self.evidence.variants[variant].title
                found[f"{name} of {title}"] = sum(self._is_first(variant, k) for k in keys)
        return found

    def _is_first(self, variant: str, key: str) -> bool:
        own = self.evidence.mean(variant, RESULTS, key)
        others = [self.evidence.mean(v, RESULTS, key) for v in self.evidence.variants if v != variant]
        sense = 1 if self.evidence.direction(key) is Direction.MAX else -1
        return own is not None and all(o is None or sense * own >= sense * o for o in others)

    def _wins(self, unit: Unit) -> dict[str, int]:
        """On how many data sets the named variants beat the baseline, by metric."""
        mentions = self.names.find(unit.text)
        base = self.evidence.baseline
        variants = {i for m in mentions if m.kind == "variant" for i in m.ids} - {base}
        keys = {k for m in mentions if m.kind == "metric" for k in m.ids}
        worse = _WORSE.search(unit.text)
        if not keys and len(variants) == 1 and (worse or _BETTER.search(unit.text)):
            keys = {m.key for m in self.evidence.metrics if self.evidence.direction(m.key) is not None}
        if base is None or not keys:
            return {}
        sense = -1 if worse else 1
        found: dict[str, int] = {}
        for variant in variants or {v.id for v in self.evidence.variants.values() if not v.baseline and v.done}:
            for name in sorted({k.partition("/")[2] for k in keys}):
                gains = [self._gain(variant, base, k) for k in sorted(keys) if k.partition("/")[2] == name]
                found[f"{name} of {self.evidence.variants[variant].title}"] = sum(
                    g is not None and sense * g > 0 for g in gains
                )
        return found

    def _gain(self, variant: str, base: str, key: str) -> float | None:
        mine, theirs = self.evidence.mean(variant, RESULTS, key), self.evidence.mean(base, RESULTS, key)
        if mine is None or theirs is None:
            return None
        return theirs - mine if self.evidence.direction(key) is not Direction.MAX else mine - theirs


def _of_everything(unit: Unit, text: str, number: Number) -> bool:
    """Whether a count is of all that was run, rather than of some."""
    return _EVERY.search(text[: number.start]) is not None and not _PART.search(f"{unit.section} {text}")
