"""What the agent for small models knows while it works: an attempt, a missing function, versions of it.

The best version is chosen here, by what the experiments made of each and by what others agree with.
"""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from hakken.bench.agents.agreement import Trial, best
from hakken.bench.agents.context import Surroundings
from hakken.bench.agents.trials import Trials
from hakken.bench.tasks.folder import TaskFolder
from hakken.bench.types import FunctionRef
from hakken.core.source import syntax_tree
from hakken.core.types import Usage
from hakken.models import Ledger

DRAFT_VOICE = 2
"""Votes of a draft: it was shown more than a hole. That two are best was not measured."""


@dataclass
class Version:
    """One way of writing a function, and what the experiments made of it."""

    code: str
    """The function, with what comes along."""
    content: bytes
    """Its file with it."""
    key: str
    """Equal for versions that are the same but for comments and formatting."""
    trial: Trial
    mended: int = 0
    """How often it went back with its failure."""
    origin: str = ""
    """Key of the failing version that code has edited into this one."""
    draft: bool = False
    """Written first, in a chat that shows much of the repository and of the paper."""

    @property
    def edited(self) -> bool:
        """By code."""
        return bool(self.origin)


@dataclass
class Work:
    """One attempt under way."""

    ledger: Ledger
    task: TaskFolder
    workspace: Path
    end: float
    """In seconds of the ledger, as are all times here: an attempt that goes on has those that the first one left it."""
    usage: Usage = field(default_factory=Usage)
    lines: list[str] = field(default_factory=list)
    steps: int = 0
    last: int = 0
    """Tokens of the last call: the next one will cost about as much."""

    @property
    def now(self) -> float:
        """Seconds since it began, remembered answers included."""
        return self.ledger.seconds


@dataclass
class Part:
    """One missing function under way."""

    function: FunctionRef
    context: Surroundings
    masked: bytes
    """Its file without it."""
    trials: Trials
    late: float
    """When chats begin, where no hole has run."""
    until: float
    """When its share of the time is over."""
    asked: int = 0
    """How often the model was asked for it."""
    versions: list[Version] = field(default_factory=list)
    repeated: int = 0
    """Versions that were the same as an earlier one."""
    undefined: set[str] = field(default_factory=set)
    """Names that versions used and nobody defines."""
    forms: set[tuple[bool, bool]] = field(default_factory=set)
    """How it was asked for: as a hole or in a chat, alone or with the file around it."""
    hopeless: set[tuple[str, str]] = field(default_factory=set)
    """Troubles, with the line, that no edit of an earlier version got past."""

    @property
    def name(self) -> str:
        """Of the function."""
        return self.function.name

    @property
    def runs(self) -> bool:
        """Whether some version runs."""
        return any(version.trial.complete for version in self.versions)


def chosen_of(versions: Sequence[Version]) -> Version | None:
    """The best version; of as many votes one that the model wrote as it stands."""
    ordered = sorted(versions, key=lambda version: version.edited)
    index = best([version.trial for version in ordered], voices(ordered))
    return None if index is None else ordered[index]


def voices(versions: Sequence[Version]) -> list[int]:
    """How much each vote counts: a draft's twice, an edited version's half as much as what it was made of was drawn.

    Edited versions of different failing ones agree easily, so that of those which give the same only one speaks.
    """
    draws = Counter[str]()
    for version in versions:
        draws[version.key] += 0 if version.edited else DRAFT_VOICE if version.draft else 1
    loudest: dict[str, int] = {}
    for index, version in enumerate(versions):
        vote = version.trial.vote
        if version.edited and (vote not in loudest or draws[version.origin] > draws[versions[loudest[vote]].origin]):
            loudest[vote] = index
    return [
        (draws[version.origin] // 2 if loudest[version.trial.vote] == index else 0)
        if version.edited
        else DRAFT_VOICE
        if version.draft
        else 1
        for index, version in enumerate(versions)
    ]


def shape_of(code: str) -> str:
    """The code without comments, docstrings and formatting."""
    tree = syntax_tree(code)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node) is not None:
            node.body = node.body[1:] or [ast.Pass()]
    return ast.dump(tree)
