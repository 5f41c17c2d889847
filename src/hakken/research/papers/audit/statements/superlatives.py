"""Superlatives of papers with a foreign record: the best variant, the data set with the largest gain, bold cells."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator

from hakken.core.types import Direction, Finding
from hakken.research.papers.audit.document.document import Document, Unit, UnitKind
from hakken.research.papers.audit.language.about import Scoper
from hakken.research.papers.audit.language.numbers import find_numbers
from hakken.research.papers.audit.language.phrases import NEGATED, clause, contradiction, is_open
from hakken.research.papers.audit.language.topics import DATASETS, Topic, Topics
from hakken.research.papers.audit.records.effects import Effect, Effects

_BEST = re.compile(
    r"\b(?P<kind>best|most accurate|lowest|highest|fastest|smallest|largest|slowest|worst)\b"
    r"(?! (?:practices?|of (?:our|my)|known|way"
    r"|balance|trade|fit|suited|learning|possible|in class|configuration|model|checkpoint|layer))(?!-known)",
    re.I,
)
_MOST = re.compile(
    r"\b(?:most|largest|greatest|biggest|highest|strongest)\b(?: (?:substantial|significant|notable|dramatic|pronounced"
    r"|striking|marked|impressive|remarkable|performance|relative|overall))*"
    r" (?P<what>improvements?|reductions?|gains?|increases?|decreases?|drops?|speed-?ups?|benefits?)\b"
    r"(?P<tail>[^.;]{0,70}?\b(?:on|in|for|at)\b[^.;]{0,60})",
    re.I,
)
_EVERY_OTHER = re.compile(
    r"\b(?:(?P<good>outperform\w*|beats?|surpass\w*|better than|superior to|ahead of)"
    r"|(?P<bad>worse than|behind|underperforms?|inferior to)) (?:every|all|each|any)(?: of)?(?: the| our)?"
    r"(?: other| remaining| competing)*(?: [\w-]+)? ?(?:baselines?|methods?|systems?|models?|variants?|approach(?:es)?"
    r"|competitors?|rivals?|others|alternatives?|agents?|configurations?|runs?|algorithms?)\b",
    re.I,
)
_OWNER = re.compile(
    r"^(?:(?!\b(?:than|over|but|while|whereas|against|among)\b)[^.;:])*?"
    r"\b(?:is|was|are|were|comes?|came|belongs?|goes|went|achieved|obtained|reached|attained|held|given|produced|shown)\s+"
    r"(?:that |those |the one |achieved |obtained |reached |attained |held |given |produced |shown )?"
    r"(?:(?:of|from|to|by|with|for|using)\s+)?(?:the |our )?(?:[a-z]+ )?$",
    re.I,
)
"""What stands between a superlative and the one that it is said of: "the best loss is that of"."""
_OVERALL = re.compile(r"^\s*(?:overall |average )?(?:performance|results?)\b|^ overall\b", re.I)
_AT_ALL = re.compile(r"\s*(?:[.,;)]|$|(?:of|among) (?:all|the)\b|(?:on|in|for) (?:the )?\w+\s*[.,;]|by far\b)", re.I)
"""Behind "performs best": it is so in everything that was measured."""
_ON_SOME = re.compile(
    rf"^[^.;:,]{{0,40}}?\b(?:on|in|for)\s(?:only |just )?(?!all\b)(?P<part>\w+) (?:out )?of "
    rf"(?:the |our |all )?(?P<all>\w+ )?{DATASETS}",
    re.I,
)
_NOT_FIRST = re.compile(r"\b(?:second|third|fourth|next|2nd|3rd|(?:one of|among)(?: the)?)[ -]$", re.I)
_MOVED = re.compile(
    r"\b(?:rais|lower|reduc|increas|decreas|improv|worsen|affect|chang|report|measur|compar)\w* (?:the|its) $", re.I
)
_ACCURACY = re.compile(r"acc|err|rmse|mse|mae|f1", re.I)
_ALL_OF_THEM = re.compile(rf"\b(?:all|each|every|most|both|across)\b[^.;]{{0,30}}{DATASETS}", re.I)


def check_superlatives(unit: Unit, topic: Topic, topics: Topics) -> Finding | None:
    """A sentence that calls best, or most improved, what the means of the record do not."""
    return _most_improved(unit, topic, topics) or _best(unit, topic, topics) or _beats_all(unit, topic, topics)


def _beats_all(unit: Unit, topic: Topic, topics: Topics) -> Finding | None:
    """``outperforms every other method``: on every data set that is spoken of, on one result at least."""
    match = _EVERY_OTHER.search(topic.text)
    if match is None or is_open(topic.text[: match.start()]) or NEGATED.search(topic.text[: match.start()]):
        return None
    subject = [m for m in topic.mentions if m.kind == "variant" and m.end <= match.start()][-1:]
    if not subject or len(subject[0].ids) != 1:
        return None
    variant, kind = subject[0].ids[0], "best" if match.group("good") else "worst"
    keys = topic.keys or topics.on(topics.effects.results, topic.datasets)
    names = dict.fromkeys(topics.effects.name(k) for k in sorted(keys))
    wrong = [
        [w for k in sorted(keys) if topics.effects.name(k) == n and (w := _beaten(variant, k, kind, topics.effects))]
        for n in names
    ]
    if not wrong or not all(wrong):
        return None
    said = topics.evidence.variants[variant].title
    return contradiction("false", unit, f"says of {said} “{match.group()}”", "; ".join(wrong[0][:3]),
                         "means of every variant")  # fmt: skip


def _most_improved(unit: Unit, topic: Topic, topics: Topics) -> Finding | None:
    for match in _MOST.finditer(topic.text):
        if is_open(topic.text[: match.start()]) or NEGATED.search(topic.text[: match.start()]):
            continue
        named = topics.of(match.group("tail")).datasets or topic.datasets
        if len(named) != 1 or len(topics.evidence.datasets) < 2:
            continue
        keys = topic.keys or topics.effects.results
        names = dict.fromkeys(topics.effects.name(k) for k in sorted(keys))
        variants = [v for v in topics.effects.treated if not topic.variants or v in topic.variants]
        groups = [g for v in variants for n in names if len(g := _over_datasets(v, n, topics)) > 1]
        (dataset,) = named
        if groups and not any(topics.evidence.metric(_largest(g).metric).dataset == dataset for g in groups):
            top = _largest(max(groups, key=lambda g: _largest(g).relative))
            title = topics.evidence.variants[top.variant].title
            record = f"{title} gains most on {top.metric}: {top.base:.4g} to {top.mean:.4g}"
            return contradiction("false", unit, f"says “{match.group().strip()}”", record, "gains on every data set")
    return None


def _over_datasets(variant: str, name: str, topics: Topics) -> list[Effect]:
    keys = [m.key for m in topics.evidence.metrics if m.name == name]
    return [e for e in topics.effects.every([variant], keys) if e.gain is not None]


def _largest(group: list[Effect]) -> Effect:
    return max(group, key=lambda e: e.relative)


def _best(unit: Unit, topic: Topic, topics: Topics) -> Finding | None:
    for match in _BEST.finditer(topic.text):
        over = [m for m in topic.mentions if m.start <= match.start() < m.end]
        named = [m for m in over if m.kind == "metric" and m.start == match.start()]
        if over and not (named and re.search(r"\bthe $", topic.text[: match.start()], re.I)):
            continue  # part of a name, unless it is "the best validation loss"
        start, stop = clause(match, topic.text)
        left = topic.text[start : match.start()]
        if over and _MOVED.search(left):
            continue  # "raises the best validation loss" calls nothing best
        if is_open(left) or NEGATED.search(left) or _NOT_FIRST.search(left):
            continue
        near = min(stop, match.end() + 40)
        metric = named or [m for m in topic.mentions if m.kind == "metric" and match.end() <= m.start < near]
        variant, kind = _subject(match, stop, topic), match.group("kind").lower()
        if not variant:
            continue
        keys = topics.metrics(topic.text[match.end() : near], metric[:1])
        if not keys and kind in ("fastest", "slowest"):
            keys = topics.paces(topic.keys, topic.text)
        if kind == "most accurate":
            kind, keys = "best", frozenset(k for k in keys | topics.effects.results if _ACCURACY.search(k))
        if _ON_SOME.match(topic.text[match.end() : stop + 40]):
            continue  # "the lowest error on two of three": the count is judged where counts are
        wrong = _wrong(variant, kind, topics.on(keys, topic.datasets), topic, topics)
        if not keys and kind in ("best", "worst") and _AT_ALL.match(topic.text[match.end() :]):
            results = topics.on(topics.effects.results, topic.datasets)
            beaten = [told for k in sorted(results) if (told := _beaten(variant, k, kind, topics.effects))]
            wrong = beaten if len(beaten) == len(results) else []
        if not metric and _OVERALL.match(topic.text[match.end() :]) and kind in ("best", "worst"):
            wrong = _not_overall(variant, kind, topics.effects)
        if wrong:
            title = topics.evidence.variants[variant].title
            return contradiction("false", unit, f"calls {title} {match.group()}", "; ".join(wrong[:3]),
                                 "means of every variant")  # fmt: skip
    return None


def _subject(match: re.Match[str], stop: int, topic: Topic) -> str:
    """The variant that is called best: behind "is that of", else the last one before; empty where none is named."""
    named = [m for m in topic.mentions if m.kind == "variant"]
    owners = [m for m in named if match.end() <= m.start < stop and _OWNER.match(topic.text[match.end() : m.start])]
    subject = owners[:1] or [m for m in named if m.end <= match.start()][-1:]
    return subject[0].ids[0] if subject and len(subject[0].ids) == 1 else ""


def _wrong(variant: str, kind: str, keys: Iterable[str], topic: Topic, topics: Topics) -> list[str]:
    """Where it is not the best: on any data set that is spoken of, or on all where none is."""
    keys = sorted(keys)
    wrong = [w for k in keys if (w := _beaten(variant, k, kind, topics.effects))]
    everywhere = bool(topic.datasets) or _ALL_OF_THEM.search(topic.text) is not None
    return wrong if everywhere or len(wrong) == len(keys) else []


def _not_overall(variant: str, kind: str, effects: Effects) -> list[str]:
    """Who is better over all data sets, on every result: "the best overall performance" may mean any of them."""
    found = []
    for name in dict.fromkeys(effects.name(k) for k in sorted(effects.results)):
        keys = [k for k in effects.results if effects.name(k) == name]
        scores = {v: sum(e.relative for e in effects.every([v], keys)) for v in effects.treated}
        scores |= {effects.baseline: 0.0} if effects.baseline else {}
        top = (max if kind == "best" else min)(scores, key=lambda v: scores[v])
        if variant not in scores or scores[variant] == scores[top]:
            return []
        found.append(f"{name}: {effects.evidence.variants[top].title} gains more over the data sets")
    return found


def _beaten(variant: str, key: str, kind: str, effects: Effects) -> str:
    """Who has the better mean, where the variant is not what it is called."""
    evidence = effects.evidence
    means = {
        v: mean for v, split, k in evidence.values if k == key and (mean := evidence.mean(v, split, key)) is not None
    }
    way = _way(kind, evidence.direction(key))
    if variant not in means or way is None or len(means) < 2:
        return ""
    best = way(means, key=lambda v: means[v])
    if means[best] == means[variant]:
        return ""
    title = evidence.variants[best].title
    return f"{key}: {title} {means[best]:.4g}, {evidence.variants[variant].title} {means[variant]:.4g}"


def _way(kind: str, direction: Direction | None) -> Callable[..., str] | None:
    if kind in ("lowest", "smallest", "fastest"):
        return min
    if kind in ("highest", "largest", "slowest"):
        return max
    if direction is None:
        return None
    return min if (direction is Direction.MIN) == (kind == "best") else max


_CHANGES = re.compile(r"Δ|\bdelta\b|\bchange|\bgain|\bdifference|\brank", re.I)


def check_bold(document: Document, topics: Topics) -> Iterator[Finding]:
    """Bold numbers must be the best printed of their metric and data set."""
    scoper = Scoper(topics.names)
    groups: dict[tuple[int, tuple[str, ...]], list[Unit]] = {}
    for unit in document.units:
        if unit.kind is not UnitKind.CELL or unit.table is None or not find_numbers(unit.text):
            continue
        about = scoper.of_cell(unit, lambda _: ())
        if about.keys and not _CHANGES.search(unit.column):
            groups.setdefault((unit.table, tuple(sorted(about.keys))), []).append(unit)
    for (_, keys), cells in groups.items():
        known = {m.key: topics.evidence.direction(m.key) for m in topics.evidence.metrics}
        directions = {known[k] for k in keys if k in known}
        bold = [u for u in cells if u.bold and not _whole_row(u, document)]
        if len(directions) != 1 or None in directions or not bold or len(bold) == len(cells) or len(cells) < 2:
            continue
        if len({u.line for u in cells}) < 2 and len({u.column for u in cells}) < 2:
            continue
        values = [find_numbers(u.text)[0].value for u in cells]
        best = (min if directions == {Direction.MIN} else max)(values)
        for unit in bold:
            if find_numbers(unit.text)[0].value != best:
                yield contradiction("false", unit, f"bold {unit.text}", f"the best of its kind is {best:g}",
                                    "bold means best")  # fmt: skip


def _whole_row(unit: Unit, document: Document) -> bool:
    """Whether a row is bold as a whole: it is set apart, and says nothing about each number."""
    cells = [u for u in document.units if u.table == unit.table and u.line == unit.line and u.row == unit.row]
    return len(cells) > 2 and all(u.bold for u in cells)
