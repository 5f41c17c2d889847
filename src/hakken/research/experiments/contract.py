"""The template contract: ``template.toml`` read and checked.

Every problem is one sentence that names the file and the key, and the mend.
"""

from __future__ import annotations

import ast
import difflib
import shlex
import tomllib
from collections.abc import Iterable, Mapping
from enum import Enum
from pathlib import Path
from typing import Any, NoReturn, TypeVar

from pydantic import ValidationError

from hakken.core.errors import TemplateError
from hakken.core.source import syntax_tree
from hakken.core.types import Limits, MetricSpec, Record, Seeds, Target, Template
from hakken.research.experiments.folders import is_inside, template_hash, walk
from hakken.research.experiments.masks import check_masks
from hakken.research.experiments.seed_data import SEED, holds, overlap

FILE = "template.toml"
DEFAULT_COUNTS = {"explore": 8, "report": 20, "noise": 16}
FIRST_SEED = {"explore": 1, "report": 1001, "noise": 2001}
"""Seeds given as a count are consecutive from here."""
_INTERNAL = frozenset({"root", "layout", "source_hash", "seeded", "assumptions"})
"""Fields of ``Template`` that the loader sets."""
_REQUIRED = ("name", "title", "task", "metrics", "editable")
_NEVER_EDITABLE = frozenset({FILE, "evaluate.py", "probe.py"})
_ABSENT = object()
_R = TypeVar("_R", bound=Record)


def read_contract(root: Path) -> Template:
    """The template of a folder that holds a ``template.toml``.

    Raises:
        TemplateError: the first breach of the contract that was found.
    """
    file = root / FILE
    raw = _read_toml(file)
    _refuse_unknown(file, "", raw, set(Template.model_fields) - _INTERNAL)
    for key in _REQUIRED:
        if key not in raw:
            _fail(file, f"the key {key!r} is missing.", f"Add {key} = … (see docs/templates.md).")
    evaluate = _evaluate(file, root, raw.get("evaluate", _ABSENT))
    values = raw | {
        "command": _argv(file, "command", raw.get("command", "{python} experiment.py")),
        "evaluate": evaluate,
        "probe": _probe(file, root, raw.get("probe", _ABSENT), judged=evaluate is not None),
        "smoke": _argv(file, "smoke", raw.get("smoke", "")),
        "metrics": _metrics(file, raw["metrics"], self_reported=evaluate is None),
        "seeds": _seeds(file, raw.get("seeds", {})),
        "editable": _targets(file, raw["editable"]),
    }
    for key in ("limits", "evaluate_limits"):
        if key in raw:
            default = Template.model_fields[key].default.model_dump()
            values[key] = _record(file, key, Limits, default | _table(file, key, raw[key]))
    template = _record(file, "", Template, values | {"root": str(root)})
    template = template.model_copy(update={"source_hash": template_hash(template)})
    _check_paths(file, root, template)
    _check_seed_data(file, root, template)
    check_masks(file, template.masked)
    _check_python(root)
    for target in template.editable:
        _check_target(file, root, target)
    return template


def suggest(word: str, known: Iterable[str]) -> str:
    """``Did you mean …?`` for the closest known word, or nothing."""
    close = difflib.get_close_matches(word, sorted(known), n=1, cutoff=0.6)
    return f"Did you mean {close[0]!r}? " if close else ""


def _fail(file: Path, sentence: str, mend: str) -> NoReturn:
    raise TemplateError(f"{file}: {sentence}", mend)


def _read_toml(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise TemplateError(f"{file} is not valid TOML: {error}.", "Mend the syntax at that place.") from error
    except UnicodeDecodeError as error:
        raise TemplateError(f"{file} is not UTF-8 text.", "Save it as UTF-8.") from error


def _refuse_unknown(file: Path, where: str, table: Mapping[str, Any], known: Iterable[str]) -> None:
    known = sorted(known)
    for key in table:
        if key not in known:
            place = f"{where}.{key}" if where else key
            _fail(file, f"the key {place!r} is not known.", f"{suggest(key, known)}Known keys: {', '.join(known)}.")


def _table(file: Path, where: str, value: object) -> dict[str, Any]:
    if not isinstance(value, dict):
        _fail(file, f"{where!r} must be a table, and is {value!r}.", f"Write it as [{where}] with keys below.")
    return value


def _record(file: Path, where: str, kind: type[_R], values: dict[str, Any]) -> _R:
    """Validate a table, and word the first problem."""
    _refuse_unknown(file, where, values, kind.model_fields)
    try:
        return kind.model_validate(values)
    except ValidationError as error:
        problem = error.errors()[0]
        loc = [*([where] if where else []), *problem["loc"]]
        place = "".join(f"[{p}]" if isinstance(p, int) else f".{p}" for p in loc).lstrip(".")
        if problem["type"] == "missing":
            _fail(file, f"the key {place!r} is missing.", f"Add it (see docs/templates.md, {place}).")
        given, mend = problem["input"], f"Mend {place}."
        if problem["type"] == "enum":
            choices = [str(m.value) for m in _enum_of(kind, str(problem["loc"][-1]))]
            mend = f"{suggest(str(given), choices)}Write one of: {', '.join(choices)}."
        message = problem["msg"][0].lower() + problem["msg"][1:]
        _fail(file, f"{place} is {given!r}: {message}.", mend)


def _enum_of(kind: type[Record], field: str) -> Iterable[Enum]:
    annotation = kind.model_fields[field].annotation
    return annotation if isinstance(annotation, type) and issubclass(annotation, Enum) else ()


def _argv(file: Path, key: str, value: object) -> tuple[str, ...]:
    """A command as a list of words, or as one line."""
    if isinstance(value, str):
        try:
            return tuple(shlex.split(value))
        except ValueError as error:
            _fail(file, f"{key} = {value!r} cannot be split into words ({error}).", "Mend the quotes, or write a list.")
    if not isinstance(value, list) or not all(isinstance(v, str) for v in value):
        _fail(file, f"{key} must be a line or a list of words, and is {value!r}.", 'Write ["{python}", "…"].')
    return tuple(value)


def _evaluate(file: Path, root: Path, value: object) -> tuple[str, ...] | None:
    """The evaluator's command; None only where the author says so."""
    if value is False:
        return None
    if value is _ABSENT:
        if not (root / "evaluate.py").is_file():
            _fail(
                file,
                "there is no evaluate.py beside it, and no evaluate command.",
                "Write evaluate.py; or evaluate = false, and then every metric is marked as self-reported.",
            )
        value = "{python} evaluate.py"
    return _argv(file, "evaluate", value)


def _probe(file: Path, root: Path, value: object, *, judged: bool) -> tuple[str, ...] | None:
    """The probe's command: ``probe.py`` where there is one; None where there is none, or where nobody evaluates."""
    if value is False or (value is _ABSENT and not (root / "probe.py").is_file()):
        return None
    if not judged:
        _fail(file, "there is a probe, and the experiment evaluates itself.", "Write evaluate.py, or probe = false.")
    return _argv(file, "probe", "{python} probe.py" if value is _ABSENT else value)


def _metrics(file: Path, value: object, self_reported: bool) -> tuple[MetricSpec, ...]:
    if not isinstance(value, list) or not value:
        _fail(file, "there are no metrics.", "Add a [[metrics]] table with name, dataset and direction.")
    specs = []
    for index, item in enumerate(value):
        where = f"metrics[{index}]"
        table = _table(file, where, item)
        if "self_reported" in table:
            _fail(file, f"{where}.self_reported cannot be set.", "It follows from evaluate = false.")
        specs.append(_record(file, where, MetricSpec, table | {"self_reported": self_reported}))
    keys = [s.key for s in specs]
    for key in keys:
        if keys.count(key) > 1:
            _fail(file, f"the metric {key} is there twice.", "Give each its own name or data set.")
    if len(specs) == 1:
        specs = [specs[0].model_copy(update={"primary": True})]
    primary = [s.key for s in specs if s.primary]
    if len(primary) != 1:
        found = f"{len(primary)} are ({', '.join(primary)})" if primary else "none is"
        _fail(file, f"exactly one metric must be the primary one, and {found}.", "Set primary = true in one of them.")
    return tuple(specs)


def _seeds(file: Path, value: object) -> Seeds:
    table = _table(file, "seeds", value)
    _refuse_unknown(file, "seeds", table, DEFAULT_COUNTS)
    sets: dict[str, tuple[int, ...]] = {}
    for use, default in DEFAULT_COUNTS.items():
        sets[use] = _seed_set(file, use, table.get(use, default))
    for use, other in (("explore", "report"), ("explore", "noise"), ("report", "noise")):
        if shared := sorted(set(sets[use]) & set(sets[other])):
            _fail(
                file,
                f"seeds.{use} and seeds.{other} share {shared[0]}.",
                "The sets must be disjoint: what is selected on some seeds must be reported on others.",
            )
    return Seeds(**sets)


def _seed_set(file: Path, use: str, value: object) -> tuple[int, ...]:
    least = 0 if use == "noise" else 1
    if isinstance(value, int) and not isinstance(value, bool):
        if value < least:
            _fail(file, f"seeds.{use} is {value}.", f"Write a count of at least {least}, or a list of seeds.")
        return tuple(range(FIRST_SEED[use], FIRST_SEED[use] + value))
    if not isinstance(value, list) or any(isinstance(v, bool) or not isinstance(v, int) or v < 0 for v in value):
        _fail(file, f"seeds.{use} is {value!r}.", "Write a count, or a list of whole numbers from 0 up.")
    if len(value) < least or len(set(value)) < len(value):
        _fail(file, f"seeds.{use} is {value!r}, which is empty or has a seed twice.", "Name each seed once.")
    return tuple(value)


def _targets(file: Path, value: object) -> tuple[Target, ...]:
    if not isinstance(value, list) or not value or not all(isinstance(v, str) for v in value):
        _fail(file, f"editable is {value!r}.", 'Write a list such as ["experiment.py:train", "model.py"].')
    targets = []
    for text in value:
        name, _, function = text.partition(":")
        targets.append(Target(file=name, function=function or None))
    return tuple(targets)


def _check_paths(file: Path, root: Path, template: Template) -> None:
    """Named files exist inside the folder, and nobody may edit what judges them."""
    editable = [t.file for t in template.editable]
    hidden = [template.hidden] if template.hidden else []
    named = {"editable": editable, "protected": template.protected, "data": template.data, "hidden": hidden}
    for key, paths in named.items():
        for path in paths:
            if not is_inside(path):
                _fail(file, f"{key} names {path!r}, which is not a path inside the folder.", "Write a relative path.")
            if not (root / path).exists() and not (key == "data" and SEED in path):
                present = [p.relative_to(root).as_posix() for p in walk(root)]
                _fail(file, f"{key} names {path!r}, which does not exist.", f"{suggest(path, present)}Mend the name.")
    for path in editable:
        untouchable = (*template.protected, *template.data, *hidden, *_NEVER_EDITABLE)
        if any(holds(place, path) for place in untouchable):
            _fail(file, f"editable names {path!r}, which is protected.", "Take it out of one of the two lists.")
    for path in template.data:
        if hidden and overlap(path, hidden[0]):
            _fail(file, f"data names {path!r}, which overlaps hidden = {hidden[0]!r}.", "Keep the two apart.")


def _check_seed_data(file: Path, root: Path, template: Template) -> None:
    """Each seed has its own part of the data, and no other entry shows the parts of others."""
    for index, entry in enumerate(template.data):
        for other in template.data[:index]:
            if overlap(entry, other):
                _fail(file, f"data names {other!r} and {entry!r}, which overlap.", "Keep the two apart.")
        if SEED not in entry:
            continue
        for use in DEFAULT_COUNTS:
            for seed in getattr(template.seeds, use):
                path = entry.replace(SEED, str(seed))
                if not (root / path).exists():
                    said = f"data names {entry!r}, and there is no {path} for seed {seed} of seeds.{use}."
                    _fail(file, said, "Add it, or name seeds that have data.")


def _check_python(root: Path) -> None:
    for path in walk(root):
        if path.suffix != ".py":
            continue
        try:
            syntax_tree(path.read_bytes())
        except SyntaxError as error:
            raise TemplateError(
                f"{path} is not valid Python: {error.msg} (line {error.lineno}).", "Mend the syntax there."
            ) from error
        except ValueError as error:
            raise TemplateError(f"{path} is not valid Python: {error}.", "Save it as UTF-8 text.") from error


def _check_target(file: Path, root: Path, target: Target) -> None:
    path = root / target.file
    if not path.is_file():
        _fail(file, f"editable names {target.file!r}, which is a folder.", "Name its files one by one.")
    if target.function is None:
        return
    if path.suffix != ".py":
        _fail(file, f"editable names {str(target)!r}, which is not a Python file.", "Name the whole file.")
    tree = syntax_tree(path.read_bytes())
    functions = [n.name for n in tree.body if isinstance(n, ast.FunctionDef)]
    if target.function in functions:
        return
    named = {n.name: n for n in tree.body if isinstance(n, (ast.AsyncFunctionDef, ast.ClassDef))}
    if other := named.get(target.function.partition(".")[0]):
        kind = "a class" if isinstance(other, ast.ClassDef) else "an asynchronous function"
        what = f"which is {kind}" if target.function in named else f"and {other.name} is {kind}"
        _fail(file, f"editable names {str(target)!r}, {what}.", "Name a plain function, or the whole file.")
    _fail(
        file,
        f"editable names {str(target)!r}, and {target.file} has no such function at its top level.",
        f"{suggest(target.function, functions)}It has: {', '.join(functions) or 'none'}.",
    )
