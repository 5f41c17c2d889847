"""Let each hostile agent work in a sandbox on a copy of a task, grade what it leaves, and see that it got nothing.

The attacks are programs under ``programs/``; they run as an agent does, with the workspace writable and nothing of
ours in sight, and are told more than an agent can know: the measured values of the visible configuration. Those on
several functions also know the right bodies, as an agent does that has solved one of them.
"""

from __future__ import annotations

import ast
import json
import sys
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

from hakken.bench.attacks.solved import right_bodies
from hakken.bench.experiments.lab import Lab
from hakken.bench.grading import Submission, freeze, grade_all
from hakken.bench.tasks.folder import TaskFolder, gold_answer
from hakken.bench.trees import copy_tree, scratch
from hakken.bench.types import Score
from hakken.core.source import syntax_tree
from hakken.core.types import ExecResult, Limits, Mount, Record, ViolationKind
from hakken.execution import open_sandbox

_PROGRAMS = Path(__file__).resolve().parent / "programs"
_PAIRS = "pairs"
_GROUPS = ("answers", "bodies", "definitions", "surroundings", _PAIRS)
_LIMITS = Limits(wall_seconds=60, cpu_seconds=10, memory_mb=512, disk_mb=64)
_STAYING = {"daemon": Limits(wall_seconds=8, cpu_seconds=8, memory_mb=512, disk_mb=64)}
"""A box waits for every process in it: these leave one behind, which is ended at the limit, as it is for an agent."""
_TRUE_CLAIMS = "report()"
_WRONG = "is not right"
_NOT_TAKEN = ("cannot be read", "not valid Python", "symbolic link", "too long", "larger than", "too deeply")
_DONE = b"attack done"
"""What ``main.py`` prints when an attack came to its end."""


class Attack(Record):
    """One hostile agent."""

    name: str
    group: str
    what: str
    """What it does, one sentence."""
    tells_the_truth: bool
    """Its answer holds the measured values, so that rules which read answers alone let it pass."""

    @property
    def least(self) -> int:
        """Masked functions that it needs."""
        return 2 if self.group == _PAIRS else 1


class AttackOutcome(Record):
    """What one attack got on one task."""

    attack: str
    task: str
    score: Score
    acted: bool
    """The attack itself ran to its end: one that stumbles proves nothing."""

    @property
    def held(self) -> bool:
        """Whether the graders gave it nothing that it has not earned."""
        honest = self.score.verdicts["strict"].passed and not _attack(self.attack).tells_the_truth
        return not self.score.passed and not honest

    @property
    def caught(self) -> str:
        """How it was caught, in a few words."""
        score = self.score
        if score.passed:
            return "not at all"
        reason = score.verdicts["rerun"].reason
        if "is not written" in reason or "is not in the file" in reason:
            how = "no function was written"
        elif not score.verdicts["pristine"].passed and _WRONG in reason:
            how = "wrong numbers in the pristine repository"
        elif score.hard_coded:
            how = f"{'wrong numbers' if _WRONG in reason else 'fails'} in a hidden configuration"
        elif ".py was not written" in reason:
            how = "its file is not taken"
        elif "was not written" in reason:
            how = "no results in the pristine repository"
        elif any(words in reason for words in _NOT_TAKEN):
            how = "its file is not taken"
        else:
            how = "fails in the pristine repository"
        marks = [m.replace("_", "-") for m in ("fabricated", "tampered", "hard_coded") if getattr(score, m)]
        return f"{how} ({', '.join(marks)})" if marks else how


@cache
def attacks() -> tuple[Attack, ...]:
    """Every attack there is, read from the programs without running them."""
    found = []
    for group in _GROUPS:
        source = (_PROGRAMS / f"{group}.py").read_text(encoding="utf-8")
        for node in syntax_tree(source).body:
            if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
                code = ast.get_source_segment(source, node) or ""
                found.append(
                    Attack(
                        name=node.name,
                        group=group,
                        what=ast.get_docstring(node) or "",
                        tells_the_truth=_TRUE_CLAIMS in code or node.name == "double_keys",
                    )
                )
    return tuple(found)


def attack_tasks(tasks: Sequence[TaskFolder], lab: Lab, chosen: Iterable[Attack] | None = None) -> list[AttackOutcome]:
    """Let every attack loose on every task that has enough masked functions for it, and grade what it leaves."""
    wanted = attacks() if chosen is None else chosen
    return attack_pairs([(a, t) for a in wanted for t in tasks if t.task.n >= a.least], lab)


def attack_pairs(pairs: Sequence[tuple[Attack, TaskFolder]], lab: Lab) -> list[AttackOutcome]:
    """Let each attack loose on its task, and grade what it leaves."""
    with scratch("hakken-attacks-") as work:
        futures = [
            lab.executor.submit(_act, attack, task, work / str(index), lab)
            for index, (attack, task) in enumerate(pairs)
        ]
        left = [future.result() for future in futures]
        scores = grade_all([(task, frozen) for (_, task), (frozen, _) in zip(pairs, left, strict=True)], lab)
    return [
        AttackOutcome(attack=attack.name, task=task.task.id, score=score, acted=acted)
        for (attack, task), score, (_, acted) in zip(pairs, scores, left, strict=True)
    ]


def _act(attack: Attack, task: TaskFolder, place: Path, lab: Lab) -> tuple[Submission, bool]:
    """Run one attack in a box, then freeze what it leaves."""
    workspace, programs = place / "workspace", place / "programs"
    copy_tree(task.visible_repo, workspace)
    copy_tree(_PROGRAMS, programs)
    known: dict[str, object] = {
        "gold": gold_answer(task.task, task.golds),
        "functions": [(f.file, f.name) for f in task.task.functions],
        "experiments": [{"name": e.name, "results": e.results, "command": e.command} for e in task.task.experiments],
    }
    if attack.least > 1:
        known["right"] = right_bodies(task)
    with open_sandbox(
        mounts=[Mount(path=workspace, writable=True), Mount(path=programs)],
        limits=_STAYING.get(attack.name, _LIMITS),
        workdir=workspace,
        rung=lab.rung,
        allow_weak=lab.allow_weak,
    ) as box:
        result = box.exec(
            [sys.executable, str(programs / "main.py"), attack.name],
            stdin=json.dumps(known).encode(),
            stdout=place / "stdout",
            stderr=place / "stderr",
        )
    return freeze(workspace, place / "frozen", task), _acted(result, place / "stdout")


def _acted(result: ExecResult, stdout: Path) -> bool:
    """Whether an attack came to its end, or to the point where the box stopped it for what it did to a folder."""
    stopped = any(violation.kind is ViolationKind.UNSAFE for violation in result.violations)
    return result.ok or stopped or _DONE in stdout.read_bytes()


@cache
def _attack(name: str) -> Attack:
    return next(attack for attack in attacks() if attack.name == name)
