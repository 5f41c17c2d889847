"""Laid beside a repository's code for one run, in the sandbox: writes down the values that a function meets.

Only the standard library. What is written is shown to a model and decides nothing.
"""

import functools
import hashlib
import inspect
import json
import math
import os
import sys

_OUT = os.environ.get("HAKKEN_CAPTURE_OUT", "")
_WATCHED = os.environ.get("HAKKEN_WATCH", "")
_FIELDS, _ITEMS, _LONG, _MOST = 8, 3, 70, 10
_SAMPLED, _DEEP = 1000, 4
"""Numbers of an array, and levels of what holds others, that a fingerprint is made of."""


class Captured(NotImplementedError):
    """Raised in the place of the missing body, with its arguments."""

    def __init__(self, arguments: dict) -> None:
        super().__init__("captured")
        found = {name: describe(value) for name, value in arguments.items()}
        with open(os.path.join(_OUT, f"{os.getpid()}.jsonl"), "a", encoding="utf-8") as file:
            file.write(json.dumps(found) + "\n")


def returned(function):
    """Write down what the first call that returns was given and gave back; the calls themselves are left alone."""
    done = []

    @functools.wraps(function)
    def wrapper(*args, **kwargs):
        seen = {} if done else _bound(function, args, kwargs)
        value = function(*args, **kwargs)
        if not done:
            done.append(True)
            with open(os.path.join(_OUT, f"{os.getpid()}.returned.jsonl"), "a", encoding="utf-8") as file:
                # A function that returns nothing has changed what it was given.
                mark = fingerprint([args, kwargs] if value is None else value)
                file.write(json.dumps({"arguments": seen, "value": outside(value), "fingerprint": mark}) + "\n")
        return value

    return wrapper


def _bound(function, args, kwargs):
    try:
        bound = inspect.signature(function).bind(*args, **kwargs).arguments
        return {name: outside(value) for name, value in bound.items()}
    except (TypeError, ValueError):
        return {}


def outside(value: object) -> dict:
    """Type and size of a value."""
    found = {"kind": type(value).__name__, "text": describe(value)}
    if hasattr(value, "shape") and hasattr(value, "dtype"):
        found["shape"] = [int(size) for size in value.shape]
    elif isinstance(value, (list, tuple)):
        found["size"] = len(value)
    return found


def fingerprint(value: object) -> str:
    """A text that is equal for values that agree in five digits of their largest number; empty where there is none."""
    try:
        return hashlib.sha256(repr(_plain(value, 0)).encode()).hexdigest()[:16]
    except Exception:  # Whatever a repository's own classes do when they are looked at.
        return ""


def _plain(value, depth):
    """Numbers as texts, what holds others as tuples; a list, a tuple and an array of the same numbers are the same."""
    if value is None or isinstance(value, (str, bytes)):
        return value
    if hasattr(value, "shape") and hasattr(value, "dtype"):
        flat = value.reshape(-1)
        return "numbers", tuple(value.shape), _numbers(flat[:: max(1, len(flat) // _SAMPLED)].tolist())
    if isinstance(value, (bool, int, float, complex)):
        return "numbers", (), _numbers([value])
    if depth >= _DEEP:
        raise ValueError("too deep")
    if isinstance(value, (list, tuple)):
        if value and all(isinstance(item, (bool, int, float)) for item in value):
            return "numbers", (len(value),), _numbers(value[:: max(1, len(value) // _SAMPLED)])
        return tuple(_plain(item, depth + 1) for item in value)
    if isinstance(value, dict):
        return tuple((repr(key), _plain(item, depth + 1)) for key, item in sorted(value.items(), key=repr))
    return tuple((key, _plain(item, depth + 1)) for key, item in sorted(vars(value).items()))


def _numbers(values):
    """Each by the largest of them, so that what is left of a sum that should be zero makes no difference."""
    parts = []
    for value in values:
        parts += [value.real, value.imag] if isinstance(value, complex) else [value]
    if not all(isinstance(part, (bool, int, float)) for part in parts):
        return repr(parts)
    finite = [abs(float(part)) for part in parts if math.isfinite(part)]
    largest = max(finite, default=0.0)
    scale = largest or 1.0
    return f"{largest:.5g}", tuple(f"{part / scale + 0.0:.5f}".replace("-0.00000", "0.00000") for part in parts)


def watch() -> None:
    """Where the program ends by an error in the watched function, say first what its variables were."""

    def hook(kind, error, trace):
        found = None
        here = trace
        while here is not None:
            if here.tb_frame.f_code.co_qualname == _WATCHED:
                found = here.tb_frame
            here = here.tb_next
        if found is not None:
            for name, value in list(found.f_locals.items())[:_MOST]:
                sys.stderr.write(f"{name} = {describe(value)}\n")
        sys.__excepthook__(kind, error, trace)

    if _WATCHED:
        sys.excepthook = hook


def describe(value: object, depth: int = 0) -> str:
    """A value in a few words: its type, its size, and the first of what it holds."""
    try:
        return _describe(value, depth)[: 4 * _LONG]
    except Exception as error:  # Whatever a repository's own classes do when they are looked at.
        return f"{type(value).__name__} ({type(error).__name__} when shown)"


def _describe(value, depth):
    kind = type(value).__name__
    if value is None or isinstance(value, (bool, int, float, complex, str, bytes)):
        return repr(value) if len(repr(value)) <= _LONG else f"{kind} of {len(value)}: {repr(value)[:_LONG]}…"
    if hasattr(value, "shape") and hasattr(value, "dtype"):
        return _array(value, kind)
    if isinstance(value, dict):
        return _table("dict", [(repr(k), v) for k, v in list(value.items())[:_FIELDS]], len(value), depth)
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return _table(kind, list(zip(value._fields, value))[:_FIELDS], len(value), depth)
    if isinstance(value, (list, tuple, set, frozenset)):
        items = list(value)[:_ITEMS]
        inner = ", ".join(describe(item, depth + 1) for item in items) if depth < 2 else "…"
        return f"{kind} of {len(value)}: {inner}{', …' if len(value) > len(items) else ''}"
    if inspect.isroutine(value) or inspect.isclass(value):
        what = "class" if inspect.isclass(value) else "function"
        return f"{what} {getattr(value, '__name__', kind)}{_signature(value)}"
    fields = getattr(value, "__dict__", None) or {
        name: getattr(value, name) for name in getattr(type(value), "__slots__", ()) if hasattr(value, name)
    }
    if fields and depth < 2:
        return _table(kind, list(fields.items())[:_FIELDS], len(fields), depth)
    return kind


def _array(value, kind):
    if not value.shape:
        return f"{kind} {value.dtype} {value!r}"[:_LONG]
    flat = value.reshape(-1)[: 2 * _ITEMS] if value.size else []
    shown = ", ".join(_number(item) for item in flat)
    return f"array of {value.dtype}, shape {tuple(value.shape)}, first values {shown}"


def _table(kind, items, count, depth):
    inner = ", ".join(f"{name}: {describe(item, depth + 1)[:_LONG]}" for name, item in items)
    return f"{kind}({inner}{', …' if count > len(items) else ''})"


def _number(item):
    return f"{item:.4g}" if isinstance(item, float) or hasattr(item, "is_integer") else str(item)


def _signature(value):
    try:
        return str(inspect.signature(value))
    except (TypeError, ValueError):
        return "(…)"
