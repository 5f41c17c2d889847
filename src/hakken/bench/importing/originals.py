"""The data set of AutoExperiment as its files hold it: functions, experiments, and which go together.

Its layout: ``mlrc_n_{n}.jsonl`` (older: ``mlrc_n={n}.jsonl``) with one problem a line, or what these are made of:
``functions.jsonl`` and ``experiments.jsonl`` (older: ``mlrc_funcs.csv``, ``mlrc_exps.csv``), all papers in one file or
one file in each paper's folder; beside them ``<paper>/code`` and ``<paper>/paper.txt``.
"""

from __future__ import annotations

import ast
import csv
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from hakken.bench.experiments.reading import numbers_of
from hakken.bench.masking.combos import combinations
from hakken.bench.types import Values
from hakken.core.errors import UsageError, first_problem
from hakken.core.types import Record, content_hash

_LARGEST = 256 << 20
_ECHO = re.compile(r"^echo Experiment (\d+)[ \t]*$", re.MULTILINE)
_FORM = "Return final answer as a json"


class DataError(UsageError):
    """A file of the data set cannot be used."""


class Function(BaseModel):
    """A maskable function, by its lines, which count from 1."""

    model_config = ConfigDict(frozen=True, extra="ignore", coerce_numbers_to_str=True)

    paper_id: str
    func_id: str
    file: str
    name: str
    header_line: int
    line_start: int
    line_end: int
    relevant_paper: str = ""
    description: str = ""
    exp_dependencies: tuple[str, ...] = ()

    @field_validator("exp_dependencies", mode="before")
    @classmethod
    def _listed(cls, value: Any) -> Any:
        return _ids(value) if isinstance(value, str) else value


class Trial(Record):
    """An experiment: what is asked, how it is run, and what the unmasked repository gave."""

    description: str
    solution: str
    values: Values

    @property
    def key(self) -> str:
        """The same for every problem that it belongs to."""
        return content_hash({"solution": self.solution, "values": self.values})


class Problem(Record):
    """One problem of the data set."""

    paper: str
    functions: tuple[Function, ...] = Field(default=())
    trials: tuple[Trial, ...] = ()
    broken: str = ""
    """Why it cannot be used."""

    @property
    def id(self) -> str:
        """As the data set names it: ``2205.00048_0,3``."""
        return f"{self.paper}_{','.join(function.func_id for function in self.functions)}"


def read_problems(folder: Path, sizes: Sequence[int], *, limit: int, seed: int) -> tuple[list[Problem], list[str]]:
    """Problems with so many masked functions, and notes.

    A size whose file is not there is made of functions and experiments by the rule of the original: every combination
    within a paper, with the experiments that depend on any of its functions. Of more than ``limit`` for a paper and a
    size, a seeded sample is taken.

    Raises:
        DataError: there are none of the files, or one is damaged.
    """
    problems: list[Problem] = []
    notes: list[str] = []
    for n in sizes:
        file = next((p for p in (folder / f"mlrc_n_{n}.jsonl", folder / f"mlrc_n={n}.jsonl") if p.is_file()), None)
        if file is None:
            problems += _combined(folder, n, limit, seed)
            notes.append(f"n = {n}: made of functions and experiments by the combination rule")
            continue
        rows = [_problem(row, f"{file.name}, line {line}") for line, row in _lines(file)]
        unique = {problem.id: problem for problem in rows}
        if len(unique) < len(rows):
            notes.append(f"{file.name}: {len(rows) - len(unique)} problems are there twice and taken once")
        for paper in dict.fromkeys(problem.paper for problem in unique.values()):
            mine = [problem for problem in unique.values() if problem.paper == paper]
            chosen = combinations(len(mine), 1, seed=seed, limit=limit, salt=f"{paper}/{n}")
            problems += [mine[index] for (index,) in chosen]
            if len(chosen) < len(mine):
                notes.append(f"{file.name}: {len(chosen)} of {len(mine)} problems of {paper}, a sample (seed {seed})")
    return problems, notes


def _problem(row: dict[str, Any], where: str) -> Problem:
    try:
        functions = tuple(Function.model_validate(f) for f in row.get("func_details") or ())
        paper, ids = str(row["paper_id"]), _ids(str(row.get("func_ids", "")))
    except (KeyError, ValidationError) as error:
        raise DataError(f"{where} is no problem: {_first(error)}.", "Use the data set's files as they are.") from None
    if "/" in paper or paper.startswith("."):
        raise DataError(f"{where}: {paper!r} is no name of a paper.", "Use the data set's files as they are.")
    if [f.func_id for f in functions] != list(ids):
        raise DataError(f"{where}: func_ids {ids} and func_details differ.", "Use the data set's files as they are.")
    try:
        return Problem(paper=paper, functions=functions, trials=_trials(row))
    except (ValueError, KeyError, TypeError) as error:
        return Problem(paper=paper, functions=functions, broken=f"its experiments cannot be read: {_first(error)}")


def _trials(row: dict[str, Any]) -> tuple[Trial, ...]:
    """Experiments of a problem, which its file holds as one text, one script and one table of results."""
    script = str(row["solution"])
    marks = list(_ECHO.finditer(script))
    ends = [*(mark.start() for mark in marks[1:]), len(script)][: len(marks)]
    commands = {int(m.group(1)): script[m.end() : end].strip() for m, end in zip(marks, ends, strict=True)}
    results = literal(row["results"])
    if not isinstance(results, dict):
        raise ValueError("its results are no table")
    described = _descriptions(str(row.get("experiments", "")), len(results))
    trials = []
    for number, name in enumerate(results, 1):
        if not commands.get(number):
            raise ValueError(f"{name} has no command")
        values = _values(results[name])
        trials.append(Trial(description=described[number - 1], solution=commands[number], values=values))
    if len(commands) != len(trials):
        raise ValueError(f"there are {len(commands)} commands and {len(trials)} results")
    return tuple(trials)


def _descriptions(text: str, count: int) -> list[str]:
    """Texts behind ``Experiment 1: ``, ``Experiment 2: `` and so on, each searched behind the one before."""
    text = text.partition(_FORM)[0] if text.rstrip().rpartition("\n")[2].startswith(_FORM) else text
    starts: list[tuple[int, int]] = []
    for number in range(1, count + 1):
        head = re.compile(rf"^Experiment {number}: ", re.MULTILINE).search(text, starts[-1][1] if starts else 0)
        if head is None:
            return [text.strip()] * count
        starts.append(head.span())
    ends = [start for start, _ in starts[1:]] + [len(text)]
    return [text[begin:end].strip() for (_, begin), end in zip(starts, ends, strict=True)]


def literal(value: Any) -> Any:
    """A value that is written as JSON, or, as in older files, as Python.

    Raises:
        ValueError: it is neither.
    """
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except ValueError:
        try:
            return ast.literal_eval(value)
        except (SyntaxError, RecursionError, MemoryError):
            raise ValueError(f"{value[:60]!r} is neither JSON nor Python") from None


def _values(result: Any) -> Values:
    found = literal(result)
    numbers = numbers_of(found if isinstance(found, dict) else {"value": found})
    if numbers.refused or not numbers.values:
        raise ValueError(next((f"{k} {why}" for k, why in numbers.refused.items()), "a result has no numbers"))
    return numbers.values


def _combined(folder: Path, n: int, limit: int, seed: int) -> Iterator[Problem]:
    functions = [_function(row) for row in _table(folder, "functions.jsonl", "mlrc_funcs.csv")]
    experiments = list(_table(folder, "experiments.jsonl", "mlrc_exps.csv"))
    for paper in dict.fromkeys(function.paper_id for function in functions):
        mine = [function for function in functions if function.paper_id == paper]
        trials = [row for row in experiments if str(row.get("paper_id")) == paper]
        for chosen in combinations(len(mine), n, seed=seed, limit=limit, salt=paper):
            picked = tuple(mine[index] for index in chosen)
            wanted = [row for row in trials if not picked or any(_depends(row, function) for function in picked)]
            if not wanted:
                continue  # as in the original: a problem without an experiment is none
            try:
                found = tuple(_trial(row) for row in wanted)
            except (ValueError, KeyError) as error:
                why = f"its experiments cannot be read: {_first(error)}"
                yield Problem(paper=paper, functions=picked, broken=why)
            else:
                yield Problem(paper=paper, functions=picked, trials=found)


def _depends(row: dict[str, Any], function: Function) -> bool:
    """Either side may name the other."""
    if function.exp_dependencies:
        return str(row.get("exp_id")) in function.exp_dependencies
    return function.func_id in _ids(str(row.get("func_dependencies", "")))


def _trial(row: dict[str, Any]) -> Trial:
    return Trial(
        description=str(row["description"]), solution=str(row["solution"]).strip(), values=_values(row["result"])
    )


def _function(row: dict[str, Any]) -> Function:
    try:
        return Function.model_validate(row)
    except ValidationError as error:
        why = f"A function cannot be read: {_first(error)}."
        raise DataError(why, "Use the data set's files as they are.") from None


def _table(folder: Path, lines: str, columns: str) -> Iterable[dict[str, Any]]:
    """Rows of the one file for all papers, of each paper's file, or of the older table."""
    files = [folder / lines] if (folder / lines).is_file() else sorted(folder.glob(f"*/{lines}"))
    if files:
        return [row for file in files for _, row in _lines(file)]
    if (folder / columns).is_file():
        usual = csv.field_size_limit(_LARGEST)
        try:
            with (folder / columns).open(encoding="utf-8-sig", newline="") as stream:
                return list(csv.DictReader(stream))
        except (csv.Error, UnicodeDecodeError) as error:
            raise DataError(f"{folder / columns} is no CSV file in UTF-8: {error}.", "Fetch the file again.") from None
        finally:
            csv.field_size_limit(usual)  # the limit is one of the whole process
    raise DataError(
        f"{folder} holds neither mlrc_n_*.jsonl for this size nor {lines} or {columns}.",
        "Name the folder of the data set: the one with its .jsonl files and one folder for each paper.",
    )


def _lines(file: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    with file.open("rb") as stream:  # json reads bytes as UTF-8, and says so where they are none
        for number, line in enumerate(stream, 1):
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except ValueError:
                row = None
            if not isinstance(row, dict):
                raise DataError(f"{file}, line {number}, is no JSON table.", "Fetch the file again.")
            yield number, row


def _ids(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _first(error: Exception) -> str:
    if isinstance(error, ValidationError):
        return first_problem(error)
    return f"{error.args[0]} is missing" if isinstance(error, KeyError) else str(error)
