"""Results of The AI Scientist, first version: ``run_*/final_info.json``, with names from notes, labels and ideas.

Only ``final_info.json`` is the record of what was measured. ``notes.txt`` was typed by a model: it names the runs.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from hakken.core.directions import split_words
from hakken.core.source import syntax_tree
from hakken.research.papers.audit.records.build import Builder
from hakken.research.papers.audit.records.evidence import Evidence, Kind
from hakken.research.papers.audit.records.files import load_json, read_text

INFO = "final_info.json"
_TITLE = re.compile(r"^#{1,4}\s*\**\s*Run[ _]?(\d+)\s*(?:\([^)]*\))?\s*[:.–-]?\s*(.*?)\**\s*$", re.I | re.M)
_LINE = re.compile(r"^\s*(?:[-*]\s+)?\**Run[ _]?(\d+)\**\s*[:–-]\s*\**\s*([A-Z][^\n:.]{3,90}?)\**\s*$", re.M)
"""A title that is no heading, where there are no headings."""
_LEGEND = re.compile(r"\(([^()]{10,400})\)")
_SUFFIXES = ("_mean", "_stderr", "_std")


def is_scientist_v1(root: Path) -> bool:
    """Whether a folder holds runs of The AI Scientist."""
    return any(root.glob(f"run_*/{INFO}"))


def read_scientist_v1(root: Path) -> Evidence:
    """The evidence of such a folder."""
    builder = Builder(Kind.SCIENTIST_V1, root.name)
    folders = sorted((p.parent for p in root.glob(f"run_*/{INFO}")), key=lambda p: (_number(p.name), p.name))
    notes = read_text(root / "notes.txt")
    builder.notes.append(notes)
    titles = {int(n): title.strip() for n, title in (*_LINE.findall(notes), *_TITLE.findall(notes))}
    labels = _labels(read_text(root / "plot.py"))
    legend = _legend(notes, len(folders))
    for at, folder in enumerate(folders):
        number = _number(folder.name)
        builder.variant(
            folder.name,
            titles.get(number, "") or f"Run {number}",
            [f"run {number}", f"run{number}", *labels.get(folder.name, ()), *([legend[at]] if legend else ())],
            baseline=number == 0,
            source=read_text(root / f"{folder.name}.py"),
        )
        for dataset, entry in _entries(folder / INFO):
            _add(builder, folder.name, dataset, entry)
        source = read_text(root / f"{folder.name}.py")
        if source:
            builder.sources[folder.name] = {f"{folder.name}.py": source}
    _sources(builder, root)
    _plans(builder, root)
    builder.quoted += [t for t in titles.values() if t]
    return builder.evidence()


def _number(name: str) -> int:
    digits = re.search(r"\d+", name)
    return int(digits.group()) if digits else 10**6


def _entries(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    loaded = load_json(path)
    if not isinstance(loaded, dict):
        return
    if "means" in loaded:
        yield "", loaded
        return
    for dataset, entry in loaded.items():
        if isinstance(entry, dict):
            yield dataset, entry


def _add(builder: Builder, run: str, dataset: str, entry: dict[str, Any]) -> None:
    means = entry.get("means", entry)
    for name, value in means.items():
        if _is_number(value):
            builder.stated(run, dataset, _plain(name), float(value))
    for name, value in _numbers_of(entry.get("stderrs")):
        builder.spread(run, dataset, _plain(name), "sd" if name.endswith("_std") else "se", value)
    for name, value in _numbers_of(entry.get("stds")):
        builder.spread(run, dataset, _plain(name), "sd", value)
    for name, value in _further(entry) if "means" in entry else ():
        builder.stated(run, dataset, name, value)
    raw = entry.get("final_info_dict")
    for name, listed in raw.items() if isinstance(raw, dict) else ():
        if isinstance(listed, list):
            for seed, value in enumerate(listed):
                if _is_number(value):
                    builder.value(run, dataset, _plain(name), float(value), seed)


def _further(entry: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, float]]:
    """Numbers that a run left beside its means."""
    for name, value in entry.items():
        if not prefix and name in ("means", "stderrs", "stds", "final_info_dict"):
            continue
        if _is_number(value):
            yield f"{prefix}{name}", float(value)
        elif isinstance(value, dict) and prefix.count("_") < 6:
            yield from _further(value, f"{prefix}{name}_")


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _numbers_of(entry: object) -> Iterator[tuple[str, float]]:
    if isinstance(entry, dict):
        yield from ((name, float(v)) for name, v in entry.items() if _is_number(v))


def _plain(name: str) -> str:
    """A metric's name without the suffix that tells the statistic."""
    return next((name[: -len(s)] for s in _SUFFIXES if name.endswith(s)), name)


def _labels(plot: str) -> dict[str, list[str]]:
    """``labels = {"run_1": "Fixed weights"}`` of ``plot.py``."""
    found: dict[str, list[str]] = {}
    try:
        tree = syntax_tree(plot)
    except SyntaxError:
        return found
    for node in ast.walk(tree):
        if not isinstance(node, ast.Dict):
            continue
        for key, value in zip(node.keys, node.values, strict=True):
            if (
                isinstance(key, ast.Constant)
                and isinstance(value, ast.Constant)
                and isinstance(value.value, str)
                and re.fullmatch(r"run_\d+", str(key.value))
                and re.search(r"[A-Za-z]{3}", value.value)
            ):
                found.setdefault(str(key.value), []).append(value.value)
    return found


def _legend(notes: str, runs: int) -> list[str]:
    """A bracketed list of exactly as many names as there are runs, the baseline first: the legend of the plots."""
    for inside in _LEGEND.findall(notes):
        names = [re.sub(r"^and\s+", "", part.strip()) for part in inside.split(",")]
        if len(names) == runs > 2 and re.search(r"\bbaseline\b", names[0], re.I):
            return names
    return []


def _sources(builder: Builder, root: Path) -> None:
    """The code of the template, and files beside it that were not kept run by run."""
    for path in sorted(root.glob("*.py")):
        if not re.fullmatch(r"run_\d+\.py|plot\.py", path.name):
            builder.pristine[path.name] = read_text(path)


def _plans(builder: Builder, root: Path) -> None:
    """What was meant to be done: it names things, and proves nothing."""
    prompt = load_json(root / "prompt.json")
    if isinstance(prompt, dict):
        builder.notes += [str(v) for v in prompt.values()]
    for name in ("ideas.json", "seed_ideas.json", "idea.json"):
        ideas = load_json(root / name)
        for idea in ideas if isinstance(ideas, list) else [ideas]:
            if isinstance(idea, dict) and _is_ours(idea, root.name, ideas):
                builder.notes += [json.dumps(idea)]


def _is_ours(idea: dict[str, Any], folder: str, ideas: object) -> bool:
    """Folders are named after their idea."""
    name = "_".join(split_words(str(idea.get("Name", ""))))
    return not isinstance(ideas, list) or (bool(name) and name in "_".join(split_words(folder)))
