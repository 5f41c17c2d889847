"""The laboratory: runs nodes, records everything, and answers from the record what was run before.

This is the only place where the search, the harness, the statistics and the store meet. It is the ``Laboratory`` of
the search; its methods can be called again after a crash and give the same answers.
"""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence
from concurrent.futures import Executor
from functools import partial
from math import isclose
from pathlib import Path

from hakken.core.errors import BudgetExceeded, RecordDiffers, SandboxError
from hakken.core.types import (
    Comparison,
    Decision,
    EventKind,
    Node,
    NodeStatus,
    Operator,
    Probe,
    Rung,
    Split,
    StageFailure,
    Template,
    Trial,
    content_hash,
)
from hakken.research.experiments import (
    PROBE_SEEDS,
    SAME,
    TrialJob,
    compare,
    goes_again,
    holm_adjusted,
    judge_probes,
    noise_floor,
    outputs_equal,
    printed,
    run_trials,
    same_version,
    tree_hash,
    values_by_seed,
)
from hakken.research.search import Sources
from hakken.store import RunFolder, Store
from hakken.store.kinds import Compared

_TAIL = 1500
"""Characters of a failing trial's output that a model is shown."""

SEARCHED = frozenset({Operator.DRAFT, Operator.DEBUG, Operator.IMPROVE, Operator.TUNE})
"""What makes a version of the search; all others belong to the baseline or to what was selected."""
_DROPPED = (NodeStatus.FAILED, NodeStatus.REPLICATE, NodeStatus.NO_OP)


class Lab:
    """Experiments of one run."""

    def __init__(
        self,
        store: Store,
        folder: RunFolder,
        template: Template,
        executor: Executor,
        *,
        rung: Rung | None = None,
        allow_weak: bool = False,
        alpha: float = 0.05,
        most_nodes: int | None = None,
        guard: Callable[[], None] = lambda: None,
        on_trial: Callable[[Trial], None] = lambda _: None,
        on_dropped: Callable[[Node], None] = lambda _: None,
    ) -> None:
        """Open a laboratory.

        Args:
            store: The record.
            folder: Where trials leave their logs.
            template: What is experimented on.
            executor: Where trials run.
            rung: Isolation; None takes the best there is.
            allow_weak: Whether model-written code may run where the network cannot be cut.
            alpha: Level of every test; intervals are at ``1 - alpha``.
            most_nodes: Versions that the search may make, those that fail included.
            guard: Called before trials start; raises when the run's budget is met.
            on_trial: Told of each trial as it ends.
            on_dropped: Told of each node that fails or is the same as an earlier one, when that enters the record.
        """
        self._store, self._folder, self._template, self._executor = store, folder, template, executor
        self._rung, self._allow_weak, self._guard = rung, allow_weak, guard
        self._on_trial, self._on_dropped = on_trial, on_dropped
        self._level, self._most_nodes = 1 - alpha, most_nodes
        self._nodes: dict[str, Node] = {}
        self._sources: dict[str, dict[str, str]] = {}
        self._trials: dict[str, dict[str, Trial]] = {}
        """By node, read when a node is first asked for: a record may hold a million."""
        self._twins: dict[str, Node] = {}
        self._marks: dict[str, float] = {}
        """The primary metric of each measured version on the first explore seed."""

    # Nodes ---------------------------------------------------------------------------------------------------------

    @property
    def pristine(self) -> Sources:
        """Text of the template's editable files."""
        root = Path(self._template.root)
        files = dict.fromkeys(target.file for target in self._template.editable)
        return {file: (root / file).read_text(encoding="utf-8") for file in files}

    def next_id(self) -> str:
        """``n0`` for the baseline, then ``n1``, ``n2`` and so on."""
        return f"n{len(self._nodes)}"

    def identity(self, sources: Sources, extra_args: tuple[str, ...] = ()) -> str:
        """Hash of the whole tree with these files, Python normalised."""
        return tree_hash(self._template, sources, extra_args)

    def sources(self, node_id: str) -> Sources:
        """The files of a node that differ from the template."""
        return self._sources[node_id]

    def node(self, node_id: str) -> Node:
        """The newest state of a node."""
        return self._nodes[node_id]

    @property
    def nodes(self) -> list[Node]:
        """All nodes in order."""
        return list(self._nodes.values())

    def propose(self, node: Node, sources: Sources) -> Node:
        """Record a new node with its files; the same code as an earlier one makes it a replicate of that.

        Raises:
            RecordDiffers: the record holds another version under this id, whose trials are not this one's.
            BudgetExceeded: the search has made as many as it may.
        """
        files = {path: self._folder.artifacts.put(text) for path, text in sorted(sources.items())}
        twin = self._twins.get(node.source_hash) if node.source_hash else None
        node = node.model_copy(update={"files": files})
        if twin is not None:
            node = node.model_copy(update={"status": NodeStatus.REPLICATE, "twin_id": twin.id})
        stream = f"node/{node.id}"
        recorded = self._store.first(stream, Node)
        if recorded is None:
            self._check_count(node)
            self._store.append(EventKind.NODE_CHANGED, stream, node, expects=0)
            recorded = node
            if node.status in _DROPPED:
                self._on_dropped(node)
        elif not same_version(recorded, node):
            raise RecordDiffers(
                f"The record in {self._folder.path} holds another version as {node.id}: this run went on differently "
                "before.",
                "Begin another run of the template with --new.",
            )
        self._nodes[node.id] = recorded
        self._twins.setdefault(recorded.source_hash, recorded)
        self._sources[node.id] = dict(sources)
        return recorded

    def _check_count(self, node: Node) -> None:
        if self._most_nodes is not None and node.operator in SEARCHED:
            made = sum(known.operator in SEARCHED for known in self._nodes.values())
            if made >= self._most_nodes:
                raise BudgetExceeded("nodes", made, self._most_nodes)

    def recall(self, operators: Container[Operator]) -> list[Node]:
        """Take what the record holds of nodes made by these operators, without going through what led to them."""
        found = [node for node in self._store.all("node", Node) if node.operator in operators]
        for node in found:
            self._nodes[node.id] = node
            self._twins.setdefault(node.source_hash, node)
            texts = {path: self._folder.artifacts.text(name) for path, name in node.files.items()}
            self._sources[node.id] = texts
        return found

    def finish(self, node: Node) -> Node:
        """Record how a node ended, once."""
        stream = f"node/{node.id}"
        if self._store.version(stream) == 1:
            self._store.append(EventKind.NODE_CHANGED, stream, node, expects=1)
            if node.status in _DROPPED:
                self._on_dropped(node)
        ended = self._store.get(stream, Node)
        assert ended is not None
        self._nodes[node.id] = ended
        return ended

    # Trials --------------------------------------------------------------------------------------------------------

    def smoke(self, node: Node) -> Trial:
        """Run a node for a moment, to see whether it works at all."""
        return self.run(node, Split.SMOKE, self._template.seeds.explore[:1])[0]

    def explore(self, node: Node) -> Sequence[Trial]:
        """Run a node on all explore seeds."""
        return self.run(node, Split.EXPLORE, self._template.seeds.explore)

    def run(self, node: Node, split: Split, seeds: Sequence[int]) -> list[Trial]:
        """Run a node on seeds; trials in the record are not run again.

        Raises:
            BudgetExceeded: the run's time is up before all have run.
            SandboxError: they cannot be isolated, or this machine lacks the memory for code that has run before.
        """
        ids = [f"{node.id}-{split.value}-{seed}" for seed in seeds]
        known = self._of(node.id)
        missing = [(name, seed) for name, seed in zip(ids, seeds, strict=True) if name not in known]
        if missing:
            self._guard()
            self._folder.check_space()
            jobs = [self._job(name, node, split, seed) for name, seed in missing]
            try:
                run_trials(jobs, self._executor, self._record)
                for job in [job for job in jobs if job.id not in known]:
                    run_trials([job], self._executor, partial(self._record, alone=True))
            except SandboxError:
                self._folder.check_space()  # a box that cannot be set up for want of space is no broken sandbox
                raise
            except BudgetExceeded:
                if not all(name in known for name in ids):
                    raise  # time that is up with the last of them ends what comes next
        return [known[name] for name in ids]

    def _of(self, node_id: str) -> dict[str, Trial]:
        if node_id not in self._trials:
            self._trials[node_id] = {trial.id: trial for trial in self._store.trials_of(node_id)}
        return self._trials[node_id]

    def _job(self, name: str, node: Node, split: Split, seed: int) -> TrialJob:
        return TrialJob(
            id=name,
            template=self._template,
            node_id=node.id,
            files=dict(self._sources[node.id]),
            extra_args=node.extra_args,
            split=split,
            seed=seed,
            rung=self._rung,
            # The template's own code is the user's, and not written by a model.
            allow_weak=self._allow_weak or node.operator is Operator.BASELINE,
            # A worker elsewhere has another working directory.
            run_folder=self._folder.path.absolute(),
            keep=(self._folder.trials / name).absolute(),
            probe=split is Split.REPORT and node.operator not in (Operator.BASELINE, Operator.MATCH),
        )

    def _record(self, trial: Trial, alone: bool = False) -> None:
        if trial.failure is not None:
            self._folder.check_space()  # what failed on our full disk is run again once there is space
            fresh = trial.split in (Split.SMOKE, Split.EXPLORE)
            proven = not fresh or self._nodes[trial.node_id].operator is Operator.BASELINE
            if goes_again(trial, alone=alone, proven=proven):
                return
        self._store.append(EventKind.TRIAL_FINISHED, f"trial/{trial.id}", trial, expects=0)
        self._of(trial.node_id)[trial.id] = trial
        self._on_trial(trial)
        self._guard()

    @property
    def trials(self) -> list[Trial]:
        """Every recorded trial of the nodes met so far."""
        return self.trials_of(*self._nodes)

    def trials_of(self, *node_ids: str) -> list[Trial]:
        """Every recorded trial of these nodes."""
        return [trial for node in node_ids for trial in sorted(self._of(node).values(), key=lambda t: t.place)]

    def output_tail(self, trial: Trial) -> str:
        """The end of what a trial printed."""
        return printed(trial, self._folder.path)[-_TAIL:]

    # Measurements --------------------------------------------------------------------------------------------------

    def twin(self, node: Node) -> str | None:
        """The parent, the baseline, or an earlier version, whose outputs equal the node's on all explore seeds.

        An ablation may well equal another version: it is compared with what it was taken from only.
        """
        seeds = self._template.seeds.explore
        own = values_by_seed(self.trials_of(node.id), node.id, Split.EXPLORE, self._template.primary.key)
        mark = own.get(seeds[0]) if seeds else None
        earlier = []
        if mark is not None and node.operator not in (Operator.ABLATE, Operator.MATCH):
            # One value rules out nearly every other node: thousands are not compared in full.
            earlier = [other for other, value in self._marks.items() if isclose(value, mark, rel_tol=SAME)]
            self._marks[node.id] = mark
        for other in dict.fromkeys((node.parent_id, "n0", *earlier)):
            if not other or other == node.id:
                continue
            if outputs_equal(self.trials_of(node.id, other), node.id, other, Split.EXPLORE, seeds):
                self._marks.pop(node.id, None)
                return other
        return None

    def compare(self, node: Node, split: Split = Split.EXPLORE, against: str = "n0") -> Comparison | None:
        """Compare a node with the baseline, or another node, on every metric; returns the primary metric's.

        What it returns was not adjusted for the others: the search went on from that, and does so again after the
        report. None when fewer than two seeds have both sides.
        """
        primary: Comparison | None = None
        for spec in self._template.metrics:
            base = values_by_seed(self.trials_of(against), against, split, spec.key)
            own = values_by_seed(self.trials_of(node.id), node.id, split, spec.key)
            common = len(set(base) & set(own))
            if common < 2:
                continue
            comparison = compare(
                spec,
                base,
                own,
                variant_id=node.id,
                baseline_id=against,
                noise_floor=self.noise_floor(spec.key, common),
                margin=spec.margin,
                level=self._level,
                paired=self._template.seeded,
            )
            stream = comparison_stream(split, node.id, spec.key, against)
            entry = self._store.once(EventKind.COMPARED, stream, Compared(split=split, comparison=comparison))
            if entry.comparison.p_adjusted is not None:
                entry = self._store.first(stream, Compared) or entry
            if spec.primary:
                primary = entry.comparison
        return primary

    def noise_floor(self, key: str, size: int) -> float | None:
        """A/A noise floor for sets of ``size`` seeds, from all baseline trials that are not part of the report."""
        pool = {}
        for split in (Split.NOISE, Split.EXPLORE):
            pool.update(values_by_seed(self.trials_of("n0"), "n0", split, key))
        return noise_floor(pool, size)

    def adjust(self, tested: Node | None) -> None:
        """Adjust every comparison but the primary claim's, as one family, by Holm's method.

        All splits, metrics and ablations are in it: whatever is said of them is said after looking at all of them.
        """
        primary = comparison_stream(Split.REPORT, tested.id, self._template.primary.key) if tested else ""
        secondary = [
            (comparison_stream(e.split, c.variant_id, c.metric, c.baseline_id), e)
            for e in self._store.all("comparison", Compared)
            if (c := e.comparison)
        ]
        secondary = [(stream, entry) for stream, entry in secondary if stream != primary]
        for (stream, entry), comparison in zip(
            secondary, holm_adjusted([entry.comparison for _, entry in secondary]), strict=True
        ):
            if comparison != entry.comparison:
                after = Compared(split=entry.split, comparison=comparison)
                self._store.append(EventKind.COMPARED, stream, after, expects=self._store.version(stream))

    # Probes --------------------------------------------------------------------------------------------------------

    def run_probes(self, node: Node) -> None:
        """Run a node on scrambled data, where the template can scramble them."""
        if self._template.probe is not None:
            self.run(node, Split.PROBE, self._template.seeds.report[:PROBE_SEEDS])

    def judge_probes(self, node: Node) -> list[Probe]:
        """Record what the leakage probes of a node found, from its recorded trials."""
        code = "\n".join({**self.pristine, **self.sources(node.id)}.values())
        return [
            self._store.once(EventKind.PROBED, f"probe/{node.id}/{probe.kind.value}", probe)
            for probe in judge_probes(self._template, node.id, "n0", self.trials, code)
        ]

    # Decisions -----------------------------------------------------------------------------------------------------

    def decide(self, decision: Decision) -> None:
        """Record a decision, once."""
        self._store.once(EventKind.DECIDED, f"decision/{content_hash(decision)[7:19]}", decision)

    def has_decided(self, what: str) -> bool:
        """Whether the record holds this decision."""
        return any(decision.what == what for decision in self._store.all("decision", Decision))

    def fail(self, failure: StageFailure) -> None:
        """Record a stage's failure, once."""
        self._store.once(EventKind.FAILED, f"failure/{content_hash(failure)[7:19]}", failure)


def comparison_stream(split: Split, node_id: str, key: str, against: str = "n0") -> str:
    """Where a comparison is recorded."""
    other = "" if against == "n0" else f"/against-{against}"
    return f"comparison/{split.value}/{node_id}/{key}{other}"
