"""The search on one idea: choose, write, try for a moment, mend, measure; every attempt ends in the record."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random
from string import ascii_uppercase

from hakken.core.source import SourceError
from hakken.core.types import (
    Failure,
    FailureCause,
    Idea,
    MetricSpec,
    Node,
    NodeStatus,
    Operator,
    Template,
)
from hakken.models import Ledger
from hakken.research.search.author import Author, Trouble
from hakken.research.search.edits import Change
from hakken.research.search.journal import Journal, Round
from hakken.research.search.laboratory import Laboratory, Sources
from hakken.research.search.policy import Expansion, Policy, greedy
from hakken.research.search.tuning import tune

_HOPELESS = 4
"""Versions of one round that end for the same reason, in the same words; a repeated version ends as its twin."""


@dataclass(frozen=True)
class Limits:
    """How much may be tried for one idea."""

    nodes: int
    debug_rounds: int
    candidates: int


@dataclass
class _Search:
    template: Template
    idea: Idea
    lab: Laboratory
    author: Author
    limits: Limits
    rounds: list[Round] = field(default_factory=list)
    tuned: set[str] = field(default_factory=set)

    @property
    def journal(self) -> Journal:
        return Journal(self.spec, tuple(self.rounds))

    @property
    def spec(self) -> MetricSpec:
        return self.template.primary


def explore_idea(
    template: Template,
    idea: Idea,
    lab: Laboratory,
    ledger: Ledger,
    limits: Limits,
    earlier: Journal,
    policy: Policy = greedy,
    seed: int = 0,
) -> Iterator[Round]:
    """Yield the rounds of one idea, each chosen after the results of all earlier ones.

    Args:
        template: What is experimented on.
        idea: What is tried.
        lab: Runs and remembers.
        ledger: The models.
        limits: How much may be tried.
        earlier: Rounds of the ideas before.
        policy: Chooses each expansion.
        seed: Of the policy's choices.
    """
    search = _Search(template, idea, lab, Author(template, idea, ledger), limits, list(earlier.rounds))
    rng = Random(f"{seed}/{idea.id}")
    for _ in range(limits.nodes):
        expansion = policy(search.journal, idea.id, rng)
        if expansion is None:
            return
        entry = _expand(search, expansion, ledger)
        if entry is None:
            return
        search.rounds.append(entry)
        yield entry


def _expand(search: _Search, expansion: Expansion, ledger: Ledger) -> Round | None:
    node = _tuned(search, expansion, ledger) if expansion.operator is Operator.TUNE else _written(search, expansion)
    if node is None:
        return None
    if node.status is not NodeStatus.RUNNING:
        return Round(expansion.operator, node)
    node = _measured(search, node)
    comparison = search.lab.compare(node) if node.status is NodeStatus.DONE else None
    return Round(expansion.operator, node, comparison)


def _tuned(search: _Search, expansion: Expansion, ledger: Ledger) -> Node | None:
    lab, parent = search.lab, expansion.parent_id
    assert parent is not None
    texts = {**lab.pristine, **lab.sources(parent)}
    try:
        label, change = tune(
            search.template, texts, lab.pristine, ledger, search.journal.lines(search.idea.id), search.tuned
        )
    except SourceError:
        return _written(search, Expansion(Operator.IMPROVE, parent))
    search.tuned.add(label)
    node = _admit(search, expansion, change, note=label)
    return _tried(search, node) if node.status is NodeStatus.PROPOSED else node


def _written(search: _Search, expansion: Expansion) -> Node | None:
    """Draw versions until one passes the smoke run; mend the last that fails."""
    lab = search.lab
    base = dict(lab.pristine)
    best = {**base, **lab.sources(expansion.parent_id)} if expansion.parent_id else None
    history = search.journal.lines(search.idea.id)
    wish = {
        Operator.IMPROVE: "keep what helped, and make its effect larger.",
        Operator.DRAFT: "Write something clearly different from what was tried." if history else "",
    }.get(expansion.operator, "")
    last: Node | None = None
    turn = len(search.journal.of(search.idea.id))
    reasons, ends = list[str](), dict[str, str]()
    for change in search.author.write(base, history, wish, best, search.limits.candidates, turn):
        if isinstance(change, SourceError):
            last, why = _refused(search, expansion, str(change), last), str(change)
        else:
            node = _admit(search, expansion, change)
            if node.status is NodeStatus.PROPOSED:
                node = _tried(search, node)
            if node.status is NodeStatus.RUNNING:
                return node
            last, why = node, node.failure.message if node.failure else ends.get(node.twin_id or "", node.status.value)
            ends[node.id] = why
        reasons.append(why)
        if reasons.count(why) == _HOPELESS:
            break  # the model cannot do this one: what is left is better spent on another idea
    if last is not None and last.status is NodeStatus.FAILED and last.files:
        return _debugged(search, last, best or base)
    return last


def _debugged(search: _Search, node: Node, original: Sources) -> Node:
    lab = search.lab
    for turn in range(1, search.limits.debug_rounds + 1):
        texts = {**lab.pristine, **lab.sources(node.id)}
        failure = node.failure
        trouble = Trouble(failure.message if failure else "", failure.detail if failure else "")
        change = search.author.mend(texts, original, trouble, turn)
        expansion = Expansion(Operator.DEBUG, node.id)
        if isinstance(change, SourceError):
            _refused(search, expansion, str(change), node)
            continue
        mended = _admit(search, expansion, change)
        if mended.status is NodeStatus.PROPOSED:
            mended = _tried(search, mended)
        if mended.status is NodeStatus.RUNNING:
            return mended
        if mended.status is NodeStatus.FAILED:
            node = mended
    return node


def _admit(search: _Search, expansion: Expansion, change: Change, note: str = "") -> Node:
    """Record a new version; one whose code was there before is a replicate and is not run."""
    lab = search.lab
    sources = {path: text for path, text in change.sources.items() if text != lab.pristine.get(path)}
    identity = lab.identity(sources)
    node = Node(
        id=lab.next_id(),
        idea_id=search.idea.id,
        parent_id=expansion.parent_id,
        operator=expansion.operator,
        title=_title(search, expansion),
        rationale=f"{note}. {change.thought}".strip(". ") + "." if change.thought or note else "",
        source_hash=identity,
    )
    node = lab.propose(node, sources)
    if change.problem and node.status is NodeStatus.PROPOSED:
        failure = Failure(cause=FailureCause.BAD_EDIT, message=change.problem)
        return lab.finish(node.model_copy(update={"status": NodeStatus.FAILED, "failure": failure}))
    return node


def _refused(search: _Search, expansion: Expansion, reason: str, last: Node | None) -> Node:
    """Record a reply that could not be made into code; keep an earlier version that at least runs into an error."""
    failure = Failure(cause=FailureCause.BAD_EDIT, message=reason)
    node = Node(
        id=search.lab.next_id(),
        idea_id=search.idea.id,
        parent_id=expansion.parent_id,
        operator=expansion.operator,
        title=_title(search, expansion),
    )
    search.lab.propose(node, {})
    refused = search.lab.finish(node.model_copy(update={"status": NodeStatus.FAILED, "failure": failure}))
    return last if last is not None and last.files else refused


def _tried(search: _Search, node: Node) -> Node:
    """Smoke run: a node that fails it is over; one that passes goes on to be measured."""
    trial = search.lab.smoke(node)
    if trial.failure is None:
        return node.model_copy(update={"status": NodeStatus.RUNNING})
    failure = trial.failure
    if not failure.detail:
        failure = failure.model_copy(update={"detail": search.lab.output_tail(trial)})
    return search.lab.finish(node.model_copy(update={"status": NodeStatus.FAILED, "failure": failure}))


def _measured(search: _Search, node: Node) -> Node:
    trials = search.lab.explore(node)
    if failed := next((trial.failure for trial in trials if trial.failure), None):
        return search.lab.finish(node.model_copy(update={"status": NodeStatus.FAILED, "failure": failed}))
    if twin := search.lab.twin(node):
        return search.lab.finish(node.model_copy(update={"status": NodeStatus.NO_OP, "twin_id": twin}))
    return search.lab.finish(node.model_copy(update={"status": NodeStatus.DONE}))


def _title(search: _Search, expansion: Expansion) -> str:
    """The idea's title, told apart by a letter from its earlier versions."""
    number = len({entry.node.title for entry in search.journal.of(search.idea.id)})
    return search.idea.title if number == 0 else f"{search.idea.title} ({letters(number)})"


def letters(number: int) -> str:
    """A, B, … Z, AA, AB and so on, from 0: names of versions, in which digits would look like measurements."""
    above, last = divmod(number, 26)
    return (letters(above - 1) if above else "") + ascii_uppercase[last]
