"""``hakken bench`` as a user calls it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from hakken.bench.experiments import lab as laboratory
from hakken.bench.experiments.running import RunJob, run_jobs
from tests.cli.conftest import Hakken

TINY = Path(__file__).parents[1] / "bench" / "fixtures" / "tiny"


def test_list(hakken: Hakken) -> None:
    found = json.loads(hakken("bench", "list", "--json").stdout)
    assert all(len(r["tasks"]) == 5 for suite in found.values() for r in suite["repositories"])
    assert hakken("bench", "list").exit_code == 0


def test_make_and_grade(hakken: Hakken, here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    begun: list[str] = []

    def counting(jobs: list[RunJob], *rest: Any) -> Any:
        begun.extend(job.label for job in jobs)
        return run_jobs(jobs, *rest)

    monkeypatch.setattr(laboratory, "run_jobs", counting)
    shutil.copytree(TINY / "repo", here / "repo")
    Path("hidden.toml").write_text('[[hidden]]\nfile = "config.json"\noverrides = { seed = 19 }\n')
    command = "python run.py walk --config config.json --out out/r.json"
    (here / "repo" / "out").mkdir()
    (here / "repo" / "out" / "keep").write_text("")
    words = [
        "bench",
        "make",
        "repo",
        "--command",
        command,
        "--paper",
        str(TINY / "paper.md"),
        "--hidden",
        "hidden.toml",
    ]
    result = hakken(*words, "-n", "1..2", "--out", "tasks", "--json")
    assert result.exit_code == 0, result.stderr
    assert begun, "nothing was run: all of it was kept from before"
    made = json.loads(result.stdout)
    assert {f for t in made["tasks"] for f in t["functions"]} >= {"tiny/fit.py:spread", "tiny/data.py:Walker.walk"}
    assert not any(t["gold_predictable"] for t in made["tasks"])
    task = next(t["id"] for t in made["tasks"] if t["functions"] == ["tiny/fit.py:spread"])
    shutil.copytree(here / "tasks" / task / "environment" / "repo", here / "work")
    ran = hakken("bench", "run", f"tasks/{task}", "--agent", "oracle", "-k", "2", "--json")
    assert json.loads(ran.stdout)["summary"]["all"]["pass^2"]["value"] == 1.0
    nothing = hakken("bench", "run", f"tasks/{task}", "--agent", "null")
    assert nothing.stdout.splitlines()[0].startswith("null")
    failed = hakken("bench", "grade", f"tasks/{task}", "work")
    assert "spread is not written" in failed.stdout
    assert failed.stdout.splitlines()[-1] == "score 0"
    shutil.copytree(here / "tasks" / task / "solution" / "files", here / "work", dirs_exist_ok=True)
    passed = hakken("bench", "grade", f"tasks/{task}", "work", "--reward", "logs/reward.json", "--json")
    assert json.loads(passed.stdout)["passed"]
    assert json.loads(Path("logs/reward.json").read_text()) == {"reward": 1}
    shutil.copytree(here / "tasks" / task / "tests", here / "tests")
    again = hakken("bench", "grade", "tests", "work", "--discard-gold", "--json")
    assert json.loads(again.stdout)["passed"]
    assert not (here / "tests" / "gold.json").exists()
    assert not (here / "tests" / "task.json").exists()
    refused = hakken("bench", "grade", f"tasks/{task}", "work", "--discard-gold")
    assert refused.exit_code == 2
    assert "is a whole task, whose gold cannot be discarded" in refused.stderr
    assert (here / "tasks" / task / "tests" / "gold.json").exists()


def test_tasks_of_a_whole_suite(hakken: Hakken, here: Path) -> None:
    for name in ("one", "two"):
        shutil.copytree(TINY, here / "suite" / name)
    made = hakken("bench", "make", "suite", "--limit", "1", "--json")
    assert made.exit_code == 0, made.stderr
    found = json.loads(made.stdout)
    assert [task["id"].partition("-")[0] for task in found["tasks"]] == ["one", "two"]
    assert all(note.startswith(("one: ", "two: ")) for note in found["notes"])
    ran = hakken("bench", "run", "hakken-tasks", "--agent", "oracle", "--json")
    assert json.loads(ran.stdout)["summary"]["all"]["pass@1"]["value"] == 1.0
    several = hakken("bench", "make", "suite", "--limit", "1").stdout
    assert ("one: " in several, "needed by" in several) == (True, False)
    told = hakken("bench", "make", "suite/one", "--limit", "1", "--out", "again")
    assert "needed by" in told.stdout
    assert told.stdout.splitlines()[-2:] == ["1 task in again", "Next: hakken bench run again --agent oracle"]
    none = hakken("bench", "make", "suite", "-n", "19")
    assert none.exit_code == 2
    assert "-n 19 asks for more functions than the" in none.stderr
    refused = hakken("bench", "make", "suite", "--memory-mb", "9000")
    assert refused.exit_code == 2
    assert "--memory-mb is for commands, and the experiments of suite are those of its suite.toml" in refused.stderr
    unmade = hakken("bench", "run", "suite")
    assert unmade.exit_code == 2
    assert "suite is a suite, of which tasks are made first. Make them: `hakken bench make suite" in unmade.stderr


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        (("make", "none", "--command", "true"), "none is not a folder"),
        (("make", "."), "There is no command"),
        (("make", ".", "--command", "python -c 1"), "writes no file with numbers, and prints none"),
        (("make", ".", "--command", "false"), "ended with exit code 1"),
        (("make", ".", "--command", "true", "-n", "x"), "is no number of functions"),
        (("make", ".", "--command", "true", "--mode", "all"), "There is no mode 'all'"),
        (("make", ".", "--command", "true", "--paper", "p.md"), "There is no paper at p.md"),
        (("make", ".", "--command", "true", "--results", "r", "--function", "f"), "is not of the form"),
        (("make", ".", "--command", "true", "--hidden", "h.toml"), "holds no hidden configurations"),
        (("check", "none"), "There is no suite 'none'"),
        (("check", "small", "--only", "none"), "no repository 'none'"),
        (("check", "."), ". is neither a suite nor tasks"),
        (("grade", ".", "."), "is no task folder"),
        (("make", "small/none"), "There is no suite 'small/none'"),
        (("make", "small/quasi_newton", "--hidden", "h.toml"), "--hidden is for commands"),
        (("run", "."), "There are no tasks in ."),
        (("run", "small"), "small is a suite, of which tasks are made first"),
        (("run", ".", "--agent", "best"), "There is no agent 'best'"),
        (("run", ".", "--retrieval", "all"), "There is no retrieval 'all'"),
    ],
)
def test_one_clear_sentence(hakken: Hakken, words: tuple[str, ...], sentence: str) -> None:
    result = hakken("bench", *words)
    assert result.exit_code == 2
    assert sentence in result.stderr
    assert result.stdout == ""


@pytest.mark.slow
def test_check(hakken: Hakken) -> None:
    result = hakken("bench", "check", str(TINY), "--quick", "--json")
    assert result.exit_code == 0, result.stdout
    found = json.loads(result.stdout)
    assert found["ok"]
    assert found["sources"][0]["oracle"] == [2, 2]
    assert sum(a["passed"]["rerun"] for a in found["attacks"]) == 0


def test_a_suite_with_a_fault_is_not_proved(hakken: Hakken, here: Path) -> None:
    shutil.copytree(TINY, here / "tiny")
    run = here / "tiny" / "repo" / "run.py"
    run.write_text("raise SystemExit('broken')")
    result = hakken("bench", "check", "tiny")
    assert result.exit_code == 1
    assert "NOT proved" in result.stdout
    assert "broken" in result.stdout
