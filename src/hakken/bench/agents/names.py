"""Names in a version that nobody defines: plain without a run, and the commonest of them mended by code."""

from __future__ import annotations

import re

from hakken.core.source import SourceError
from hakken.core.undefined import newly_undefined, qualified, undefined_names


def with_modules(content: bytes, masked: bytes, code: str) -> tuple[bytes, str]:
    """A file and the version in it, with the modules of names that lack theirs (``np.tanh`` for ``tanh``).

    Args:
        content: The file with the version.
        masked: The file without it, whose own oddities stay.
        code: The version alone.
    """
    try:
        text, names = qualified(content.decode(), undefined_names(masked.decode()))
    except (UnicodeDecodeError, SourceError):
        return content, code  # in another encoding, or too deep: its places cannot be told
    for name in names:
        code = re.sub(rf"(?<![\w.]){re.escape(name.rpartition('.')[2])}(?=\()", name, code)
    return text.encode(), code


def unknown(content: bytes, masked: bytes) -> tuple[str, ...]:
    """Names that a version uses and that are not defined."""
    try:
        return newly_undefined(content.decode("utf-8", "replace"), masked.decode("utf-8", "replace"))
    except SourceError:
        return ()  # a run will tell
