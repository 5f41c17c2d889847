"""What was changed, taken from the code itself."""

from __future__ import annotations

import difflib

from hakken.core.source import SourceError, function_names, function_source
from hakken.core.types import Snapshot


def change_of(snapshot: Snapshot, node_id: str, base_id: str | None = None) -> str:
    """Unified diff of a node against the template (or another node), without file headers; empty when equal."""
    sources = snapshot.sources.get(node_id, {})
    before = {**snapshot.pristine, **(snapshot.sources.get(base_id, {}) if base_id else {})}
    blocks = []
    for path, text in sorted(sources.items()):
        old = before.get(path, "")
        for name, a, b in _changed_parts(old, text):
            lines = list(difflib.unified_diff(a.splitlines(), b.splitlines(), n=2, lineterm=""))[2:]
            shown = [line for line in lines if not line.startswith("@@")]
            blocks.append("\n".join([f"# {path}: {name}", *shown]))
    return "\n\n".join(blocks)


def code_of(snapshot: Snapshot, node_id: str) -> str:
    """The changed functions of a node, as they are now."""
    found = []
    for path, text in sorted(snapshot.sources.get(node_id, {}).items()):
        found += [b for _, _, b in _changed_parts(snapshot.pristine.get(path, ""), text) if b]
    return "\n\n".join(found)


def original_of(snapshot: Snapshot, node_id: str) -> str:
    """The same functions as the template has them."""
    found = []
    for path, text in sorted(snapshot.sources.get(node_id, {}).items()):
        found += [a for _, a, _ in _changed_parts(snapshot.pristine.get(path, ""), text) if a]
    return "\n\n".join(found)


def _changed_parts(old: str, new: str) -> list[tuple[str, str, str]]:
    """(name, before, after) by function where both are Python; the whole file otherwise."""
    try:
        before, after = function_names(old), function_names(new)
        parts = []
        for name in [*after, *(n for n in before if n not in after)]:
            a = function_source(old, name) if name in before else ""
            b = function_source(new, name) if name in after else ""
            if a != b:
                parts.append((name, a, b))
    except SourceError:
        return [("file", old, new)] if old != new else []
    return parts or ([("file", old, new)] if old != new else [])
