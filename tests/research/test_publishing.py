"""A paper in which the audit finds what nobody may mend, through the real writing, rendering and audit."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from hakken.core.config import load_settings
from hakken.research import publishing
from hakken.research.run import run
from tests.research.made_up import by_code, make_up_trials

DATA = Path(__file__).parent / "data"
FALSE = "Every trial ran on 7 report seeds, and the primary claim was confirmed."
SMALL = (
    f"models.default=scripted:{DATA / 'weak.toml'}", "search.ideas=1", "search.nodes_per_idea=1",
    "search.debug_rounds=1", "search.ablate=false", "statistics.explore_seeds=2", "statistics.report_seeds=6",
    "statistics.noise_seeds=2", "review.members=1",
)  # fmt: skip


def test_what_the_templates_author_says_wrongly_is_printed_under_a_warning(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_up_trials(monkeypatch, by_code)
    monkeypatch.setattr(publishing, "make_figures", lambda *_: [])
    shutil.copytree(DATA / "tiny", tmp_path / "tiny")
    toml = tmp_path / "tiny" / "template.toml"
    toml.write_text(toml.read_text().replace("setup = [\n", f'setup = [\n  "{FALSE}",\n'))
    settings = load_settings(files=[], assignments=(*SMALL, f"runs_dir={tmp_path / 'runs'}")).settings
    result = run(tmp_path / "tiny", settings)
    assert result.audit is not None
    assert not result.audit.passed
    assert FALSE in {finding.sentence for finding in result.audit.findings}
    text = " ".join((result.folder / "paper" / "paper.md").read_text().split())
    assert FALSE in text
    assert "It did not pass the check against the record of the run" in text
