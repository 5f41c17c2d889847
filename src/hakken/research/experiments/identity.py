"""When are two nodes the same? The hash of the source, and the hash of what it left.

Same code is a replicate, never a new method. Python is compared without comments, docstrings, formatting and the names
of local variables; every other file byte by byte. The normalisation is careful in one direction: where a name might
be seen from outside (keywords, ``locals()``, ``eval``), it is kept, so that two programs with one hash do the same.
Programs that do the same under two hashes are caught later, by their equal outputs.
"""

from __future__ import annotations

import ast
import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from fnmatch import fnmatch
from pathlib import Path

from hakken.core.source import syntax_tree
from hakken.core.types import Node, canonical_json, content_hash
from hakken.research.experiments.renaming import rename_locals

IGNORED_OUTPUTS = ("cost.json", "metrics.json", "*.log", "*.pyc", "log.txt", "timing*.json", "timings*.json")
"""Files that hold timings, logs or the evaluator's own words, and so differ between equal runs."""
_MOST_PARSED = 1 << 20
"""Longer JSON is compared as bytes: parsed, it can take a hundred times the memory."""
_TIME_KEY = re.compile(
    r"(^|[_./\- ])(times?|timing|seconds|secs?|ms|duration|runtime|elapsed|wall|walltime|timestamp|date)($|[_./\- ])",
    re.IGNORECASE,
)


def source_hash(files: Mapping[str, bytes]) -> str:
    """Hash of a tree by relative path, Python normalised."""
    trees = {path: tree for path, data in files.items() if path.endswith(".py") and (tree := _parse(data))}
    keywords = _outside_names(trees.values())
    digests: dict[str, str] = {}
    for path, data in files.items():
        tree = trees.get(path)
        digests[path] = content_hash(data) if tree is None else _python_hash(tree, keywords, data)
    return content_hash(digests)


def same_version(recorded: Node, node: Node) -> bool:
    """Whether two nodes are one attempt: made alike, of the same code."""
    made, again = ((n.idea_id, n.parent_id, n.operator, n.extra_args) for n in (recorded, node))
    # Code that is the same but for its form has other files; another version of Hakken may compute another hash.
    return made == again and (recorded.files == node.files or recorded.source_hash == node.source_hash)


def _parse(data: bytes) -> ast.Module | None:
    """The syntax tree, or None for what is not Python of this version."""
    try:
        return syntax_tree(data)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _outside_names(trees: Iterable[ast.Module]) -> frozenset[str] | None:
    """Names by which some call may pass an argument; None when any name may be passed (``**mapping``)."""
    names: set[str] = set()
    for tree in trees:
        for node in ast.walk(tree):
            if isinstance(node, ast.keyword):
                if node.arg is None:
                    return None
                names.add(node.arg)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.isidentifier():
                names.add(node.value)
    return frozenset(names)


def _python_hash(tree: ast.Module, keywords: frozenset[str] | None, data: bytes) -> str:
    try:
        if not any("__doc__" in (getattr(n, "id", ""), getattr(n, "attr", "")) for n in ast.walk(tree)):
            _drop_docstrings(tree)
        rename_locals(tree, keywords)
        return content_hash(canonical_json(_plain(tree)))
    except (RecursionError, ValueError):
        # Nested too deep to be walked, or a number too long to be printed: compared as bytes.
        return content_hash(data)


def _drop_docstrings(tree: ast.Module) -> None:
    """Remove text that stands alone as a statement; a body left empty keeps ``pass``."""
    for node in ast.walk(tree):
        for field in ("body", "orelse", "finalbody"):
            body = getattr(node, field, None)
            if not isinstance(body, list):
                continue
            kept = [s for s in body if not _is_text(s)]
            if len(kept) != len(body):
                required = field == "body" and not isinstance(node, ast.Module)
                setattr(node, field, kept or ([ast.Pass()] if required else []))


def _is_text(statement: ast.stmt) -> bool:
    if not isinstance(statement, ast.Expr) or not isinstance(statement.value, ast.Constant):
        return False
    return isinstance(statement.value.value, str)


def _plain(value: object) -> object:
    """A syntax tree as lists, without positions; the same in every version of Python that parses it alike."""
    if isinstance(value, ast.Constant):
        return ["Constant", type(value.value).__name__, repr(value.value)]
    if isinstance(value, ast.AST):
        fields = [[n, _plain(v)] for n, v in ast.iter_fields(value) if v not in (None, []) and n != "type_comment"]
        return [type(value).__name__, fields]
    if isinstance(value, list):
        return [_plain(v) for v in value]
    return value


def output_hash(folder: Path, ignore: Iterable[str] = IGNORED_OUTPUTS) -> str:
    """Hash of the files that an experiment left, without timings: equal hashes on all seeds mean a no-op.

    Files that match ``ignore`` are left out, and so are entries of JSON files whose key names a time. Links and special
    files count by name only and are never followed. An empty folder has the hash of nothing, which is still a hash.
    """
    return content_hash(output_digests(folder, ignore))


def output_digests(folder: Path, ignore: Iterable[str] = IGNORED_OUTPUTS) -> dict[str, str]:
    """The digest of each file that ``output_hash`` counts, by its name, which may hold any bytes."""
    patterns = tuple(ignore)
    digests: dict[str, str] = {}
    for path in sorted(folder.rglob("*")):
        name = path.relative_to(folder).as_posix().encode("utf-8", "backslashreplace").decode()
        if "__pycache__" in path.parts or any(fnmatch(path.name, p) for p in patterns):
            continue
        if path.is_symlink() or not (path.is_file() or path.is_dir()):
            digests[name] = "special"
        elif path.is_file():
            digests[name] = _file_hash(path)
    return digests


def _file_hash(path: Path) -> str:
    if path.suffix == ".json" and path.stat().st_size <= _MOST_PARSED:
        try:
            return content_hash(canonical_json(_without_times(json.loads(path.read_bytes()))))
        except (ValueError, RecursionError):
            # Not JSON, or with NaN in it: compared as bytes.
            pass
    with path.open("rb") as stream:
        return "sha256:" + hashlib.file_digest(stream, "sha256").hexdigest()


def _without_times(value: object) -> object:
    if isinstance(value, dict):
        return {k: _without_times(v) for k, v in value.items() if not _TIME_KEY.search(str(k))}
    if isinstance(value, list):
        return [_without_times(v) for v in value]
    return value
