"""Verbs of effect against any record: single runs or replicates, several data sets, several variants that may be meant.

A sentence that leaves open which variant or data set it means is wrong only where every reading of it is.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from hakken.core.types import Finding, Severity
from hakken.research.papers.audit.document.document import Unit
from hakken.research.papers.audit.language.phrases import DENIED, NEGATED, clause, contradiction, is_asked, is_open
from hakken.research.papers.audit.language.rivals import OBJECT
from hakken.research.papers.audit.language.scope import Mention
from hakken.research.papers.audit.language.topics import DATASETS, Topic, Topics
from hakken.research.papers.audit.records.effects import Effect, Effects, Standing

_EFFECTS = (
    (
        "better",
        r"improv\w+|outperform\w*|surpass\w*|superior|better\b|enhances?\b|boost(?:s|ed)?\b"
        r"|beats?\b|helps?\b",
    ),
    ("worse", r"deteriorat\w+|worse\w*|degrad\w+|harm(?:s|ed)\b|hurts?\b|inferior|underperform\w*"),
    (
        "lower",
        r"lower(?:s|ed|ing)?\b|reduc(?:e|es|ed|ing|tions?)\b|decreas\w+|fell\b|falls\b|drop(?:s|ped)\b|declin\w+|shrinks?\b|shrank\b",
    ),
    ("higher", r"higher\b|increas\w+|rises?\b|rose\b|grew\b|rais(?:es?|ed)\b|climb(?:s|ed)\b"),
    ("faster", r"faster\b|accelerat(?:e|es|ed)\b|quicker\b|speeds? up\b"),
    ("slower", r"slower\b|slows? down\b"),
)
_EFFECT = re.compile("|".join(f"(?P<{kind}>(?<![\\w-])(?:{pattern}))" for kind, pattern in _EFFECTS), re.I)
_THAN = re.compile(
    r"\b(?:than|over|compared (?:to|with)|in comparison (?:to|with)|relative to|versus|vs\.?|against)\b"
    r"(?!\s*(?:\d|half\b|all\b|time\b|training\b|the course|a (?:third|quarter|wide)|both\b|multiple|various|several))"
    r"|\bfrom (?=the )",
    re.I,
)
_BEFORE = re.compile(
    r"\b(?:the )?(?:previous|preceding|prior|last) (?:run|experiment|configuration|setup|version)s?\b", re.I
)
_USUAL = re.compile(
    r"\b(?:baselines?|traditional|standard|conventional|vanilla|original|uniform|single-\w+|unmodified|existing)\b",
    re.I,
)
_NOT_RESULTS = re.compile(r"method|approach|related|background|set-?up|preliminar|implementation|appendix", re.I)
_GENERAL = re.compile(r"\bperform\w*|\boutperform|\bsurpass|\bsuperior\b|\bresults\b|\bmetrics\b", re.I)
_RIVAL = re.compile(r"\s*(?:than|over|upon|on)?\s*(?:the |our )?", re.I)
"""Between "better", "beats" or "improves" and the one that is beaten: so it is on everything that was measured."""
_SOME = re.compile(r"\bup to\b|\bas (?:much|high) as\b|\bin (?:some|certain)\b|\bon some\b|\bmixed\b|\bsome of\b", re.I)
_OTHERS = re.compile(rf"\b(?:the )?(?:other|remaining|rest of the) (?:\w+ )?{DATASETS}", re.I)
_EVERY = re.compile(rf"\b(?:all|both|each|every|various|multiple|different) [\w ]*{DATASETS}", re.I)
_TRANSITIVE = re.compile(r"outperform|surpass|beat", re.I)
_CUE = re.compile(
    r"\bthan\b|\bcompared\b|\brelative to\b|\bbaseline\b|\bover the\b|\bour (?:\w+ ){0,4}(?:method|approach|model)\b"
    r"|\bproposed\b|\bby (?:up to |over |about )?\d|\bvariants?\b|\bmethods?\b",
    re.I,
)
"""What tells a comparison of variants from a course of training."""
_SHOWN = re.compile(r"\b(?:shown|showed|found|observed|yield(?:s|ed)|led|gave|achieved)\b", re.I)
_ADJECTIVE = re.compile(r"^\s*(?:learning|dimension|layer|level|order|-|bound|end|value of|resolution|frequenc)", re.I)
_TAKEN_OUT = re.compile(r"\W*(?:removing|omitting|disabling|ablating|excluding|dropping)\b", re.I)
"""It is about a part that was taken out: no statement on the method itself, unless such a run is named."""


@dataclass(frozen=True)
class Compared:
    """One statement of effect: what must hold, of which variants, on which metrics."""

    kind: str
    variants: tuple[str, ...]
    named: bool
    """Each of the variants is meant; otherwise any of them may be."""
    against: str
    keys: frozenset[str]
    pooled: bool
    """The metrics are judged together: "performance"."""
    some: bool
    """It claims no more than some of the data sets: "up to", "in some cases"."""
    kept: bool
    """It claims no more than that something is kept: "maintaining or improving"."""
    denied: bool
    """It is said not to be so."""


def check_effects(unit: Unit, earlier: tuple[Unit, ...], topic: Topic, topics: Topics) -> Iterator[Finding]:
    """At most one finding a sentence, for an effect that no reading of the sentence has."""
    if _NOT_RESULTS.search(unit.section) and not _SHOWN.search(topic.text):
        return
    for match in _EFFECT.finditer(topic.text):
        claimed = _read(match, unit, earlier, topic, topics)
        found = _judge(claimed, match, unit, topics.effects) if claimed is not None else None
        if found is not None and claimed is not None and _of_part(claimed, match, topic, topics):
            return  # "without the gate it drops": against the full method, not against the baseline
        if found is not None:
            yield found
            return


def _of_part(claimed: Compared, match: re.Match[str], topic: Topic, topics: Topics) -> bool:
    """Whether it is about an ablation and holds against a variant that nothing was taken out of."""
    known, effects = topics.evidence.variants, topics.effects
    if _THAN.search(topic.text[match.end() :]) or not all(known[v].ablation for v in claimed.variants):
        return False
    whole = [v for v in effects.treated if not known[v].ablation]
    return any(
        (group := effects.every(claimed.variants, sorted(claimed.keys), against)) and not _fails(group, claimed)
        for against in whole
    )


def _read(match: re.Match[str], unit: Unit, earlier: tuple[Unit, ...], topic: Topic, topics: Topics) -> Compared | None:
    text = topic.text
    start, stop = clause(match, text)
    left, right = text[start : match.start()], text[match.end() : stop]
    if is_open(left) or is_asked(text, match.start()) or DENIED.search(right) or _ADJECTIVE.match(right):
        return None
    if any(m.start <= match.start() < m.end for m in topic.mentions):
        return None
    taken_out = _TAKEN_OUT.match(left)
    if taken_out and not any(
        m.kind == "variant" and start <= m.start <= start + taken_out.end() for m in topic.mentions
    ):
        return None
    against = _against(right, start, match, topic, topics, earlier)
    if against is None:
        return None
    keys, pooled = _keys(match, (start, stop), topic, topics)
    keys = topics.on(keys, _datasets((start, stop), topic, earlier, topics))
    if not keys:
        return None
    kind = {"faster": "better", "slower": "worse"}.get(match.lastgroup or "", match.lastgroup or "")
    subjects, all_of_them = _subjects(match, topic, unit, earlier, topics, against)
    unnamed = not subjects
    if unnamed and (against != topics.effects.baseline or (kind in ("lower", "higher") and not _CUE.search(text))):
        return None  # "the loss decreases while it trains" compares nothing
    return Compared(
        kind=kind,
        variants=subjects or topics.effects.treated,
        named=all_of_them,
        against=against,
        keys=keys,
        pooled=pooled,
        some=bool(_SOME.search(text[start:stop])),
        kept=re.search(r"\b(?:maintain|preserv|or improv|at least)", text[start:stop], re.I) is not None,
        denied=NEGATED.search(left) is not None,
    )


def _keys(match: re.Match[str], within: tuple[int, int], topic: Topic, topics: Topics) -> tuple[frozenset[str], bool]:
    """The metrics of a statement, and whether they are everything that "performance" may mean."""
    start, stop = within
    inside = tuple(m for m in topic.mentions if start <= m.start < stop)
    keys = topics.metrics(topic.text[start:stop], inside)
    if match.lastgroup in ("faster", "slower"):
        return topics.paces(keys, topic.text[start:stop]), False
    if keys or match.lastgroup not in ("better", "worse"):
        return keys, False
    before = [m for m in topic.mentions if m.kind == "metric" and m.end <= start]
    if before:
        return topics.metrics("", before[-1:]), False
    rivals = [m.start for m in topic.mentions if m.kind == "variant" and match.end() <= m.start < stop]
    told = _RIVAL.fullmatch(topic.text[match.end() : rivals[0]]) if rivals else None
    general = told or _GENERAL.search(topic.text[max(start, match.start() - 30) : min(stop, match.end() + 60)])
    return (topics.effects.results, True) if general and not topic.costly else (frozenset(), False)


def _datasets(within: tuple[int, int], topic: Topic, earlier: tuple[Unit, ...], topics: Topics) -> frozenset[str]:
    """The data sets of a clause, else of its sentence, else those that its paragraph spoke of last; empty for all."""
    start, stop = within
    if _OTHERS.search(topic.text[start:stop]):
        return frozenset(topics.evidence.datasets) - topic.datasets
    here = frozenset(d for d, at in topic.places if start <= at < stop)
    if here or topic.datasets or _EVERY.search(topic.text):
        return here or topic.datasets
    return next((found for u in reversed(earlier) if (found := topics.of(u.text).datasets)), frozenset())


def _against(
    right: str, start: int, match: re.Match[str], topic: Topic, topics: Topics, earlier: tuple[Unit, ...]
) -> str | None:
    """What a statement compares with; None where that is something the record does not know."""
    effects = topics.effects
    than = _THAN.search(right)
    if than is None and not _TRANSITIVE.match(match.group()):
        return effects.baseline or _other_of_two(match, topic)
    object_at = match.end() + (than.end() if than else 0)
    if than is not None and _BEFORE.match(right[than.end() :].lstrip()):
        subjects, _ = _subjects(match, topic, None, earlier, topics, "")
        order = [effects.baseline, *effects.treated]
        return order[order.index(subjects[0]) - 1] if len(subjects) == 1 else None
    named = [m for m in topic.mentions if m.kind == "variant" and m.start >= object_at and len(m.ids) == 1]
    if named and named[0].start - object_at < 40:
        return named[0].ids[0]
    usual = than is None or _USUAL.search(right[than.end() : than.end() + 60]) is not None
    return effects.baseline if usual else None


def _other_of_two(match: re.Match[str], topic: Topic) -> str | None:
    """``A (0.21) and B (0.22) differ: A has the lower error``: where nothing is the baseline, A is told against B."""
    named = [m.ids[0] for m in topic.mentions if m.kind == "variant" and len(m.ids) == 1 and m.end <= match.start()]
    others = dict.fromkeys(v for v in named if v != named[-1])
    return next(iter(others)) if len(others) == 1 else None


def _subjects(
    match: re.Match[str], topic: Topic, unit: Unit | None, earlier: tuple[Unit, ...], topics: Topics, against: str
) -> tuple[tuple[str, ...], bool]:
    """The variants that a statement is about, and whether it is about each of them or about any.

    Named before the verb, in the sentences before, or by the heading. "Our method" may mean any of several; a list
    of runs means each.
    """
    excluded = {against, topics.effects.baseline}

    def others(mentions: Iterable[Mention]) -> list[Mention]:
        return [m for m in mentions if m.kind == "variant" and not set(m.ids) & excluded]

    here = others(m for m in topic.mentions if m.end <= match.start())
    here = [m for m in here if not OBJECT.search(topic.text[: m.start])] or here
    if here:
        listed = len(here[-1].ids) == 1 or re.search(r"\d", topic.text[here[-1].start : here[-1].end]) is not None
        return here[-1].ids, listed
    for before in reversed(earlier):
        if named := others(topics.names.find(before.text)):
            return named[-1].ids, len(named[-1].ids) == 1
    sections = [u.section for u in (*([unit] if unit else []), *earlier[-1:])]
    of_heading = {m.ids for s in sections for m in others(topics.names.find(s)) if len(m.ids) == 1}
    return (of_heading.pop(), True) if len(of_heading) == 1 else ((), False)


def _goes(effect: Effect, kind: str) -> bool:
    if kind in ("lower", "higher"):
        return effect.difference < 0 if kind == "lower" else effect.difference > 0
    gain = effect.gain or 0.0
    return gain > 0 if kind == "better" else gain < 0


def _fails(group: list[Effect], claimed: Compared) -> bool:
    """Of one variant: most data sets go the other way, or half of them and the mean."""
    kind = claimed.kind
    unequal = [e for e in group if e.difference]
    if not unequal:
        return not claimed.kept and claimed.named
    right = sum(_goes(e, kind) for e in unequal)
    signs = [(1 if _goes(e, kind) else -1) * abs(e.relative or e.difference) for e in unequal]
    if claimed.some:
        return bool(unequal) and not right
    return 2 * right < len(unequal) or (2 * right == len(unequal) and sum(signs) < 0)


def _judge(claimed: Compared, match: re.Match[str], unit: Unit, effects: Effects) -> Finding | None:
    groups = [g for v in claimed.variants for g in _groups(claimed, v, effects)]
    if claimed.kind in ("better", "worse"):
        groups = [[e for e in g if e.gain is not None] for g in groups]
        groups = [g for g in groups if g]
    if not groups:
        return None
    if claimed.denied:
        return _denied(groups, claimed, match, unit, effects)
    wrong = [g for g in groups if _fails(g, claimed)]
    if not wrong or (not claimed.named and len(wrong) < len(groups)):
        return _unsure(groups, claimed, match, unit, effects)
    worst = min(wrong, key=lambda g: sum(_goes(e, claimed.kind) for e in g) / len(g))
    kind = "false" if any(_goes(e, claimed.kind) for e in worst) else "reversed"
    return contradiction(kind, unit, f"says “{match.group()}”", _told(worst, claimed, effects),
                         "means of the record" + ("" if claimed.named else ", of every variant"))  # fmt: skip


def _denied(
    groups: list[list[Effect]], claimed: Compared, match: re.Match[str], unit: Unit, effects: Effects
) -> Finding | None:
    """An effect that is said not to be there, and that every value shows beyond noise."""
    sure = {Standing.BETTER, Standing.WORSE}
    every = [e for g in groups for e in g]
    if not claimed.named or not all(_goes(e, claimed.kind) and e.standing in sure for e in every):
        return None
    shown = "; ".join(f"{e.metric} {e.base:.4g} to {e.mean:.4g}" for e in every[:4])
    return contradiction("contradicted", unit, f"says “not {match.group()}”", f"it is so beyond noise: {shown}",
                         "means and intervals of the record")  # fmt: skip


def _groups(claimed: Compared, variant: str, effects: Effects) -> list[list[Effect]]:
    if claimed.pooled:
        return [g] if (g := effects.every([variant], sorted(claimed.keys), claimed.against)) else []
    names = dict.fromkeys(effects.name(k) for k in sorted(claimed.keys))
    found = []
    for name in names:
        keys = [k for k in sorted(claimed.keys) if effects.name(k) == name]
        if group := effects.every([variant], keys, claimed.against):
            found.append(group)
    return found


def _unsure(
    groups: list[list[Effect]], claimed: Compared, match: re.Match[str], unit: Unit, effects: Effects
) -> Finding | None:
    """A gain of a named variant that its replicates do not carry on any data set."""
    every = [e for g in groups for e in g]
    if not claimed.named or claimed.kind == "worse" or any(e.standing is not Standing.INCONCLUSIVE for e in every):
        return None
    finding = contradiction("statistics", unit, f"says “{match.group()}”", _told(every, claimed, effects),
                            "the intervals of the difference contain zero")  # fmt: skip
    return finding.model_copy(update={"severity": Severity.WARNING})


def _told(group: list[Effect], claimed: Compared, effects: Effects) -> str:
    titles = effects.evidence.variants
    wrong = [e for e in group if not _goes(e, claimed.kind)] or group
    shown = "; ".join(f"{e.metric} {e.base:.4g} to {e.mean:.4g}" for e in wrong[:4])
    count = f"{len(group) - len(wrong)} of {len(group)} values go that way, not " if len(group) > 1 else ""
    return f"{titles[group[0].variant].title} against {titles[claimed.against].title}: {count}{shown}"
