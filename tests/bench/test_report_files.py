"""The files and commands of reports: the page, Markdown and JSON; two reports compared; a model's memory probed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest
from typer.testing import CliRunner

from hakken.bench.attempts.attempt import Attempt
from hakken.bench.reports.building import build_report
from hakken.bench.reports.comparing import compare_reports, read_report
from hakken.bench.reports.contamination import Contamination, body_tokens, probe
from hakken.bench.reports.page import html, text_of, write_report
from hakken.bench.reports.records import Report
from hakken.bench.reports.tables import contamination_line
from hakken.bench.tasks.folder import TaskFolder
from hakken.cli.app import app
from hakken.core.errors import BudgetExceeded, UsageError
from hakken.core.types import Call, Request, Role
from hakken.models import Ledger
from hakken.models.scripted import FunctionModel
from hakken.store import Store
from tests.bench.simulated import kept, made, population


class Memory:
    """A record of calls that forgets."""

    def find_call(self, key: str) -> Call | None:
        return None

    def record_call(self, call: Call) -> None:
        pass


def recall(tasks: dict[str, TaskFolder], answer: Callable[[Request], str]) -> Contamination:
    """A probe of a model that answers so."""
    singles = [task for task in tasks.values() if task.task.n == 1]
    return probe(singles, Ledger({Role.CODE: FunctionModel(answer)}, Memory()))


def test_the_page_holds_everything_and_needs_nothing(tasks: dict[str, TaskFolder], tmp_path: Path) -> None:
    hostile = [made("<script>alert(1)</script>", a.task, a.seed) for a in population("fixed-both", 0.0, tries=1)]
    known = recall(tasks, lambda request: "def f(): pass")
    report = build_report([*population("mending-code", 0.4), *hostile], contamination=known)
    paths = write_report(report, tmp_path)
    page = paths[0].read_text()
    assert "<script" not in page
    assert "&lt;script&gt;" in page
    assert page.count('<img src="data:image/svg+xml;base64,') == 7
    assert not re.search(r"(src|href)=\"(?!data:)", page)
    assert Report.model_validate_json(paths[2].read_bytes()) == report
    assert html(report) == page
    table = next(line for line in text_of(report).splitlines() if line.startswith("| mending-code |"))
    assert table.count("|") == text_of(report).split("| agent |")[1].splitlines()[0].count("|") + 2


def test_the_command_and_its_json(tmp_path: Path) -> None:
    folder = kept(tmp_path / "fixed", *population("fixed-both", -1.0, tries=2))
    result = CliRunner().invoke(app, ["bench", "report", str(folder), "--json"])
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["agents"] == ["fixed-both"]
    assert {p.name for p in (folder / "report").iterdir()} == {"report.html", "report.md", "report.json"}
    assert read_report(folder / "report").attempts == 72
    failed = CliRunner().invoke(app, ["bench", "report", str(tmp_path)])
    assert failed.exit_code == 2


def test_what_differs_is_found_and_what_does_not_is_not() -> None:
    before = build_report(list(population("agent-both", -1.0)))
    found = compare_reports(before, build_report(list(population("agent-both", 0.8, seed=1))), ("before", "after"))
    passed = next(f for f in found.findings if f.measure == "passed")
    assert passed.verdict
    assert "pass@1: agent-both in before is lower than agent-both in after by" in passed.sentence
    assert passed.family == len(found.findings)
    assert any("Equal on every shared task: tampered" in note for note in found.notes)
    again = compare_reports(before, build_report(list(population("agent-both", -1.0, seed=2))))
    same = next(f for f in again.findings if f.measure == "passed")
    assert not same.verdict
    assert "do not differ beyond chance on 36 shared tasks" in same.sentence
    assert "stays possible" in same.sentence


def test_false_alarms_are_rare() -> None:
    """Ten comparisons of an agent with itself, several measures in each: Holm keeps the whole family at 5 %."""
    reports = [build_report(list(population("agent-both", 0.0, tries=1, seed=seed))) for seed in range(11)]
    alarms = [any(f.verdict for f in compare_reports(a, b).findings) for a, b in pairwise(reports)]
    assert sum(alarms) <= 3  # binomial with 0.05 of 10: three or fewer in 99.9 % of the cases


def test_only_shared_tasks_are_compared() -> None:
    left = [made("a", f"descent-n1-{i}", functions=(f"f{i}",), solved=i < 2) for i in range(4)]
    right = [made("b", f"descent-n1-{i}", functions=(f"f{i}",)) for i in range(1, 6)]
    right[0] = right[0].model_copy(update={"task_hash": "sha256:changed"})
    found = compare_reports(build_report(left), build_report(right))
    assert (found.shared, found.only_one, found.changed) == (2, ("descent-n1-0",), ("descent-n1-1",))
    assert found.only_other == ("descent-n1-4", "descent-n1-5")
    assert found.findings[0].estimate.tasks == 2
    assert "2 independent groups of tasks could not have shown any difference" in found.findings[0].sentence
    with pytest.raises(UsageError, match="share no task"):
        compare_reports(build_report(left[:1]), build_report(right[-1:]))


def test_agents_that_share_no_task_are_named() -> None:
    left = [made("a", "descent-n1-0", functions=("f",)), made("b", "descent-n1-1", functions=("g",))]
    right = [made("b", "descent-n1-0", functions=("f",)), made("a", "descent-n1-1", functions=("g",))]
    found = compare_reports(build_report(left), build_report(right), ("before", "after"))
    assert (found.shared, found.findings) == (2, ())
    assert {"a in before and a in after share no task.", "b in before and b in after share no task."} <= set(
        found.notes
    )


def test_a_report_of_another_version_is_refused(tmp_path: Path) -> None:
    data = build_report([made()]).model_dump(mode="json") | {"format": 99}
    (tmp_path / "report.json").write_text(json.dumps(data))
    with pytest.raises(UsageError, match="is no report of this version"):
        read_report(tmp_path)


def test_what_a_budget_may_have_done_is_said() -> None:
    def attempts(agent: str, budget: str, model: str = "local") -> list[Attempt]:
        settings = {"budget": budget, "model": model, "memory": agent}
        return [made(agent, f"descent-n1-{i}", functions=(f"f{i}",), settings=settings) for i in range(3)]

    before = build_report([*attempts("mending", "5 minutes"), *attempts("steady", "1 minute"), *attempts("null", "")])
    after = build_report([*attempts("mending", "30 minutes"), *attempts("steady", "1 minute"), *attempts("new", "")])
    notes = compare_reports(before, after, ("before", "after")).notes
    assert (
        "mending in before and mending in after were not set alike: budget (5 minutes against 30 minutes). What "
        "differs may come from that." in notes
    )
    assert "Only in before, and not compared: null." in notes
    assert "Only in after, and not compared: new." in notes
    assert not any("steady" in note for note in notes)
    apart = compare_reports(build_report(attempts("one", "5 minutes")), build_report(attempts("two", "9 minutes")))
    assert any("one and two were not set alike: budget (5 minutes against 9 minutes)." in n for n in apart.notes)
    old = before.model_copy(update={"settings": {}})
    assert any("budget (not said against 30 minutes)" in note for note in compare_reports(old, after).notes)


def test_the_command_that_compares(tmp_path: Path) -> None:
    for name, skill in (("a", -2.0), ("b", 1.5)):
        write_json(build_report(list(population("x-both", skill, tries=1))), tmp_path / name)
    result = CliRunner().invoke(app, ["bench", "compare", str(tmp_path / "a"), str(tmp_path / "b")])
    assert result.exit_code == 0, result.output
    assert "36 tasks in both" in result.stdout
    assert "pass@1: x-both in a is lower than x-both in b" in result.stdout
    wrong = CliRunner().invoke(app, ["bench", "compare", str(tmp_path / "a"), str(tmp_path)])
    assert wrong.exit_code == 2


def write_json(report: Report, folder: Path) -> None:
    """A report without its pictures."""
    folder.mkdir()
    (folder / "report.json").write_text(report.model_dump_json())


def test_a_model_that_knows_the_code_and_one_that_does_not(tasks: dict[str, TaskFolder]) -> None:
    originals = {
        str(function): (task.solution / function.file).read_text()
        for task in tasks.values()
        for function in task.task.functions
    }

    def by_heart(request: Request) -> str:
        name = re.search(r"def (\w+)\(", request.messages[-1].content)
        assert name is not None
        assert "NotImplementedError" not in request.messages[-1].content
        text = next(t for key, t in originals.items() if key.endswith((f":{name[1]}", f".{name[1]}")))
        return f"```python\n{text.replace('# Centre', '# Something else:')}\n```"

    known = recall(tasks, by_heart)
    assert len(known.functions) >= 3
    assert (known.exact.value, known.near.value, known.unusable) == (1.0, 1.0, 0)
    assert known.exact.low > 0.3
    strange = recall(
        tasks, lambda r: re.sub(r".*(def .*?:)\n.*", r"\1\n    return 0", r.messages[-1].content, flags=re.S)
    )
    assert (strange.exact.value, strange.near.value) == (0.0, 0.0)
    silent = recall(tasks, lambda r: "I do not remember.")
    assert silent.unusable == len(silent.functions)
    assert silent.similarity == 0.0
    first = next(task for task in tasks.values() if task.task.n == 1)
    alone = recall({"one": first}, by_heart)
    assert (alone.exact.value, alone.above_chance, alone.chance) == (1.0, None, None)
    line = contamination_line(build_report([made()], contamination=alone))
    assert "there is no other function to compare with" in line


def test_the_tokens_of_a_probe_are_those_of_all_its_sessions(tasks: dict[str, TaskFolder], tmp_path: Path) -> None:
    script = tmp_path / "script.json"
    script.write_text(json.dumps({"rules": [{"reply": "I do not remember."}]}))
    folder, out = next(iter(tasks.values())).root.parent, tmp_path / "probe.json"

    def ask(tokens: int) -> tuple[int, int]:
        words = ["bench", "probe", str(folder), "--model", f"scripted:{script}", "--out", str(out)]
        code = CliRunner().invoke(app, [*words, "--tokens", str(tokens)]).exit_code
        with Store(out.with_suffix(".db")) as store:
            return code, store.usage().calls

    first = ask(400)
    assert first[0] == BudgetExceeded.exit_code
    assert first[1] > 0
    assert ask(400) == first, "a second session has what the first one left, which is nothing"
    whole = ask(100_000)
    assert whole[0] == 0
    assert whole[1] > first[1]


def test_a_probe_says_what_it_will_use_before_it_asks(tasks: dict[str, TaskFolder], tmp_path: Path) -> None:
    script, out = tmp_path / "script.toml", tmp_path / "found" / "probe.json"
    folder = next(iter(tasks.values())).root.parent

    def ask(rule: str, *words: str) -> list[str]:
        script.write_text(f"[[rules]]\n{rule}\n")
        model = words or ("--model", f"scripted:{script}")
        return CliRunner().invoke(app, ["bench", "probe", str(folder), "--out", str(out), *model]).stderr.splitlines()

    ask("reply = 'x'", "--model", "http://127.0.0.1:9/v1#x")
    assert not out.parent.exists(), "a model that does not answer is told before anything is made"
    forecast, budget, *told = ask("reply = 'I do not remember.'", "--model", f"scripted:{script}", "-c", "budget.usd=3")
    assert re.match(r"Forecast: about \d+ calls of scripted:.*, [\d,]+ prompt and [\d,]+ generated tokens", forecast)
    assert budget == "  budget: at most 100,000 tokens, 3 US$"
    functions = len(json.loads(out.read_text())["functions"])
    assert f"about {functions} calls" in forecast
    assert len(told) >= functions
    assert all(line.startswith("reports/recall: ") for line in told)


def test_layout_and_docstrings_do_not_count() -> None:
    one = 'class A:\n    def f(self, x):\n        """Say."""\n        return (x +\n            1)  # why\n'
    assert body_tokens(one, "A.f") == body_tokens("def f(self, x): return x+1", "f")
    with pytest.raises(ValueError, match="no function g"):
        body_tokens(one, "g")
