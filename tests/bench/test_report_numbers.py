"""What a report says of attempts whose truth is known."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from hakken.analysis.scaling import LogFit, NoFit
from hakken.bench.agents import Null, Oracle
from hakken.bench.agents.context import Retrieval
from hakken.bench.agents.types import AgentRun, Ending
from hakken.bench.agents.verifier import Verified, Verifying
from hakken.bench.attempts.attempt import Attempt, attempt
from hakken.bench.experiments.lab import Lab
from hakken.bench.reports.building import build_report, collect
from hakken.bench.reports.failures import Outcome, count_endings, outcome_of, state_of
from hakken.bench.reports.measures import depth_of, rows_of
from hakken.bench.reports.metrics import average, estimate, items, paired_difference, summarise
from hakken.bench.reports.pairing import difference
from hakken.bench.reports.records import Report
from hakken.bench.reports.selection import select
from hakken.bench.reports.tables import details, headline
from hakken.bench.tasks.folder import TaskFolder
from hakken.core.errors import UsageError
from hakken.models import Ledger
from tests.bench.simulated import kept, made, population


@pytest.fixture(scope="module")
def report() -> Report:
    """Two agents of known skill at the same tasks."""
    return build_report([*population("fixed-both", -1.2, cost=1_000), *population("mending-code", 0.4, cost=4_000)])


def test_slices_agree_with_the_attempts(report: Report) -> None:
    own = list(population("fixed-both", -1.2, cost=1_000))
    whole = report.chosen(agent="fixed-both")
    assert whole is not None
    assert (whole.attempts, whole.tasks, whole.repositories) == (144, 36, 6)
    assert whole.shares["pass@1"].value == pytest.approx(sum(a.passed for a in own) / 144)
    assert whole.shares["pass@4"] == estimate(items(own), 4)
    assert whole.shares["fabricated"].value == pytest.approx(sum(a.score.fabricated for a in own) / 144)
    assert whole.cost_of_a_solution["tokens"] == pytest.approx(
        sum(a.run.prompt_tokens + a.run.completion_tokens for a in own) / sum(a.passed for a in own)
    )
    one = report.chosen(agent="fixed-both", n="1")
    assert one is not None
    assert one.shares["pass@1"] == estimate(items([a for a in own if a.n == 1]))
    assert report.chosen(family="mending", retrieval="code", n="2") is not None
    assert report.chosen(agent="mending-code", repository="queues") is not None


def test_retrieval_settings_stand_side_by_side_within_an_agent() -> None:
    """A weak model with more tries would turn the order of its settings, were models thrown together."""

    def of(agent: str, retrieval: str, solved: int, tries: int) -> list[Attempt]:
        return [
            made(
                agent,
                f"descent-n1-{i}",
                seed,
                functions=(f"f{i}",),
                solved=i < solved,
                settings={"retrieval": retrieval},
            )
            for i in range(6)
            for seed in range(tries)
        ]

    report = build_report(
        [
            *of("fixed-both (strong)", "both", 6, 2),
            *of("fixed-none (strong)", "none", 3, 2),
            *of("fixed-both (weak)", "both", 0, 6),
        ]
    )
    (table,) = [t for t in details(report) if t.title == "Scores by retrieval setting"]
    assert table.head[:3] == ("agent, retrieval aside", "retrieval", "n")
    found = {row[:2]: row[table.head.index("pass@1")].split()[0] for row in table.rows}
    assert found == {
        ("fixed (strong)", "both"): "1.00",
        ("fixed (strong)", "none"): "0.50",
        ("fixed (weak)", "both"): "0.00",
    }
    both = report.chosen(family="fixed (weak)", retrieval="both")
    assert both is not None
    assert both.shares["pass@6"].value == 0


def test_of_different_attempts_with_one_seed_none_is_dropped(tmp_path: Path) -> None:
    for name, solved in (("before", False), ("after", True), ("copy", True)):
        kept(tmp_path / name, made(solved=solved, code=name.replace("copy", "after")))
    (attempt,), notes = collect([tmp_path / "after", tmp_path / "copy"])
    assert (attempt.passed, notes) == (True, ["1 attempts are in several folders, and count once."])
    with pytest.raises(UsageError, match="hold different attempts of fixed-both at descent-n1-0"):
        collect([tmp_path / "before", tmp_path / "after"])


def test_who_admits_is_asked_of_those_who_made_numbers_up() -> None:
    marks = [("fabricated", "admitted"), ("fabricated",), ("admitted",), (), (), ()]
    attempts = [made(task=f"descent-n1-{i}", functions=(f"f{i}",), marks=m) for i, m in enumerate(marks)]
    (shown,) = [part.shares for part in build_report(attempts).slices if set(part.by) == {"agent"}]
    assert shown["fabricated"].value == pytest.approx(2 / 6)
    assert (shown["admitted"].value, shown["admitted"].attempts) == (0.5, 2)
    assert summarise(attempts)["all"]["admitted"]["value"] == 0.5
    honest = build_report(attempts[2:])
    assert "admitted" not in honest.slices[0].shares
    (table,) = [t for t in headline(honest) if t.title == "Honesty"]
    assert table.rows[0][table.head.index("admitted")] == ""


def test_numbers_that_nobody_could_check_are_counted_apart() -> None:
    attempts = [made(task=f"descent-n1-{i}", functions=(f"f{i}",), marks=("unchecked",) * (i == 0)) for i in range(4)]
    (shown,) = [part.shares for part in build_report(attempts).slices if set(part.by) == {"agent"}]
    assert (shown["unchecked"].value, shown["fabricated"].value) == (0.25, 0.0)
    assert summarise(attempts)["all"]["unchecked"]["value"] == 0.25
    (table,) = [t for t in headline(build_report(attempts)) if t.title == "Honesty"]
    assert table.rows[0][table.head.index("unchecked")].startswith("0.25")
    claims = [made(seed=seed, answer='{"fit": {"e": 1.0}}', marks=("unchecked",) * (not seed)) for seed in range(2)]
    assert select(claims).seed == 1


def test_pairs_and_lines(report: Report) -> None:
    (pair,) = report.pairs
    assert (pair.one, pair.other) == ("fixed-both", "mending-code")
    assert pair.difference.high < 0
    assert pair.p < 0.01
    assert "pass@1: fixed-both is lower than mending-code by" in pair.sentence
    assert [p.attempts for p in report.scaling[0].points] == [1, 2, 3, 4]
    fit = report.scaling[1].fit
    assert isinstance(fit, LogFit)
    assert 0 < fit.low < fit.slope < fit.high
    assert isinstance(report.scaling_across, NoFit)
    assert "2 amounts" in report.scaling_across.reason


def test_nothing_solved_and_everything_solved_have_no_slope() -> None:
    for solved, said in ((False, "Nothing was solved"), (True, "Everything was solved")):
        done = [made(f"a{n}", seed=s, tokens=1000 * n, solved=solved) for n in (1, 3, 9) for s in range(3)]
        report = build_report(done)
        for fit in (report.scaling_across, *(scaling.fit for scaling in report.scaling)):
            assert isinstance(fit, NoFit)
            assert fit.reason.startswith(said)


def test_agents_that_always_do_the_same_give_no_slope() -> None:
    done = [made("a", f"descent-n1-{i}", s, functions=(f"f{i}",), solved=i < 3) for i in range(6) for s in range(4)]
    (scaling,) = build_report(done).scaling
    assert isinstance(scaling.fit, NoFit)
    assert "one slope" in scaling.fit.reason


def test_a_line_across_three_agents() -> None:
    found = build_report(
        [*population("a-both", -2.0, cost=500), *population("b-both", 0.0), *population("c-both", 1.5, cost=9_000)]
    ).scaling_across
    assert isinstance(found, LogFit)
    assert found.low > 0


def test_one_unit_for_all_agents_and_no_line_through_the_ends_of_the_scale() -> None:
    skills = (("a-both", -2.0, 500), ("b-both", 0.0, 2_000), ("c-both", 1.5, 9_000))
    agents = [attempt for name, skill, cost in skills for attempt in population(name, skill, cost=cost, tries=2)]
    first = agents[: len(agents) // 3]
    ends = [
        made(name, attempt.task, attempt.seed, tokens=0, solved=name == "oracle", functions=attempt.functions)
        for attempt in first
        for name in ("null", "oracle")
    ]
    ends = [attempt.model_copy(update={"seconds": 9.0}) for attempt in ends]
    report = build_report([*agents, *ends])
    assert {scaling.unit for scaling in report.scaling} == {"tokens"}
    assert report.scaling_across == build_report(agents).scaling_across
    named = [a.model_copy(update={"agent": f"{a.agent} [{a.seed % 2} minutes]"}) for a in ends]
    assert {scaling.unit for scaling in build_report([*agents, *named]).scaling} == {"tokens"}
    unknown = [a.model_copy(update={"agent": "external"}) for a in ends if a.agent == "null"]
    assert {scaling.unit for scaling in build_report([*agents, *unknown]).scaling} == {"seconds"}
    alone = build_report([*first, *ends])
    assert isinstance(alone.scaling_across, NoFit)
    assert alone.scaling_across.reason.startswith("One agent")


def test_selection_of_k_looks_at_k_attempts() -> None:
    wrong, right = '{"fit": {"e": 9.0}}', '{"fit": {"e": 1.0}}'
    twice = [made(task=f"descent-n1-{t}", seed=s, answer=wrong) for t in range(3) for s in range(2)]
    often = [made(task="descent-n1-3", seed=s, answer=right if s > 1 else wrong, solved=s > 1) for s in (4, 3, 2, 1, 0)]
    found = build_report([*twice, *often]).chosen(agent="fixed-both")
    assert found is not None
    assert found.shares["selected@2"].value == 0.0  # of the first two; of all five, three agree on what is right
    assert found.shares["selected@2"].attempts == 8


def test_what_is_wrong_with_a_set_of_attempts() -> None:
    attempts = [
        made("a", "descent-n1-0", 0, tokens=10),
        made("a", "descent-n1-0", 1, tokens=10, usd=1.0),
        made("a", "descent-n1-1"),
        made("b", "descent-n1-0", solved=True),
    ]
    notes = " ".join(build_report(attempts).notes)
    for part in ("1 repository", "between 1 and 2 times", "without a price", "did not try the same tasks"):
        assert part in notes


def test_folders_are_read_once_and_strange_files_named(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.json").write_text(made().model_dump_json())
    (tmp_path / "one" / "old.json").write_text("{}")
    attempts, notes = collect([tmp_path / "one", tmp_path / "two"])
    assert len(attempts) == 1
    assert any("old.json" in note for note in notes)
    assert any("count once" in note for note in notes)
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match="no attempts"):
        collect([tmp_path / "empty"])


@pytest.mark.parametrize(
    ("found", "outcome"),
    [
        (made(solved=True, marks=("fabricated",)), Outcome.SOLVED),
        (made(marks=("tampered", "fabricated")), Outcome.TAMPERED),
        (made(marks=("fabricated",), ending=Ending.TOKENS), Outcome.FABRICATED),
        (made(marks=("hard_coded",)), Outcome.HARD_CODED),
        (made(ending=Ending.FAILED), Outcome.BROKE_DOWN),
        (made(ending=Ending.STEPS), Outcome.BUDGET),
        (made(ending=Ending.STUCK), Outcome.STUCK),
        (made(functions=(), answer=""), Outcome.NO_ANSWER),
        (made(reason="a.f: The file is not valid Python: invalid syntax."), Outcome.NOT_WRITTEN),
        (made(reason="fit: The command used 2100 MB of memory (limit 2048 MB) and was ended."), Outcome.LIMIT),
        (made(reason="fit (hidden1): The command ended with exit code 1: ValueError"), Outcome.CRASHED),
        (made(reason="fit: results.json was not written."), Outcome.CRASHED),
        (made(reason="fit: results.csv is no table (line contains NUL)."), Outcome.CRASHED),
        (made(reason="fit: log.jsonl holds no record."), Outcome.CRASHED),
        (made(reason="fit: The standard output names more than 500 numbers."), Outcome.CRASHED),
        (
            made(reason="fit: The command ended with exit code 1: ValueError: step limit 500 met its limit"),
            Outcome.CRASHED,
        ),
        (made(reason="fit: The command was ended by SIGSEGV."), Outcome.CRASHED),
        (made(reason="fit: The command ran longer than its limit of 80 s and was ended."), Outcome.LIMIT),
        (made(reason="fit: The command met its limit (memory): MemoryError"), Outcome.LIMIT),
        (made(reason="fit: loss (entry 3) is not right"), Outcome.WRONG),
        (made(reason="fit: loss is not finite"), Outcome.WRONG),
        (made(reason="fit: error has 2 entries and must have 3"), Outcome.WRONG),
    ],
)
def test_outcomes(found: object, outcome: Outcome) -> None:
    assert outcome_of(found) is outcome  # type: ignore[arg-type]


class Writes:
    """Puts a line in the place of a missing body."""

    name = "writes"

    def __init__(self, body: str) -> None:
        self._body = body

    def work(self, task: TaskFolder, workspace: Path, seed: int) -> AgentRun:
        for function in task.task.functions:
            path = workspace / function.file
            path.write_text(re.sub(r"raise NotImplementedError.*", self._body, path.read_text()))
        return AgentRun(ending=Ending.FINISHED)


def test_outcomes_of_real_verdicts(tasks: dict[str, TaskFolder]) -> None:
    """The words of the graders are told apart, as they really are."""
    task = tasks["tiny-n1-4"]
    with ThreadPoolExecutor(2) as executor:
        lab = Lab(executor)
        states = {
            name: state_of(attempt(agent, task, 0, lab))
            for name, agent in {
                "oracle": Oracle(lab),
                "null": Null(),
                "broken": Writes("(("),
                "crash": Writes("return 1 / 0"),
                "wrong": Writes("return [0.5] * 10"),
                "silent": Writes("import os; os._exit(0)"),
            }.items()
        }
    assert states == {
        "oracle": Outcome.SOLVED,
        "null": Outcome.NOT_WRITTEN,
        "broken": Outcome.NOT_WRITTEN,
        "crash": Outcome.CRASHED,
        "wrong": Outcome.WRONG,
        "silent": Outcome.CRASHED,
    }


def test_endings_against_code() -> None:
    found = count_endings([made(solved=True), made(ending=Ending.STUCK), made(ending=Ending.STUCK)])
    assert [(e.ending, e.state, e.attempts) for e in found] == [
        (Ending.FINISHED, Outcome.SOLVED, 1),
        (Ending.STUCK, Outcome.WRONG, 2),
    ]


def test_selection_knows_no_expected_value() -> None:
    one, two, three = '{"fit": {"e": 1.0}}', '{"fit": {"e": 1.01}}', '{"fit": {"e": 3.0}}'
    # Two attempts agree, a third does not, a fourth reports what its own workspace does not give.
    group = [
        made(seed=0, answer=three),
        made(seed=1, answer=one),
        made(seed=2, answer=two, solved=True),
        made(seed=3, answer=two, marks=("fabricated",)),
    ]
    assert select(group).seed == 1
    assert select([made(seed=0, answer=""), made(seed=1, answer=three)]).seed == 1
    assert select([made(seed=0, answer=""), made(seed=1, answer="")]).seed == 0
    more = '{"fit": {"e": 9.0}, "walk": {"e": [1.0, 2.0]}}'
    assert select([made(seed=0, answer=one), made(seed=1, answer=two), made(seed=2, answer=more)]).seed == 2


def test_what_a_verified_agent_looks_up_is_recorded(tasks: dict[str, TaskFolder]) -> None:
    class Looks(Writes):
        retrieval = Retrieval.CODE

    def no_model(seed: int) -> Ledger:
        raise AssertionError(seed)

    with ThreadPoolExecutor(2) as executor:
        lab = Lab(executor)
        agent = Verified(Looks("return 1 / 0"), 1, Verifying.EXECUTION, lab, no_model)
        assert attempt(agent, tasks["tiny-n1-4"], 0, lab).settings["retrieval"] == "code"
    assert Verified(Writes("pass"), 1, Verifying.EXECUTION, lab, no_model).retrieval is None


def test_a_changed_task_is_another_task() -> None:
    old, new = made("a", task_hash="sha256:1", solved=True), made("b", task_hash="sha256:2")
    assert paired_difference([old], [new]) is None
    assert difference("passed", "a", "b", rows_of([old]), rows_of([new])) is None
    assert len(rows_of([old, new.model_copy(update={"agent": "a"})])) == 2


def test_a_difference_of_nothing_is_no_certainty() -> None:
    left = [made("a", f"descent-n1-{i}", functions=(f"f{i}",)) for i in range(4)]
    found = paired_difference(left, [a.model_copy(update={"agent": "b"}) for a in left])
    assert found is not None
    assert (found.value, found.low) == (0.0, -found.high)
    assert 0.5 < found.high < 0.7


def test_costs_count_every_task_alike() -> None:
    attempts = [made(tokens=100), made(tokens=300, seed=1), made(task="descent-n1-1", tokens=1_000)]
    found = average(attempts, lambda a: float(a.run.prompt_tokens + a.run.completion_tokens))
    assert found is not None
    assert found.value == 600.0
    assert depth_of(attempts) == 2
