"""What attempts are held to, in words: a part of their record, and what those of one folder must share."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hakken.bench.agents.registry import AgentOptions
    from hakken.core.config import Settings
    from hakken.core.types import Budget, Model, Role


def crowd_of(parallel: int, attempts: int, models: Mapping[Role, Model]) -> int:
    """Attempts at once where they are more than their model answers as fast as one alone; else 0."""
    from hakken.core.types import Role

    return parallel if models and min(parallel, attempts) > models[Role.CODE].parallel else 0


def limits_of(
    budget: Budget, chosen: AgentOptions, model: str, agent: str, settings: Settings, crowd: int = 0
) -> dict[str, str]:
    """What an agent with a model is held to, in words: attempts that go on later must be held to the same.

    A command that somebody wrote is named after its program alone, so its words are a part of it too, and so are the
    files that they name and what a recipe says.

    Args:
        budget: Of an attempt.
        chosen: Options of the agent.
        model: Its name; empty where there is none.
        agent: As it was asked for.
        settings: Which model judges.
        crowd: Attempts at once, where they take time from each other.
    """
    from hakken.agents import Memory
    from hakken.bench.agents.recipes import program_of
    from hakken.bench.agents.verifier import Verifying
    from hakken.core.types import Role, content_hash

    if not model:
        return {}
    parts = [f"{budget.tokens:,} tokens"] if budget.tokens is not None else []
    parts += [f"US$ {budget.usd:g}"] if budget.usd is not None else []
    parts += [f"{budget.seconds / 60:g} minutes"] if budget.seconds is not None else []
    window = {} if chosen.memory is Memory.FULL else {"window": str(chosen.window)}
    if model != "local":
        window["context"] = f"{chosen.context_tokens} tokens"
    if crowd:
        window["parallel"] = f"{crowd} at once"
    limits = {"budget": ", ".join(parts), "steps": f"{chosen.steps} steps", **window}
    if agent.startswith("verified:") and chosen.verify is Verifying.MODEL:
        limits["judge"] = settings.models.name(Role.JUDGE)
    _, external, words = agent.partition("external:")
    if not external:
        return limits
    program = program_of(words)
    files = [content_hash(Path(path).read_bytes()) for path in program.mounts if Path(path).is_file()]
    recipe = content_hash({"program": program.model_dump(mode="json"), "files": files}).removeprefix("sha256:")[:10]
    return limits | ({"command": agent} if " " in words else {}) | {"recipe": f"recipe {recipe}"}
