"""The code of a masked function is found where it stands a second time, and only there."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from hakken.bench.masking.bodies import mask_file
from hakken.bench.masking.copies import copied_functions, installed_copies
from hakken.bench.types import FunctionRef

BODY = """\
    centred = values - values.mean(axis=0)
    scatter = centred.T @ centred
    weights, vectors = solve(scatter)

    return vectors[:, -count:]
"""
PCA = f"def pca(values, count):\n{BODY}"
OTHERS = """

def spread(values):
    centred = values - values.mean(axis=0)
    return abs(centred).max()


def scatters(blocks):
    found = []
    for block in blocks:
        left, right = block.split()
        found.append(left.sum() - right.sum())
        scatter = centred.T @ centred
        found.append(scatter.trace())
        found.append(scatter.diagonal())
    return found


def last(vectors, count):
    weights, vectors = solve(scatter)
    return vectors[:, -count:]
"""


@pytest.fixture
def repo(tmp_path: Path) -> Path:
    (tmp_path / "repo").mkdir()
    return tmp_path / "repo"


@pytest.mark.parametrize(
    ("beside", "copied"),
    [
        (f"\n\ndef pca_old(values, count):\n{BODY}", True),
        (textwrap.indent(f"\n{PCA}", "# ", lambda _: True), True),
        (f"\n\nclass Older:\n{textwrap.indent(PCA, '    ')}", True),
        (OTHERS, False),  # each line of it, and nowhere together
        ("", False),
    ],
)
@pytest.mark.parametrize("masked", [False, True])
def test_a_copy_in_the_functions_own_file(beside: str, copied: bool, masked: bool, repo: Path) -> None:
    text = PCA + beside
    (repo / "m.py").write_text(text)
    shown = mask_file(text.encode(), ["pca"]).decode() if masked else text
    found = copied_functions({"m.py": shown, "n.py": "x = 1\n"}, repo, [FunctionRef.parse("m.py:pca")])
    assert found == ({"m.py:pca": ("m.py",)} if copied else {})


def test_a_module_of_python_with_the_name_of_a_file_is_no_copy(
    repo: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (repo / "src" / "signal").mkdir(parents=True)
    (repo / "signal.py").write_text(PCA)
    (repo / "src" / "signal" / "pca.py").write_text(PCA)
    functions = [FunctionRef.parse("signal.py:pca"), FunctionRef.parse("src/signal/pca.py:pca")]
    assert installed_copies(repo, functions) == []
    site = tmp_path / "site" / "signal"
    site.mkdir(parents=True)
    (site / "pca.py").write_text(f'"""Installed."""\n\n{PCA}')
    monkeypatch.syspath_prepend(tmp_path / "site")
    assert installed_copies(repo, functions) == ["an installed copy of signal lies in the Python that runs the agents"]
    assert installed_copies(repo, functions, tmp_path) == []
