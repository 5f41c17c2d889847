"""What a paper says of Hakken's own record, sentence by sentence: true ones pass, and their false twins are found."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hakken.core.types import ClaimStatus, Comparison, Metric, Snapshot, Split
from hakken.research.papers.audit import Auditor, from_snapshot
from hakken.research.papers.facts import compute_facts
from hakken.research.papers.gate import offences
from tests.papers.builders import METRICS, build_snapshot
from tests.papers.conftest import Say

KEY = METRICS[0].key
TEMPLATE = Path(__file__).parents[3] / "src" / "hakken" / "templates" / "digits"


def renamed(snapshot: Snapshot, node: str, title: str) -> Snapshot:
    """The same record with another title of one version."""
    nodes = tuple(n.model_copy(update={"title": title}) if n.id == node else n for n in snapshot.nodes)
    return snapshot.model_copy(update={"nodes": nodes})


def measuring(snapshot: Snapshot, title: str) -> Snapshot:
    """The same record with another name of the primary metric."""
    metrics = (snapshot.template.metrics[0].model_copy(update={"title": title}), *snapshot.template.metrics[1:])
    return snapshot.model_copy(update={"template": snapshot.template.model_copy(update={"metrics": metrics})})


def refuted() -> Snapshot:
    """A record in which the chosen version does harm on the report seeds."""
    snapshot = build_snapshot()
    old = next(c for s, c in snapshot.comparisons if (s, c.variant_id, c.metric) == (Split.REPORT, "n1", KEY))
    turned = tuple(
        t.model_copy(
            update={
                "metrics": tuple(
                    Metric(key=m.key, value=m.value - 2 * old.difference) if m.key == KEY else m for m in t.metrics
                )
            }
        )
        if (t.node_id, t.split) == ("n1", Split.REPORT)
        else t
        for t in snapshot.trials
    )
    now = {
        "difference": -old.difference,
        "gain": -old.gain,
        "relative": -(old.relative or 0.0),
        "variant_mean": old.variant_mean - 2 * old.difference,
        "verdict": "worse",
    }
    forged = Comparison.model_validate(old.model_dump() | now)
    return snapshot.model_copy(
        update={
            "trials": turned,
            "comparisons": tuple((s, forged if c is old else c) for s, c in snapshot.comparisons),
            "claims": tuple(c.model_copy(update={"status": ClaimStatus.REFUTED}) for c in snapshot.claims),
        }
    )


_GAIN = "the test error by {gain} percentage points"
_TESTED = "The primary claim was tested on 20 report seeds, and label smoothing"


@pytest.mark.parametrize(
    ("true", "false"),
    [
        (f"{_TESTED} lowered {_GAIN}.", f"{_TESTED} raised {_GAIN}."),
        (
            f"The network may be small, but label smoothing lowered {_GAIN}.",
            f"The network may be small, but label smoothing raised {_GAIN}.",
        ),
        (
            f"If chance is set aside, label smoothing lowered {_GAIN}.",
            f"If chance is set aside, label smoothing raised {_GAIN}.",
        ),
        (f"{_TESTED} lowered the test error.", f"{_TESTED} raised the test error."),
        (
            "With label smoothing, the test error is {gain} percentage points lower.",
            "With label smoothing, the test error is {gain} percentage points higher.",
        ),
        (
            "On the report seeds, label smoothing cut the test error by a factor of {factor}.",
            "On the report seeds, if nothing else, label smoothing raised the test error by a factor of {factor}.",
        ),
        (
            "Softer targets (which may be small) were tried, and label smoothing lowered the test error.",
            "Softer targets (which may be small) were tried, and label smoothing raised the test error.",
        ),
        (
            "Label smoothing lowered the test error by {gain} points, compared with training without label smoothing.",
            "Label smoothing raised the test error by {gain} points, compared with training without label smoothing.",
        ),
        (
            "With label smoothing, the test error is {gain} points lower than in the program without label smoothing.",
            "With label smoothing, the test error is {gain} points higher than in the program without label smoothing.",
        ),
        (
            "The test error is {gain} points lower with label smoothing.",
            "The test error is {gain} points higher with label smoothing.",
        ),
    ],
)
def test_a_gain_that_is_told_as_harm_is_found_whatever_stands_before_it(say: Say, true: str, false: str) -> None:
    assert say(true) == set()
    assert say(false) == {"reversed"}


@pytest.mark.parametrize(
    "sentence",
    [
        "We ask whether label smoothing raises the test error.",
        "Label smoothing may raise the test error.",
        "It is likely that label smoothing raises the test error.",
        "We expected that the gate, the mixture, and label smoothing raise the test error.",
        "Label smoothing may soften the targets, and raise the test error.",
        "Label smoothing (0.1) might raise the test error.",
        "If label smoothing is removed, and the test error rises, the targets were too soft.",
    ],
)
def test_what_is_not_asserted_is_not_judged(say: Say, sentence: str) -> None:
    assert say(sentence) == set()


@pytest.mark.parametrize(
    ("true", "false"),
    [
        ("Without label smoothing, the test error {up} by {gain} percentage points.", {"reversed"}),
        ("Label smoothing was tried; the test error {up} by {gain} points without label smoothing.", {"reversed"}),
        ("When label smoothing is disabled, the test error {up}.", {"reversed"}),
        ("In the absence of label smoothing, the test error {up}.", {"reversed"}),
        ("Without label smoothing, the mean test error on the report seeds was {base} %.", {"misattributed"}),
        ("With label smoothing the mean test error is {own} %, and {base} % without it.", {"misattributed"}),
        ("Without label smoothing the mean test error is {base} %, and {own} % with it.", {"misattributed"}),
        (
            "The mean test error falls from {base} % without label smoothing to {own} % with it.",
            {"misattributed", "reversed"},
        ),
    ],
)
def test_what_is_told_of_the_absence_is_held_to_the_parent(
    snapshot: Snapshot, say: Say, true: str, false: set[str]
) -> None:
    c = next(c for s, c in snapshot.comparisons if (s, c.variant_id, c.metric) == (Split.REPORT, "n1", KEY))
    means = [f"{c.baseline_mean:.2f}", f"{c.variant_mean:.2f}"]
    for verb, (base, own), found in (("rises", means, set()), ("falls", means[::-1], false)):
        said = true.replace("{up}", verb).replace("{base}", base).replace("{own}", own)
        assert say(said) == found


def test_what_mends_a_crash_was_made_from_what_the_crashed_one_was(snapshot: Snapshot, say: Say) -> None:
    mended = tuple(n.model_copy(update={"parent_id": "n4"}) if n.id == "n1" else n for n in snapshot.nodes)
    auditor = Auditor(from_snapshot(snapshot.model_copy(update={"nodes": mended})))
    assert say("Without label smoothing, the test error rises by {gain} percentage points.", auditor) == set()
    assert say("Without label smoothing, the test error falls by {gain} percentage points.", auditor) == {"reversed"}


@pytest.mark.parametrize(
    ("sentence", "found"),
    [
        ("The test error is lower than without label smoothing.", set()),
        ("Label smoothing brings the test error down.", set()),
        ("Label smoothing brings the test error up.", {"reversed"}),
        ("With label smoothing, the test error went up.", {"reversed"}),
        ("Label smoothing is ahead of the baseline.", set()),
        ("Label smoothing falls behind the baseline.", {"reversed"}),
        ("Label smoothing backfires.", {"reversed"}),
        ("Label smoothing leaves the test error unchanged.", {"contradicted"}),
        ("The test error is unaffected by label smoothing.", {"contradicted"}),
        ("With all else unchanged, label smoothing lowers the test error.", set()),
        ("The optimiser is unchanged, and label smoothing lowers the test error.", set()),
    ],
)
def test_effects_in_plain_words_are_judged(say: Say, sentence: str, found: set[str]) -> None:
    assert say(sentence) == found


@pytest.mark.parametrize(
    "title",
    ["Huber loss", "Learning rate drop", "Warm-up change", "Median of logits", "Maximum entropy", "Noise factor"],
)
def test_a_name_does_not_say_what_a_number_is(snapshot: Snapshot, say: Say, title: str) -> None:
    named = renamed(snapshot, "n1", title)
    told = [f.views["sentence"] for f in compute_facts(named) if f.kind in ("comparison", "mean") and f.metric == KEY]
    auditor = Auditor(from_snapshot(named))
    assert len(told) > 3
    assert say(" ".join(told), auditor) == set()
    wrong = {re.sub(r"was \d", "was 7", sentence) for sentence in told}.difference(told)
    assert len(wrong) > 3
    assert all("unsupported" in say(sentence, auditor) for sentence in wrong)


@pytest.mark.parametrize("title", ["validation loss", "median error", "rate of change"])
def test_a_metric_may_be_called_by_a_word_for_changes(snapshot: Snapshot, say: Say, title: str) -> None:
    named = measuring(snapshot, title)
    auditor = Auditor(from_snapshot(named))
    c = next(c for s, c in named.comparisons if (s, c.variant_id, c.metric) == (Split.REPORT, "n1", KEY))
    told = (
        "On the report seeds and against *Baseline*, whose mean {} was {:.2f} % (standard deviation {:.2f}), *{}* had"
    )
    told = told.format(title, c.baseline_mean, c.baseline_sd, "Label smoothing")
    sentence = f"{told} {c.variant_mean:.2f} % (standard deviation {c.variant_sd:.2f}, n = {c.n})."
    assert say(sentence, auditor) == set()
    assert say(sentence.replace(f"{c.baseline_mean:.2f}", f"{c.baseline_mean + 1:.2f}"), auditor) == {"unsupported"}


@pytest.mark.parametrize(
    ("sentence", "found"),
    [
        ("On the report seeds, label smoothing cut the test error by a factor of 8.", {"unsupported"}),
        ("Each trial used 8 s of CPU time on the report seeds.", {"unsupported"}),
        ("Each trial took 120 s of wall time on the report seeds.", {"unsupported"}),
        ("On this machine, each trial took 120 s of wall time on the report seeds.", {"unsupported"}),
        ("Each trial took 120 s of wall time per batch.", {"unsupported"}),
        ("Each trial took 120 s of wall time in total.", {"unsupported"}),
        ("Each trial used up to 120 s of wall time.", {"unsupported"}),
        ("Each trial is limited to 2 cores and took 120 s of wall time.", {"unsupported"}),
        ("Each trial may use up to 120 s of wall time.", set()),
        ("Each trial was limited to 120 s of wall time, and used one core.", set()),
        ("No trial needed more than its limit of 120 s of wall time.", set()),
        ("Label smoothing used 8 times the CPU time of the baseline.", {"unsupported"}),
        ("A trial is limited to 120 s of wall time.", set()),
        ("The smoothing constant is 0.1.", set()),
        ("The smoothing constant is 0.73.", {"unsupported"}),
        ("The images have 8 by 8 pixels.", set()),
        ("The machine has 2 CPU cores and 7.8 GB of memory.", set()),
    ],
)
def test_a_constant_of_the_code_is_no_measured_value(
    snapshot: Snapshot, say: Say, sentence: str, found: set[str]
) -> None:
    code = (TEMPLATE / "experiment.py").read_text(encoding="utf-8")
    shipped = snapshot.model_copy(update={"pristine": {"experiment.py": code}})
    assert say(sentence, Auditor(from_snapshot(shipped))) == found


def test_what_a_docstring_of_a_variant_says_is_no_constant(snapshot: Snapshot, say: Say) -> None:
    code = 'def loss(x):\n    """The width is 37."""\n    return 0.25 * x\n'
    own = snapshot.model_copy(update={"sources": {"n1": {"experiment.py": code}}})
    auditor = Auditor(from_snapshot(own))
    assert say("The width is 37.", auditor) == {"unsupported"}
    assert say("The loss is scaled by 0.25.", auditor) == set()


@pytest.mark.parametrize(
    ("sentence", "status"),
    [
        ("The change halves the error, so that the hypothesis holds here.", "supported"),
        ("The claim is true.", "supported"),
        ("The claim was borne out.", "supported"),
        ("So the claim holds in this program.", "supported"),
        ("The hypothesis is false.", "refuted"),
        ("The claim does not hold.", "refuted"),
        ("The claim fails here.", "refuted"),
        ("The claim doesn't hold up.", "refuted"),
        ("The claim no longer holds.", "refuted"),
        ("No claim holds here.", "refuted"),
        ("The claim was tested on 20 seeds. It holds.", "supported"),
        ("The claim was tested on 20 seeds. It is true.", "supported"),
        ("The claim was tested on 20 seeds. It does not hold.", "refuted"),
        ("The prediction was borne out.", "supported"),
        ("Our expectation is wrong.", "refuted"),
        ("Hypothesis confirmed.", "supported"),
        ("Claim C1 holds on all seeds.", "supported"),
        ("The claim stands up to the planned test.", "supported"),
        ("The evidence speaks for the claim.", "supported"),
        ("The claim did not stand up to the planned test.", "refuted"),
        ("The evidence speaks against the claim.", "refuted"),
        ("The claim stands although one trial failed.", "supported"),
        ("No trial of the claim failed.", ""),
        ("All seeds of the claim ran and none failed.", ""),
        ("The claim says nothing of data where independence does not hold.", ""),
        ("For the claim we did not hold back further seeds.", ""),
        ("The claim was frozen first, and it stands in Section 3.", ""),
        ("The share counts the images of which the prediction is right.", ""),
        ("The claim was frozen first. It was run where the library supports such types.", ""),
        ("The claim is not rejected.", ""),
        ("The hypothesis may hold for other data.", ""),
        ("The claim is tested on held-out seeds.", ""),
        ("The claim concerns labels that are not always right.", ""),
        ("Whether the hypothesis holds is the question.", ""),
    ],
)
def test_what_is_said_of_the_claim_in_other_words(say: Say, sentence: str, status: str) -> None:
    assert ("claim" in say(sentence)) == (status == "refuted")
    assert ("claim" in say(sentence, Auditor(from_snapshot(refuted())))) == (status == "supported")


@pytest.mark.parametrize(
    ("sentence", "found"),
    [
        ("Label smoothing halves the test error.", {"contradicted"}),
        ("With label smoothing, the error is halved.", {"contradicted"}),
        ("Label smoothing doubled the test error.", {"reversed"}),
        ("Label smoothing diminishes the test error.", set()),
        ("The multi-class margin in place of cross-entropy diminishes the test error.", {"reversed"}),
        ("The baseline was tested on the two halves of the data, and label smoothing too.", set()),
        ("With label smoothing, the step is halved after 3 epochs of 5.", set()),
        ("Label smoothing doubles the number of targets and lowers the test error.", set()),
        ("Label smoothing halves the batch size; the test error falls by {gain} points.", set()),
        ("Label smoothing, which doubles the training time, lowers the test error.", set()),
        ("Label smoothing lowers the test error with a doubled width.", set()),
        ("Label smoothing doubles the mean test error on the report seeds.", {"reversed"}),
        ("The test error of label smoothing is more than halved.", {"contradicted"}),
    ],
)
def test_sizes_that_verbs_tell_are_checked(say: Say, sentence: str, found: set[str]) -> None:
    assert say(sentence) - {"unsupported"} == found


_SIZES = ("halves", "halved", "halving", "quarter", "tenth", "threefold", "quadruple", "a third")
_WINS = ("outperforming", "surpassing", "exceeding", "beats", "dominates", "wins", "favours", "advantage")
_MOVES = ("drops", "dropped", "rises", "rose", "fell", "shrinks", "diminishes")
_SIDES = ("goes up", "went down", "brings down", "ahead of", "lags behind", "backfired", "detrimental", "unaffected")
_HOLDS = ("verified", "validated", "borne out", "the hypothesis holds", "the claim still holds", "the claim is true")
_WEIGHS = ("stands up", "evidence against", "speaks for")


@pytest.mark.parametrize("words", [*_SIZES, *_WINS, *_MOVES, *_SIDES, *_HOLDS, *_WEIGHS])
def test_words_of_size_and_effect_are_refused(words: str) -> None:
    assert offences(f"It is said that {words}.")


@pytest.mark.parametrize(
    "sentence",
    [
        "The claim is that true labels matter.",
        "The claim is tested on held-out seeds.",
        "Units are dropped at random while the network learns.",
        "A value that falls outside the range is left as it is.",
        "The function holds the weights of the layer.",
        "Wrong labels give rise to errors.",
    ],
)
def test_words_that_state_no_effect_are_let_through(sentence: str) -> None:
    assert offences(sentence) == []
