"""Same program, same hash; another program, another hash."""

from __future__ import annotations

import ast
import json
import os
import textwrap
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hakken.research.experiments.identity import output_hash, source_hash

BASE = '''
import math

RATE = 0.1


class Net:
    width = 3

    def forward(self, inputs, scale=1.0):
        hidden = [math.tanh(v * self.width) for v in inputs]
        return scale * sum(hidden)


def train(net, data, steps):
    """Train."""
    total = 0.0  # the loss

    def step(batch):
        nonlocal total
        total += net.forward(batch, scale=RATE)

    for index in range(steps):
        step(data[index])
    return total
'''


def digest(source: str, **others: str) -> str:
    files = {"experiment.py": textwrap.dedent(source).encode()}
    return source_hash(files | {name: text.encode() for name, text in others.items()})


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("  # the loss", ""),
        ('    """Train."""\n', '    """Another text."""\n'),
        ("total", "running"),
        ("index", "i"),
        ("batch", "b"),
        ("hidden", "h"),
        ("for v in", "for v  in"),
        ("self", "this"),
        ("steps", "count"),
        ("0.1", "1e-1"),
        ("def step(batch)", "def update(batch)"),
    ],
)
def test_what_does_not_matter(old: str, new: str) -> None:
    changed = BASE.replace(old, new)
    if old == "def step(batch)":
        changed = changed.replace("step(data", "update(data")
    assert changed != BASE
    assert digest(changed) == digest(BASE)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("0.1", "0.2"),
        ("tanh", "sin"),
        ("width", "size"),
        ("scale", "factor"),
        ("RATE", "LR"),
        ("train", "fit"),
        ("+=", "-="),
        ("return total", "return steps"),
        ("forward", "apply"),
        ("data[index]", "data[steps]"),
    ],
)
def test_what_matters(old: str, new: str) -> None:
    assert digest(BASE.replace(old, new)) != digest(BASE)


def test_parameters_passed_by_keyword_keep_their_names() -> None:
    one = "def f(a, b):\n    return a - b\nprint(f(a=1, b=2))"
    two = "def f(b, a):\n    return b - a\nprint(f(a=1, b=2))"
    assert digest(one) != digest(two)


def test_keywords_count_across_files() -> None:
    one, two = "def f(a, b):\n    return a - b", "def f(b, a):\n    return b - a"
    assert digest(one) == digest(two)
    caller = "from experiment import f\nprint(f(a=1, b=2))"
    assert digest(one, **{"main.py": caller}) != digest(two, **{"main.py": caller})


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("def f(a, b):\n    return g(**{'a': 1})", "def f(b, a):\n    return g(**{'a': 1})"),
        ("def f():\n    a = 1\n    return locals()", "def f():\n    b = 1\n    return locals()"),
        ("def f():\n    a = 1\n    return eval('a')", "def f():\n    b = 1\n    return eval('a')"),
        ("def f():\n    global a\n    a = 1", "def f():\n    global b\n    b = 1"),
        ("def f():\n    import a\n    return a", "def f():\n    import b\n    return b"),
        ("def f(a, **k):\n    return k", "def f(b, **k):\n    return k"),
        ("def f():\n    class A:\n        x = 1\n    return A", "def f():\n    class A:\n        y = 1\n    return A"),
        ("def f(a):\n    return a + b", "def f(b):\n    return b + b"),
        ("def f(a):\n    return lambda b: a", "def f(a):\n    return lambda b: b"),
        ("def f(x):\n    return [x for y in x]", "def f(x):\n    return [y for y in x]"),
    ],
)
def test_names_that_can_be_seen_are_kept(one: str, two: str) -> None:
    assert digest(one) != digest(two)


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("def f(x):\n    return [y for y in x]", "def f(z):\n    return [w for w in z]"),
        (
            "def f():\n    try:\n        g()\n    except E as e:\n        print(e)",
            "def f():\n    try:\n        g()\n    except E as err:\n        print(err)",
        ),
        (
            "def f(v):\n    match v:\n        case [a, *b]:\n            return a, b",
            "def f(q):\n    match q:\n        case [c, *d]:\n            return c, d",
        ),
        ("def f(v):\n    return [(m := w) for w in v], m", "def f(a):\n    return [(b := c) for c in a], b"),
        ("def f(a, /, *b, c, **d):\n    return a, b, c, d", "def f(w, /, *x, c, **z):\n    return w, x, c, z"),
        ("f = lambda x, y=1: x", "f = lambda a, b=1: a"),
        (
            "async def f(x):\n    async with x as y:\n        return y",
            "async def f(a):\n    async with a as b:\n        return b",
        ),
    ],
)
def test_local_names_in_every_construct(one: str, two: str) -> None:
    assert digest(one) == digest(two)


def test_broken_python_and_other_files_count_byte_for_byte() -> None:
    assert digest("def f(:") != digest("def f( :")
    assert digest(BASE, **{"a.txt": "1"}) != digest(BASE, **{"a.txt": "1 "})
    assert digest(BASE, **{"a.txt": "1"}) != digest(BASE, **{"b.txt": "1"})


def test_nesting_too_deep_to_walk_is_compared_as_bytes() -> None:
    deep = "x = " + "+".join(["1"] * 5000)
    assert digest(deep) == digest(deep)


names = st.sampled_from(["alpha", "beta", "gamma", "delta", "x", "total", "i"])


@given(st.lists(names, min_size=3, max_size=3, unique=True), st.lists(names, min_size=3, max_size=3, unique=True))
def test_any_consistent_renaming_of_locals_keeps_the_hash(old: list[str], new: list[str]) -> None:
    def program(a: str, b: str, c: str) -> str:
        return f"def f({a}):\n    {b} = {a} * K\n    for {c} in range({b}):\n        {b} -= {c}\n    return {b}, {c}\n"

    assert digest(program(*old)) == digest(program(*new))


@given(st.lists(st.sampled_from(["a = b", "b = a", "a += 1", "b = 2", "c = a"]), min_size=1, max_size=6))
def test_formatting_never_matters_and_the_hash_is_stable(lines: list[str]) -> None:
    source = "def f(a, b):\n" + "".join(f"    {line}\n" for line in lines) + "    return a, b\n"
    assert digest(source) == digest(ast.unparse(ast.parse(source))) == digest(source.replace("\n", "  # note\n"))


@given(st.permutations(["a", "b"]), st.permutations(["a", "b"]))
def test_equal_hashes_mean_equal_behaviour(first: list[str], second: list[str]) -> None:
    sources = [f"def f({p}, {q}):\n    return a - 2 * b\n" for p, q in (first, second)]
    results = []
    for source in sources:
        space: dict[str, object] = {}
        exec(source, space)
        results.append(space["f"](5, 1))  # type: ignore[operator]
    assert (digest(sources[0]) == digest(sources[1])) == (results[0] == results[1])


def write(folder: Path, **files: str) -> Path:
    folder.mkdir()
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text)
    return folder


def test_output_hash_ignores_timings(tmp_path: Path) -> None:
    def info(seconds: float, loss: float) -> str:
        return json.dumps({"d": {"means": {"train_time_mean": seconds, "loss": loss}}})

    one = write(tmp_path / "1", final_info__json=info(1, 0.5), cost__json='{"s": 1}', run__log="a", p__csv="1")
    two = write(tmp_path / "2", final_info__json=info(2, 0.5), cost__json='{"s": 2}', run__log="b", p__csv="1")
    three = write(tmp_path / "3", final_info__json=info(1, 0.6), p__csv="1")
    four = write(tmp_path / "4", final_info__json=info(1, 0.5), p__csv="2")
    assert output_hash(one) == output_hash(two)
    assert len({output_hash(f) for f in (one, three, four)}) == 3


def test_output_hash_never_follows_links_and_special_files(tmp_path: Path) -> None:
    folder = write(tmp_path / "1", p__csv="1")
    (folder / "link").symlink_to("/etc/hostname")
    os.mkfifo(folder / "pipe")
    before = output_hash(folder)
    (folder / "link").unlink()
    (folder / "link").symlink_to("/nowhere")
    assert output_hash(folder) == before
    (folder / "pipe").unlink()
    assert output_hash(folder) != before
