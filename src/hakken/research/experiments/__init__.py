"""Experiments: the template contract, the harness that runs trials, measurements and statistics."""

from hakken.research.experiments.baseline import measure_v1
from hakken.research.experiments.failures import goes_again, printed
from hakken.research.experiments.harness import TrialJob, run_trial, run_trials
from hakken.research.experiments.identity import output_hash, same_version, source_hash
from hakken.research.experiments.measurements import SAME, SELECTION_RULE, outputs_equal, select_best, values_by_seed
from hakken.research.experiments.probes import PROBE_SEEDS, judge_probes
from hakken.research.experiments.protection import check_changes
from hakken.research.experiments.statistics import compare, holm_adjusted, noise_floor
from hakken.research.experiments.template import load_template, missing_packages, templates, with_seed_counts
from hakken.research.experiments.v1_import import parse_directions
from hakken.research.experiments.workspace import tree_hash

__all__ = [
    "PROBE_SEEDS",
    "SAME",
    "SELECTION_RULE",
    "TrialJob",
    "check_changes",
    "compare",
    "goes_again",
    "holm_adjusted",
    "judge_probes",
    "load_template",
    "measure_v1",
    "missing_packages",
    "noise_floor",
    "output_hash",
    "outputs_equal",
    "parse_directions",
    "printed",
    "run_trial",
    "run_trials",
    "same_version",
    "select_best",
    "source_hash",
    "templates",
    "tree_hash",
    "values_by_seed",
    "with_seed_counts",
]
