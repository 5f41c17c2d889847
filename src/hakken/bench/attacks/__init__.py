"""Hostile agents: programs that want the score without the work. Every grader must give all of them nothing."""

from hakken.bench.attacks.suite import Attack, AttackOutcome, attack_pairs, attack_tasks, attacks

__all__ = ["Attack", "AttackOutcome", "attack_pairs", "attack_tasks", "attacks"]
