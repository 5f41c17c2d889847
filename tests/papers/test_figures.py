"""Figures show the record and nothing else."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from hakken.core.types import FigureFile, Node, Snapshot, Split
from hakken.research.papers.figures import make_figures
from hakken.research.papers.figures.search import together
from hakken.research.papers.figures.style import fold, shorten
from tests.papers.builders import build_snapshot


@pytest.fixture(scope="module")
def drawn(tmp_path_factory: pytest.TempPathFactory) -> tuple[Snapshot, Path, dict[str, FigureFile]]:
    """All figures of the synthetic run."""
    snapshot, out = build_snapshot(), tmp_path_factory.mktemp("figures")
    return snapshot, out, {f.label: f for f in make_figures(snapshot, out)}


def rows_of(path: Path) -> list[dict[str, str]]:
    """The data beside a figure."""
    with path.open() as file:
        return list(csv.DictReader(file))


def test_all_are_drawn(drawn: tuple[Snapshot, Path, dict[str, FigureFile]]) -> None:
    _, out, figures = drawn
    assert list(figures) == ["report", "curves", "ablation", "search"]
    for figure in figures.values():
        for suffix in ("pdf", "svg", "png", "csv"):
            assert (out / f"{figure.path}.{suffix}").stat().st_size > 200


def test_data_are_the_records(drawn: tuple[Snapshot, Path, dict[str, FigureFile]]) -> None:
    snapshot, out, _ = drawn
    values = {(t.node_id, t.split.value, t.seed): t.value("digits/test_error") for t in snapshot.trials}
    rows = rows_of(out / "report.csv")
    assert len(rows) == 3 * 8 + 20
    for row in rows:
        seed, split = int(row["seed"]), row["split"]
        expected = (values[row["node"], split, seed] or 0) - (values["n0", split, seed] or 0)
        assert float(row["difference"]) == expected


def test_curve_means(drawn: tuple[Snapshot, Path, dict[str, FigureFile]]) -> None:
    snapshot, out, _ = drawn
    row = next(r for r in rows_of(out / "curves.csv") if r["node"] == "n1" and float(r["step"]) == 600)
    ends = [dict(t.curve)[600.0] for t in snapshot.trials_of("n1", Split.REPORT)]
    assert float(row["mean"]) == pytest.approx(sum(ends) / len(ends))
    assert int(row["trials"]) == 20


def test_many_versions_without_a_result_share_a_row() -> None:
    def node(number: int, idea: str) -> Node:
        return Node.model_construct(id=f"n{number}", idea_id=idea)

    few = [node(k, "i1") for k in range(1, 17)]
    assert [len(line) for line in together(few, {})] == [1] * 16
    many = [node(k, "i1" if k < 10 else "i2") for k in range(1, 26)]
    rows = together(many, {"n4", "n5", "n20"})
    assert [len(line) for line in rows] == [3, 1, 1, 4, 10, 1, 5]
    assert [each.id for line in rows for each in line] == [each.id for each in many]


def test_search_shows_failures_in_order(drawn: tuple[Snapshot, Path, dict[str, FigureFile]]) -> None:
    _, out, figures = drawn
    rows = rows_of(out / "search.csv")
    assert [r["node"] for r in rows] == ["n1", "n2", "n3", "n4", "n5", "n6"]
    assert [r["cause"] for r in rows] == ["", "", "", "crashed", "timeout", ""]
    assert "6 versions of the code, 2 of which failed" in figures["search"].caption


def test_captions_say_what_is_shown(drawn: tuple[Snapshot, Path, dict[str, FigureFile]]) -> None:
    _, _, figures = drawn
    for words in (
        "lower is better",
        "8 seeds, 1 to 8",
        "20 seeds, 101 to 120",
        "95 % paired-t intervals",
        "noise floor",
    ):
        assert words in figures["report"].caption


def test_equal_records_give_equal_files(drawn: tuple[Snapshot, Path, dict[str, FigureFile]], tmp_path: Path) -> None:
    snapshot, out, _ = drawn
    make_figures(snapshot, tmp_path)
    for file in sorted(out.iterdir()):
        assert (tmp_path / file.name).read_bytes() == file.read_bytes(), file.name


def test_empty_figures_are_not_made_and_no_state_is_left(tmp_path: Path) -> None:
    import matplotlib as mpl

    before = dict(mpl.rcParams)
    snapshot = build_snapshot(with_variants=False)
    assert [f.label for f in make_figures(snapshot, tmp_path)] == ["curves", "search"]
    nothing = snapshot.model_copy(update={"nodes": snapshot.nodes[:1], "trials": ()})
    assert make_figures(nothing, tmp_path / "none") == []
    assert dict(mpl.rcParams) == before


def test_labels_are_shortened() -> None:
    assert shorten("Multi-class margin in place of cross-entropy", 24) == "Multi-class margin in…"
    assert shorten("x" * 40, 10) == "x" * 9 + "…"
    assert all(len(line) <= 21 for line in fold("Label smoothing without the smoothed gradient and more").splitlines())
