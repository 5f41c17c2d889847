"""What an agent may do: one record of arguments and one class a tool."""

from hakken.agents.tools.base import Action, Observation, Tool, Toolbox
from hakken.agents.tools.editor import EditHistory, editor_tools
from hakken.agents.tools.finish import Finish
from hakken.agents.tools.notes import note_tools
from hakken.agents.tools.place import Place
from hakken.agents.tools.reader import reader_tools
from hakken.agents.tools.shell import Shell

__all__ = [
    "Action",
    "EditHistory",
    "Finish",
    "Observation",
    "Place",
    "Shell",
    "Tool",
    "Toolbox",
    "editor_tools",
    "note_tools",
    "reader_tools",
]
