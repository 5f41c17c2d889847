"""Leakage probes: four questions about the selected version, answered from recorded trials and never by the version.

Do hidden rows stand in the training data? Are the answers exactly the hidden ones? Is the result one number on every
seed? Do outputs and score depend on the data? The harness counts what the template's probe script lists; a template
without one is recorded as not probed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from statistics import fmean

from hakken.core.types import Probe, ProbeCounts, ProbeKind, Split, Template, Trial

PROBE_SEEDS = 4
"""Report seeds that are run again on scrambled data."""
MOST_SHARED = 0.01
"""Share of the hidden rows that may stand in the training data too, such as places with equal coordinates."""
TOO_GOOD = 0.995
"""Share of answers equal to the hidden ones from which on they are not believed."""
FEWEST = 3
"""Trials from which on equal results are no chance."""
_RANDOM = re.compile(r"\b(?:rng|random|seed|manual_seed|generator)\b", re.IGNORECASE)
NO_PROBE = "The template has no probe."


def judge_probes(
    template: Template, node_id: str, baseline_id: str, trials: Iterable[Trial], code: str
) -> tuple[Probe, ...]:
    """What the probes found of a node, one record a question.

    Args:
        template: What was experimented on.
        node_id: The version under test.
        baseline_id: What it is compared with.
        trials: Every recorded trial.
        code: Text of the version's files, to see whether it uses random numbers.
    """
    trials = list(trials)
    good = [t for t in trials if t.failure is None]
    report = [t for t in good if t.node_id == node_id and t.split is Split.REPORT]
    scrambled = [t for t in good if t.node_id == node_id and t.split is Split.PROBE]
    base = [t for t in good if t.node_id == baseline_id and t.split is Split.REPORT]
    counts = [t for t in report if t.probe is not None]
    tried = any(t.node_id == node_id and t.split is Split.PROBE for t in trials)
    return (
        _overlap(template, node_id, counts),
        _answers(template, node_id, counts),
        _seeds(template, node_id, report, base, code),
        _input(template, node_id, report, scrambled, tried),
    )


def _unprobed(kind: ProbeKind, node_id: str, why: str) -> Probe:
    return Probe(kind=kind, node_id=node_id, outcome="not_probed", why=why)


def _counted(trials: Sequence[Trial]) -> list[ProbeCounts]:
    return [t.probe for t in trials if t.probe is not None]


def _overlap(template: Template, node_id: str, trials: Sequence[Trial]) -> Probe:
    """The trial with the largest share of shared rows decides."""
    found = [c for c in _counted(trials) if c.hidden]
    if not found:
        why = NO_PROBE if template.probe is None else "The probe listed no hidden rows."
        return _unprobed(ProbeKind.OVERLAP, node_id, why)
    worst = max(found, key=lambda c: c.shared / c.hidden)
    return Probe(
        kind=ProbeKind.OVERLAP,
        node_id=node_id,
        outcome="failed" if worst.shared / worst.hidden > MOST_SHARED else "passed",
        values={"training": worst.training, "hidden": worst.hidden, "shared": worst.shared},
        trial_ids=tuple(t.id for t in trials),
    )


def _answers(template: Template, node_id: str, trials: Sequence[Trial]) -> Probe:
    """The trial with the largest share of exact answers decides."""
    found = [c for c in _counted(trials) if c.answers]
    if not found:
        why = NO_PROBE if template.probe is None else "The probe counted no answers."
        return _unprobed(ProbeKind.ANSWERS, node_id, why)
    best = max(found, key=lambda c: c.equal / c.answers)
    return Probe(
        kind=ProbeKind.ANSWERS,
        node_id=node_id,
        outcome="failed" if best.equal / best.answers >= TOO_GOOD else "passed",
        values={"answers": best.answers, "equal": best.equal, "share": 100 * best.equal / best.answers},
        trial_ids=tuple(t.id for t in trials),
    )


def _seeds(template: Template, node_id: str, report: Sequence[Trial], base: Sequence[Trial], code: str) -> Probe:
    """One result on every seed, though the baseline's vary or the code draws random numbers."""
    if not template.seeded:
        return _unprobed(ProbeKind.SEEDS, node_id, "The program takes no seed.")
    if len(report) < FEWEST:
        return _unprobed(ProbeKind.SEEDS, node_id, "Too few report trials ended well.")
    key = template.primary.key
    results, outputs = ({t.value(key) for t in report}, {t.output_hash for t in report})
    varies = len({t.value(key) for t in base}) > 1 or len({t.output_hash for t in base}) > 1
    constant = len(results) == 1 or len(outputs) == 1
    return Probe(
        kind=ProbeKind.SEEDS,
        node_id=node_id,
        outcome="failed" if constant and (varies or _RANDOM.search(code)) else "passed",
        values={"trials": len(report), "outputs": len(outputs), "results": len(results)},
        trial_ids=tuple(t.id for t in report),
    )


def _input(template: Template, node_id: str, report: Sequence[Trial], scrambled: Sequence[Trial], tried: bool) -> Probe:
    """On scrambled data every output must change, and every score must suffer.

    Of a version that mostly fails there, or that a limit kept from most of its trials, what is left says nothing good:
    it may as well know scrambled data when it sees them.
    """
    if template.probe is None:
        return _unprobed(ProbeKind.INPUT, node_id, NO_PROBE)
    intact = {t.seed: t for t in report}
    pairs = [(intact[t.seed], t) for t in scrambled if t.seed in intact]
    if not pairs:
        why = "No trial on scrambled data ended well." if tried else "No trial on scrambled data was run."
        return _unprobed(ProbeKind.INPUT, node_id, why)
    spec = template.primary
    scores = [(a.value(spec.key), b.value(spec.key)) for a, b in pairs]
    worse = sum(a is not None and b is not None and spec.gain(b, a) < 0 for a, b in scores)
    changed = sum(a.output_hash != b.output_hash for a, b in pairs)
    good = changed == worse == len(pairs)
    # By what was planned: trials that never ran lower the bar as little as those that failed.
    if good and len(pairs) < min(FEWEST, PROBE_SEEDS, len(template.seeds.report)):
        return _unprobed(ProbeKind.INPUT, node_id, "Too few trials on scrambled data ended well.")
    return Probe(
        kind=ProbeKind.INPUT,
        node_id=node_id,
        outcome="passed" if good else "failed",
        values={
            "seeds": len(pairs),
            "changed": changed,
            "worse": worse,
            "mean": fmean(v for t in scrambled if (v := t.value(spec.key)) is not None),
        },
        trial_ids=tuple(t.id for pair in pairs for t in pair),
    )
