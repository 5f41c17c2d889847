"""Any folder of result files: which level of nesting is the method, the data set, the seed, the metric."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from hakken.core.directions import split_words
from hakken.research.papers.audit.records.build import Builder
from hakken.research.papers.audit.records.evidence import Evidence, Kind, Setting
from hakken.research.papers.audit.records.files import read_text
from hakken.research.papers.audit.records.leaves import Leaf, hash_text, read_leaves
from hakken.research.papers.audit.records.names import Level, level_of_values, split_statistic

_CODE = (".py", ".sh", ".yaml", ".yml", ".toml", ".r", ".jl", ".ipynb")
_NOTES = ("notes.txt", "README.md", "readme.md", "README.txt", "notes.md")
_ONLY = "results"
"""The variant of a record that names none."""


def read_folder(root: Path) -> Evidence | None:
    """The evidence of a folder of result files; None where no file holds a number."""
    leaves, settings = read_leaves(root)
    if not leaves:
        return None
    builder = Builder(Kind.FILES, root.name)
    groups: dict[int, list[Leaf]] = {}
    for leaf in leaves:
        groups.setdefault(len(leaf.keys), []).append(leaf)
    for group in groups.values():
        _add_group(builder, group)
    for path in sorted(p for p in root.rglob("*") if p.suffix.lower() in _CODE and p.is_file()):
        builder.pristine[path.relative_to(root).as_posix()] = read_text(path)
    builder.notes += [read_text(root / name) for name in _NOTES]
    builder.settings += [_setting(name, value) for name, value in settings.items()]
    return None if builder.empty else builder.evidence()


def _setting(name: str, value: float) -> Setting:
    return Setting(value, "", frozenset(w for w in split_words(name) if len(w) > 1), f"configuration {name}")


def _add_group(builder: Builder, leaves: list[Leaf]) -> None:
    levels = _classify(leaves)
    varied = _varied_settings(leaves)
    for leaf in leaves:
        named: dict[Level, list[str]] = {}
        seed: int | None = leaf.seed
        statistic = leaf.statistic
        for level, text in (*zip(levels, leaf.keys, strict=True), *leaf.named):
            if level is Level.SEED:
                digits = re.search(r"\d+$", text)
                seed = int(digits.group()) if digits else hash_text(text)
            elif level is Level.SETTING:
                if text.partition("=")[0] in varied:
                    named.setdefault(Level.VARIANT, []).append(text)
            else:
                named.setdefault(level, []).append(text)
        metric = " ".join(named.get(Level.METRIC, ())) or "value"
        if not statistic:
            metric, statistic = split_statistic(metric)
        if parts := named.get(Level.PART):
            metric = f"{parts[-1]} {metric}"
        variant = " ".join(named.get(Level.VARIANT, ())) or _ONLY
        dataset = " ".join(named.get(Level.DATASET, ()))
        builder.variant(variant, names=named.get(Level.VARIANT, ()) if len(named.get(Level.VARIANT, ())) == 1 else ())
        _record(builder, variant, dataset, metric.strip("_ "), leaf.value, statistic, seed)


def _record(
    builder: Builder, variant: str, dataset: str, metric: str, value: float, statistic: str, seed: int | None
) -> None:
    if statistic == "mean":
        builder.stated(variant, dataset, metric, value)
    elif statistic in ("sd", "se", "half"):
        builder.spread(variant, dataset, metric, statistic, value)
    elif statistic == "n":
        builder.size(variant, dataset, metric, int(value))
    else:
        builder.value(variant, dataset, metric, value, seed)


def _classify(leaves: Sequence[Leaf]) -> list[Level]:
    """The role of each position of the keys, over all leaves of one depth."""
    width = len(leaves[0].keys)
    columns = [list(dict.fromkeys(leaf.keys[k] for leaf in leaves)) for k in range(width)]
    levels: list[Level | None] = [level_of_values(column) for column in columns]
    stated = {level for leaf in leaves for level, _ in leaf.named}
    _place_metric(levels, stated)
    runs = [k for k, column in enumerate(columns) if all(re.fullmatch(r"run[ _-]?\d+", v, re.I) for v in column)]
    taken = stated | {level for k, level in enumerate(levels) if level and k not in runs}
    for k in runs:
        levels[k] = Level.SEED if Level.VARIANT in taken else Level.VARIANT
    if levels.count(Level.VARIANT) + (Level.VARIANT in stated) > 1:
        _settle_twice(levels, columns)
    for wanted in (Level.VARIANT, Level.DATASET):
        if wanted in stated or wanted in levels:
            continue
        free = [k for k, level in enumerate(levels) if level is None and len(columns[k]) > 1]
        if free:
            levels[free[0]] = wanted
    return [level or (Level.VARIANT if len(columns[k]) > 1 else Level.OTHER) for k, level in enumerate(levels)]


def _place_metric(levels: list[Level | None], stated: set[Level]) -> None:
    """Exactly one position names the metric, unless headers do."""
    places = [k for k, level in enumerate(levels) if level is Level.METRIC]
    if Level.METRIC in stated:
        for k in places:
            levels[k] = None
    elif len(places) > 1:
        for k in places[:-1]:
            levels[k] = None
    elif not places and levels:
        last = max((k for k, level in enumerate(levels) if level is not Level.SEED), default=None)
        if last is not None:
            levels[last] = Level.METRIC


def _settle_twice(levels: list[Level | None], columns: list[list[str]]) -> None:
    """Two levels look like methods: the one that names a baseline is, the other is free."""
    places = [k for k, level in enumerate(levels) if level is Level.VARIANT]
    best = next((k for k in places if any("baseline" in v.lower() for v in columns[k])), places[0] if places else None)
    for k in places:
        if k != best:
            levels[k] = None


def _varied_settings(leaves: Sequence[Leaf]) -> set[str]:
    """Settings that tell rows apart: a sweep's variants."""
    values: dict[str, set[str]] = {}
    for leaf in leaves:
        for level, text in leaf.named:
            if level is Level.SETTING:
                name, _, value = text.partition("=")
                values.setdefault(name, set()).add(value)
    return {name for name, seen in values.items() if len(seen) > 1}
