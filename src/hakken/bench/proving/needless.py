"""Which files the experiments of a repository can do without, and which of its texts may lose their results.

Nothing is guessed from names: every experiment is run again in every configuration.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import PurePosixPath

from hakken.bench.experiments.bands import first_wrong
from hakken.bench.experiments.lab import Lab
from hakken.bench.experiments.running import RunJob
from hakken.bench.pace import counted
from hakken.bench.types import Gold, Source

_MANY = 10
"""More files of one kind in a folder are a data set: to try each would take a day."""


def harmless(source: Source, golds: Sequence[Gold], texts: Mapping[str, str], lab: Lab) -> dict[str, str]:
    """Of these texts those with which every experiment gives the same in every configuration, all laid over it.

    A text that a hidden configuration changes is none. Of many halves are tried, and halves of these.
    """
    groups = grouped(set(texts) - _configured(source))
    if groups:
        lab.tell(f"running with {counted(len(texts), 'text')} without results")

    def goes_on(part: Sequence[tuple[str, ...]]) -> bool:
        return _goes_on(source, golds, (), {name: texts[name] for group in part for name in group}, lab)

    return {name: texts[name] for group in _most([groups], goes_on) for name in group}


def needless(
    source: Source,
    golds: Sequence[Gold],
    files: Collection[str],
    lab: Lab,
    *,
    others: Collection[str] = (),
    texts: Mapping[str, str] | None = None,
) -> tuple[str, ...]:
    """Of these files those without which every experiment gives the same in every configuration, all taken together.

    Files that a hidden configuration changes are needed. Of many files halves are tried, and halves of these.

    Args:
        source: The repository.
        golds: What was measured.
        files: Those to leave out one by one.
        lab: Where to run.
        others: More files, of which those that are alike are left out together (``grouped``).
        texts: Laid over the repository before.
    """
    kept = _configured(source)
    singles = [(name,) for name in sorted(set(files) - kept)]
    groups = grouped(set(others) - kept - set(files))
    if count := sum(map(len, (*singles, *groups))):
        lab.tell(f"running without {counted(count, 'file')} that may be taken out")

    def goes_on(part: Sequence[tuple[str, ...]]) -> bool:
        return _goes_on(source, golds, tuple(name for group in part for name in group), texts or {}, lab)

    return tuple(sorted(name for group in _most([singles, groups], goes_on) for name in group))


def grouped(names: Collection[str]) -> list[tuple[str, ...]]:
    """Names one by one; of one kind in one of the top folders, where there are many, all together, as of a data set."""
    alike: dict[tuple[str, str], list[str]] = {}
    for name in sorted(names):
        path = PurePosixPath(name)
        alike.setdefault((path.parts[0] if len(path.parts) > 1 else "", path.suffix), []).append(name)
    together = [tuple(found) for found in alike.values() if len(found) > _MANY]
    return [*((name,) for found in alike.values() if len(found) <= _MANY for name in found), *together]


def _configured(source: Source) -> set[str]:
    """Files that hidden configurations change."""
    return {v.file for e in source.experiments for v in e.hidden if v.overrides and v.file}


def _most(
    parts: Iterable[Sequence[tuple[str, ...]]], goes_on: Callable[[Sequence[tuple[str, ...]]], bool]
) -> tuple[tuple[str, ...], ...]:
    """Of these groups those with which it goes on, all taken together."""
    found: tuple[tuple[str, ...], ...] = ()
    waiting = [tuple(part) for part in parts if part]
    while waiting:
        part = waiting.pop(0)
        if goes_on((*found, *part)):
            found = (*found, *part)
        elif len(part) > 1:
            waiting = [part[: len(part) // 2], part[len(part) // 2 :], *waiting]
    return found


def _goes_on(
    source: Source, golds: Sequence[Gold], without: tuple[str, ...], texts: Mapping[str, str], lab: Lab
) -> bool:
    known = {(e.name, v.name if v else None): (e, v) for e in source.experiments for v in (None, *e.hidden)}
    pairs = [known[gold.experiment, gold.variant] for gold in golds]
    files = {name: text.encode() for name, text in texts.items()}
    outcomes = lab.run(
        RunJob(tree=source.root, files=files, removed=without, experiment=e, variant=v) for e, v in pairs
    )
    return all(
        not outcome.failure and not first_wrong(outcome.numbers.values, gold.metrics)
        for outcome, gold in zip(outcomes, golds, strict=True)
    )
