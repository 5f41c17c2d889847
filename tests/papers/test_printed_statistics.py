"""What a paper prints of its statistics: deviations, power, equivalence, parity, the matched baseline, leakage probes.

Each paper is composed by code from a synthetic record, rendered, and audited: every number must be found again.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from hakken.core.types import (
    ClaimStatus,
    Comparison,
    NodeStatus,
    ProbeKind,
    Snapshot,
    Split,
)
from hakken.research.papers.deviations import NONE, deviations
from hakken.research.papers.facts import compute_facts
from hakken.research.papers.fixed import protocol
from hakken.research.papers.study import Study
from hakken.research.papers.wording import level
from tests.papers.builders import METRICS, build_snapshot
from tests.papers.records import (
    KEY,
    RECORDS,
    Paper,
    broken,
    changed,
    dearer,
    null,
    planned,
    printed,
    recompared,
)


@pytest.fixture(scope="module")
def paper(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Paper]:
    """Each paper is made once."""
    return cache(lambda name: printed(RECORDS[name](), tmp_path_factory.mktemp(name)))


Papers = Callable[[str], Paper]


@pytest.mark.parametrize("name", RECORDS)
def test_the_audit_finds_every_number_again(paper: Papers, name: str) -> None:
    assert paper(name).errors() == []


def test_a_paper_without_deviations_says_so(paper: Papers) -> None:
    text = paper("clean").text
    assert NONE in text
    assert "The claim reads: “The chosen variant reduces the test error on digits.”" in text
    assert re.search(
        r"standardised effect size \([^)]*\) was −\d\.\d\d \(95 % jackknife interval −\d\.\d\d to −\d\.\d\d\)\.", text
    )
    assert "detectable" not in text
    assert "Every p but that of the primary claim is adjusted by Holm’s method" in text


def test_every_deviation_is_printed(paper: Papers) -> None:
    made = paper("departing")
    assert made.snapshot.claims[0].status is ClaimStatus.UNTESTED
    said = (
        "Of 20 planned report seeds, 18 gave a pair of results.",
        "2 trials failed on the report seeds.",
        "The version that was tested is not the one that the selection rule picks. *Focal weighting* is.",
        "Decided by a person: The run was started with a limit of 25,000 tokens (Asked on the command line).",
        "Decided by the program: The search was ended early (The budget of 600 s is met).",
    )
    assert [s for s in said if s not in made.text] == []
    assert NONE not in made.text
    assert len(deviations(made.snapshot)) == len(said)


def test_where_nothing_was_found_the_power_is_stated(paper: Papers) -> None:
    made = paper("null")
    comparison = next(
        c for s, c in made.snapshot.comparisons if (s, c.variant_id, c.metric) == (Split.REPORT, "n1", KEY)
    )
    assert comparison.verdict == "inconclusive"
    assert comparison.detectable is not None
    assert comparison.noise_floor is not None
    assert comparison.detectable > comparison.noise_floor
    least = f"the smallest detectable difference was {comparison.detectable:.1f} percentage points (80 % power)"
    assert least in made.text
    assert "equivalence was not shown" in made.text
    assert "the two are equivalent" not in made.text


def test_no_difference_is_said_after_two_one_sided_tests_only(paper: Papers) -> None:
    text = paper("equal").text
    assert "the two are equivalent within this margin" in text
    assert re.search(r"the 90 % interval of the difference, −?0\.\d+ to −?0\.\d+ percentage points, keeps to", text)


def of_report(snapshot: Snapshot) -> Comparison:
    return next(c for s, c in snapshot.comparisons if (s, c.variant_id, c.metric) == (Split.REPORT, "n1", KEY))


def study_of(snapshot: Snapshot) -> Study:
    return Study(snapshot, compute_facts(snapshot), (), Path("none.bib"))


def test_a_difference_below_the_noise_floor_is_told_as_one() -> None:
    study = study_of(RECORDS["small"]())
    c = of_report(study.snapshot)
    assert (c.verdict, c.apart, c.equivalent) == ("inconclusive", True, True)
    assert c.high < 0
    assert study.outcome.startswith("the planned test finds a difference in favour of the change on this measure, but")
    (fact,) = (f for f in study.facts if f.kind == "comparison" and f.subject == f"n1/report/{KEY}")
    assert fact.views["verb"] == "changed, by no more than the noise floor,"
    assert "in size it is no larger than the noise floor" in fact.views["sentence"]


def test_the_words_for_no_effect_are_kept_for_intervals_that_hold_zero() -> None:
    study = study_of(RECORDS["equal"]())
    assert of_report(study.snapshot).low < 0 < of_report(study.snapshot).high
    assert "no clear effect" in study.outcome
    (fact,) = (f for f in study.facts if f.kind == "comparison" and f.subject == f"n1/report/{KEY}")
    assert fact.views["verb"] == "did not measurably change"


FALLBACK = "Why the outcome is what it is was not tested; the ablation is the only evidence on mechanism."


@pytest.mark.parametrize(
    "said",
    [
        "The planned test found no clear effect of the change of the loss on the test error.",
        "There could be several reasons why the planned test finds no clear effect of the change on the test error.",
        "The change did not measurably change the test error.",
        "Label smoothing does not introduce any noticeable differences in the test error.",
        "With label smoothing, the test error is indistinguishable from that of the baseline.",
        "The difference in test error between label smoothing and the baseline was not significant.",
    ],
)
def test_a_small_effect_is_not_to_be_denied(paper: Papers, said: str) -> None:
    found = paper("small").errors_after(FALLBACK, said)
    assert [kind for kind, sentence, _, _ in found if sentence == said] in (["contradicted"], ["statistics"])
    assert paper("equal").errors_after(FALLBACK, said) == []


@pytest.mark.parametrize(
    "said",
    [
        "The effect of the change on the test error is inconclusive.",
        "The change makes no difference to the test error that would count, since it is below the noise floor.",
        "The change does not change how many units are hidden.",
        "The planned test may find no clear effect of the change on the test error elsewhere.",
    ],
)
def test_what_a_small_effect_allows(paper: Papers, said: str) -> None:
    assert paper("small").errors_after(FALLBACK, said) == []


TOO_FEW = "The 8 explore seeds are too few for this: after the correction no p there could have been small enough"


def test_seeds_that_cannot_decide_are_told(paper: Papers) -> None:
    made = paper("broken")
    assert TOO_FEW in made.text
    assert "There are too few seeds for any of them to decide." in made.text
    assert re.search(
        r"with \*Multi-class margin[^*]*\* was \d+\.\d %[^;]*; p = 0\.\d+ after[^;]*few seeds to decide;", made.text
    )
    (fact,) = (f for f in compute_facts(made.snapshot) if f.subject == f"n3/explore/{KEY}")
    assert re.search(r"p = 0\.\d+ after Holm’?'?s correction\), with too few seeds to decide;", fact.views["sentence"])
    assert made.errors_after("with too few seeds to decide", "an improvement") != []


def test_seeds_that_can_decide_are_not() -> None:
    snapshot = broken(("n1", "n2", "n3"))
    assert "too few" not in protocol(study_of(snapshot))
    (fact,) = (f for f in compute_facts(snapshot) if f.subject == f"n3/explore/{KEY}")
    assert "a deterioration" in fact.views["sentence"]


def test_a_noise_floor_that_is_not_known_is_no_condition(paper: Papers) -> None:
    snapshot = paper("clean").snapshot
    known = study_of(snapshot)
    assert protocol(known).count("and it is larger than the noise floor") == 1
    rows = tuple((s, c.model_copy(update={"noise_floor": None})) for s, c in snapshot.comparisons)
    bare = study_of(snapshot.model_copy(update={"comparisons": rows}))
    assert "larger than the noise floor" not in protocol(bare)
    assert "No noise floor was known" in protocol(bare)
    assert deviations(bare.snapshot) == ("No noise floor was known, so no difference had to be larger than one.",)


def test_a_declared_margin_takes_the_place_of_the_noise_floor() -> None:
    base = null(spread=0.2)
    metrics = (METRICS[0].model_copy(update={"margin": 0.05}), METRICS[1])
    template = base.template.model_copy(update={"metrics": metrics})
    facts = compute_facts(recompared(base.model_copy(update={"template": template})))
    (fact,) = (f.views["sentence"] for f in facts if f.kind == "equivalence")
    assert "(declared by the template; two one-sided tests" in fact
    assert "equivalence was not shown" in fact


def test_more_compute_is_disclosed_and_matched(paper: Papers) -> None:
    text = paper("matched").text
    assert re.search(r"Per trial, \*Label smoothing\* used 1\.\d\d times the CPU time of the baseline", text)
    assert "the unchanged code was run again with 927 steps, for the same time;" in text
    assert re.search(
        r"Against \*baseline with matched compute\*, \*Label smoothing\* used 1\.\d\d times the CPU time per trial",
        text,
    )
    assert re.search(
        r"against \*baseline with matched compute\*, whose mean test error was [\d.]+ % [^*]*\*Label smoothing\* had",
        text,
    )
    assert "| baseline with matched compute (matched) |" in text


def test_what_many_versions_cost_stands_in_a_table(paper: Papers) -> None:
    written = paper("costly")
    assert written.text.count("Per trial,") == 1, "the selected version has its sentence"
    rows = dict(re.findall(r"\| ([^|]+?) \| explore \| (\d\.\d\d) \|", written.text))
    assert set(rows) == {node.title for node in written.snapshot.nodes if node.id in ("n1", "n2", "n3", "n7")}
    wrong = f"{float(rows['Label smoothing']) + 0.37:.2f}"
    found = written.errors_after(rows["Label smoothing"], wrong)
    assert any(kind == "unsupported" and wrong in says for kind, _, says, _ in found)


def test_versions_that_the_budget_cut_are_counted_too(tmp_path: Path) -> None:
    """What became of the versions adds up to their number, whatever was taken back from the best of them."""
    snapshot = build_snapshot()
    cut = {"n2": {"status": NodeStatus.PROPOSED}, "n7": {"status": NodeStatus.PROPOSED}}
    nodes = tuple(node.model_copy(update=cut.get(node.id, {})) for node in snapshot.nodes)
    snapshot = snapshot.model_copy(update={"nodes": nodes})
    said = next(f.views["sentence"] for f in compute_facts(snapshot) if (f.kind, f.subject) == ("count", "nodes"))
    assert said == (
        "5 ideas led to 6 versions of the code, of which 2 failed, 1 left every result unchanged, 1 had not ended "
        "when the budget was met and 2 ran on all explore seeds."
    )
    (tmp_path / "paper.md").write_text(f"# Results\n\n{said}\n", encoding="utf-8")
    paper = Paper(snapshot, tmp_path / "paper.md")
    assert [sentence for _, sentence, *_ in paper.errors() if "had not ended" in sentence] == []
    wrong = paper.errors_after("1 had not ended", "4 had not ended")
    assert [kind for kind, sentence, *_ in wrong if "had not ended" in sentence] != []


def test_a_matched_baseline_that_cannot_be_run_is_explained() -> None:
    facts = compute_facts(planned(recompared(changed(build_snapshot(), dearer))))
    (fact,) = (f.views["sentence"] for f in facts if f.kind == "matching")
    assert fact.endswith("was not run: the template names no argument for the length of training.")
    assert [f for f in compute_facts(build_snapshot()) if f.kind == "matching"] == []


def test_probes_that_pass_are_printed_with_their_numbers(paper: Papers) -> None:
    made = paper("clean")
    assert {p.outcome for p in made.snapshot.probes} == {"passed"}
    assert "Of 700 different hidden rows of one trial, 3 also stand among the 397 rows of its training" in made.text
    assert "At most 78.3 % of the answers in a report trial" in made.text
    assert "were others in 4 of 4 probe trials and its test error suffered in 4 of 4 probe trials" in made.text
    assert "not to be trusted" not in made.text


def test_a_probe_that_fails_stands_in_abstract_and_conclusion(paper: Papers) -> None:
    made = paper("departing")
    assert [p.kind for p in made.snapshot.probes if p.outcome == "failed"] == [
        ProbeKind.OVERLAP, ProbeKind.ANSWERS, ProbeKind.INPUT,
    ]  # fmt: skip
    assert made.text.count("A leakage probe failed, so this result is not to be trusted.") == 2
    assert "The training data hold what the score is computed from." in made.text
    assert "That is too good to be believed." in made.text


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("clean", "3 also stand", "4 also stand"),
        ("clean", "the 397 rows", "the 379 rows"),
        ("clean", "Of 700 different", "Of 710 different"),
        ("clean", "At most 78.3 %", "At most 73.8 %"),
        ("clean", "20 different outputs", "12 different outputs"),
        ("clean", "in 4 of 4 probe trials and", "in 3 of 4 probe trials and"),
        ("clean", "with a mean of 89.", "with a mean of 98."),
        ("clean", "was −2.08 (95", "was −2.80 (95"),
        ("clean", "interval −3.14", "interval −3.41"),
        ("departing", "18 gave a pair", "19 gave a pair"),
        ("departing", "2 trials failed on", "4 trials failed on"),
        ("null", "detectable difference was 1.", "detectable difference was 2."),
        ("null", "the 90 % interval of", "the 80 % interval of"),
        ("null", "equivalence margin of 0.", "equivalence margin of 1."),
        ("null", "tests, p =", "tests, p < 0.001, not"),
        ("matched", "with 927 steps", "with 972 steps"),
        ("matched", "compute*, *Label smoothing* used 1.", "compute*, *Label smoothing* used 2."),
    ],
)
def test_a_changed_digit_is_caught(paper: Papers, name: str, old: str, new: str) -> None:
    assert paper(name).errors_after(old, new)


@pytest.mark.parametrize(
    ("share", "printed"), [(0.95, "95 %"), (2 * 0.95 - 1, "90 %"), (0.995, "99.5 %"), (1 - 1e-3, "99.9 %")]
)
def test_a_level_is_never_rounded_to_certainty(share: float, printed: str) -> None:
    assert level(share) == printed
