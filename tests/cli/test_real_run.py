"""One small run with the embedded model, from a template to a reviewed paper."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from tests.cli.conftest import Hakken

TINY = Path(__file__).parents[1] / "research" / "data" / "tiny"
SMALL = (
    "-c", "search.ideas=1", "-c", "search.nodes_per_idea=1", "-c", "search.debug_rounds=1",
    "-c", "search.idea_reflections=0", "-c", "statistics.explore_seeds=3", "-c", "statistics.report_seeds=6",
    "-c", "statistics.noise_seeds=3", "-c", "review.members=1", "-c", "paper.tries=1", "--budget-tokens", "800",
)  # fmt: skip


@pytest.mark.model
@pytest.mark.usefixtures("users_cache")
def test_the_embedded_model_carries_a_run_to_its_paper(hakken: Hakken, here: Path) -> None:
    shutil.copytree(TINY, here / "tiny")
    result = hakken("run", "tiny", "--model", "local", *SMALL, "--json")
    assert result.exit_code == 0, result.stderr
    found = json.loads(result.stdout)
    assert found["status"] == "finished"
    assert found["usage"]["calls"] > 0
    assert 0 < found["usage"]["completion_tokens"] <= 800
    assert (here / found["pdf"]).read_bytes().startswith(b"%PDF")
    assert (here / found["folder"] / "paper" / "audit.json").is_file()
