"""Data of one seed: an entry of ``data`` that holds ``{seed}`` stands for one file or folder a seed.

A trial is shown that of its own seed alone, so that nothing in it can learn from what other trials are judged on.
"""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path, PurePosixPath

from hakken.core.types import Template

SEED = "{seed}"
_NUMBER = "(?P<seed>0|[1-9][0-9]*)"


def data_of(template: Template, seed: int) -> tuple[str, ...]:
    """What of the data a trial of this seed is shown, relative to the template's folder."""
    return tuple(entry.replace(SEED, str(seed)) for entry in template.data)


def seeds_with_data(template: Template) -> frozenset[int] | None:
    """Seeds for which every entry that names the seed is there; None where the data are the same for all seeds."""
    entries = [entry for entry in template.data if SEED in entry]
    if not entries:
        return None
    return frozenset.intersection(*(_seeds_of(Path(template.root), entry) for entry in entries))


def holds(entry: str, path: str) -> bool:
    """Whether a relative path is what an entry stands for, or lies in it, for whatever seed."""
    return len(PurePosixPath(path).parts) >= len(PurePosixPath(entry).parts) and overlap(entry, path)


def overlap(one: str, other: str) -> bool:
    """Whether one of two relative paths may lie in the other."""
    parts = zip(PurePosixPath(one).parts, PurePosixPath(other).parts, strict=False)
    return all(_fits(a, b) or _fits(b, a) for a, b in parts)


def _seeds_of(root: Path, entry: str) -> frozenset[int]:
    """Seeds that an entry is there for."""
    parts = PurePosixPath(entry).parts
    place = next(index for index, part in enumerate(parts) if SEED in part)
    folder = root.joinpath(*parts[:place])
    names = [path.name for path in folder.iterdir()] if folder.is_dir() else []
    found = {int(match["seed"]) for name in names if (match := _pattern(parts[place]).fullmatch(name))}
    return frozenset(seed for seed in found if (root / entry.replace(SEED, str(seed))).exists())


def _fits(pattern: str, part: str) -> bool:
    return _pattern(pattern).fullmatch(part.replace(SEED, "0")) is not None


@cache
def _pattern(part: str) -> re.Pattern[str]:
    """One part of a path, the seed in it any whole number; the same one where it is named twice."""
    hole = re.escape(SEED)
    return re.compile(re.escape(part).replace(hole, _NUMBER, 1).replace(hole, "(?P=seed)"))
