"""Work that was paid for and cannot be read: nothing runs, and nothing is written in its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from hakken.bench.agents.types import AgentRun, Ending
from hakken.bench.attempts.again import Retry
from hakken.bench.attempts.attempt import load_attempts, run_attempts
from hakken.bench.attempts.records import Unread
from hakken.bench.attempts.unfinished import place_of
from hakken.bench.experiments.lab import Lab
from hakken.bench.tasks.folder import TaskFolder

pytestmark = pytest.mark.usefixtures("graded_once")


class Counts:
    """Knows how often it was asked to work."""

    name = "counts"
    times = 0

    def work(self, task: TaskFolder, workspace: Path, seed: int) -> AgentRun:
        self.times += 1
        return AgentRun(ending=Ending.FINISHED)


@pytest.fixture
def written(tasks: dict[str, TaskFolder], lab: Lab, tmp_path: Path) -> Path:
    """The file of an attempt."""
    run_attempts(Counts(), [tasks["tiny-n1-4"]], [0], lab, tmp_path)
    (path,) = tmp_path.glob("*.json")
    return path


@pytest.mark.parametrize("retry", [Retry.NONE, Retry.CODE])
@pytest.mark.parametrize("text", ['{"of_a_newer_version": 1, ', "", "no JSON"])
def test_an_attempt_that_cannot_be_read_is_not_written_over(
    text: str, retry: Retry, written: Path, tasks: dict[str, TaskFolder], lab: Lab
) -> None:
    content = text + written.read_text().partition("{")[2] if text.startswith("{") else text
    written.write_text(content)
    agent, chosen = Counts(), [tasks["tiny-n1-1"], tasks["tiny-n1-4"]]
    with pytest.raises(Unread, match=r"holds work that this version .* cannot read \(.*\), and .*take another --out"):
        run_attempts(agent, chosen, [0], lab, written.parent, retry=retry)
    assert (agent.times, written.read_text(), load_attempts(written.parent)) == (0, content, [])
    written.rename(written.with_suffix(".aside"))
    assert len(run_attempts(agent, chosen, [0], lab, written.parent, retry=retry)) == 2


def test_work_that_cannot_be_read_is_neither_done_again_nor_removed(
    written: Path, tasks: dict[str, TaskFolder], lab: Lab
) -> None:
    file = place_of(written) / "work.json"
    file.parent.mkdir(parents=True)
    file.write_text('{"form": "of a newer version"}')
    (file.parent / "paid").touch()
    agent, chosen = Counts(), [tasks["tiny-n1-1"], tasks["tiny-n1-4"]]
    written.rename(written.with_suffix(".aside"))
    with pytest.raises(Unread, match=r"work\.json holds work that"):
        run_attempts(agent, chosen, [0], lab, written.parent)
    assert (agent.times, sorted(path.name for path in file.parent.iterdir())) == (0, ["paid", "work.json"])
    assert load_attempts(written.parent) == []
