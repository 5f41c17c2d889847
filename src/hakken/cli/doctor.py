"""``hakken doctor``: what this machine has, what is missing, and how to get it."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated, Any

import typer

from hakken.cli import options

if TYPE_CHECKING:
    from hakken.core.config import Settings
    from hakken.core.types import Rung

KEYS = (
    "OPENAI_API_KEY", "ANTHROPIC_API_KEY", "GOOGLE_API_KEY", "GEMINI_API_KEY", "DEEPSEEK_API_KEY",
    "OPENROUTER_API_KEY", "MISTRAL_API_KEY", "GROQ_API_KEY", "XAI_API_KEY", "TOGETHER_API_KEY", "AWS_ACCESS_KEY_ID",
    "AWS_PROFILE", "OLLAMA_BASE_URL", "HAKKEN_API_KEY",
)  # fmt: skip
"""Variables that providers read; only their names are ever shown."""
EXTRAS = {
    "anthropic": "anthropic",
    "bedrock": "boto3",
    "competitions": "sklearn",
    "google": "google.genai",
    "inspect": "inspect_ai",
    "ray": "ray",
    "torch": "torch",
}
"""What ``pip install 'hakken[NAME]'`` brings, by the module that tells whether it is there."""
LEAST_DISK = 0.5e9


def keys_set() -> list[str]:
    """Names of the keys in the environment."""
    return [name for name in KEYS if os.environ.get(name)]


def doctor(
    values: options.Set = None,
    files: options.ConfigFiles = None,
    attack: Annotated[
        bool, typer.Option("--attack", help="Try the suite of hostile programs on every sandbox here (some minutes).")
    ] = False,
    as_json: options.Json = False,
) -> None:
    """What this machine has, what is missing, how to get it.

    Exit code 0 when `hakken run` can do its work with the settings at hand, 3 when it cannot.

    \b
    Examples:
      hakken doctor
      hakken doctor --attack     what the sandboxes of this machine stop; docs/security.md says what that means
      hakken doctor --json
      hakken doctor -c models.default=openai:gpt-5
    """
    from hakken.cli.console import emit

    found = examine(options.asked(values, files).load().settings)
    if attack:
        found["attacks"] = _attacked()
        found["problems"] += _not_begun(found)
    if as_json:
        emit(found)
    else:
        _print(found)
    if found["problems"]:
        raise typer.Exit(3)


def examine(settings: Settings) -> dict[str, Any]:
    """Look at everything; what stops the main job is listed under ``problems``."""
    import shutil
    from pathlib import Path

    from hakken.cli import preflight
    from hakken.core.errors import HakkenError
    from hakken.execution import describe_machine, probe
    from hakken.models.weights import QWEN, installed, models_dir
    from hakken.research.papers.render.latex_engine import find_engine

    problems: list[str] = []
    try:
        preflight.check(settings)
    except HakkenError as error:
        problems.append(str(error))
    root = next(
        p for p in (Path(settings.runs_dir).absolute(), *Path(settings.runs_dir).absolute().parents) if p.exists()
    )
    free = shutil.disk_usage(root).free
    problems += _of_disk(str(root), free, writable=os.access(root, os.W_OK))
    weights, used = installed(), _used(settings)
    return {
        "machine": describe_machine([]).model_dump(mode="json"),
        "sandbox": [
            status.model_dump(mode="json") | {"weak": status.weak, "used": status.rung is used} for status in probe()
        ],
        "models": {
            "default": settings.models.default,
            "weights": str(weights) if weights else None,
            "weights_folder": str(models_dir()),
            "title": QWEN.title,
            "keys": keys_set(),
        },
        "typst": _importable("typst"),
        "latex": find_engine(),
        "extras": {name: _importable(module) for name, module in EXTRAS.items()},
        "disk": {"folder": str(root), "free_gb": round(free / 1e9, 1)},
        "problems": problems,
    }


def _of_disk(root: str, free: float, *, writable: bool) -> list[str]:
    """What keeps runs from a folder."""
    found = [] if writable else [f"{root} cannot be written."]
    if free < LEAST_DISK:
        found.append(f"{root} has {free / 1e9:.1f} GB free, and a run may need {LEAST_DISK / 1e9:.1f} GB.")
    return [f"{sentence} Choose another: -c runs_dir=PATH." for sentence in found]


def _importable(module: str) -> bool:
    """Whether a module is there; one below a package that is not is no error."""
    import importlib.util

    try:
        return importlib.util.find_spec(module) is not None
    except ModuleNotFoundError:
        return False


def _used(settings: Settings) -> Rung | None:
    """The rung that these settings run code of a model on; None where they run none."""
    from hakken.core.errors import SandboxError
    from hakken.core.types import Rung
    from hakken.execution import chosen_rung

    asked, weak = settings.sandbox.rung, settings.sandbox.allow_weak
    try:
        return chosen_rung(None if asked == "auto" else Rung(asked), allow_weak=weak).rung
    except SandboxError:
        return None


def _attacked() -> dict[str, Any]:
    """How many attacks each sandbox here stops, and which it does not."""
    from hakken.cli.console import tell
    from hakken.execution import probe
    from hakken.testing.attacks import NOT_BEGUN, Row, measure, totals

    def on_row(place: str, row: Row) -> None:
        if row.harm:
            tell(f"{place}: {row.name}: {'; '.join(row.harm)}")

    measured = measure([status.rung.value for status in probe() if status.available], on_row=on_row)
    return {
        place: {
            "stopped": count.contained,
            "tried": count.tried,
            "not_stopped": [row.name for row in measured.places[place] if row.harm],
            "not_begun": [row.name for row in measured.places[place] if NOT_BEGUN in row.harm],
        }
        for place, count in totals(measured).items()
    }


def _not_begun(found: dict[str, Any]) -> list[str]:
    """The sandbox in use, where hostile programs did not even begin in it: what it stops is not known then."""
    used = [status["rung"] for status in found["sandbox"] if status["used"]]
    return [
        f"{len(count['not_begun'])} of {count['tried']} hostile programs did not begin in the {rung} sandbox, so what "
        f"it stops is not known. `python -m hakken.testing.attacks --rung {rung}` shows each."
        for rung, count in found["attacks"].items()
        if rung in used and count["not_begun"]
    ]


def _print(found: dict[str, Any]) -> None:
    from hakken.cli.console import say

    machine, models = found["machine"], found["models"]
    say(f"machine   {machine['platform']}, {machine['cpu']}, {machine['cores']} cores, {machine['memory_gb']} GB")
    say(f"python    {machine['python']}")
    say(f"gpu       {machine['gpu'] or 'none (not needed)'}")
    say(f"disk      {found['disk']['free_gb']} GB free in {found['disk']['folder']}")
    used = False
    for status in found["sandbox"]:
        what = f"cuts off {', '.join(status['isolates'])}" if status["isolates"] else "limits only, no isolation"
        mark = "used" if status["used"] else "works" if status["available"] else "missing"
        used = used or status["used"]
        say(f"sandbox   {status['rung']}: {mark} ({status['why']}); {what}")
        if mark == "missing" and not used:
            say(f"          better isolation: {status['mend']}")
    for rung, count in found.get("attacks", {}).items():
        names = ", ".join(count["not_stopped"]) or "none"
        say(f"attacks   {rung}: {count['stopped']} of {count['tried']} stopped; not stopped: {names}")
    say(f"model     {models['default']} (models.default)")
    missing = f"not in {models['weights_folder']}; `hakken model pull` fetches 1.1 GB"
    say(f"weights   {models['title']}: {models['weights'] or missing}")
    say(f"keys      {', '.join(models['keys']) or 'none set (none needed for the embedded model)'}")
    typst = "yes" if found["typst"] else "pip install typst"
    say(f"pdf       typst: {typst}; latex: {found['latex'] or 'none (not needed)'}")
    say("extras    " + ", ".join(f"{name}: {'yes' if has else 'no'}" for name, has in found["extras"].items()))
    if missing_ones := [name for name, has in found["extras"].items() if not has]:
        say(f"          none is needed; to add one: pip install 'hakken[{missing_ones[0]}]'")
    for problem in found["problems"]:
        say(f"PROBLEM   {problem}")
    say("`hakken run` can do its work." if not found["problems"] else "`hakken run` cannot do its work yet.")
