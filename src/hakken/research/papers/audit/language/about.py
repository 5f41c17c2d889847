"""What a number of a foreign paper is about: the runs, metrics and data sets that its words or headers name."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from hakken.research.papers.audit.document.document import Unit
from hakken.research.papers.audit.language.around import Around
from hakken.research.papers.audit.language.groups import RESPECTIVE, all_of, grouped, ids_of, in_turn, respective
from hakken.research.papers.audit.language.numbers import Number, find_numbers, normalise, side_of
from hakken.research.papers.audit.language.rivals import AGAINST, OBJECT
from hakken.research.papers.audit.language.scope import Mention, Names
from hakken.research.papers.audit.language.standing import (
    APART,
    AVERAGED,
    ELSEWHERE,
    GOES_ON,
    IN_BRACKETS,
    INSERTED,
    IS_OWN,
    OF_ALL,
    ON_BEHIND,
    OPENING,
    OTHERS,
    PACE,
    REST,
    SPEED,
    STEPPED,
    WITH,
    apart,
    directly_named,
    end_of,
    in_brackets,
    is_nameless,
    is_next,
    is_turn,
    new_subject,
    opens,
    shared,
)
from hakken.research.papers.audit.language.topics import GENERIC
from hakken.research.papers.audit.language.units import measured_in, unit_behind, unit_of_header
from hakken.research.papers.audit.matching.pool import ACROSS
from hakken.research.papers.audit.records.words import stems


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
        self.words: dict[str, frozenset[str]] = {}
        self.by_unit: dict[str, list[str]] = {}
        for spec in self.evidence.metrics:
            self.by_unit.setdefault(measured_in(spec.unit), []).append(spec.key)

    def of_sentence(self, number: Number, unit: Unit, around: Around) -> About:
        """By the nearest names of the sentence, else by what stands before it."""
        text = normalise(unit.text)
        mentions = self.names.find(unit.text)
        earlier = [self.names.find(t) for t in reversed(around.before)]
        lead = self.names.find(around.lead)
        variants = self.nearest("variant", number, text, mentions)
        base = self.evidence.baseline
        turned = number.form in ("low", "high") and is_turn(number, text)
        if number.form in ("low", "high") and not directly_named(number, text, mentions):
            variants = self._ends(number, text, mentions, variants)
        backs = [*earlier, lead]
        if number.form == "low" and not variants and base and turned:
            variants = (base,)
        texts = [*reversed(around.before), around.lead]
        told = () if new_subject(text) else self._subject(texts)
        side = side_of(number, text)
        if not variants and side == "second":
            variants = self._rival_of(told, texts)
        if not variants and not (turned and number.form == "high" and told == (base,)):
            # What a change ends at is not the baseline's; what a paragraph is about may be any of those it names.
            variants = tuple(dict.fromkeys((*told, *self._among(earlier, told))))
        if is_nameless(number, text, mentions, side):
            variants = ()
        metrics = self.nearest("metric", number, text, mentions)
        if pace := PACE.match(text[number.end :]):
            metrics = self._speeds(pace.group()) or metrics
        if not metrics and SPEED.search(apart(text, number)):
            metrics = self._speeds(text)
        named = bool(metrics)
        metrics = metrics or self._kin(text[: number.start], backs) or _first(backs, "metric", but=None)
        datasets = self.nearest("dataset", number, text, mentions)
        across = AVERAGED.search(text) is not None
        if not datasets and not OF_ALL.search(text):
            datasets = _first(backs, "dataset", but=None)
        against = self._rivals(number, text, mentions)
        unit_said = unit_behind(number, text) or (shared(number, text) if not named else "")
        stated = [m for m in mentions if m.kind == "metric" and m.end <= number.start]
        own = bool(stated) and IS_OWN.match(text[stated[-1].end : number.start]) is not None
        if own and unit_said and not set(metrics) & set(self.by_unit.get(unit_said, ())):
            unit_said = ""  # a time that is told to be another metric is no value of it
        return self._about(variants, against, metrics, named, datasets, across, unit_said)

    def _among(self, earlier: list[list[Mention]], told: tuple[str, ...]) -> tuple[str, ...]:
        """Other variants that the paragraph names, where its subject is carried over from a sentence before."""
        if not told or self.evidence.baseline in told:
            return ()
        named = [m for mentions in earlier for m in mentions if m.kind == "variant" and len(m.ids) == 1]
        return tuple(i for m in named for i in m.ids if i != self.evidence.baseline)

    def _kin(self, left: str, backs: list[list[Mention]]) -> tuple[str, ...]:
        """Metrics that a general word means: "the loss", told in full by a sentence before, or any of that family."""
        found = [(m.end(), sign) for word, sign in (*GENERIC, STEPPED) for m in word.finditer(left)]
        if not found:
            return ()
        sign = max(found, key=lambda pair: pair[0])[1]
        kin = tuple(m.key for m in self.evidence.metrics if sign.search(m.name))
        for mentions in backs:
            told = [i for m in mentions if m.kind == "metric" for i in m.ids if i in kin]
            if told:
                return tuple(dict.fromkeys(told))
        return kin

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
            metrics, named = tuple(wanted), named and unit in ("s", "B")
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
        groups = grouped([m for m in mentions if m.kind == kind], text)
        if RESPECTIVE.search(text) and (told := respective(number, text, groups)):
            return told
        if kind == "variant":
            spans = [m.span() for m in INSERTED.finditer(text)]
            outer = [g for g in groups if not any(a <= g[0].start and g[-1].end <= b < number.start for a, b in spans)]
            groups = outer if any(g[-1].end <= number.start for g in outer) else groups
        after = [g for g in groups if g[0].start >= number.end]
        prior = [g for g in groups if g[-1].end <= number.start]
        stop = end_of(number, text) if kind != "variant" else number.end
        stop = stop if after and after[0][0].start >= stop else number.end
        if kind == "dataset" and prior:
            named = ids_of(prior[-1])
            if REST.match(text[number.end :]) or OTHERS.search(text[prior[-1][-1].end : number.start]):
                return tuple(d for d in self.evidence.dataset_names if d not in named)
            if told := in_turn(number, text, [m for m in mentions if m.kind == kind]):
                return told
        paired = kind == "variant" and side_of(number, text) != ""
        if prior and kind != "metric" and not paired and IN_BRACKETS.match(text[prior[-1][-1].end : number.start]):
            return ids_of(prior[-1])
        if after and not (prior and is_next(text[stop : after[0][0].start], text[after[0][-1].end :])):
            between = re.sub(r"\([^)]*\)", "", text[stop : after[0][0].start])
            between = re.sub(r"^\s?(?:%|\))", "", between)
            if kind == "dataset" and ON_BEHIND.match(between):
                return ids_of(after[0])
            if opens(between, text[after[0][-1].end :]) or (
                kind == "metric" and re.match(r"^[\s%a-z-]{0,14}$", between)
            ):
                return ids_of(after[0])
        if kind == "variant" and prior and (told := self._of_two(number, text, prior)):
            return told
        if kind == "variant" and prior and side_of(number, text) == "second":
            return ()
        if prior:
            return ids_of(prior[-1])
        if after and kind == "metric" and ELSEWHERE.search(text[stop : after[0][0].start]):
            return ()
        if (
            after
            and kind == "dataset"
            and "," in text[stop : after[0][0].start]
            and OF_ALL.search(text[: number.start])
        ):
            return ()
        if (
            after
            and kind == "variant"
            and (ELSEWHERE.search(text[number.end : after[0][0].start]) or AGAINST.search(text[: after[0][0].start]))
        ):
            return ()
        if after and kind == "variant" and re.search(r"[,;]\s", text[number.end : after[0][0].start]):
            return ids_of(after[0]) if OPENING.match(text[: number.start]) else ()
        return ids_of(after[0]) if after else ()

    def _of_two(self, number: Number, text: str, prior: list[list[Mention]]) -> tuple[str, ...]:
        """``A beats B, with 0.9`` and ``A beats B (0.9 against 0.8)``: the first number is A's, the second B's."""
        objects = [g for g in prior if OBJECT.search(text[: g[0].start])]
        subjects = [g for g in prior if g not in objects]
        side = side_of(number, text)
        if subjects and prior[-1] in objects and GOES_ON.match(text[prior[-1][-1].end : number.start]):
            return ids_of(subjects[-1])
        with_it = objects and WITH.match(text[objects[-1][-1].end : number.start])
        if subjects and (side == "first" or (with_it and side != "second")):
            return ids_of(subjects[-1]) if objects or side == "first" else ()
        if side == "second":
            base = self.evidence.baseline
            return ids_of(objects[-1]) if objects else (base,) if base and ids_of(prior[-1]) != (base,) else ()
        return ()

    def _subject(self, texts: list[str]) -> tuple[str, ...]:
        """What the sentences before are about, the nearest first: not what it is compared with."""
        base: tuple[str, ...] = ()
        for text in texts:
            clean = normalise(text)
            named = [m for m in self.names.find(text) if m.kind == "variant" and not AGAINST.search(clean[: m.start])]
            named = [m for m in named if not in_brackets(clean[: m.start])] or named
            own = [m for m in named if m.ids != (self.evidence.baseline,)]
            if own:
                return own[-1].ids
            base = base or (named[-1].ids if named else ())
        return base

    def _rival_of(self, subject: tuple[str, ...], texts: list[str]) -> tuple[str, ...]:
        """Whom "0.36 vs 0.40" sets against the subject of the sentences before: the others that they name, or any."""
        named = [i for text in texts[:1] for m in self.names.find(text) if m.kind == "variant" for i in m.ids]
        others = tuple(dict.fromkeys(i for i in named if i not in subject))
        return others if subject else ()

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
        base = self.evidence.baseline
        if not is_turn(number, text) or (base is None and number.form == "high"):
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
        groups = grouped([m for m in mentions if m.kind == "variant"], text)
        near = [
            g for g in groups if not APART.search(text[min(number.end, g[0].start) : max(number.start, g[0].start)])
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
        texts = [*reversed(around.before), around.lead]
        earlier = () if new_subject(text) else self._subject(texts)
        earlier = earlier if earlier != (base,) else _first(backs, "variant", but=base)
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
        if is_nameless(number, text, self.names.find(unit.text), side_of(number, text)):
            variants, implied = (), False
        return replace(about, variants=frozenset(variants), against=against - set(variants), implied=implied)

    def _of_neighbours(self, unit: Unit) -> tuple[str, ...]:
        """The one metric that the other columns of a row are about: that of a column of improvements."""
        groups = [keys for head, _ in unit.row if (keys := all_of(self.names.find(head), "metric"))]
        return groups[0] if groups and all(_names(g) == _names(groups[0]) for g in groups) else ()

    def _in_part(self, unit: Unit, told: tuple[str, ...]) -> tuple[str, ...]:
        """The metrics that a header or a row abbreviates, where it fits some and not others: "Val", "time"."""
        keys = told or tuple(m.key for m in self.evidence.metrics)
        for label in (*reversed(unit.column.split(", ")), unit.group, *(text for _, text in unit.row)):
            words = stems(label)
            if not words or self.names.find(label):
                continue
            fitting = tuple(k for k in keys if words <= self._words_of(k))
            if fitting and len(_names(fitting)) < len(_names(keys)) and (told or len(_names(fitting)) == 1):
                return fitting
        return ()

    def _words_of(self, key: str) -> frozenset[str]:
        """Stems of every word that names a metric."""
        if key not in self.words:
            self.words[key] = stems(" ".join(self.evidence.metric_names.get(key, (key.partition("/")[2],))))
        return self.words[key]

    def of_cell(self, unit: Unit, cells: Callable[[Unit], tuple[str, ...]]) -> About:
        """By the headers of a cell; ``cells`` gives the variants of rows and columns whose names nothing explains."""
        find = self.names.find
        column, caption, group = find(unit.column), find(unit.caption), find(unit.group)
        row = [m for _, text in unit.row if re.search(r"[A-Za-z]{2}", text) for m in find(text)]
        heading = find(unit.section)
        metrics = all_of(column, "metric") or all_of(row, "metric") or all_of(group, "metric")
        named = bool(metrics)
        metrics = metrics or self._in_part(unit, all_of(caption, "metric"))
        metrics = metrics or all_of(caption, "metric") or self._of_neighbours(unit)
        datasets = (
            all_of(row, "dataset")
            or all_of(column, "dataset")
            or all_of(group, "dataset")
            or all_of(caption, "dataset")
        )
        datasets = datasets or (() if len(all_of(heading, "dataset")) > 1 else all_of(heading, "dataset"))
        variants = all_of(column, "variant") or all_of(row, "variant") or all_of(group, "variant")
        label = ""
        if not variants and (strange := cells(unit)):
            label, *told = strange
            variants = tuple(told)
        elif not variants:
            variants = _lone(caption) or _lone(heading)
        across = re.search(r"\b(?:average|avg|mean|overall|all)\b", f"{unit.column} {unit.row[0][1]}", re.I) is not None
        about = self._about(variants, frozenset(), metrics, named, datasets, across, unit_of_header(unit.column))
        return replace(about, label=label, metric_named=named)


def _names(keys: Iterable[str]) -> set[str]:
    return {key.partition("/")[2] for key in keys}


def _first(groups: Iterable[list[Mention]], kind: str, but: str | None) -> tuple[str, ...]:
    """The names of a kind in the first sentence that has any; of variants the last, of others all."""
    for mentions in groups:
        of_kind = [m for m in mentions if m.kind == kind and (but is None or m.ids != (but,))]
        if of_kind:
            return of_kind[-1].ids if kind == "variant" else ids_of(of_kind)
    return ()


def _lone(mentions: list[Mention]) -> tuple[str, ...]:
    """The names of a caption or heading, if it names one variant only."""
    groups = {m.ids for m in mentions if m.kind == "variant"}
    return next(iter(groups)) if len(groups) == 1 else ()
