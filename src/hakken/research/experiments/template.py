"""Find and load templates: the ones that ship, any folder with a ``template.toml``, folders of The AI Scientist."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set
from itertools import count, islice
from pathlib import Path

import hakken
from hakken.core.errors import TemplateError, UsageError
from hakken.core.packages import missing_modules
from hakken.core.permutations import least_sign_flip_p
from hakken.core.types import Direction, Seeds, Template
from hakken.research.experiments.contract import FILE, FIRST_SEED, read_contract, suggest
from hakken.research.experiments.seed_data import seeds_with_data
from hakken.research.experiments.v1_import import is_v1, load_v1


def templates() -> dict[str, Path]:
    """Templates that ship with Hakken, by name."""
    folder = Path(hakken.__file__).parent / "templates"
    found = sorted(folder.iterdir()) if folder.is_dir() else []
    return {p.name: p for p in found if (p / FILE).is_file()}


def load_template(path_or_name: str | Path, directions: Mapping[str, Direction] | None = None) -> Template:
    """Load a shipped template by name, or any folder; folders of The AI Scientist (v1) are understood as they are.

    Args:
        path_or_name: Name of a shipped template, or a folder. A folder wins where it is written as a path.
        directions: For v1 folders: which way each metric (``dataset/name``) is better; the first is the primary one.

    Raises:
        TemplateError: the template breaks the contract.
    """
    root = _find(path_or_name)
    if (root / FILE).is_file():
        return read_contract(root)
    if is_v1(root):
        return load_v1(root, directions or {})
    raise TemplateError(
        f"{root} has no {FILE}, and is not a template of The AI Scientist either.",
        f"Write a {FILE} (see docs/templates.md), or start from a shipped one: {', '.join(templates())}.",
    )


def missing_packages(template: Template) -> tuple[str, ...]:
    """Packages that the template needs and this Python cannot import."""
    return missing_modules(template.packages)


def seeds_note(template: Template, alpha: float) -> str:
    """A sentence where even a difference in every pair could not support a claim; empty where one could."""
    count = len(template.seeds.report)
    least = least_sign_flip_p(count)
    if not template.seeded or least < alpha:
        return ""
    return f"Report seeds: {count}, so that no p of a sign-flip test is below {least:.3g}: no claim can be supported."


def with_seed_counts(
    template: Template, explore: int | None = None, report: int | None = None, noise: int | None = None
) -> Template:
    """The template with as many seeds of each use: the first ones of its own, continued where more are asked for.

    Raises:
        UsageError: more are asked for than the template has data for.
    """
    wanted = {"explore": explore, "report": report, "noise": noise}
    taken = {*template.seeds.explore, *template.seeds.report, *template.seeds.noise}
    sets: dict[str, tuple[int, ...]] = {}
    for use, asked in wanted.items():
        own: tuple[int, ...] = getattr(template.seeds, use)
        most = len(own) if asked is None else asked
        chosen = [*own[:most], *islice(_further(template, use, taken), max(0, most - len(own)))]
        if len(chosen) < most:
            raise UsageError(
                f"{template.name} has data for {len(chosen)} {use} seeds, and {asked} were asked for.",
                f"Set statistics.{use}_seeds to {len(chosen)} at most.",
            )
        taken.update(chosen)
        sets[use] = tuple(chosen)
    return template.model_copy(update={"seeds": Seeds(**sets)})


def _further(template: Template, use: str, taken: Set[int]) -> Iterator[int]:
    """Seeds beside those that are taken: all of them where every seed has the same data, else those that have data."""
    known = frozenset[int]() if template.fixed_seeds else seeds_with_data(template)
    candidates: Iterable[int] = count(FIRST_SEED[use]) if known is None else sorted(known)
    return (seed for seed in candidates if seed not in taken)


def _find(path_or_name: str | Path) -> Path:
    shipped = templates()
    if isinstance(path_or_name, str) and path_or_name in shipped:
        return shipped[path_or_name].resolve()
    root = Path(path_or_name).expanduser()
    if root.is_dir():
        return root.resolve()
    if root.exists():
        raise TemplateError(f"{root} is a file, and a template is a folder.", f"Name the folder that holds {FILE}.")
    raise TemplateError(
        f"There is no template or folder called {str(path_or_name)!r}.",
        f"{suggest(str(path_or_name), shipped)}Templates that ship: {', '.join(shipped)}.",
    )
