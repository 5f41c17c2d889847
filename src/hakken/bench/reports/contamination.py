"""Does a model know the masked functions by heart? It is asked for each body with the signature alone.

A body that comes back word for word was seen before; one that comes back nearly so may have been, or the name and the
parameters leave little choice. So the same similarity is measured between each completion and the bodies of the other
functions: what lies above those is more than the style of Python. The probe by the rarest tokens (min-k %, Shi et al.
2024) needs the model's probabilities of a given text, which chat models do not tell: it is not computed here.
"""

from __future__ import annotations

import ast
import difflib
import io
import tokenize
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TypeAlias

import numpy as np
from pydantic import NonNegativeInt, ValidationError

from hakken.analysis.resampling import Cluster, mean_interval
from hakken.bench.agents.writing import code_of
from hakken.bench.masking.bodies import MaskError, find, parse
from hakken.bench.reports.metrics import Estimate
from hakken.bench.tasks.folder import TaskFolder
from hakken.core.errors import MalformedReply, UsageError, first_problem
from hakken.core.prompts import Prompt, prompt
from hakken.core.source import syntax_tree
from hakken.core.types import Model, Record, Role
from hakken.models import Ledger
from hakken.models.forecast import Forecast, forecast_questions
from hakken.models.usage import estimate_tokens

NEAR = 0.85
"""Similarity from which a body counts as known."""
LEAST_TOKENS = 30
"""Shorter bodies say nothing: there are too few ways of writing them."""
METHOD = "completion of the body from its signature; min-k % needs log-probabilities, which the model does not give"

Function: TypeAlias = ast.FunctionDef | ast.AsyncFunctionDef
Key: TypeAlias = tuple[str, str]
"""Repository and function."""


class Recalled(Record):
    """What a model made of one signature."""

    source: str
    function: str
    tokens: NonNegativeInt
    """Length of the original body."""
    exact: bool
    """The same body, comments, docstring and layout aside."""
    similarity: float
    """Of the token sequences: 0 nothing in common, 1 the same."""
    chance: float | None
    """The highest similarity of the completion to the body of any other function that was asked for; None without."""


class Contamination(Record):
    """How much of the masked code a model knows."""

    model: str
    method: str = METHOD
    threshold: float = NEAR
    exact: Estimate
    near: Estimate
    """Share of bodies whose similarity reaches the threshold."""
    above_chance: Estimate | None
    """Share of bodies that are nearer to the completion than any other function's body is; None with one function."""
    similarity: float
    """Mean similarity to the original."""
    chance: float | None
    """Mean of the highest similarity to another function's body; None with one function."""
    too_short: NonNegativeInt
    """Functions that were left out for their length."""
    unusable: NonNegativeInt
    """Functions for which the model gave no code; they count as unknown."""
    functions: tuple[Recalled, ...]


def probe(tasks: Sequence[TaskFolder], ledger: Ledger) -> Contamination:
    """Ask for every masked function of some tasks, each once.

    Raises:
        UsageError: no function is long enough.
        BudgetExceeded, ModelError: the model cannot be asked.
    """
    originals = _originals(tasks)
    asked = _asked(originals)
    said = {key: _recall(ledger, key, *originals[key]) for key in asked}
    found = []
    for (source, function), tokens in asked.items():
        own = said[source, function] or []
        others = [_similar(own, other) for key, other in asked.items() if key != (source, function)]
        found.append(
            Recalled(
                source=source,
                function=function,
                tokens=len(tokens),
                exact=own == tokens,
                similarity=_similar(own, tokens),
                chance=max(others, default=None),
            )
        )
    clusters = [(r.source, r.function) for r in found]
    chances = [r.chance for r in found if r.chance is not None]  # of all functions, or of none
    nearer = [float(r.similarity > r.chance) for r in found if r.chance is not None]
    return Contamination(
        model=ledger.model(Role.CODE).name,
        exact=_share([float(r.exact) for r in found], clusters),
        near=_share([float(r.similarity >= NEAR) for r in found], clusters),
        above_chance=_share(nearer, clusters) if chances else None,
        similarity=float(np.mean([r.similarity for r in found])),
        chance=float(np.mean(chances)) if chances else None,
        too_short=len(originals) - len(asked),
        unusable=sum(tokens is None for tokens in said.values()),
        functions=tuple(found),
    )


def forecast_probe(tasks: Sequence[TaskFolder], model: Model) -> Forecast:
    """What a probe of this model will use, said before it is asked.

    Raises:
        UsageError: no function is long enough.
    """
    originals = _originals(tasks)
    prompts, written = [], []
    for key in _asked(originals):
        title, node = originals[key]
        prompts.append(_question(key, title, node))
        written.append(estimate_tokens(ast.unparse(node)))
    return forecast_questions("probe", model, prompts, round(float(np.mean(written))))


def read_probe(path: Path) -> Contamination:
    """What a probe found.

    Raises:
        UsageError: the file cannot be read.
    """
    try:
        return Contamination.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        why = first_problem(error) if isinstance(error, ValidationError) else str(error)
        raise UsageError(f"{path} is no probe: {why}.", "Make one: `hakken bench probe TASKS --model NAME`.") from None


def body_tokens(code: str, name: str) -> list[str]:
    """Tokens of a function's body as Python itself would write it, without docstring, comments and layout.

    Raises:
        ValueError: there is no such function.
    """
    last = name.rpartition(".")[2]
    for node in ast.walk(syntax_tree(code)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == last:
            return _body_tokens(node)
    raise ValueError(f"there is no function {last}")


def _originals(tasks: Sequence[TaskFolder]) -> dict[Key, tuple[str, Function]]:
    """The task's title, and the function as it was."""
    found: dict[Key, tuple[str, Function]] = {}
    for folder in tasks:
        for function in folder.task.functions:
            key = (folder.task.source, str(function))
            if key in found:
                continue
            module = parse((folder.solution / function.file).read_bytes())
            code = module.code_for_node(find(module, function.name).with_changes(leading_lines=(), decorators=()))
            node = syntax_tree(code).body[0]
            assert isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            found[key] = folder.task.title, node
    return found


def _asked(originals: Mapping[Key, tuple[str, Function]]) -> dict[Key, list[str]]:
    """Tokens of the bodies that are long enough to be asked for.

    Raises:
        UsageError: none is.
    """
    bodies = {key: _body_tokens(node) for key, (_, node) in originals.items()}
    asked = {key: tokens for key, tokens in bodies.items() if len(tokens) >= LEAST_TOKENS}
    if not asked:
        raise UsageError(
            f"No masked function has {LEAST_TOKENS} tokens, so nothing can be told.",
            "Name tasks with longer functions.",
        )
    return asked


def _question(key: Key, title: str, node: Function) -> Prompt:
    """The title, the file and the signature, and nothing of the body."""
    file, _, name = key[1].rpartition(":")
    owner = name.rpartition(".")[0]
    returns = f" -> {ast.unparse(node.returns)}" if node.returns else ""
    line = f"def {node.name}({ast.unparse(node.args)}){returns}:"
    signature = f"class {owner}:\n    {line}" if owner else line
    return prompt("reports/recall", title=title, file=file, signature=signature)


def _recall(ledger: Ledger, key: Key, title: str, node: Function) -> list[str] | None:
    """Tokens of the body that the model gives, or None where it gives none."""
    name = key[1].rpartition(":")[2]
    try:
        reply = ledger.ask(_question(key, title, node), str, check=lambda t: _problem(t, name))
    except MalformedReply:
        return None
    return body_tokens(code_of(reply.value), name)


def _problem(reply: str, name: str) -> str | None:
    try:
        body_tokens(code_of(reply), name)
    except (ValueError, SyntaxError, MaskError) as error:
        return f"The code cannot be read: {error}"
    return None


def _body_tokens(node: Function) -> list[str]:
    body = node.body[1:] if ast.get_docstring(node, clean=False) is not None else node.body
    text = "\n".join(ast.unparse(statement) for statement in body)
    skipped = (tokenize.NEWLINE, tokenize.NL, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER)
    return [t.string for t in tokenize.generate_tokens(io.StringIO(text + "\n").readline) if t.type not in skipped]


def _similar(one: Sequence[str], other: Sequence[str]) -> float:
    return difflib.SequenceMatcher(None, one, other, autojunk=False).ratio()


def _share(values: Sequence[float], clusters: Sequence[Cluster]) -> Estimate:
    low, high = mean_interval(values, clusters)
    return Estimate(value=float(np.mean(values)), low=low, high=high, tasks=len(values), attempts=len(values))
