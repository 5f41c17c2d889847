"""Statements of effect: verbs and comparatives against the recomputed comparisons."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from hakken.core.types import Direction, Finding, Split
from hakken.research.papers.audit.document.document import Document, Unit, is_prose
from hakken.research.papers.audit.language.absence import is_taken_away
from hakken.research.papers.audit.language.numbers import normalise
from hakken.research.papers.audit.language.phrases import (
    NEGATED,
    RULE,
    contradiction,
    is_asked,
    is_owner,
    is_rival,
    is_unsaid,
    nearest_metric,
)
from hakken.research.papers.audit.language.scope import Mention, Names
from hakken.research.papers.audit.matching.quotations import plain_titles
from hakken.research.papers.audit.records.evidence import Evidence

_PLAIN = r"(?:measurabl[ey]|clear(?:ly)?|noticeabl[ey]|visibl[ey]|detectabl[ey]|statistical(?:ly)?|real(?:ly)?) "
"""Before "effect" or "change": it says no more than that there is one."""
_DOING = r"have|had|make|made|introduce|cause|produce"
_BEING = "is|was|are|were|stays?|stayed|remains?|remained"
_MOVES = r"(?:goes|went|going|go|comes|came)"
_CARRIES = r"(?:brings?|brought|bringing|drives?|drove|push(?:es|ed))"
_EFFECTS = (
    ("open", r"inconclusive|does not meet every condition|too few seeds to decide"),
    ("none", rf"(?:did|do|does) not (?:{_PLAIN})?(?:change|affect)\b|un(?:changed|affected)\b"
             rf"|(?:is|was|are|were) not (?:{_PLAIN})?(?:changed|affected)\b"
             rf"|no (?:{_PLAIN})?(?:differences?|effects?|changes?)\b"
             rf"|not (?:{_DOING}|show|find|found) (?:an?|any) (?:{_PLAIN})?(?:differences?|effects?|changes?)\b"
             r"|indistinguishable|not (?:be )?(?:told|distinguish\w+) (?:apart )?from"
             r"|(?:makes?|made) no difference"),
    ("better", r"improv\w+|outperform\w*|surpass\w*|superior|better\b(?! on \d)|beats?\b|beaten|benefi(?:ts|ted"
               r"|cial)\b|helps?\b|helped\b|gains? (?:of|over)\b|(?:wins?|won|advantage) over\b|dominate[sd]?\b"
               r"(?= (?:the )?baseline)|ahead of\b(?! (?:time|training|the (?:trials?|runs?|tests?)\b))"),
    ("worse", r"deteriorat\w+|worse\b|worsen\w*|degrad\w+|harm(?:s|ed|ful)\b|hurts?\b|inferior|underperform\w*"
              rf"|(?:{_BEING}|lag(?:s|ged)|fell|falls?|trail(?:s|ed)|finish(?:es|ed)|ends?|ended) behind\b"
              r"|trail(?:s|ed)\b(?= (?:the )?baseline)|backfir(?:es|ed)|detrimental|counterproductive"),
    ("lower", r"lower(?:s|ed|ing)?\b|reduc\w+|decreas\w+|smaller\b|fell\b|falls\b|drop(?:s|ped)\b|cuts?\b"
              rf"|less than\b|{_MOVES} down\b|{_CARRIES} (?:[\w-]+ ){{0,5}}?down\b"
              r"|declin\w+|shr(?:inks|ank)\b|below\b|diminish\w+"
              r"|(?<!the )(?<!two )(?<!both )halves\b|halv(?:ed|ing)\b"),
    ("higher", r"higher\b|rais(?:e|es|ed|ing)\b|increas\w+|larger\b|greater\b|rises?\b|rose\b|grows?\b|grew\b"
               rf"|{_MOVES} up\b|{_CARRIES} (?:[\w-]+ ){{0,5}}?up\b"
               r"|above\b|exceed\w*|(?:doubl|tripl|quadrupl)(?:es|ed|ing)\b"),
    ("significant", r"significant(?:ly)?\b"),
)  # fmt: skip
_EFFECT = re.compile("|".join(f"(?P<{kind}>\\b(?:{pattern}))" for kind, pattern in _EFFECTS), re.I)
_RATIOS = {"halv": (0.4, 0.62), "doubl": (1.6, 2.6), "tripl": (2.5, 3.6), "quadrupl": (3.3, 4.8)}
"""Between how many times the old value the new one is where a verb tells its size, in round words."""
_TIMES = re.compile("|".join(_RATIOS), re.I)
_SAME = re.compile(rf"un(?:changed|affected)|(?:{_BEING}) not (?:\w+ )?(?:changed|affected)", re.I)
"""Said of much that is no result: "with all else unchanged, the error fell"."""
_ITS = re.compile(r"\s+(?:(?:the|its|their|this|our|both|mean|average|median|final|overall|resulting)\s+)*", re.I)
"""What may stand between such a verb and its object."""
_BEFORE = re.compile(
    r"(?:(?:\s+(?:of|with|on|for|under|in)(?:\s+(?!and\b|or\b|but\b|that\b|which\b|while\b)[\w-]+){1,6}?)?"
    rf"\s+(?:{_BEING}|has|have|had|gets?|got)(?:\s+(?:been|more than|less than|almost|about|\w+ly))*)?\s+",
    re.I,
)
"""What may stand between its subject and such a word: "the error on all seeds was nearly halved"."""
_FLOOR = re.compile(
    r"\b(?P<no>no |not )?(?:larger|smaller|greater|less|more|lower|higher) than (?:the |its )?noise floor|(?:below"
    r"|above|within|inside) the noise floor"
    r"|beyond the noise floor",
    re.I,
)
_RULE_OF_DECISION = re.compile(
    r"\bcounts only (?:if|where|when)\b(?:[^.;]|\.(?=\d))*"
    r"\b(?P<said>(?:(?:no|not) (?:larger|greater|higher)|smaller|lower|less) than the noise floor)",
    re.I,
)
_MECHANISM = re.compile(rf"do(?:es)? not|did not (?:\w+ )?affect|not (?:{_DOING})", re.I)
"""So a method is described too: without a metric's name it says nothing of results."""
_BEYOND = re.compile(r"\bnoise floor|\b(?:beyond|above|within|inside|below) (?:the )?noise\b", re.I)
_HEDGE = re.compile(
    r"inconclusive|not (?:statistically )?significant|compatible with no|(?:contains?|includes?|cover\w*) zero"
    r"|within (?:the )?noise"
    r"|not supported|does not (?:meet|support)|cannot be told|no evidence|not enough|too few seeds",
    re.I,
)
_COSTS = re.compile(
    r"^[\w ]{0,25}\b(?:CPU|time|cost|memory|parameters?|compute|overfitting|variance|confidence|gradients?|weights?)\b",
    re.I,
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
        quotes = [("", q) for q in (*evidence.quoted, *plain_titles(evidence))] + [('[“"]', q) for q in evidence.told]
        self.asides = [
            re.compile(opened + r"\s+".join(map(re.escape, q.split())), re.I)
            for opened, q in quotes
            if len(q.split()) > 3
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

    def check_unit(self, unit: Unit, before: Unit | None) -> Iterator[Finding]:
        """The statements of one sentence."""
        text = normalise(unit.text)
        masked = self._mask(text)
        mentions = self.names.find(text)
        if rule := _RULE_OF_DECISION.search(text):
            record = "a difference counts only where it is larger than the noise floor"
            yield contradiction(
                "contradicted", unit, f"says “{rule.group()[-40:]}”", record, "the rule of every verdict"
            )
            return
        for match in _FLOOR.finditer(text):
            finding = self._floor(unit, text, match, mentions, before)
            if finding is not None:
                yield finding
                return
        for match in _EFFECT.finditer(masked):
            claimed = self._read(match, masked, mentions, before)
            finding = self._judge(claimed, unit, text) if claimed is not None else None
            if finding is None and claimed is not None and not claimed.negated:
                finding = self._times(claimed, match, unit)
            if finding is not None:
                yield finding
                return

    def _mask(self, text: str) -> str:
        """Blank what is no statement: names, quoted words of the record, rules of reading, the noise floor."""
        for pattern in (RULE, _FLOOR, *self.asides):
            text = pattern.sub(lambda m: " " * len(m.group()), text)
        return text

    def _read(self, match: re.Match[str], text: str, mentions: list[Mention], before: Unit | None) -> Claimed | None:
        kind = match.lastgroup or ""
        left, right = text[: match.start()], text[match.end() :]
        if any(m.start <= match.start() < m.end for m in mentions if m.kind == "variant"):
            return None
        if is_asked(text, match.start()):
            return None
        clause = re.split(r"[;:]", left)[-1]
        # "There could be reasons why it has no effect" takes for granted that it has none.
        granted = kind == "none" and re.search(r"\bwhy\b", clause)
        if is_unsaid(match, text) and not granted and not re.search(r"\bfrom\b[^.;]*\bto\b", clause):
            return None
        if (
            kind in ("lower", "higher", "better", "none")
            and _COSTS.match(right)
            and not any(m.kind == "metric" for m in mentions)
        ):
            return None
        if kind in ("lower", "higher") and re.match(r"\s+(?:ends?|bound|part|left|right|limit)\b", right):
            return None
        variant, against = self._sides(match, text, mentions, before)
        if variant is None or against is None:
            return None
        taken = is_taken_away(variant, mentions, text, match.start())
        if taken is None or (taken and self.evidence.variants[variant].parent != against):
            return None
        if taken:
            variant, against = against, variant
        metric = nearest_metric(match, mentions)
        moved = kind in ("lower", "higher") or _SAME.match(match.group())
        if moved and not self._speaks_of_a_metric(match, text, mentions):
            return None
        if metric is None and kind == "none" and _MECHANISM.match(match.group()):
            return None
        metric = metric or self.evidence.primary.key
        split = self._split(variant, against, metric, mentions)
        if split is None:
            return None
        negated = kind not in ("none", "open") and NEGATED.search(left) is not None
        return Claimed(kind, negated, variant, against, metric, split)

    def _speaks_of_a_metric(self, match: re.Match[str], text: str, mentions: list[Mention]) -> bool:
        """Whether a verb or comparative is about a metric that is named, or about the primary one.

        Widths, steps and times are doubled and halved as well: a verb that tells a size must have the metric for its
        object or subject, and so must "unchanged". For any other word a number in the sentence is enough.
        """
        spans = [(m.start, m.end) for m in mentions if m.kind == "metric"]
        if not (_TIMES.match(match.group()) or _SAME.match(match.group())):
            return bool(spans) or re.search(r"\bpoints?\b|\d", text) is not None
        noun = re.escape(self.evidence.primary.label.split()[-1])
        spans += [m.span() for m in re.finditer(rf"\b{noun}\b", text, re.I)]
        left, right = match.span()
        return any(
            _ITS.fullmatch(text[right:a]) if a >= right else b <= left and _BEFORE.fullmatch(text[b:left])
            for a, b in spans
        )

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
            following = [m for m in after if m.ids[0] != base and not is_rival(m, text)]
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
        if any(m.ids[0] == base and is_owner(m, text, match.end()) for m in after):
            return base, subject.ids[0]
        rivals = [
            m
            for m in after
            if m.ids != subject.ids
            and re.match(r"^[^,;]*\b(?:than|over|to|with|against)\b", text[match.end() : m.start])
        ]
        return subject.ids[0], rivals[0].ids[0] if rivals else base

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
        sides = (c.variant, c.against, c.split, c.metric)
        if sense == "open":
            wrong = "" if verdict == "inconclusive" else "contradicted"
        elif sense == "none":
            # A difference below the noise floor gets no verdict, and is there all the same.
            there = self.evidence.apart(*sides) and not _BEYOND.search(text)
            wrong = "contradicted" if there or verdict != "inconclusive" else ""
            record += f", interval {self._interval(c)}"
        elif sense == "significant":
            denied = c.negated and self.evidence.apart(*sides, adjusted=True)
            wrong = "statistics" if denied or (verdict == "inconclusive") != c.negated else ""
        elif c.negated:
            wrong = "contradicted" if verdict == sense else ""
        elif verdict == sense or (verdict == "inconclusive" and lean == sense and _HEDGE.search(text)):
            wrong = ""
        else:
            wrong = "statistics" if verdict == "inconclusive" and lean == sense else "reversed"
        if not wrong:
            return None
        says = f"{'not ' if c.negated else ''}{c.kind}"
        return contradiction(wrong, unit, f"says “{says}”", record, "recomputed from the trials")

    def _times(self, c: Claimed, match: re.Match[str], unit: Unit) -> Finding | None:
        """A size that is told by its verb: halved, doubled, tripled, quadrupled."""
        told = _TIMES.match(match.group())
        means = [self.evidence.mean(v, c.split, c.metric) for v in (c.variant, c.against)]
        if told is None or means[0] is None or not means[1]:
            return None
        low, high = _RATIOS[told.group().lower()]
        ratio = means[0] / means[1]
        if low <= ratio <= high:
            return None
        record = f"{means[0]:.4g} against {means[1]:.4g}: {ratio:.2f} times"
        return contradiction("contradicted", unit, f"says “{match.group()}”", record, "ratio of the means")

    def _interval(self, c: Claimed) -> str:
        own = self.evidence.contrasts[c.variant, c.against, c.split, c.metric]
        return f"{own.low:.4g} to {own.high:.4g}"

    def _title(self, variant: str) -> str:
        return self.evidence.variants[variant].title

    def _floor(
        self, unit: Unit, text: str, match: re.Match[str], mentions: list[Mention], before: Unit | None
    ) -> Finding | None:
        variant, against = self._sides(match, text, mentions, before)
        if variant is None or against is None:
            return None
        metric = nearest_metric(match, mentions) or self.evidence.primary.key
        split = self._split(variant, against, metric, mentions)
        recorded = self.evidence.recorded.get((variant, split or "", metric))
        if recorded is None or recorded.noise_floor is None:
            return None
        words = match.group().lower()
        beyond = re.search(r"larger|greater|higher|more|above|beyond", words) is not None
        beyond = beyond != bool(match.group("no"))
        if beyond == (abs(recorded.difference) > recorded.noise_floor):
            return None
        record = f"the difference is {abs(recorded.difference):.4g} in size, the noise floor {recorded.noise_floor:.4g}"
        return contradiction(
            "contradicted", unit, f"says “{match.group()}”", record, "compared with the recorded noise floor"
        )
