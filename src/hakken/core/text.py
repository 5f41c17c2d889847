"""Text from outside, such as a model's reply: made safe to store, to print and to put into a file, and made short."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

_CONTROLS = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f"  # tab and line feed stay; an escape would command a terminal
    "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"  # marks that make text read otherwise than it is stored
    "\ufeff\ud800-\udfff]"  # halves of characters, which no file can hold
)


def shortened(text: str, most: int) -> str:
    """The text in at most so many characters, the last one a mark where something was cut off."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


def storable(text: str) -> str:
    """The text with halves of characters replaced, so that it can be encoded: nothing else is touched."""
    return text.encode("utf-8", "replace").decode("utf-8")


def without_controls(text: str) -> str:
    """The text without control characters, direction marks and halves of characters; line ends become line feeds."""
    return _CONTROLS.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def values_without_controls(value: Any) -> Any:
    """The same for every text in a JSON-like value, names of fields included."""
    if isinstance(value, str):
        return without_controls(value)
    if isinstance(value, list):
        return [values_without_controls(item) for item in value]
    if isinstance(value, dict):
        return {without_controls(str(key)): values_without_controls(item) for key, item in value.items()}
    return value


def several(names: Sequence[str], most: int = 3) -> str:
    """``a, b, c and 4 more``."""
    if len(names) <= most:
        return ", ".join(names)
    return f"{', '.join(names[:most])} and {len(names) - most} more"
