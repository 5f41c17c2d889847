"""What a number of a foreign paper is about: the runs, metrics and data sets that its words or headers name."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from itertools import pairwise

from hakken.research.papers.audit.document.document import Unit
from hakken.research.papers.audit.language.around import Around
from hakken.research.papers.audit.language.numbers import Number, find_numbers, normalise, side_of
from hakken.research.papers.audit.language.rivals import AGAINST, OBJECT
from hakken.research.papers.audit.language.scope import Mention, Names
from hakken.research.papers.audit.matching.pool import ACROSS

_WITH = re.compile(
    r"^(?:['’]s)?(?: on (?:the )?[\w-]+)?,? (?:with|reaching|achieving|attaining|obtaining|scoring|having|giving"
    r"|yielding|at)\b[^\d;:(]*$"
)
_IN_BRACKETS = re.compile(r"^['’s]{0,2}\s?\((?:[A-Za-z. =:]{0,20})$")
_IS_OWN = re.compile(
    r"^(?:\s(?:of|for|on|with|in|under)\b[^,;:.\d]{0,60})?\s?(?:is|was|are|were|of|=|:|equals|averages|stands at"
    r"|comes to|(?:rises|rose|falls|fell|grows|grew|drops|dropped|goes|went|climbs|increase[sd]|decrease[sd]"
    r"|improve[sd])"
    r"(?: from| to| by)?)\s(?:about |only |just |around |roughly |approximately )?$"
)
"""What stands between a metric and the value that a sentence gives it: "the accuracy of our method is"."""
_JOINED = re.compile(
    r"^\s*(?:(?!beats?\b|outperform|surpass|exceed|than\b|over\b|vs\b|versus|against|reach|is\b|was\b|with\b)[a-z]+s?\b)?"
    r"\s*(?:,|/|&|\band\b|\bor\b|\bas well as\b|\s|\bthe\b|\()*\s*$"
)
_BEHIND = re.compile(
    r"^[^,;:.\d]*?(?:\b(?:for|with|by|of|on|in|under|from|at|using|without)\b(?: the| our| an?)?|\()[^,;:.\d]*$"
)
_OPENING = re.compile(r"^\W*(?:With|At|Reaching|By|Achieving|Scoring|From|In|After)\b[^,;]*$")
"""What stands before a number whose sentence names its owner later: "With 0.9, our method is"."""
_OF_ALL = re.compile(r"\ball (?:\w+ )?(?:data ?sets|tasks)\b|across|\baverag\w+|\boverall\b", re.I)
"""A sentence about all data sets, whichever the last one was about."""
_ON_BEHIND = re.compile(r"^\s?(?:%|points?|percentage points?)?, (?:on|in|for|at) (?:the )?$")
_APART = re.compile(r"[;]|,\s(?:while|whereas|but)\b", re.I)
_ACROSS = re.compile(
    r"\b(?:average[ds]?|averaging|mean|overall|across|all (?:four |five |three )?(?:data ?sets|tasks|environments))\b",
    re.I,
)
_RESPECTIVE = re.compile(r"\brespectively\b|\d\s?/\s?\d")
_ELSEWHERE = re.compile(r"[,;—–]\s*(?:while|whereas|but|and|compared|in contrast|versus|than)\b", re.I)
"""Opens a clause about something else."""
_RATE = re.compile(
    r"^\s?(?:tokens?|samples?|images?|steps?|iterations?|frames?|examples?)?\s?(?:per|/)\s?s(?:ec(?:ond)?)?\b", re.I
)
_SPEED = re.compile(r"\b(?:faster|slower|speed\w*|quicker|longer|shorter)\b", re.I)
_TIME = {"s": "s", "ms": "s", "min": "s", "h": "s"}


@dataclass(frozen=True)
class About:
    """What a number may be about. Empty sets mean that nothing was said."""

    variants: frozenset[str] = frozenset()
    against: frozenset[str] = frozenset()
    """What a change is told against; empty for the baseline or anything."""
    keys: tuple[str, ...] = ()
    """Metrics, narrowed to the data sets that are named."""
    metric_named: bool = False
    """Its own sentence, row or column names the metric."""
    datasets: frozenset[str] = frozenset()
    across: bool = False
    """It speaks of an average or of all data sets."""
    label: str = ""
    """A name of a row or column that stands for a run, and that nothing tells which."""
    unit: str = ""
    """``s`` or ``steps`` where the number is printed with it and a metric is measured in it."""
    held: str = ""
    """Of a table cell: the run whose numbers most cells of its row or column hold."""
    itself: bool = False
    """It is compared with what the sentence before is about, and no other is named."""
    implied: bool = False
    """The run is not named: it is "our method", or the one whose numbers the rest of the table holds."""
    unmeasured: bool = False
    """It is printed as a time, and the record measured none."""


class Scoper:
    """Tells what the numbers of one paper are about."""

    def __init__(self, names: Names) -> None:
        self.names = names
        self.evidence = names.evidence
        self.by_unit: dict[str, list[str]] = {}
        for spec in self.evidence.metrics:
            self.by_unit.setdefault(_TIME.get(spec.unit, spec.unit), []).append(spec.key)

    def of_sentence(self, number: Number, unit: Unit, around: Around) -> About:
        """By the nearest names of the sentence, else by what stands before it."""
        text = normalise(unit.text)
        mentions = self.names.find(unit.text)
        earlier = [self.names.find(t) for t in reversed(around.before)]
        lead = self.names.find(around.lead)
        variants = self.nearest("variant", number, text, mentions)
        base = self.evidence.baseline
        if number.form in ("low", "high") and not _directly_named(number, text, mentions):
            variants = self._ends(number, text, mentions, variants)
        backs = [*earlier, lead]
        if number.form == "low" and not variants and base and _before(text[: number.start]):
            variants = (base,)
        variants = variants or self._subject([*reversed(around.before), around.lead])
        metrics = self.nearest("metric", number, text, mentions)
        if not metrics and _SPEED.search(text[max(0, number.start - 60) : number.end + 40]):
            metrics = self._speeds(text)
        named = bool(metrics)
        metrics = metrics or _first(backs, "metric", but=None)
        datasets = self.nearest("dataset", number, text, mentions)
        across = _ACROSS.search(text) is not None
        if not datasets and not _OF_ALL.search(text):
            datasets = _first(backs, "dataset", but=None)
        against = self._rivals(number, text, mentions)
        unit_said = _unit_after(number, text)
        stated = [m for m in mentions if m.kind == "metric" and m.end <= number.start]
        own = bool(stated) and _IS_OWN.match(text[stated[-1].end : number.start]) is not None
        if own and unit_said and not set(metrics) & set(self.by_unit.get(unit_said, ())):
            unit_said = ""  # a time that is told to be another metric is no value of it
        return self._about(variants, against, metrics, named, datasets, across, unit_said)

    def _about(
        self,
        variants: Iterable[str],
        against: frozenset[str],
        metrics: tuple[str, ...],
        named: bool,
        datasets: tuple[str, ...],
        across: bool,
        unit: str,
    ) -> About:
        wanted = self.by_unit.get(unit, []) if unit else []
        unmeasured, unit = unit == "s" and not wanted, unit if wanted else ""
        if unit and wanted and not set(metrics) & set(wanted):
            metrics, named = tuple(wanted), named and unit == "s"
        elif unit and wanted:
            metrics = tuple(k for k in metrics if k in wanted)
        keys = self.names.within(metrics, datasets)
        if not keys and metrics and datasets:
            keys = self.names.within(metrics, ())
        if across or not datasets:
            keys += tuple(dict.fromkeys(f"{ACROSS}/{self.evidence.metric(k).name}" for k in metrics))
        return About(
            frozenset(variants), against, keys, named, frozenset(datasets), across, "", unit, unmeasured=unmeasured
        )

    def nearest(self, kind: str, number: Number, text: str, mentions: list[Mention]) -> tuple[str, ...]:
        """The names that a number belongs to: behind it with a preposition, else the last before, else the next."""
        groups = _grouped([m for m in mentions if m.kind == kind], text)
        if _RESPECTIVE.search(text) and (told := _respective(number, text, groups)):
            return told
        after = [g for g in groups if g[0].start >= number.end]
        prior = [g for g in groups if g[-1].end <= number.start]
        paired = kind == "variant" and side_of(number, text) != ""
        if prior and kind != "metric" and not paired and _IN_BRACKETS.match(text[prior[-1][-1].end : number.start]):
            return _ids(prior[-1])
        if after:
            between = re.sub(r"\([^)]*\)", "", text[number.end : after[0][0].start])
            between = re.sub(r"^\s?(?:%|\))", "", between)
            if kind == "dataset" and _ON_BEHIND.match(between):
                return _ids(after[0])
            if _opens(between, text[after[0][-1].end :]) or (
                kind == "metric" and re.match(r"^[\s%a-z-]{0,14}$", between)
            ):
                return _ids(after[0])
        if kind == "variant" and prior and (told := self._of_two(number, text, prior)):
            return told
        if prior:
            return _ids(prior[-1])
        if (
            after
            and kind == "variant"
            and (_ELSEWHERE.search(text[number.end : after[0][0].start]) or AGAINST.search(text[: after[0][0].start]))
        ):
            return ()
        if after and kind == "variant" and re.search(r"[,;]\s", text[number.end : after[0][0].start]):
            return _ids(after[0]) if _OPENING.match(text[: number.start]) else ()
        return _ids(after[0]) if after else ()

    def _of_two(self, number: Number, text: str, prior: list[list[Mention]]) -> tuple[str, ...]:
        """``A beats B, with 0.9`` and ``A beats B (0.9 against 0.8)``: the first number is A's, the second B's."""
        objects = [g for g in prior if OBJECT.search(text[: g[0].start])]
        subjects = [g for g in prior if g not in objects]
        side = side_of(number, text)
        with_it = objects and _WITH.match(text[objects[-1][-1].end : number.start])
        if subjects and (side == "first" or (with_it and side != "second")):
            return _ids(subjects[-1]) if objects or side == "first" else ()
        if side == "second":
            base = self.evidence.baseline
            return _ids(objects[-1]) if objects else (base,) if base and _ids(prior[-1]) != (base,) else ()
        return ()

    def _subject(self, texts: list[str]) -> tuple[str, ...]:
        """What the sentences before are about, the nearest first: not what it is compared with."""
        base: tuple[str, ...] = ()
        for text in texts:
            clean = normalise(text)
            named = [m for m in self.names.find(text) if m.kind == "variant" and not AGAINST.search(clean[: m.start])]
            own = [m for m in named if m.ids != (self.evidence.baseline,)]
            if own:
                return own[-1].ids
            base = base or (named[-1].ids if named else ())
        return base

    def _speeds(self, text: str) -> tuple[str, ...]:
        """Times and rates; those of training or of inference where the sentence says which."""
        keys = [*self.by_unit.get("s", []), *self.by_unit.get("/s", [])]
        for word, part in (("train", "train"), ("infer", "infer"), ("sampl", "infer"), ("generat", "infer")):
            told = [k for k in keys if part in k.partition("/")[2]] if re.search(rf"\b{word}", text, re.I) else []
            if told:
                return tuple(told)
        return tuple(keys)

    def _ends(self, number: Number, text: str, mentions: list[Mention], near: tuple[str, ...]) -> tuple[str, ...]:
        """``from A to B``: the first is what it was before, the second what it became."""
        left = text[: number.start]
        base = self.evidence.baseline
        if not _before(left) or (base is None and number.form == "high"):
            return near
        if base is None:
            return tuple(v for v in self.evidence.variants if v not in near)
        if number.form == "low":
            return (base,)
        start = number.start
        opened = [m for m in find_numbers(text) if m.form == "low" and m.end < start]
        first = opened[-1].end if opened else start
        theirs = {i for m in mentions if m.kind == "variant" and first <= m.start < start for i in m.ids}
        others = tuple(i for i in near if i != base and i not in theirs)
        mentions = [m for m in mentions if not set(m.ids) & theirs]
        return others or tuple(i for m in mentions if m.kind == "variant" for i in m.ids if i != base)

    def _rivals(self, number: Number, text: str, mentions: list[Mention]) -> frozenset[str]:
        """What the clause of a number compares with; of a list that begins behind "than", every member."""
        groups = _grouped([m for m in mentions if m.kind == "variant"], text)
        near = [
            g for g in groups if not _APART.search(text[min(number.end, g[0].start) : max(number.start, g[0].start)])
        ]
        return frozenset(i for g in near if self._is_against(g[0], text) for m in g for i in m.ids)

    def _is_against(self, mention: Mention, text: str) -> bool:
        left = text[: mention.start]
        object_of = AGAINST.search(left) is not None or OBJECT.search(left) is not None
        return object_of or mention.ids == (self.evidence.baseline,)

    def of_change(self, number: Number, unit: Unit, around: Around, about: About) -> About:
        """A change is about a variant and what it is compared with; the baseline is seldom its subject."""
        base = self.evidence.baseline
        text = normalise(unit.text)
        others = [m for m in self.names.find(unit.text) if not (m.kind == "variant" and m.ids == (base,))]
        own = [m for m in others if not self._is_against(m, text)]
        variants = self.nearest("variant", number, text, own)
        backs = [*(self.names.find(t) for t in reversed(around.before)), self.names.find(around.lead)]
        earlier = _first(backs, "variant", but=base)
        named = self.nearest("variant", number, text, others)
        variants = variants or (earlier if earlier and not set(earlier) <= set(named) else named) or earlier
        implied = not variants and len(self.names.labels.chosen) == 1
        variants = variants or self.names.labels.chosen
        behind = [m for m in self.names.find(unit.text) if m.kind == "variant" and m.start >= number.end]
        rival = (
            behind and self._is_against(behind[0], text) and not re.search(r"[\d;]", text[number.end : behind[0].start])
        )
        against = frozenset(behind[0].ids) if rival else about.against
        if not own and earlier and against and set(earlier) == against and len(earlier) == 1:
            return replace(about, itself=True)
        return replace(about, variants=frozenset(variants), against=against - set(variants), implied=implied)

    def _of_neighbours(self, unit: Unit) -> tuple[str, ...]:
        """The one metric that the other columns of a row are about: that of a column of improvements."""
        groups = [keys for head, _ in unit.row if (keys := _all(self.names.find(head), "metric"))]
        return groups[0] if groups and all(_names(g) == _names(groups[0]) for g in groups) else ()

    def of_cell(self, unit: Unit, cells: Callable[[Unit], tuple[str, ...]]) -> About:
        """By the headers of a cell; ``cells`` gives the variants of rows and columns whose names nothing explains."""
        find = self.names.find
        column, caption, group = find(unit.column), find(unit.caption), find(unit.group)
        row = [m for _, text in unit.row if re.search(r"[A-Za-z]{2}", text) for m in find(text)]
        heading = find(unit.section)
        metrics = _all(column, "metric") or _all(row, "metric") or _all(group, "metric")
        named = bool(metrics)
        metrics = metrics or _all(caption, "metric") or self._of_neighbours(unit)
        datasets = _all(row, "dataset") or _all(column, "dataset") or _all(group, "dataset") or _all(caption, "dataset")
        datasets = datasets or (() if len(_all(heading, "dataset")) > 1 else _all(heading, "dataset"))
        variants = _all(column, "variant") or _all(row, "variant") or _all(group, "variant")
        label = ""
        if not variants and (strange := cells(unit)):
            label, *told = strange
            variants = tuple(told)
        elif not variants:
            variants = _lone(caption) or _lone(heading)
        across = re.search(r"\b(?:average|avg|mean|overall|all)\b", f"{unit.column} {unit.row[0][1]}", re.I) is not None
        about = self._about(variants, frozenset(), metrics, named, datasets, across, _unit_of_header(unit.column))
        return replace(about, label=label, metric_named=named)


def _opens(between: str, behind: str) -> bool:
    """Whether what stands between a number and a name makes the name the number's own."""
    bracket = between.rstrip().endswith("(")
    if re.search(r"\b(?:than|against|compared|versus|while|whereas|but)\b", between):
        return False
    return _BEHIND.match(between) is not None and (not bracket or re.match(r"^[^:;,.]{0,25}\)", behind) is not None)


def _before(left: str) -> bool:
    """Whether ``from`` opens a change, rather than a range."""
    return re.search(r"\bfrom (?:[^.;]|\.(?=\d))*$", left) is not None and not re.search(
        r"\b(?:rang|var[iy]|span)\w* from", left
    )


def _names(keys: Iterable[str]) -> set[str]:
    return {key.partition("/")[2] for key in keys}


def _first(groups: Iterable[list[Mention]], kind: str, but: str | None) -> tuple[str, ...]:
    """The names of a kind in the first sentence that has any; of variants the last, of others all."""
    for mentions in groups:
        of_kind = [m for m in mentions if m.kind == kind and (but is None or m.ids != (but,))]
        if of_kind:
            return of_kind[-1].ids if kind == "variant" else _ids(of_kind)
    return ()


def _grouped(mentions: list[Mention], text: str) -> list[list[Mention]]:
    """Names that a list joins: "addition, subtraction, and division"."""
    groups: list[list[Mention]] = []
    for mention in mentions:
        if groups and _JOINED.match(text[groups[-1][-1].end : mention.start]):
            groups[-1].append(mention)
        else:
            groups.append([mention])
    return groups


def _respective(number: Number, text: str, groups: list[list[Mention]]) -> tuple[str, ...]:
    """``0.35 and 0.98 for circle and dino, respectively``: the first number is about the first name."""
    for group in groups:
        numbers = [n for n in find_numbers(text) if not any(m.start <= n.start < m.end for m in group)]
        rows = [k for k in range(len(numbers) - len(group) + 1) if _is_list(numbers[k : k + len(group)], text)]
        for k in rows if len(group) > 1 else ():
            row = numbers[k : k + len(group)]
            if number.start in [n.start for n in row]:
                return group[[n.start for n in row].index(number.start)].ids
    return ()


def _is_list(numbers: list[Number], text: str) -> bool:
    return all(
        re.fullmatch(r"\s?(?:%|s|seconds|steps)?\s?(?:,|,? and|/|or|;)\s?", text[a.end : b.start])
        for a, b in pairwise(numbers)
    )


def _ids(group: list[Mention]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(i for m in group for i in m.ids))


def _all(mentions: list[Mention], kind: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(i for m in mentions if m.kind == kind for i in m.ids))


def _lone(mentions: list[Mention]) -> tuple[str, ...]:
    """The names of a caption or heading, if it names one variant only."""
    groups = {m.ids for m in mentions if m.kind == "variant"}
    return next(iter(groups)) if len(groups) == 1 else ()


def _directly_named(number: Number, text: str, mentions: list[Mention]) -> bool:
    """Whether a name stands right behind a number: ``from 0.98 in the baseline to 0.86 in the final model``."""
    after = [m for m in mentions if m.kind == "variant" and m.start >= number.end]
    return (
        bool(after)
        and re.match(r"^[\s\w%()-]{0,30}$", text[number.end : after[0].start]) is not None
        and not re.search(r"\d|\bto\b", text[number.end : after[0].start])
    )


def _unit_after(number: Number, text: str) -> str:
    """``s`` for times, ``steps`` and the like for counts of them, from what stands right behind."""
    if number.unit in _TIME:
        return "s"
    if _RATE.match(text[number.end :]):
        return "/s"
    match = re.match(r"^\s?-?(?:training |update |optimization |gradient )?(seconds?|secs?|minutes?|hours?|steps?"
                     r"|epochs?|iterations?|updates?)\b", text[number.end :], re.I)  # fmt: skip
    if match is None:
        return ""
    word = match.group(1).lower().rstrip("s")
    return "s" if word in ("second", "sec", "minute", "hour") else word + "s"


def _unit_of_header(header: str) -> str:
    return "s" if re.search(r"\((?:s|sec|secs|seconds|min|minutes|h|hours|ms)\.?\)", header, re.I) else ""
