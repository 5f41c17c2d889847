"""Statements of effect: verbs, comparatives, "best" and bold cells against the recomputed comparisons."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from hakken.core.types import ClaimStatus, Direction, Finding, Severity, Split
from hakken.research.papers.audit.document import Document, Unit, UnitKind, is_prose
from hakken.research.papers.audit.evidence import Evidence
from hakken.research.papers.audit.numbers import Number, find_numbers, normalise
from hakken.research.papers.audit.scope import Mention, Names

_EFFECTS = (
    ("none", r"did not (?:measurably |significantly )?change|no (?:measurable |clear |significant |statistical )?(?:difference|effect|change)\b"
             r"|inconclusive|indistinguishable|not (?:be )?(?:told|distinguish\w+) (?:apart )?from"
             r"|does not meet every condition|(?:makes?|made) no difference"),
    ("better", r"improv\w+|outperform\w*|surpass\w*|superior|better\b(?! on \d)|beats?\b|beaten|benefi(?:ts|ted|cial)\b|helps?\b|helped\b|gains? (?:of|over)\b"),
    ("worse", r"deteriorat\w+|worse\b|worsen\w*|degrad\w+|harm(?:s|ed|ful)\b|hurts?\b|inferior|underperform\w*"),
    ("lower", r"lower(?:s|ed|ing)?\b|reduc\w+|decreas\w+|smaller\b|fell\b|falls\b|drop(?:s|ped)\b|cuts?\b|less than\b|declin\w+|shr(?:inks|ank)\b|below\b"),
    ("higher", r"higher\b|rais(?:e|es|ed|ing)\b|increas\w+|larger\b|greater\b|rises?\b|rose\b|grows?\b|grew\b|above\b|exceed\w*"),
    ("significant", r"significant(?:ly)?\b"),
)  # fmt: skip
_EFFECT = re.compile("|".join(f"(?P<{kind}>\\b(?:{pattern}))" for kind, pattern in _EFFECTS), re.I)
_NEGATED = re.compile(
    r"(?:\bnot\b|\bno\b|\bnever\b|\bneither\b|\bnor\b|\bwithout\b|\bfail(?:s|ed)? to\b|\bcannot\b|n't\b)(?![^,;]*\bonly\b)[^,;:.]{0,32}$",
    re.I,
)
_OPEN = re.compile(
    r"\b(?:may|might|could|would|should|can|hypothes\w+|expect\w*|claims?|claimed|whether|if|aims?|question\w*|intended|intend|in order to"
    r"|suppos\w+|possib\w+|perhaps|likely|plausibl\w+|suggest\w*|ideas?|propos\w+|tends?|meant|hop(?:e|ed|es)|designed|seeks?|tr(?:y|ies) to"
    r"|to)\s(?:[^.;]*)$",
    re.I,
)
_FLOOR = re.compile(
    r"\b(?P<no>no |not )?(?:larger|smaller|greater|less|lower|higher) than (?:the |its )?noise floor|(?:below|above|within|inside) the noise floor"
    r"|beyond the noise floor",
    re.I,
)
_RULE = re.compile(
    r"\b(?:lower|higher|smaller|larger|less|more|greater)(?: values?)?(?: is| are| being|,? meaning)? better\b|\bbetter (?:is|means)\b",
    re.I,
)
_HEDGE = re.compile(
    r"inconclusive|not (?:statistically )?significant|compatible with no|(?:contains?|includes?|cover\w*) zero|within (?:the )?noise"
    r"|not supported|does not (?:meet|support)|cannot be told|no evidence|not enough",
    re.I,
)
_COSTS = re.compile(
    r"^[\w ]{0,25}\b(?:CPU|time|cost|memory|parameters?|compute|overfitting|variance|confidence|gradients?|weights?)\b",
    re.I,
)
_BEST = re.compile(
    r"\b(?P<kind>best|lowest|highest|smallest|largest|worst)\b(?! practice| mean gain| known|-known| of what)", re.I
)


@dataclass(frozen=True)
class Claimed:
    """One statement of effect in a sentence."""

    kind: str
    negated: bool
    variant: str
    against: str
    metric: str
    split: str


class Directions:
    """Checks sentences against the comparisons of the evidence."""

    def __init__(self, evidence: Evidence, names: Names) -> None:
        self.evidence = evidence
        self.names = names
        self.seen: dict[tuple[Unit, Unit | None], list[Finding]] = {}
        self.asides = [
            re.compile(r"\s+".join(map(re.escape, q.split())), re.I) for q in evidence.quoted if len(q.split()) > 3
        ]

    def check(self, document: Document) -> Iterator[Finding]:
        """Findings over a whole paper, at most one a sentence."""
        before: Unit | None = None
        for unit in document.units:
            if is_prose(unit):
                same = before is not None and before.paragraph == unit.paragraph
                key = (unit, before if same else None)
                if key not in self.seen:
                    self.seen[key] = list(self.check_unit(*key))
                yield from self.seen[key]
                before = unit
        yield from self._bold(document)
        yield from self._verdict_cells(document)

    def check_unit(self, unit: Unit, before: Unit | None) -> Iterator[Finding]:
        """The statements of one sentence."""
        text = normalise(unit.text)
        if re.search(r"\bclaim\b|\bhypothes", text, re.I):
            wrong = self._claim_direction(unit, text)
            if wrong is not None:
                yield wrong
                return
        masked = self._mask(text)
        mentions = self.names.find(text)
        for match in _FLOOR.finditer(text):
            finding = self._floor(unit, text, match, mentions, before)
            if finding is not None:
                yield finding
                return
        for match in _EFFECT.finditer(masked):
            claimed = self._read(match, masked, mentions, before)
            finding = self._judge(claimed, unit, text) if claimed is not None else None
            if finding is not None:
                yield finding
                return
        yield from self._best(unit, masked, mentions)

    def _mask(self, text: str) -> str:
        """Blank what is no statement: names, quoted words of the record, rules of reading, the noise floor."""
        for pattern in (_RULE, _FLOOR, *self.asides):
            text = pattern.sub(lambda m: " " * len(m.group()), text)
        return text

    def _read(self, match: re.Match[str], text: str, mentions: list[Mention], before: Unit | None) -> Claimed | None:
        kind = match.lastgroup or ""
        left, right = text[: match.start()], text[match.end() :]
        if any(m.start <= match.start() < m.end for m in mentions if m.kind == "variant"):
            return None
        clause = re.split(r"[;:]", left)[-1]
        if _OPEN.search(clause) and not re.search(r"\bfrom\b[^.;]*\bto\b", clause):
            return None
        if (
            kind in ("lower", "higher", "better")
            and _COSTS.match(right)
            and not any(m.kind == "metric" for m in mentions)
        ):
            return None
        if kind in ("lower", "higher") and re.match(r"\s+(?:ends?|bound|part|left|right|limit)\b", right):
            return None
        variant, against = self._sides(match, text, mentions, before)
        if variant is None or against is None:
            return None
        metric = self._metric(match, mentions)
        if metric is None:
            if kind in ("lower", "higher") and not re.search(r"\bpoints?\b|\d", text):
                return None
            metric = self.evidence.primary.key
        split = self._split(variant, against, metric, mentions)
        if split is None:
            return None
        negated = kind != "none" and _NEGATED.search(left) is not None
        return Claimed(kind, negated, variant, against, metric, split)

    def _sides(
        self, match: re.Match[str], text: str, mentions: list[Mention], before: Unit | None
    ) -> tuple[str | None, str | None]:
        base = self.evidence.baseline
        named = [m for m in mentions if m.kind == "variant" and len(m.ids) == 1]
        prior = [m for m in named if m.end <= match.start()]
        after = [m for m in named if m.start >= match.end()]
        others = [m for m in prior if m.ids[0] != base]
        subject = others[-1] if others else None
        if subject is None and prior and prior[-1].ids[0] == base and after:
            return base, after[0].ids[0]
        if subject is None:
            following = [m for m in after if m.ids[0] != base]
            if not following and before is not None and re.match(r"(?:This|It|That|The difference|The effect)\b", text):
                following = [m for m in self.names.find(before.text) if m.kind == "variant" and m.ids[0] != base]
            subject = following[0] if following else None
            if subject is None:
                return None, None
            return subject.ids[0], base
        if prior[-1].ids[0] == base and re.search(
            r"\bbaseline (?:was|is|did|does|performs?|had|has)\b[^,;]*$", text[: match.start()]
        ):
            return base, subject.ids[0]
        rivals = [
            m
            for m in after
            if m.ids != subject.ids
            and re.match(r"^[^,;]*\b(?:than|over|to|with|against)\b", text[match.end() : m.start])
        ]
        return subject.ids[0], rivals[0].ids[0] if rivals else base

    def _metric(self, match: re.Match[str], mentions: list[Mention]) -> str | None:
        named = [m for m in mentions if m.kind == "metric"]
        if not named:
            return None
        distance = [(min(abs(m.start - match.end()), abs(match.start() - m.end)), m.ids[0]) for m in named]
        return min(distance)[1]

    def _split(self, variant: str, against: str, metric: str, mentions: list[Mention]) -> str | None:
        known = {s for v, a, s, m in self.evidence.contrasts if (v, a, m) == (variant, against, metric)}
        named = [m.ids[0] for m in mentions if m.kind == "split" and m.ids[0] in known]
        order = [*dict.fromkeys(named), Split.REPORT.value, Split.EXPLORE.value, *sorted(known)]
        return next((s for s in order if s in known), None)

    def _actual(self, c: Claimed) -> tuple[str, float]:
        """Verdict and difference of the claimed comparison."""
        difference = self.evidence.contrasts[c.variant, c.against, c.split, c.metric].difference
        if c.variant == self.evidence.baseline:
            verdict = self.evidence.verdict(c.against, c.variant, c.split, c.metric) or "inconclusive"
            return {"better": "worse", "worse": "better"}.get(verdict, verdict), difference
        return self.evidence.verdict(c.variant, c.against, c.split, c.metric) or "inconclusive", difference

    def _judge(self, c: Claimed, unit: Unit, text: str) -> Finding | None:
        verdict, difference = self._actual(c)
        spec = self.evidence.metric(c.metric)
        sense = c.kind
        if c.kind in ("lower", "higher"):
            sense = "better" if (c.kind == "lower") == (spec.direction is Direction.MIN) else "worse"
        lean = "better" if spec.gain(difference, 0.0) > 0 else "worse"
        record = (
            f"{spec.label} of {self._title(c.variant)} minus {self._title(c.against)} on {c.split} seeds: "
            f"{difference:+.4g}, {verdict}"
        )
        if sense == "none":
            wrong = "" if verdict == "inconclusive" else "contradicted"
        elif sense == "significant":
            wrong = "statistics" if (verdict == "inconclusive") != c.negated else ""
        elif c.negated:
            wrong = "contradicted" if verdict == sense else ""
        elif verdict == sense or (verdict == "inconclusive" and lean == sense and _HEDGE.search(text)):
            wrong = ""
        else:
            wrong = "statistics" if verdict == "inconclusive" and lean == sense else "reversed"
        if not wrong:
            return None
        says = f"{'not ' if c.negated else ''}{c.kind}"
        return _finding(wrong, unit, f"says “{says}”", record, "recomputed from the trials")

    def _title(self, variant: str) -> str:
        return self.evidence.variants[variant].title

    def _floor(
        self, unit: Unit, text: str, match: re.Match[str], mentions: list[Mention], before: Unit | None
    ) -> Finding | None:
        variant, against = self._sides(match, text, mentions, before)
        if variant is None or against is None:
            return None
        metric = self._metric(match, mentions) or self.evidence.primary.key
        split = self._split(variant, against, metric, mentions)
        recorded = self.evidence.recorded.get((variant, split or "", metric))
        if recorded is None or recorded.noise_floor is None:
            return None
        words = match.group().lower()
        beyond = re.search(r"larger|greater|higher|above|beyond", words) is not None
        beyond = beyond != bool(match.group("no"))
        if beyond == (abs(recorded.difference) > recorded.noise_floor):
            return None
        record = f"the difference is {abs(recorded.difference):.4g} in size, the noise floor {recorded.noise_floor:.4g}"
        return _finding(
            "contradicted", unit, f"says “{match.group()}”", record, "compared with the recorded noise floor"
        )

    def _claim_direction(self, unit: Unit, text: str) -> Finding | None:
        """A sentence that states the claim must state it in the direction that was frozen."""
        for statement in self.evidence.statements:
            spec = self.evidence.metric(statement.metric)
            for match in re.finditer(
                r"\b(?:that|:)\b[^.;]*?\b(?P<down>lower|reduc\w+|decreas\w+)|\bthat\b[^.;]*?\b(?P<up>higher|rais\w+|increas\w+)",
                text,
                re.I,
            ):
                down = match.group("down") is not None
                if _RULE.search(text) or re.search(r"\bnot\b", match.group()):
                    continue
                if down != (spec.direction is Direction.MIN) and spec.label.lower() in text.lower():
                    return _finding(
                        "claim",
                        unit,
                        f"states the claim as “{match.group(0)[-20:]}”",
                        statement.text,
                        "the frozen claim",
                    )
        return None

    def _best(self, unit: Unit, text: str, mentions: list[Mention]) -> Iterator[Finding]:
        for match in _BEST.finditer(text):
            named = [m for m in mentions if m.kind == "variant" and len(m.ids) == 1]
            near = [m for m in named if m.end <= match.start()] or [m for m in named if m.start >= match.end()]
            if not near or _OPEN.search(text[: match.start()]) or _NEGATED.search(text[: match.start()]):
                continue
            variant = near[-1].ids[0] if near[-1].end <= match.start() else near[0].ids[0]
            key = self._metric(match, mentions) or self.evidence.primary.key
            named_splits = [m.ids[0] for m in mentions if m.kind == "split"]
            holders = [s for (v, s, k) in self.evidence.values if v == variant and k == key and s != Split.NOISE.value]
            split = next((s for s in (*named_splits, Split.REPORT.value, Split.EXPLORE.value) if s in holders), None)
            if split is None:
                continue
            means = {
                v: sum(x.values()) / len(x) for (v, s, k), x in self.evidence.values.items() if (s, k) == (split, key)
            }
            lowest = self.evidence.metric(key).direction is Direction.MIN
            lowest = {"lowest": True, "smallest": True, "highest": False, "largest": False, "worst": not lowest}.get(
                match.group("kind").lower(), lowest
            )
            best = (min if lowest else max)(means, key=lambda v: means[v])
            if means[variant] != means[best]:
                record = f"{key} on {split} seeds: {self._title(best)} {means[best]:.4g}, {self._title(variant)} {means[variant]:.4g}"
                yield _finding(
                    "false", unit, f"calls {self._title(variant)} {match.group()}", record, "means of every variant"
                )
                return

    def _bold(self, document: Document) -> Iterator[Finding]:
        """Bold numbers of a column of means must be its best."""
        columns: dict[tuple[int, str], list[Unit]] = {}
        for unit in document.units:
            if unit.kind is UnitKind.CELL and unit.table is not None and find_numbers(unit.text):
                columns.setdefault((unit.table, unit.column), []).append(unit)
        for cells in columns.values():
            bold = [u for u in cells if u.bold]
            numbers = [find_numbers(u.text)[0].value for u in cells]
            if (
                not bold
                or len(bold) == len(cells)
                or re.search(r"difference|interval|\bp\b|Δ|ratio|^n$|gain", cells[0].column, re.I)
            ):
                continue
            scope = self.names.of_number(find_numbers(cells[0].text)[0], cells[0], None)
            key = next(
                iter(sorted(scope.metrics, key=lambda m: m != self.evidence.primary.key)), self.evidence.primary.key
            )
            best = (min if self.evidence.metric(key).direction is Direction.MIN else max)(numbers)
            for unit in bold:
                if find_numbers(unit.text)[0].value != best:
                    yield _finding(
                        "false", unit, f"bold {unit.text}", f"the best of the column is {best:g}", "bold means best"
                    )

    def _verdict_cells(self, document: Document) -> Iterator[Finding]:
        """Cells such as ``better`` in a column of verdicts."""
        for unit in document.units:
            if unit.kind is not UnitKind.CELL or not re.fullmatch(
                r"(?:better|worse|inconclusive)", unit.text.strip(), re.I
            ):
                continue
            scope = self.names.of_number(_nowhere(), unit, None)
            base = self.evidence.baseline or ""
            metrics = scope.metrics or {self.evidence.primary.key}
            verdicts = {
                self.evidence.verdict(v, base, s, m)
                for v in scope.subjects
                for m in metrics
                for s in (scope.splits or set(self.evidence.splits))
            } - {None}
            if verdicts and unit.text.strip().lower() not in verdicts:
                yield _finding(
                    "reversed",
                    unit,
                    f"says {unit.text}",
                    f"it is {', '.join(sorted(map(str, verdicts)))}",
                    "recomputed",
                )

    def claims(self, document: Document) -> Iterator[Finding]:
        """What the paper says of the primary claim against what the trials say, and the record against itself."""
        primary = next(iter(self.evidence.statements), None)
        if primary is None:
            return
        true = primary.derived or primary.status
        if primary.derived is not None and primary.derived is not primary.status:
            unit = Unit(primary.text, UnitKind.SENTENCE, "", "The record")
            yield _finding(
                "claim", unit, f"recorded as {primary.status.value}", f"recomputed: {true.value}", "paired statistics"
            )
        before = ""
        for unit in document.units:
            if not is_prose(unit):
                continue
            text = normalise(unit.text)
            about = re.search(r"\bclaim\b|\bhypothesis\b", text) or (
                re.search(r"\bclaim\b", before) and re.search(r"\bit\b", text)
            )
            stated = _stated_status(text) if about and not re.search(r"\b(?:if|whether|when|would)\b", text) else None
            if (
                stated is not None
                and stated is not true
                and not (true is ClaimStatus.REFUTED and stated is ClaimStatus.NOT_SUPPORTED)
            ):
                yield _finding(
                    "claim",
                    unit,
                    f"says the claim is {stated.value}",
                    f"it is {true.value}",
                    "paired statistics of the report seeds",
                )
            before = text


def _stated_status(text: str) -> ClaimStatus | None:
    if re.search(r"\b(?:not|nor|neither|n't|no)\b[^.;,]{0,25}\b(?:support|confirm)", text, re.I):
        return ClaimStatus.NOT_SUPPORTED
    if re.search(r"\brefute[sd]?\b|\bcontradict", text, re.I):
        return ClaimStatus.REFUTED
    if re.search(r"\bcould not be tested|\buntested\b", text, re.I):
        return ClaimStatus.UNTESTED
    if re.search(r"\bsupport(?:s|ed)\b|\bconfirm(?:s|ed)\b", text, re.I):
        return ClaimStatus.SUPPORTED
    return None


def _nowhere() -> Number:
    return Number("", 0, 0, 0.0, 1.0)


def _finding(kind: str, unit: Unit, says: str, record: str, how: str) -> Finding:
    return Finding(
        kind=kind, severity=Severity.ERROR, place=unit.place, sentence=unit.text, says=says, record=record, how=how
    )
