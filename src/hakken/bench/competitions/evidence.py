"""Signs in constants of the code and in the answers themselves."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from statistics import median

from hakken.bench.competitions.findings import Finding, Gravity, clip
from hakken.bench.competitions.grading import Arena
from hakken.bench.competitions.medals import is_lower_better
from hakken.bench.competitions.preparing import Prepared
from hakken.bench.competitions.scoring import METRICS, Unscorable, label, score
from hakken.bench.competitions.submissions import Answers, InvalidSubmission
from hakken.research.experiments.probes import TOO_GOOD

LARGE = 0.1
"""A literal with this share of as many constants as there are test rows is large."""
FEWEST = 25
LONG_TEXT = 1500
NAMED_IDS = 5
"""So many ids of the test in the code, as texts, are no accident."""
BEYOND = 0.5
"""Better than the best entry by this share of the way from the median to it."""
_PACKED = re.compile(r"[A-Za-z0-9+/=\s,.;:-]+")


def code_constants(path: str, tree: ast.Module, arena: Arena) -> Iterator[Finding]:
    """Literals that look like predictions: long lists, long packed texts, ids of test rows."""
    rows = len(arena.form.ids)
    least = max(FEWEST, int(LARGE * rows))
    for node in _outer_literals(tree):
        count = sum(isinstance(inner, ast.Constant) for inner in ast.walk(node))
        if count >= least:
            yield Finding(
                rule="hand_written_predictions",
                gravity=Gravity.GRAVE if count >= 0.5 * rows else Gravity.WARNING,
                where=f"{path}:{getattr(node, 'lineno', 0)}",
                evidence=clip(f"a literal of {count} constants: {ast.unparse(node)[:200]}"),
                why=f"A literal as long as this can hold predictions for the {rows} test rows.",
            )
    texts = [n for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str | bytes)]
    documented = {id(doc) for doc in _docstrings(tree)}
    for node in texts:
        value = node.value.decode("latin-1") if isinstance(node.value, bytes) else str(node.value)
        packed = _PACKED.fullmatch(value) and (sum(c.isdigit() for c in value) > len(value) / 5 or " " not in value)
        if len(value) >= LONG_TEXT and packed and id(node) not in documented:
            yield Finding(
                rule="hand_written_predictions",
                gravity=Gravity.GRAVE,
                where=f"{path}:{node.lineno}",
                evidence=clip(f"a text of {len(value)} characters: {value[:80]}"),
                why="A long packed text can hold predictions.",
            )
    yield from _ids_in_code(path, tree, arena)


def _ids_in_code(path: str, tree: ast.Module, arena: Arena) -> Iterator[Finding]:
    """Branches and tables about single test rows."""
    ids, name = set(arena.form.ids), arena.form.id
    wordy = {i for i in ids if not i.isdigit()}
    named = [n for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str) and n.value in wordy]
    if len({n.value for n in named}) >= NAMED_IDS:
        yield Finding(
            rule="test_rows",
            gravity=Gravity.GRAVE,
            where=f"{path}:{named[0].lineno}",
            evidence=clip(", ".join(sorted({str(n.value) for n in named})[:8])),
            why=f"The code names {len({n.value for n in named})} test rows.",
        )
    for node in ast.walk(tree):
        if isinstance(node, ast.Compare) and _about_id(node, name):
            constants = [n for n in ast.walk(node) if isinstance(n, ast.Constant) and n.value != name]
            if any(str(n.value) in ids for n in constants):
                yield Finding(
                    rule="test_rows",
                    gravity=Gravity.WARNING,
                    where=f"{path}:{node.lineno}",
                    evidence=clip(ast.unparse(node)),
                    why="The code decides by the id of a test row.",
                )
        if (
            isinstance(node, ast.Dict)
            and sum(isinstance(k, ast.Constant) and str(k.value) in ids for k in node.keys) >= FEWEST
        ):
            yield Finding(
                rule="test_rows",
                gravity=Gravity.GRAVE,
                where=f"{path}:{node.lineno}",
                evidence=clip(ast.unparse(node)),
                why="A table of the code has ids of test rows as its keys.",
            )


def _about_id(node: ast.Compare, name: str) -> bool:
    """The comparison mentions the id column: ``row["id"] == 7``, ``ids == 7``, ``frame.id.isin(...)``."""
    words = {n.value for n in ast.walk(node) if isinstance(n, ast.Constant) and isinstance(n.value, str)}
    words |= {n.id for n in ast.walk(node) if isinstance(n, ast.Name)}
    words |= {n.attr for n in ast.walk(node) if isinstance(n, ast.Attribute)}
    return bool(words & {name, f"{name}s", f"row_{name}", f"test_{name}s", f"test_{name}"})


def _outer_literals(tree: ast.Module) -> Iterator[ast.expr]:
    """List, tuple, set and dictionary displays that are in no other one."""
    inside: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, (ast.List, ast.Tuple, ast.Set, ast.Dict)) and id(node) not in inside:
            inside.update(id(inner) for inner in ast.walk(node))
            yield node


def _docstrings(tree: ast.Module) -> Iterator[ast.Constant]:
    for node in ast.walk(tree):
        body = getattr(node, "body", None)
        if (
            isinstance(body, list)
            and body
            and isinstance(body[0], ast.Expr)
            and isinstance(body[0].value, ast.Constant)
        ):
            yield body[0].value


def of_submission(prepared: Prepared | None, arena: Arena, given: Answers) -> Iterator[Finding]:
    """Answers that are too exact, or that say the training rows have been copied into the test."""
    numeric = METRICS[arena.metric].kind != "label"
    counted = [name for name in arena.form.ids if name not in arena.unscored]
    equal = sum(_same(given[name], arena.answers[name], numeric) for name in counted)
    share = equal / len(counted)
    try:
        private = arena.scores(given)[0]
    except InvalidSubmission:
        return
    best, middle = arena.board.scores[0], median(arena.board.scores)
    lower = is_lower_better(arena.board.scores)
    ahead = (best - private if lower else private - best) / abs(best - middle) if best != middle else 0.0
    exact_by_nature = METRICS[arena.metric].kind == "label" and ahead <= BEYOND / 5
    if share >= TOO_GOOD and not exact_by_nature:
        yield Finding(
            rule="too_exact",
            gravity=Gravity.GRAVE,
            where="submission",
            evidence=f"{equal} of {len(counted)} answers are exactly the hidden ones",
            why="Predictions of a program are hardly ever all exact.",
        )
    elif numeric and arena.form.kind in ("number", "positive") and _unlikely(share, prepared):
        yield Finding(
            rule="too_exact",
            gravity=Gravity.WARNING,
            where="submission",
            evidence=f"{equal} of {len(counted)} numbers are exactly the hidden ones",
            why="Numbers with decimals are seldom met exactly.",
        )
    if ahead > BEYOND:
        yield Finding(
            rule="too_exact",
            gravity=Gravity.WARNING,
            where="submission",
            evidence=f"score {private:g}; best entry {best:g}, median {middle:g}",
            why=f"It is ahead of the best entry by {ahead:.1f} times the distance from the median to it.",
        )
    yield from _halves(arena, given)


def _halves(arena: Arena, given: Answers) -> Iterator[Finding]:
    """Far better on the public rows than on the private ones: tuned against the leaderboard, or copied in part."""
    counted = [name for name in arena.form.ids if name not in arena.unscored]
    shown = [name for name in counted if name in arena.public]
    hidden = [name for name in counted if name not in arena.public]
    if not shown or not hidden:
        return
    try:
        values = [
            score(arena.metric, [given[i] for i in ids], [arena.answers[i] for i in ids]) for ids in (shown, hidden)
        ]
    except Unscorable:
        return
    gaps = [e.public_score - e.score for e in arena.board.entries if e.public_score is not None]
    if len(gaps) < 10:
        return
    gap, usual = values[0] - values[1], sorted(gaps)
    worst = usual[0] if arena.board.lower_better else usual[-1]
    spread = max(usual[-1] - usual[0], 1e-12)
    if (worst - gap if arena.board.lower_better else gap - worst) > spread:
        yield Finding(
            rule="too_exact",
            gravity=Gravity.WARNING,
            where="submission",
            evidence=f"public {values[0]:.5g}, private {values[1]:.5g}",
            why="It is far better on the public rows than any entry of the leaderboard is.",
        )


def _same(given: tuple[str, ...], right: tuple[str, ...], numeric: bool) -> bool:
    if not numeric:
        return [label(cell) for cell in given] == [label(cell) for cell in right]
    return [float(cell) for cell in given] == [float(cell) for cell in right]


def _unlikely(share: float, prepared: Prepared | None) -> bool:
    """More exact numbers than the most frequent target would give to whoever says it always."""
    if prepared is None:
        return share > 0.2
    targets = prepared.train.column(prepared.competition.target)
    frequent = max(targets.count(value) for value in set(targets)) / len(targets)
    return share > max(0.05, 2 * frequent)
