"""The base of every persisted value: frozen, closed, finite."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from pydantic import BaseModel, ConfigDict


class Record(BaseModel):
    """A frozen value that refuses unknown fields and non-finite numbers.

    Records refer to each other by id, so that each can be stored, hashed and sent to a worker alone.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False, use_attribute_docstrings=True)


def canonical_json(value: Any) -> str:
    """One spelling per value: sorted keys, no spaces; the input of every content hash."""
    if isinstance(value, BaseModel):
        value = value.model_dump(mode="json")
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def content_hash(value: Any) -> str:
    """Return ``sha256:<hex>`` of bytes, text or any JSON-like value."""
    if isinstance(value, str):
        value = value.encode()
    elif not isinstance(value, bytes):
        value = canonical_json(value).encode()
    return "sha256:" + hashlib.sha256(value).hexdigest()
