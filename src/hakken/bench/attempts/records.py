"""Files that hold paid work: one that cannot be read is refused, so that nothing is written in its place."""

from __future__ import annotations

from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from hakken.core.errors import UsageError, first_problem
from hakken.core.types import Record

R = TypeVar("R", bound=Record)


class Unread(UsageError):
    """A file that cannot be read, such as one that another version of Hakken wrote."""


def read_record(path: Path, kind: type[R]) -> R | None:
    """What a file holds; None where there is no file.

    Raises:
        Unread: there is one, and it cannot be read.
    """
    try:
        return kind.model_validate_json(path.read_bytes())
    except FileNotFoundError:
        return None
    except OSError as error:
        why = error.strerror or "it cannot be opened"
    except ValidationError as error:
        why = first_problem(error)
    raise Unread(
        f"{path} holds work that this version of Hakken cannot read ({why}), and is not written over.",
        "Move it away, or take another --out.",
    )
