"""``hakken audit PAPER --results FOLDER`` from outside: what is printed, what is written, and the exit code."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from hakken.cli.app import app
from hakken.core.errors import UsageError
from hakken.research.papers.audit.document.reading import read_document
from hakken.research.papers.audit.records import read_record
from tests.papers.audit.samples import POINT_TITLES, POINTS, write_record

PAPER = "# Branches for Points\n\n## Results\n\nThe MMD of the baseline on ring is {value}.\n"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return write_record(tmp_path / "results", POINTS, POINT_TITLES)


def audit(*words: str) -> Result:
    return CliRunner().invoke(app, ["audit", *words])


def test_a_wrong_number_ends_with_one_and_is_written_down(folder: Path, tmp_path: Path) -> None:
    paper = tmp_path / "draft.md"
    paper.write_text(PAPER.format(value="0.437"))
    result = audit(str(paper), "--results", str(folder), "--json", "--out", str(tmp_path / "out"))
    assert result.exit_code == 1
    said = json.loads(result.stdout)
    [finding] = [f for f in said["findings"] if f["kind"] == "misattributed"]
    assert finding["sentence"] == "The MMD of the baseline on ring is 0.437."
    assert "Two Branches (run_1)" in finding["record"]
    assert json.loads(Path(said["json"]).read_text())["findings"] == said["findings"]
    assert '<span class="n misattributed"' in Path(said["html"]).read_text()
    assert Path(said["html"]).parent == tmp_path / "out"


def test_a_right_one_is_no_finding_and_the_report_lies_beside_the_paper(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "text").mkdir()
    paper = tmp_path / "text" / "draft.md"
    paper.write_text(PAPER.format(value="0.412"))
    said = json.loads(audit(str(paper), "--results", str(folder), "--json").stdout)
    assert not [f for f in said["findings"] if f["kind"] in ("misattributed", "unsupported", "weak")]
    assert (tmp_path / "text" / "audit.html").is_file()


def test_what_cannot_be_read_ends_with_two(folder: Path, tmp_path: Path) -> None:
    paper = tmp_path / "draft.md"
    paper.write_text(PAPER.format(value="0.412"))
    (tmp_path / "empty").mkdir()
    result = audit(str(paper), "--results", str(tmp_path / "empty"))
    assert getattr(result.exception, "exit_code", result.exit_code) == 2
    assert getattr(audit(str(tmp_path / "none.md"), "--results", str(folder)).exception, "exit_code", 2) == 2


SCRIPT = """
[[rules]]
purpose = "papers/method"
[rules.reply]
thought = "Compare."
[[rules.reply.differences]]
paper = "The models learn with a rate of one half"
code = "rate = 0.25"
why = "The code has a quarter."
[[rules.reply.differences]]
paper = "words that the paper does not have"
code = "rate = 0.25"
why = "Invented."
"""
METHOD = "# Method\n\nThe models learn with a rate of one half.\n"


def test_a_model_that_is_named_must_quote_both_sides_and_its_use_is_recorded(folder: Path, tmp_path: Path) -> None:
    (folder / "experiment.py").write_text("rate = 0.25\n")
    (tmp_path / "script.toml").write_text(SCRIPT)
    (tmp_path / "draft.md").write_text(METHOD)
    words = (str(tmp_path / "draft.md"), "--results", str(folder), "--json")
    assert json.loads(audit(*words).stdout)["usage"] is None
    result = audit(*words, "--model", f"scripted:{tmp_path / 'script.toml'}")
    said = json.loads(result.stdout)
    assert [f["says"] for f in said["findings"] if f["how"].startswith("a model")] == [
        "The models learn with a rate of one half"
    ]
    compares, forecast, *calls = result.stderr.splitlines()
    assert "compares the method with the code" in compares
    assert forecast.startswith("Forecast: about 1 calls of scripted:")
    assert calls == [line for line in calls if line.startswith("papers/method: 1 calls, ")]
    assert len(calls) == 1
    kept = json.loads(Path(said["json"]).read_text())
    assert kept["usage"]["calls"] == 1
    assert kept["model"].startswith("scripted:")


def test_what_a_model_will_use_is_said_before_it_is_asked(folder: Path, tmp_path: Path) -> None:
    (folder / "experiment.py").write_text("rate = 0.25\n")
    (tmp_path / "script.toml").write_text("[[rules]]\nerror = 'quota'\n")
    (tmp_path / "draft.md").write_text(METHOD)
    words = (str(tmp_path / "draft.md"), "--results", str(folder), "-c", "budget.usd=2", "--model")
    said = audit(*words, f"scripted:{tmp_path / 'script.toml'}").stderr.splitlines()
    assert [line.split()[0] for line in said[1:3]] == ["Forecast:", "budget:"]
    assert said[2] == "  budget: at most 2 US$"
    (tmp_path / "audit.json").unlink()
    assert audit(*words, "http://127.0.0.1:9/v1#x").exit_code != 0
    assert not (tmp_path / "audit.json").exists(), "a model that cannot be reached is told before anything is made"


def test_nobody_is_asked_about_a_paper_without_a_method(folder: Path, tmp_path: Path) -> None:
    (folder / "experiment.py").write_text("rate = 0.25\n")
    (tmp_path / "draft.md").write_text(PAPER.format(value="0.412"))
    words = (str(tmp_path / "draft.md"), "--results", str(folder), "--json", "--model", "http://127.0.0.1:9/v1#x")
    result = audit(*words)
    assert "is not asked: the paper has no section about its method." in result.stderr
    assert json.loads(result.stdout)["usage"] is None


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("draft.md", b"\x00\x01\x02" * 40, "holds no text"),
        ("draft.tex", bytes(range(128, 255)) * 9, "holds no text"),
        ("draft.md", b"", "has no text in it"),
        ("draft.docx", b"words", "cannot be read from a .docx file"),
        ("draft.md", b"a word " * 700_000, "more than any paper"),
    ],
)
def test_what_is_no_paper_is_told_in_a_sentence(
    folder: Path, tmp_path: Path, name: str, content: bytes, sentence: str
) -> None:
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UsageError, match=sentence):
        read_document(tmp_path / name)


def test_an_archive_of_results_is_to_be_unpacked(tmp_path: Path) -> None:
    (tmp_path / "results.zip").write_bytes(b"PK")
    with pytest.raises(UsageError, match="archive"):
        read_record(tmp_path / "results.zip")
