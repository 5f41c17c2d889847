"""Ablations by code: parts of the best variant are taken back one at a time, without any model."""

from __future__ import annotations

import difflib
from collections.abc import Iterator

from hakken.core.source import SourceError, function_source, numbers, parse, replace_function, replace_number
from hakken.research.search.laboratory import Sources
from hakken.research.search.tuning import changed_functions

_PLACES = ("the first ", "the second ", "the third ", "the fourth ", "a later ")
"""Which of several equal constants, so that two rows of a table have two names; past the fourth they share one."""


def ablations(texts: Sources, pristine: Sources) -> Iterator[tuple[str, Sources]]:
    """Yield (label, files) of versions that lack one part of the change.

    Where several functions changed, each is taken back in turn. Where one did, each group of changed lines is; and if
    the change cannot be taken apart, its constants are halved, which shows how much hangs on them.
    """
    changed = changed_functions(texts, pristine)
    seen = {canonical(texts)}
    for label, version in _candidates(texts, pristine, changed):
        try:
            for file, text in version.items():
                if file.endswith(".py"):
                    parse(text)
            key = canonical(version)
        except SourceError:
            continue
        if key not in seen and key != canonical({**texts, **{file: pristine[file] for file, _ in changed}}):
            seen.add(key)
            yield label, version


def canonical(texts: Sources) -> str:
    """Equal for equal sets of files."""
    return repr(sorted(texts.items()))


def _candidates(texts: Sources, pristine: Sources, changed: list[tuple[str, str]]) -> Iterator[tuple[str, Sources]]:
    known = [(file, name) for file, name in changed if f"def {name}(" in pristine.get(file, "")]
    if len(known) > 1:
        for file, name in known:
            before = function_source(pristine[file], name)
            yield f"with the original {name}", {**texts, file: replace_function(texts[file], name, before)}
        return
    for file, name in known:
        yield from _hunks(texts, pristine, file, name)
    constants = [
        (file, number)
        for file, name in changed
        for number in numbers(texts[file], name)
        if number.value not in (0.0, 1.0, 2.0, -1.0) and "." in number.text
    ]
    written = [number.text for _, number in constants]
    for place, (file, number) in enumerate(constants):
        earlier = written[:place].count(number.text)
        which = _PLACES[min(earlier, len(_PLACES) - 1)] if written.count(number.text) > 1 else ""
        half = f"{number.value / 2:.4g}"
        yield f"with {which}{number.text} halved", {**texts, file: replace_number(texts[file], number, half)}


def _hunks(texts: Sources, pristine: Sources, file: str, name: str) -> Iterator[tuple[str, Sources]]:
    before = function_source(pristine[file], name).splitlines()
    after = function_source(texts[file], name).splitlines()
    blocks = [op for op in difflib.SequenceMatcher(a=before, b=after, autojunk=False).get_opcodes() if op[0] != "equal"]
    if len(blocks) < 2:
        return
    for number, (_, a0, a1, b0, b1) in enumerate(blocks, start=1):
        lines = [*after[:b0], *before[a0:a1], *after[b1:]]
        try:
            version = replace_function(texts[file], name, "\n".join(lines))
        except SourceError:
            continue
        yield f"without part {number}", {**texts, file: version}
