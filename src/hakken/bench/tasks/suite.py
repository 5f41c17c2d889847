"""Repositories that tasks are made of: ``suite.toml`` read and checked, and the suites that ship.

A suite is a folder of repositories; each has ``suite.toml``, ``repo/`` and mostly ``paper.md``.
"""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from pydantic import ValidationError

from hakken.bench.masking.bodies import MaskError, find, parse
from hakken.bench.types import Experiment, FunctionRef, MetricRule, Source, Variant
from hakken.core.errors import UsageError, first_problem
from hakken.core.types import Record

FILE = "suite.toml"
_R = TypeVar("_R", bound=Record)
SUITES = Path(__file__).resolve().parents[1] / "suites"
_TOP = {"title", "description", "packages", "experiment", "maskable", "descriptions", "passages"}
_LIMITS = {"seconds", "memory_mb", "disk_mb"}
_EXPERIMENT = {"name", "description", "command", "results", "metrics", "hidden", "maskable"} | _LIMITS
_DIRECTION = "direction"
"""Of a metric: whether more of it is better. That is for readers; nothing is graded by it."""
_RULE = {*MetricRule.model_fields, _DIRECTION}


class SuiteError(UsageError):
    """A suite or one of its files breaks the contract."""


def shipped() -> dict[str, Path]:
    """Suites that ship, by name."""
    if not SUITES.is_dir():
        return {}
    return {path.name: path for path in sorted(SUITES.iterdir()) if path.is_dir() and any(path.glob(f"*/{FILE}"))}


def suite_folder(what: str | Path) -> Path | None:
    """Where a suite or one of its repositories lies; None where nothing of that kind does.

    Args:
        what: A folder, or else the name of a suite that ships (``small``) or of one of its repositories
            (``small/quasi_newton``).
    """
    name, _, repository = str(what).partition("/")
    places = [Path(what), *(folder / repository for known, folder in shipped().items() if known == name)]
    return next((place for place in places if (place / FILE).is_file() or any(place.glob(f"*/{FILE}"))), None)


def load_suite(what: str | Path) -> tuple[Source, ...]:
    """All repositories of a suite, or the one that is named, as :func:`suite_folder` finds them.

    Raises:
        SuiteError: there is no such suite, or a file in it is wrong.
    """
    folder = suite_folder(what)
    if folder is None:
        raise SuiteError(
            f"There is no suite {str(what)!r}: no shipped name, and no folder with a {FILE}.",
            f"Suites that ship: {', '.join(shipped()) or 'none'}; their repositories: `hakken bench list`.",
        )
    if (folder / FILE).is_file():
        return (load_source(folder),)
    return tuple(load_source(path.parent) for path in sorted(folder.glob(f"*/{FILE}")))


def load_source(folder: Path) -> Source:
    """One repository of a suite.

    Raises:
        SuiteError: the first breach of the contract that was found.
    """
    file = folder / FILE
    try:
        raw = tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SuiteError(f"{file} cannot be read: {error}.", "Mend the file.") from None
    _known(file, "", raw, _TOP)
    root = folder / "repo"
    if not root.is_dir():
        _fail(file, "there is no folder repo/ beside it", "Put the repository there")
    tables = raw.get("experiment", [])
    if not isinstance(tables, list) or not tables:
        _fail(file, "there are no experiments", "Add an [[experiment]] table")
    maskable = list(_maskable(file, raw))
    for table in tables:
        if not isinstance(table, dict):
            _fail(file, f"experiment: {table!r} is no table", "Write [[experiment]] tables")
        maskable += [name for name in _maskable(file, table) if name not in maskable]
    paper = folder / "paper.md"
    values = {
        "name": folder.name,
        "title": raw.get("title", folder.name),
        "description": raw.get("description", ""),
        "root": root,
        "paper": paper if paper.is_file() else None,
        "packages": raw.get("packages", ()),
        "experiments": tuple(_experiment(file, table) for table in tables),
        "maskable": tuple(_function(file, root, "maskable", name) for name in maskable),
        "descriptions": _texts(file, root, "descriptions", raw),
        "passages": _texts(file, root, "passages", raw),
    }
    source = _record(file, Source, values)
    names = [experiment.name for experiment in source.experiments]
    for name in names:
        if names.count(name) > 1:
            _fail(file, f"the experiment {name!r} is there twice", "Give each its own name")
    return source


def _experiment(file: Path, table: dict[str, Any]) -> Experiment:
    name = table.get("name")
    _known(file, f"experiment {name!r}: ", table, _EXPERIMENT)
    values = {key: value for key, value in table.items() if key not in {"hidden", "metrics", "maskable"}}
    values["metrics"] = _metrics(file, f"experiment {name!r}: metrics: ", table.get("metrics", {}))
    hidden = table.get("hidden", ())
    tables = hidden if isinstance(hidden, list) else [hidden] if hidden else []
    values["hidden"] = tuple(_variant(file, f"hidden{index + 1}", item) for index, item in enumerate(tables))
    return _record(file, Experiment, values)


def _metrics(file: Path, where: str, value: object) -> dict[str, Any]:
    """A table of rules by name, or a list of names."""
    if isinstance(value, list) and all(isinstance(name, str) for name in value):
        return {name: {} for name in value}
    if not isinstance(value, dict):
        _fail(file, f"{where}{value!r} is neither a table of rules nor a list of names", 'Write ["loss"]')
    for name, rule in value.items():
        if not isinstance(rule, dict):
            _fail(file, f"{where}{name}: {rule!r} is no table", f"Write {name} = {{ relative = 0.05 }}")
        _known(file, f"{where}{name}: ", rule, _RULE)
    return {name: {k: v for k, v in rule.items() if k != _DIRECTION} for name, rule in value.items()}


def _maskable(file: Path, table: dict[str, Any]) -> list[Any]:
    found = table.get("maskable", [])
    if not isinstance(found, list):
        _fail(file, f"maskable: {found!r} is no list", 'Write ["package/module.py:function"]')
    return found


def _texts(file: Path, root: Path, key: str, raw: dict[str, Any]) -> object:
    """Texts by function, in its shortest spelling; what is no table is refused with the other values."""
    found = raw.get(key, {})
    if not isinstance(found, dict):
        return found
    texts = {}
    for name, text in found.items():
        function = _function(file, root, key, name)
        try:
            find(parse((root / function.file).read_bytes()), function.name)
        except MaskError as error:
            _fail(file, f"{key} names {name!r}: {error.message.removesuffix('.')}", "Mend the name")
        texts[str(function)] = text
    return texts


def _variant(file: Path, name: str, table: object) -> Variant:
    """A flat table of overrides of ``config.json``, or one with the fields of a variant."""
    if not isinstance(table, dict):
        _fail(file, f"hidden: {table!r} is no table", "Write it as a table of values by dotted key")
    if set(table) <= set(Variant.model_fields) and {"overrides", "arguments"} & set(table):
        return _record(file, Variant, {"name": name, **table})
    return Variant(name=name, overrides=_flat(table))


def _flat(table: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested tables, which an unquoted dotted key makes, by dotted key."""
    flat: dict[str, Any] = {}
    for key, value in table.items():
        if isinstance(value, dict):
            flat |= _flat(value, f"{prefix}{key}.")
        else:
            flat[f"{prefix}{key}"] = value
    return flat


def _function(file: Path, root: Path, key: str, text: object) -> FunctionRef:
    try:
        function = FunctionRef.parse(str(text))
    except ValueError as error:
        _fail(file, f"{key}: {error}", "Write it so")
    if not (root / function.file).is_file():
        _fail(file, f"{key} names {str(text)!r}, and there is no such file in repo/", "Mend the path")
    return function


def _record(file: Path, kind: type[_R], values: dict[str, Any]) -> _R:
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        _fail(file, first_problem(error), "Mend it")


def _known(file: Path, where: str, table: dict[str, Any], known: set[str]) -> None:
    if extra := sorted(set(table) - known):
        _fail(file, f"{where}the key {extra[0]!r} is not known", f"Known keys: {', '.join(sorted(known))}")


def _fail(file: Path, sentence: str, mend: str) -> NoReturn:
    raise SuiteError(f"{file}: {sentence}.", f"{mend}.")
