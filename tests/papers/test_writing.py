"""What of a model's prose is printed: the gate, agreement with code, labels, titles."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hakken.research.papers.agreement import disagreement
from hakken.research.papers.gate import clean_sentences, offences, safe_label, sentences
from hakken.research.papers.quotes import quotable
from hakken.research.papers.vocabulary import broken_word, own_words, strange_name
from hakken.research.papers.writer import Grounds, judge, title_case

CODE = "def average(kept, parameter, step, steps):\n    # divide it\n    return parameter * step**0.5\n"


@pytest.mark.parametrize(
    "text",
    [
        "The error falls by 3 percent.",
        "It halves twice.",
        "The error is lower here.",
        "This improves the network.",
        "A significant effect appears.",
        "It ran on a GPU.",
        "The fraction ½ is used.",
        "There are ② layers.",
        "Seven layers are used.",
    ],
)
def test_the_gate_refuses_numbers_comparisons_effects_and_names(text: str) -> None:
    assert offences(text)
    assert clean_sentences(text) == []


@pytest.mark.parametrize(
    "text",
    [
        "The difference is {F7.delta} in {tab:report}.",
        "One of the layers is wide, as in [@smith2020one].",
        "A 2-D picture is turned into a vector.",
        "The network reads handwritten digits.",
    ],
)
def test_the_gate_lets_references_and_plain_words_through(text: str) -> None:
    assert offences(text) == []


@given(st.text())
def test_sentences_lose_nothing_but_white_space(text: str) -> None:
    assert "".join("".join(sentences(text)).split()) == "".join(text.split())


@given(st.text())
def test_what_is_printed_is_clean(text: str) -> None:
    for sentence in judge(text, [], Grounds()).kept:
        assert offences(sentence) == []


def test_a_sentence_that_leans_on_one_that_was_cut_goes_with_it() -> None:
    draft = judge("The gain is 5 points here. This means that it works well. The code stays as it is.", [], Grounds())
    assert draft.kept == ("The code stays as it is.",)
    assert len(draft.reasons) == 2


def test_a_sentence_is_not_said_twice() -> None:
    said = "The network learns from images whose labels are wrong."
    assert judge("The network learns from the images whose labels are wrong.", [said], Grounds()).kept == ()


@pytest.mark.parametrize(
    "sentence",
    [
        "No results have been obtained so far in this line of work.",
        "The experiment shows that the change acts on the weights.",
        "We found that the network learns from the labels.",
    ],
)
def test_only_the_discussion_speaks_of_what_was_found(sentence: str) -> None:
    assert judge(sentence, [], Grounds()).kept == ()
    assert judge(sentence, [], Grounds(outcome=True)).kept == (sentence,)


def test_an_unknown_fact_is_refused() -> None:
    draft = judge("The difference is {F9.delta} on these seeds.", [], Grounds(references=frozenset({"{F1.delta}"})))
    assert draft.kept == ()
    assert "{F9.delta}" in draft.reasons[0]


def test_code_may_be_quoted_letter_for_letter_and_in_no_other_way() -> None:
    grounds = Grounds(quotes=("parameter * step**0.5",))
    true = "The function returns `parameter * step**0.5` in the place of the value."
    assert judge(true, [], grounds).kept == (true,)
    assert judge("The function returns `parameter * step**0.7` in the place of the value.", [], grounds).kept == ()


def test_a_sentence_that_quotes_an_expression_again_and_again_is_stuck() -> None:
    grounds = Grounds(references=frozenset(), code=CODE, quotes=quotable(CODE))
    quote = "`parameter * step**0.5`"
    stuck = judge(f"The value {quote} is an array with a chance of {quote} of being {quote}.", [], grounds)
    assert stuck.kept == ()
    assert "again and again" in stuck.reasons[0]
    named = "The function `average` returns the value that `average` has kept as the parameter."
    assert judge(named, [], grounds).kept == (named,)
    value = judge("The mask is a matrix with entries set to `average` where a unit is kept.", [], grounds)
    assert value.reasons == ("a sentence takes the function average for a value",)


@pytest.mark.parametrize(
    ("sentence", "reason"),
    [
        ("The original code returns `parameter * step**0.5` for each of the arrays.", "the original code has no"),
        ("In the original function the parameter is multiplied by a power of the step.", "no trace of multipl"),
        ("The original code returns the `parameter` as it is, whatever the step.", ""),
        ("The changed code returns `parameter * step**0.5` for each of the arrays.", ""),
        (
            "This differs from the original code where the value is constant, such as `parameter * step**0.5`.",
            "the original code has no",
        ),
        ("The change differs from the original code, which returns the `parameter` as it is.", ""),
        ("The change replaces the old code that returned `parameter` by `parameter * step**0.5`, here.", ""),
        ("The change replaces what the original code did by `parameter * step**0.5` for every array.", ""),
    ],
)
def test_what_the_change_does_is_not_told_of_the_original(sentence: str, reason: str) -> None:
    before = "def average(kept, parameter, step, steps):\n    return parameter\n"
    grounds = Grounds(code=f"{CODE}\n{before}", original=before, quotes=quotable(CODE, before))
    draft = judge(sentence, [], grounds)
    assert (draft.reasons == ()) == (not reason)
    assert not reason or reason in draft.reasons[0]


def test_a_sentence_that_echoes_the_question_is_refused() -> None:
    echo = "Why does this question matter for those who train small networks, and what would they see."
    asked = judge(echo, [], Grounds())
    assert asked.reasons == ("a sentence asks instead of telling",)
    for plain in (
        "When training is long, the network learns the wrong labels by heart.",
        "Which labels are wrong is unknown to the network while it learns.",
        "What is changed is the way in which the network forgets the labels.",
    ):
        assert judge(plain, [], Grounds()).kept == (plain,)


def test_expressions_that_may_be_quoted_come_from_the_code() -> None:
    found = quotable(CODE)
    assert found[:2] == ("parameter * step**0.5", "step**0.5")
    assert "average" in found
    assert quotable("no python ::") == ()


@pytest.mark.parametrize(
    ("sentence", "broken"),
    [
        ("The weights have a variance of ictan features.", "ictan"),
        ("The work of icosan years ago was about weights.", "icosan"),
        ("The outputs lie between O and I for every input.", "O"),
        ("The softmax of the logits overfits the mislabelled minibatches.", None),
        ("The initialiser regularises a hyperparameter and its behaviour.", None),
        ("The SEIR model's parameters are re-estimated.", None),
        ("The `frobnicate(x)` call is quoted.", None),
    ],
)
def test_what_is_no_word_is_refused(sentence: str, broken: str | None) -> None:
    assert broken_word(sentence, own_words("frobnicate")) == broken


@pytest.mark.parametrize(
    ("sentence", "name"),
    [
        ("It replaces the Relevance Vector Machine of the original.", "Relevance"),
        ("The work by Hinton and others was earlier.", "Hinton"),
        ("The Xavier Initializer draws Gaussian weights.", None),
        ("Weights are drawn once. Then the network learns.", None),
    ],
)
def test_names_come_from_the_record_or_from_the_field(sentence: str, name: str | None) -> None:
    assert strange_name(sentence, own_words("initializer")) == name


@pytest.mark.parametrize(
    ("sentence", "agrees"),
    [
        ("The value is multiplied by the square root of the step.", True),
        ("The value is divided by the number of steps.", False),
        ("The factor is inversely proportional to the step.", False),
        ("Random noise is added to the value.", False),
        ("The function takes the parameter and returns it in another size.", True),
    ],
)
def test_prose_names_only_operations_that_the_code_has(sentence: str, agrees: bool) -> None:
    assert (disagreement(sentence, CODE) is None) is agrees


@pytest.mark.parametrize(
    ("sentence", "code", "agrees"),
    [
        ("The mask deactivates some of the hidden units.", "return rng.uniform(size=shape, low=0.03)", False),
        ("The mask deactivates some of the hidden units.", "return (rng.random(shape) < 0.5) * 2", True),
        ("The update keeps a velocity of its own.", "return parameter - rate * gradient", False),
        ("The values are divided by two for comparison.", "return parameter", True),
    ],
)
def test_no_section_claims_an_operation_by_which_a_method_is_known(sentence: str, code: str, agrees: bool) -> None:
    assert (disagreement(sentence, code, only_known_by=True) is None) is agrees


def test_labels_claim_nothing() -> None:
    assert safe_label("Improved trimmed mean of readings", "plain") == "Trimmed mean of readings"
    assert safe_label("Better", "Strength of update") == "Strength of update"
    assert safe_label("Cosine decay of the rate", "plain") == "Cosine decay of the rate"


def test_titles_have_capitals() -> None:
    assert title_case("test error on digits") == "Test Error on Digits"
    assert title_case("SEIR with a lag") == "SEIR with a Lag"
