"""Reading a template's folder: which files belong to it, and paths that stay inside."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from pathlib import Path, PurePosixPath

from hakken.core.types import Template, content_hash
from hakken.research.experiments.seed_data import holds

_NOT_SOURCE = frozenset({"__pycache__", ".git", ".venv", ".mypy_cache", ".ruff_cache", ".pytest_cache", ".DS_Store"})

_TEXTS = frozenset({"README.md", "references.bib"})


def is_inside(relative: str) -> bool:
    """A relative path that cannot leave its folder."""
    path = PurePosixPath(relative)
    return bool(relative) and not path.is_absolute() and ".." not in path.parts


def walk(root: Path) -> Iterator[Path]:
    """Regular files of a folder in a fixed order; links to folders, caches and special files are left out."""
    for path in sorted(root.iterdir()):
        if path.name in _NOT_SOURCE or path.suffix == ".pyc":
            continue
        if path.is_dir() and not path.is_symlink():
            yield from walk(path)
        elif path.is_file():
            yield path


def folder_hash(root: Path, left_out: Collection[str] = ()) -> str:
    """Content hash of every file of a folder, byte by byte, but for those that are left out."""
    names = {path.relative_to(root).as_posix(): path for path in walk(root)}
    return content_hash({name: content_hash(p.read_bytes()) for name, p in names.items() if name not in left_out})


def template_hash(template: Template) -> str:
    """Content hash of all that trials can be made of: every file of the folder but its texts."""
    return folder_hash(Path(template.root), texts(template))


def texts(template: Template) -> frozenset[str]:
    """What is written for people and papers and never copied into a trial, unless the contract names it.

    So it decides no measurement, and a mistake in it can be mended while a run is under way.
    """
    if template.layout != "hakken":
        return frozenset()  # its scripts may read whatever lies beside them
    named = {target.file for target in template.editable} | {*template.protected, *linked(template)}
    for command in (template.command, template.evaluate, template.probe, template.smoke):
        named |= set(command or ())
    return _TEXTS - named


def linked(template: Template) -> tuple[str, ...]:
    """What is linked into a trial and never copied; of what names the seed, a trial gets its own part alone."""
    return template.data + ((template.hidden,) if template.hidden else ())


def code_files(template: Template) -> dict[str, bytes]:
    """The pristine files that a trial's folder starts from: all but texts, data, hidden data and earlier runs."""
    root, for_people = Path(template.root), texts(template)
    left_out = linked(template)
    files: dict[str, bytes] = {}
    for path in walk(root):
        relative = PurePosixPath(path.relative_to(root).as_posix())
        if str(relative) in for_people or any(holds(place, str(relative)) for place in left_out):
            continue
        if template.layout == "ai_scientist_v1" and relative.parts[0].startswith("run_"):
            continue
        files[str(relative)] = path.read_bytes()
    return files
