"""What scores are worth, in reports: sound tasks apart from others, and the sandbox that attempts were made in."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from hakken.bench.attempts.again import Retry, replaced
from hakken.bench.attempts.attempt import Attempt
from hakken.bench.reports.building import build_report, collect
from hakken.bench.reports.cautions import cautions_of
from hakken.bench.reports.comparing import compare_reports
from hakken.bench.reports.metrics import summarise
from hakken.bench.reports.page import html, text_of
from hakken.core.types import Rung
from tests.bench.simulated import kept, made


def three(agent: str = "fixed-both", **said: bool) -> list[Attempt]:
    """One attempt each at a sound, a predictable and a leaking task; the last two solved."""
    return [
        made(agent, "descent-n1-0", functions=("f0",), solved=said.get("sound", False)),
        made(agent, "descent-n1-1", functions=("f1",), solved=True, gold_predictable=True),
        made(agent, "descent-n1-2", functions=("f2",), solved=True, gold_predictable=True, leaks=("a.py holds f2",)),
    ]


def value(report_attempts: Sequence[Attempt], **by: str) -> float | None:
    """pass@1 of a slice."""
    part = build_report(report_attempts).chosen(**by)
    return part.shares["pass@1"].value if part else None


def test_a_headline_counts_sound_tasks_alone() -> None:
    attempts = three()
    assert value(attempts, agent="fixed-both") == 0.0
    kinds = {kind: value(attempts, agent="fixed-both", tasks=kind) for kind in ("sound", "predictable", "leaking")}
    assert kinds == {"sound": 0.0, "predictable": 1.0, "leaking": 1.0}
    report = build_report(attempts)
    assert (report.attempts, report.tasks, len(report.rows)) == (3, 3, 3)
    assert [note for note in report.notes if "sound" in note or "tasks are" in note] == [
        "1 of 3 tasks are predictable: whoever knows the visible numbers may write them down in the place of a "
        "function.",
        "1 of 3 tasks are leaking: what was taken out lies where an agent finds it.",
        "2 tasks that are not sound have a table of their own, and count in no other number.",
    ]
    assert "Scores by what the tasks are worth" in text_of(report)
    assert "predictable" in html(report)


def test_without_a_sound_task_all_count_and_it_is_said() -> None:
    attempts = three()[1:]
    assert value(attempts, agent="fixed-both") == 1.0
    notes = build_report(attempts).notes
    assert any(note.startswith("1 of 2 tasks are predictable") for note in notes)
    assert not any("count in no other" in note for note in notes)
    assert cautions_of(three()[:1]) == []
    assert "what the tasks are worth" not in text_of(build_report(three()[:1]))


def test_an_agent_at_unsound_tasks_alone_stands_in_their_table_alone() -> None:
    report = build_report([*three("a"), *three("b")[1:]])
    assert report.agents == ("a",)
    assert report.pairs == ()
    assert report.chosen(agent="b", tasks="leaking") is not None
    assert html(report)


def test_only_sound_tasks_are_compared_where_there_are_some() -> None:
    before, after = build_report(three("a")), build_report(three("a", sound=True))
    found = compare_reports(before, after)
    assert found.findings[0].estimate.tasks == 1
    assert "2 shared tasks are leaking or predictable, and are not compared." in found.notes
    known = compare_reports(build_report(three("a")[1:2]), build_report(three("a")[1:2]))
    assert any(note.startswith("All shared tasks are predictable: ") for note in known.notes)


def test_an_unisolated_score_is_named_so_and_never_mixed_with_another(tmp_path: Path) -> None:
    strong = kept(tmp_path / "strong", made(solved=False))
    weak = kept(tmp_path / "weak", made(solved=True, rung=Rung.RLIMITS))
    alone = build_report(*collect([weak])[:1])
    assert alone.agents == ("fixed-both [rlimits, unisolated]",)
    assert "1 of 1 attempts are unisolated (sandbox rlimits)" in alone.notes[0]
    both = build_report(*collect([strong, weak])[:1])
    assert both.agents == ("fixed-both [bubblewrap]", "fixed-both [rlimits, unisolated]")
    assert [part.attempts for part in both.slices if part.by.keys() == {"agent"}] == [1, 1]
    plain = build_report(*collect([strong])[:1])
    assert plain.agents == ("fixed-both",)
    assert "| fixed-both | bubblewrap |" in text_of(plain)
    notes = compare_reports(plain, alone, ("A", "B")).notes
    assert any("sandbox (bubblewrap against rlimits, unisolated)" in note for note in notes)


def test_two_reports_on_different_rungs_say_so(tmp_path: Path) -> None:
    one = build_report([made()])
    other = build_report([made(rung=Rung.LANDLOCK)])
    (note,) = [note for note in compare_reports(one, other).notes if "set alike" in note]
    assert "sandbox (bubblewrap against landlock)" in note


def outage(agent: str = "fixed-both") -> list[Attempt]:
    """Four attempts at each of two tasks; of the first task two pass, and two that pass are lost to an outage."""
    return [
        made(agent, f"descent-n1-{i}", seed, functions=(f"f{i}",), solved=i == 0, outage=lost, usd=0.5)
        for i in range(2)
        for seed, lost in enumerate(("", "", "ModelUnavailable", "ModelUnavailable" if i == 0 else ""))
    ]


def test_what_was_not_measured_is_in_no_share_and_both_numbers_are_said() -> None:
    report = build_report(outage())
    part = report.chosen(agent="fixed-both")
    assert part is not None
    assert (report.attempts, part.attempts, part.unmeasured) == (8, 5, 3)
    assert part.as_failed is not None
    assert (part.shares["pass@1"].value, part.as_failed.value) == (0.5, 0.25)
    assert [(row.tries, row.unmeasured, row.counts["passed"]) for row in report.rows] == [(2, 2, 2), (3, 1, 0)]
    (lost,) = report.unmeasured
    assert (lost.agent, lost.error, lost.attempts, lost.usd, lost.tokens) == (
        "fixed-both",
        "ModelUnavailable",
        3,
        1.5,
        3_000,
    )
    assert sum(count.attempts for count in report.failures[0].outcomes) == 5
    said = "Not measured: 3 of 8 attempts, for infrastructure (ModelUnavailable 3). No share and no cost counts them"
    assert any(note.startswith(said) for note in report.notes)
    text = text_of(report)
    assert "8 attempts at 2 tasks from 1 repository, 3 of them not measured, for infrastructure." in text
    assert "| not measured | pass@1, those as failed |" in text
    assert "| fixed-both | ModelUnavailable | 3 | 3,000 | 1.5 | 60 |" in text
    assert html(report)
    notes = compare_reports(build_report([made("b", "descent-n1-0", functions=("f0",))]), report, ("A", "B")).notes
    assert "3 attempts of B were not measured, for infrastructure, and are not compared." in notes


def test_the_summary_of_a_run_says_both_numbers_too() -> None:
    found = summarise(outage(), 2)["all"]
    assert (found["pass@1"]["value"], found["pass@1, not measured as failed"]["value"]) == (0.5, 0.25)
    assert "pass@1, not measured as failed" not in summarise([made()])["all"]
    assert list(summarise([made(outage="SandboxError")])["all"]) == ["pass@1, not measured as failed"]


def test_a_report_of_an_outage_alone() -> None:
    report = build_report([made(outage="SandboxError", solved=True)])
    assert (report.agents, report.slices, report.rows, report.pairs) == ((), (), (), ())
    assert "Nothing was measured" in html(report)
    assert "| fixed-both | SandboxError | 1 |" in text_of(report)


def test_of_two_folders_the_measured_try_counts(tmp_path: Path) -> None:
    lost = kept(tmp_path / "lost", made(outage="ModelUnavailable"))
    done = kept(tmp_path / "done", made(solved=True))
    for folders in ([lost, done], [done, lost]):
        (attempt,), notes = collect(folders)
        assert (attempt.measured, notes) == (True, ["1 attempts are in several folders, and count once."])


def test_several_codes_are_named_and_compared() -> None:
    def of(*codes: str) -> list[Attempt]:
        return [made(seed=seed, code=code) for seed, code in enumerate(codes)]

    mixed = build_report(of("0.1.0 aaa", "0.1.0 bbb", ""))
    assert (
        "3 codes of Hakken made these attempts, and what differs may come from that (fixed-both: 0.1.0 aaa 1, "
        "0.1.0 bbb 1, not recorded 1)." in mixed.notes
    )
    assert mixed.settings["fixed-both"]["code"] == "0.1.0 aaa or 0.1.0 bbb or not recorded"
    one, other = build_report(of("0.1.0 aaa")), build_report(of("0.1.0 bbb"))
    assert not any("codes" in note for note in one.notes)
    (note,) = [note for note in compare_reports(one, other).notes if "set alike" in note]
    assert "code (0.1.0 aaa against 0.1.0 bbb)" in note
    apart = compare_reports(build_report([made("x", code="1 a")]), build_report([made("y", code="1 b")])).notes
    assert any("x and y were not set alike: code (1 a against 1 b)." in note for note in apart)


def test_what_was_made_again_is_said() -> None:
    first, second = made(outage="ModelUnavailable", usd=0.25), made(solved=True)
    notes = build_report([replaced(first, second, Retry.INFRASTRUCTURE)]).notes
    said = "1 attempts were made again, for: infrastructure 1. Their earlier tries took 1,000 tokens and US$ 0.25"
    assert any(note.startswith(said) for note in notes)
