"""The tree of attempts at an idea: journal, policy, operators and the loop that joins them."""

from hakken.research.search.ablation import ablations
from hakken.research.search.journal import Journal
from hakken.research.search.laboratory import Laboratory, Sources
from hakken.research.search.loop import Limits, explore_idea
from hakken.research.search.policy import Expansion, greedy

__all__ = ["Expansion", "Journal", "Laboratory", "Limits", "Sources", "ablations", "explore_idea", "greedy"]
