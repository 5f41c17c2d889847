"""Whatever solves a task: a protocol, two agents that need no model, and those that work with one."""

from hakken.bench.agents.context import Retrieval
from hakken.bench.agents.dynamic import Dynamic
from hakken.bench.agents.mending import Mending
from hakken.bench.agents.pipeline import Pipeline
from hakken.bench.agents.simple import Null, Oracle
from hakken.bench.agents.types import Agent, AgentRun, Ending
from hakken.bench.agents.verifier import Verified, Verifying

__all__ = [
    "Agent",
    "AgentRun",
    "Dynamic",
    "Ending",
    "Mending",
    "Null",
    "Oracle",
    "Pipeline",
    "Retrieval",
    "Verified",
    "Verifying",
]
