"""Where an agent could find what was measured: the texts of a folder, and the measured values in them.

A number of the configuration is no result. Configuration is what a command or a hidden configuration names; of other
files of such kinds nobody knows whether they set something or hold old results, so what reads as measured is no input.
"""

from __future__ import annotations

import re
import stat
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal
from pathlib import Path, PurePosixPath

from hakken.bench.experiments.bands import as_tuple
from hakken.bench.experiments.forms.printed import numbers_printed
from hakken.bench.experiments.reading import Unreadable, numbers_of_file
from hakken.bench.texts.numerals import Numeral, significant
from hakken.bench.texts.papers import Known, inputs_in, leftovers, numbers_in, without_formulas
from hakken.bench.trees import printable, walk
from hakken.bench.types import Experiment, Gold, Value
from hakken.core.types import Record

TEXTS = (".md", ".txt", ".rst", ".tex")
PART = 1 << 20
"""Larger texts are data: they are searched part by part, nothing is taken out of them, and they set nothing."""
_MAX_TEXT = 16 << 20
_TEXT_DIGITS, _DATA_DIGITS = 3, 5
"""A number in code or data with so many digits that it reads as a measured one is no accident."""
_NAMED_DIGITS = 3
"""Under the name of its metric so many are enough."""
_TOLD = 3
"""Measured values of a file that are named."""
_LONG = 100
"""Entries of a list that may be an old result: what is longer is data."""
_TABLE, _WORDS = 50, 0.1
"""A text with so many numbers, and fewer words for each, is a table of data."""
_CONFIGS = (".json", ".toml", ".yaml", ".yml", ".ini", ".cfg")
_LINES = (".toml", ".yaml", ".yml", ".ini", ".cfg")
"""Of these the lines with a name and a number are read."""
_RESULTS = (*_CONFIGS, ".jsonl", ".ndjson", ".csv", ".tsv", ".log", ".out")
"""Kinds of files that results are kept in, under the names of their metrics."""


class Texts(Record):
    """The files of a folder."""

    contents: dict[str, str]
    """Those that can be searched, by name."""
    unsearched: tuple[str, ...]
    """Those that cannot: they are no text, or very large."""


def texts_of(root: Path) -> Texts:
    """Read the files of a folder; what is not in UTF-8 is read as Latin-1, where every byte is a letter."""
    contents: dict[str, str] = {}
    unsearched = []
    for path, info in walk(root):
        if not stat.S_ISREG(info.st_mode):
            continue
        name = printable(path)
        data = (root / path).read_bytes() if info.st_size <= _MAX_TEXT else b"\0"
        if b"\0" in data:
            unsearched.append(name)
        else:
            contents[name] = _decoded(data)
    return Texts(contents=contents, unsearched=tuple(unsearched))


def _decoded(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("latin-1")


class Search:
    """Looks for measured values in files.

    ``inputs`` are the numbers of the configuration.
    """

    def __init__(
        self, golds: Sequence[Gold], experiments: Sequence[Experiment], texts: Iterable[tuple[str, str]]
    ) -> None:
        """Find out what is configuration.

        Args:
            golds: What was measured.
            experiments: What was run.
            texts: All named texts of the repository.
        """
        self._golds = golds
        self._known = Known(golds, ())
        self._by_metric = {name: Known(found, ()) for name, found in _by_metric(golds).items()}
        self._results = {name for e in experiments for name in e.writes}
        self._given = set(_given(experiments))
        self.inputs = frozenset(number for name, text in texts for number in self._settings(name, text))

    def values(self, name: str, text: str) -> tuple[str, ...]:
        """Measured values in a file; of what an experiment writes none, since it is taken out."""
        if name in self._results:
            return ()
        prose = name.endswith(TEXTS) and len(text) <= PART and not _is_table(text)
        named = self._under_metrics(name, text)
        for part in _parts(text):
            if found := (*named, *self._among(part, prose)):
                return tuple(dict.fromkeys(found))
        return ()

    def _among(self, text: str, prose: bool) -> list[str]:
        """Numbers with so many digits that they tell by themselves."""
        read = without_formulas(text) if prose else text
        left = leftovers(read, self._golds, digits=_TEXT_DIGITS if prose else _DATA_DIGITS, prose=prose)
        return [token for token in left if not numbers_in(token) <= self.inputs]

    def _under_metrics(self, name: str, text: str) -> list[str]:
        """Numbers that stand under the name of the metric whose value they are, as in old results.

        Whole numbers are none: results repeat their settings, such as a seed.
        """
        if name in self._given or not name.endswith(_RESULTS) or len(text) > PART:
            return []
        found = []
        for metric, value in _numbers(name, text).items():
            known, entries = self._by_metric.get(_last(metric)), as_tuple(value)
            if known is not None and len(entries) <= _LONG:
                found += [repr(entry) for entry in entries if _tells(entry, known, _NAMED_DIGITS)]
        return found

    def _settings(self, name: str, text: str) -> set[float]:
        """The numbers of a file that are configuration."""
        if not name.endswith(_CONFIGS) or name in self._results or len(text) > PART:
            return set()
        chosen = inputs_in(text)
        if name in self._given:
            return chosen
        if self._under_metrics(name, text):
            return set()
        return {number for number in chosen if not _tells(number, self._known, _TEXT_DIGITS)}


def told(name: str, values: Sequence[str]) -> str:
    """A file and the first measured values in it, in words."""
    return f"{name} holds {', '.join(values[:_TOLD])}"


def _tells(number: float, known: Known, digits: int) -> bool:
    """Whether a number that is not whole reads as a measured one, to so many digits."""
    if number.is_integer():
        return False
    written = Decimal(repr(number))
    numeral = Numeral(0, 0, repr(number), (written,))
    return significant(written) >= digits and known.reads(numeral, among_results=False)


def _numbers(name: str, text: str) -> Mapping[str, Value]:
    """The numbers of a file by name, as far as it is of its form."""
    try:
        numbers = numbers_printed(text) if name.endswith(_LINES) else numbers_of_file(name, text.encode())
    except Unreadable:
        return {}
    return numbers.values


def _by_metric(golds: Iterable[Gold]) -> dict[str, list[Gold]]:
    found: dict[str, list[Gold]] = {}
    for gold in golds:
        for name, band in gold.metrics.items():
            found.setdefault(_last(name), []).append(gold.model_copy(update={"metrics": {name: band}}))
    return found


def _last(metric: str) -> str:
    """A metric's own name: tables around it may have other names in another file."""
    return metric.rpartition(".")[2].lower()


def _given(experiments: Iterable[Experiment]) -> Iterator[str]:
    """Files that commands and hidden configurations name."""
    for experiment in experiments:
        words = [*experiment.command, *(word for v in experiment.hidden for word in v.arguments)]
        for part in re.split(r"[\s=,;:'\"]+", " ".join(words)):
            yield str(PurePosixPath(part))
        yield from (v.file for v in experiment.hidden if v.overrides and v.file)


def _is_table(text: str) -> bool:
    """Whether a text is rows of numbers, such as a data set."""
    numbers = len(re.findall(r"(?<![\w.])[-+]?\.?\d", text))
    return numbers >= _TABLE and len(re.findall(r"[^\W\d_]{3,}", text)) < _WORDS * numbers


def _parts(text: str) -> Iterator[str]:
    """A text as it is, or a large one in parts that end where a line ends."""
    if len(text) <= PART:
        yield text
        return
    start = 0
    while start < len(text):
        end = text.find("\n", start + PART) + 1 or len(text)
        yield text[start:end]
        start = end
