"""Tools, and the loops that use them; what is solved with them is decided by whoever gives the task."""

from hakken.agents.loop import run_loop
from hakken.agents.types import LoopSettings, Memory, Pattern, Stop, Style, Trajectory, Turn, read_trajectories

__all__ = [
    "LoopSettings",
    "Memory",
    "Pattern",
    "Stop",
    "Style",
    "Trajectory",
    "Turn",
    "read_trajectories",
    "run_loop",
]
