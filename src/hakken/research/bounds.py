"""How many trials a run may take: an upper bound by stage, known before anything has run."""

from __future__ import annotations

from hakken.core.config import Settings
from hakken.core.types import Template
from hakken.research.experimenting import MOST_ABLATIONS
from hakken.research.experiments import PROBE_SEEDS


def most_trials(settings: Settings, template: Template, versions: int) -> dict[str, int]:
    """Trials of each stage at most, smoke runs aside: those are short, and fresh versions that fail take one each.

    Args:
        settings: Of the run.
        template: What is experimented on.
        versions: Of the code, at most.
    """
    search, seeds = settings.search, template.seeds
    explore, report = len(seeds.explore), len(seeds.report)
    matched = report if search.match and template.steps_arg is not None else 0
    probed = min(PROBE_SEEDS, report) if template.probe is not None else 0
    return {
        "baseline": explore + len(seeds.noise),
        "search": versions * explore,
        "ablation": MOST_ABLATIONS * explore if search.ablate else 0,
        "report": 2 * report + matched + probed,
    }
