"""Proposing ideas that differ from each other. Code owns the diversity, models own the thought."""

from hakken.research.ideas.focus import place_for
from hakken.research.ideas.propose import Ideation, propose
from hakken.research.ideas.seeds import load_seed_ideas

__all__ = ["Ideation", "load_seed_ideas", "place_for", "propose"]
