"""Every step that asks a model, under malformed and hostile replies: recorded, refused or harmless, no crash."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.finished_run import finished_run
from tests.recovery.ground import Ground, bombard, prepare_ground
from tests.recovery.printed import escapes
from tests.recovery.steps import steps


@pytest.fixture(scope="module")
def ground(tmp_path_factory: pytest.TempPathFactory) -> Ground:
    return prepare_ground(tmp_path_factory.mktemp("ground"), finished_run(tmp_path_factory))


@pytest.mark.parametrize("name", list(steps()))
def test_a_few_dozen_replies(ground: Ground, name: str) -> None:
    result = bombard(name, steps()[name], ground, 40, seed=1)
    assert result.faults == []
    assert result.recorded == result.replies >= 40
    assert result.accepted + result.refused > 0


@pytest.mark.slow
@pytest.mark.parametrize("name", list(steps()))
def test_ten_thousand_replies(ground: Ground, name: str) -> None:
    result = bombard(name, steps()[name], ground, 10_000)
    assert result.faults == []
    assert result.recorded == result.replies >= 10_000
    assert min(result.accepted, result.refused) > 0


def test_what_looks_at_the_paper_finds_what_works_there(ground: Ground, tmp_path: Path) -> None:
    """The judge of the other tests: a script, a command of TeX and a canary are found where they are."""
    source = ground.paper.parent
    for name in ("paper.md", "paper.tex", "paper.html", "paper.pdf"):
        (tmp_path / name).write_bytes((source / name).read_bytes())
    assert escapes(tmp_path, "canary", tmp_path / "none", ground.benign) == []
    with (tmp_path / "paper.html").open("a") as page:
        page.write("<script>1</script><a href='javascript:x'>x</a><p onclick='x'>canary</p>")
    with (tmp_path / "paper.tex").open("a") as tex:
        tex.write("\\openin3=secret \\includegraphics{/etc/passwd}")
    with (tmp_path / "paper.md").open("a") as text:
        text.write("\n\n<script>1</script>\n")
    found = escapes(tmp_path, "canary", tmp_path / "paper.md", ground.benign)
    assert len(found) == 8, found
