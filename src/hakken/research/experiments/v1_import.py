"""Templates of The AI Scientist (first version), as they are.

``experiment.py --out_dir=run_i`` writes ``final_info.json``: per data set ``means``, and optionally ``stderrs`` and
``final_info_dict``. Nothing there says which way a metric is better, no evaluator exists, and most scripts take no
seed. So every metric is marked ``self_reported``; directions are the user's, or guessed by name with the guess
recorded; and a script without ``--seed`` makes unseeded repeats, which are compared unpaired (``Template.seeded``).
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from hakken.core.directions import TIMES, counts_or_scores, direction_of, split_words
from hakken.core.errors import TemplateError, UsageError
from hakken.core.source import syntax_tree
from hakken.core.types import Direction, Limits, MetricSpec, Seeds, Target, Template
from hakken.research.experiments.contract import DEFAULT_COUNTS, FIRST_SEED, suggest
from hakken.research.experiments.folders import folder_hash

INFO = "final_info.json"
OUT_DIR = "run_1"
"""Every trial runs under this name: scripts of this format look for their data by the name of the folder."""
DATA = "../../data"
"""Data that several templates share, relative to each of them; scripts expect it one level further up in a run."""
_TIMEOUT = 7200.0


def is_v1(root: Path) -> bool:
    """Whether a folder looks like a template of The AI Scientist."""
    script = root / "experiment.py"
    if not script.is_file():
        return False
    return (root / "prompt.json").is_file() or INFO in script.read_text(encoding="utf-8", errors="replace")


def load_v1(root: Path, directions: Mapping[str, Direction], info: Path | None = None) -> Template:
    """Read such a folder.

    Args:
        root: The folder.
        directions: Which way metrics are better, by ``dataset/name``; the first is the primary one.
        info: The ``final_info.json`` of a baseline; ``run_0`` of the folder by default.

    Raises:
        TemplateError: the script does not parse, or its metrics or their directions cannot be told.
    """
    template = bare_v1(root)
    metrics, assumptions = _metrics(root, info or root / "run_0" / INFO, directions)
    return template.model_copy(update={"metrics": metrics, "assumptions": (*assumptions, *template.assumptions)})


def bare_v1(root: Path) -> Template:
    """Everything about such a folder but its metrics, which only a run can tell."""
    script = root / "experiment.py"
    try:
        tree = syntax_tree(script.read_bytes())
    except (SyntaxError, ValueError) as error:
        raise TemplateError(f"{script} is not valid Python: {error}.", "Mend the syntax there.") from error
    seeded = any(isinstance(n, ast.Constant) and n.value == "--seed" for n in ast.walk(tree))
    unseeded = "The experiment takes no seed: its trials are repeats that nothing pairs, compared by Welch's interval."
    limits = Limits(wall_seconds=_TIMEOUT, cpu_seconds=_TIMEOUT)
    return Template(
        name=re.sub(r"[^a-z0-9_]+", "_", root.name.lower()).strip("_") or "template",
        title=root.name.replace("_", " "),
        task=_prompt(root / "prompt.json"),
        root=str(root),
        command=("{python}", "experiment.py"),
        evaluate=None,
        metrics=(),
        seeds=Seeds(**{u: tuple(range(FIRST_SEED[u], FIRST_SEED[u] + n)) for u, n in DEFAULT_COUNTS.items()}),
        limits=limits,
        editable=(Target(file="experiment.py"),),
        data=(DATA,) if (root / DATA).is_dir() else (),
        layout="ai_scientist_v1",
        seeded=seeded,
        assumptions=() if seeded else (unseeded,),
        source_hash=folder_hash(root),
    )


def parse_directions(texts: tuple[str, ...] | list[str]) -> dict[str, Direction]:
    """``dataset/name:min`` (or ``max``), as given with ``--metric``."""
    found: dict[str, Direction] = {}
    for text in texts:
        key, _, direction = text.rpartition(":")
        if "/" not in key or direction not in list(Direction):
            raise UsageError(f"{text!r} does not name a metric and a direction.", "Write --metric dataset/name:min.")
        found[key] = Direction(direction)
    return found


def read_info(info: object) -> dict[str, object]:
    """The means of a ``final_info.json`` by metric key, unchecked.

    Raises:
        ValueError: the value is not of that form; the message says where.
    """
    if not isinstance(info, dict) or not info:
        raise ValueError("it is not a table of data sets")
    found: dict[str, object] = {}
    for dataset, entry in info.items():
        means = entry.get("means") if isinstance(entry, dict) else None
        if not isinstance(means, dict):
            raise ValueError(f"the data set {dataset!r} has no 'means'")
        found.update({f"{_word(dataset)}/{_word(name)}": value for name, value in means.items()})
    return found


def _word(text: object) -> str:
    """A data set's or metric's name in the letters that keys may have."""
    word = re.sub(r"[^A-Za-z0-9_]+", "_", str(text)).strip("_") or "value"
    return word if word[0].isalpha() else f"x_{word}"


def _prompt(file: Path) -> str:
    try:
        prompt: Any = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return "Improve the primary metric of this experiment."
    except ValueError as error:
        raise TemplateError(f"{file} is not valid JSON: {error}.", "Mend the syntax at that place.") from error
    if not isinstance(prompt, dict) or not isinstance(prompt.get("task_description"), str):
        raise TemplateError(f"{file} has no text under 'task_description'.", "Add it: what is studied, and why.")
    return str(prompt["task_description"]).strip()


def _metrics(root: Path, file: Path, directions: Mapping[str, Direction]) -> tuple[tuple[MetricSpec, ...], list[str]]:
    """Specs of the baseline's metrics, and sentences on what was guessed."""
    try:
        keys = list(read_info(json.loads(file.read_text(encoding="utf-8"))))
    except FileNotFoundError:
        keys = list(directions)
    except ValueError as error:
        raise TemplateError(f"{file} cannot be read: {error}.", "Run the baseline again.") from error
    if not keys:
        raise TemplateError(
            f"{root} has no run_0/{INFO}, so its metrics are not known.",
            "Run `python experiment.py --out_dir=run_0` there once, or name them: --metric dataset/name:min. "
            "`hakken run` and `hakken experiment` find them out by themselves.",
        )
    for key in directions:
        if key not in keys:
            raise TemplateError(f"{file} has no metric {key!r}.", f"{suggest(key, keys)}It has: {', '.join(keys)}.")
    guessed = {key: directions[key] if key in directions else _guess(file, key) for key in keys}
    assumptions = [
        f"The direction of {key} ({d.value}) was inferred from its name."
        for key, d in guessed.items()
        if key not in directions
    ]
    primary = next(iter(directions), None)
    if primary is None:
        primary = next((k for k in keys if not TIMES & set(split_words(_measured(k)))), keys[0])
        assumptions.append(f"The primary metric, {primary}, was taken because it comes first.")
    return tuple(_spec(key, d, key == primary) for key, d in guessed.items()), assumptions


def _measured(key: str) -> str:
    """The name of what a key measures: a mean is better the way that what it averages is."""
    return key.split("/", 1)[-1].removesuffix("_mean")


def _guess(file: Path, key: str) -> Direction:
    name = _measured(key)
    direction = direction_of(name)
    # An audit may go by the likelier sense; a search that keeps the worst versions would be worth nothing.
    if direction is None or counts_or_scores(name):
        raise TemplateError(
            f"{file}: nothing says whether the metric {key} is better when lower or higher.",
            f"Say it: --metric {key}:min, or --metric {key}:max.",
        )
    return direction


def _spec(key: str, direction: Direction, primary: bool) -> MetricSpec:
    dataset, name = key.split("/", 1)
    title = name.removesuffix("_mean").replace("_", " ")
    return MetricSpec(name=name, dataset=dataset, direction=direction, title=title, primary=primary, self_reported=True)
