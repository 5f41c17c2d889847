"""What a paper says of its making follows from the record: isolation, metrics, statistics, authors."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from hakken.core.types import Idea, Manuscript, Node, Passage, PassageSource, Rung, Snapshot
from hakken.research.papers.facts import compute_facts
from hakken.research.papers.manuscript import to_markdown
from hakken.research.papers.origins import composed
from hakken.research.papers.study import Study
from hakken.research.papers.writer import write
from tests.papers.builders import build_snapshot
from tests.papers.records import printed


def text_of(snapshot: Snapshot, prose: str = "code") -> str:
    """The whole paper in Markdown, its prose by code, by a model, or by a model that was refused."""
    study = Study(snapshot, compute_facts(snapshot), (), Path("none.bib"))

    def written(passage: Passage) -> Passage:
        by_code = passage.source is PassageSource.CODE
        if not by_code or prose == "code" or (prose == "both" and passage.section != "Discussion"):
            return passage
        source = PassageSource.CODE if prose == "refused" else PassageSource.MODEL
        return passage.model_copy(update={"source": source, "tries": 3})

    manuscript = write(study, None, 1)
    abstract, passages = (tuple(map(written, part)) for part in (manuscript.abstract, manuscript.passages))
    made = manuscript.model_copy(update={"abstract": abstract, "passages": passages})
    return " ".join(" ".join(to_markdown(made, study)).split())


def on_rungs(snapshot: Snapshot, chosen: Callable[[str], Rung]) -> Snapshot:
    trials = tuple(
        t.model_copy(
            update={
                name: result.model_copy(update={"rung": chosen(t.node_id)})
                for name, result in (("run", t.run), ("evaluation", t.evaluation))
                if result is not None
            }
        )
        for t in snapshot.trials
    )
    return snapshot.model_copy(update={"trials": trials})


def with_template(snapshot: Snapshot, **more: object) -> Snapshot:
    return snapshot.model_copy(update={"template": snapshot.template.model_copy(update=more)})


def with_ideas(snapshot: Snapshot, change: Callable[[Idea], str]) -> Snapshot:
    ideas = tuple(i.model_copy(update={"origin": change(i)}) for i in snapshot.ideas)
    return snapshot.model_copy(update={"ideas": ideas, "decisions": ()})


def with_authors(snapshot: Snapshot, change: Callable[[Node], str]) -> Snapshot:
    nodes = tuple(n if n.id == "n0" else n.model_copy(update={"author": change(n)}) for n in snapshot.nodes)
    return snapshot.model_copy(update={"nodes": nodes})


@pytest.mark.parametrize(
    ("rungs", "said", "unsaid"),
    [
        (lambda _: Rung.BUBBLEWRAP, ["in a sandbox without network (bubblewrap);"], ["without isolation"]),
        (
            lambda node: Rung.CONTAINER if node == "n1" else Rung.LANDLOCK,
            ["in a sandbox without network (container and landlock);"],
            ["without isolation", "bubblewrap"],
        ),
        (
            lambda _: Rung.RLIMITS,
            [
                "memory, without isolation (rlimits), so that the network",
                "Code under test ran without isolation (rlimits):",
            ],
            ["without network", "bubblewrap"],
        ),
        (
            lambda node: Rung.RLIMITS if node == "n1" else Rung.BUBBLEWRAP,
            [
                "without network (bubblewrap) or, some of them, without isolation (rlimits)",
                "Code under test ran without",
            ],
            [],
        ),
    ],
)
def test_the_sandbox_is_that_of_the_trials(rungs: Callable[[str], Rung], said: list[str], unsaid: list[str]) -> None:
    text = text_of(on_rungs(build_snapshot(), rungs))
    assert [s for s in said if s not in text] == []
    assert [s for s in unsaid if s in text] == []


def test_the_audit_passes_a_paper_that_says_that_nothing_was_isolated(tmp_path: Path) -> None:
    paper = printed(on_rungs(build_snapshot(), lambda _: Rung.RLIMITS), tmp_path)
    assert paper.errors() == []
    found = paper.errors_after("without isolation", "in a sandbox without network")
    assert [kind for kind, *_ in found] == ["undisclosed_isolation"]


def test_metrics_that_a_program_reports_come_from_no_second_step() -> None:
    own = "metrics are those that the program reported of itself"
    second = "metrics were computed in a second step from the files that the trial left"
    snapshot = build_snapshot()
    assert second in (text := text_of(snapshot))
    assert own not in text
    assert own in (text := text_of(with_template(snapshot, evaluate=None)))
    assert second not in text


def test_repeats_without_seeds_are_not_paired() -> None:
    snapshot = build_snapshot()
    text = text_of(snapshot)
    assert "Differences are paired by seed, with a paired t interval" in text
    assert text.count("paired difference from the baseline with") == 2
    assert "and the paired difference. The claim" in text
    bare = with_template(snapshot, seeded=False)
    rows = tuple((s, c.model_copy(update={"paired": False})) for s, c in snapshot.comparisons)
    text = text_of(bare.model_copy(update={"comparisons": rows}))
    assert "the interval of a difference is Welch's" in text
    assert "standard deviation, difference from the baseline with" in text
    assert [s for s in ("paired", "on the same seeds", "sign-flip", "seed by seed") if s in text] == []


@pytest.mark.parametrize(
    ("change", "said", "unsaid"),
    [
        (
            lambda s: s,
            ["Ideas and code come from the embedded Qwen", "Ideas and code are the work of a language model; prose is"],
            ["People wrote", "No person chose"],
        ),
        (
            lambda s: with_ideas(s, lambda _: "seed"),
            [
                "Ideas come from people; code comes from the embedded Qwen",
                "Ideas are the work of people; code is the work of a language model; prose is the work of a program;",
                "People wrote the ideas before the run. No person chose versions or words.",
            ],
            ["No person chose ideas"],
        ),
        (
            lambda s: with_ideas(s, lambda i: "seed" if i.id == "i2" else "model"),
            [
                "Ideas come from the embedded Qwen2\\.5\\-Coder\\-1\\.5B\\-Instruct and people;",
                "People wrote some of the ideas",
            ],
            ["No person chose ideas"],
        ),
        (
            lambda s: with_ideas(with_authors(s, lambda _: "code"), lambda _: "model"),
            [
                "Instruct; code comes from a program",
                "code and prose are the work of a program",
                "No person chose ideas, versions or words.",
            ],
            ["People wrote"],
        ),
    ],
)
def test_ideas_and_code_are_told_of_those_who_wrote_them(
    change: Callable[[Snapshot], Snapshot], said: list[str], unsaid: list[str]
) -> None:
    text = text_of(change(build_snapshot()))
    assert [s for s in said if s not in text] == []
    assert [s for s in unsaid if s in text] == []


def test_models_are_named_for_what_they_wrote() -> None:
    snapshot = build_snapshot()
    models = {"ideas": "big:one", "code": "big:two", "writing": "big:three", "review": "big:four", "judge": "big:five"}
    named = snapshot.model_copy(update={"run": snapshot.run.model_copy(update={"models": models})})
    text = text_of(named)
    assert "Ideas come from big\\:one; code comes from big\\:two." in text
    assert [name for name in ("three", "four", "five") if f"big\\:{name}" in text] == []
    text = text_of(named, "both")
    assert "prose is the work of a language model and a program;" in text
    assert "Prose by a model comes from big\\:three." in text
    assert [name for name in ("four", "five") if f"big\\:{name}" in text] == []


def manuscript(model: int, refused: int, unasked: int) -> Manuscript:
    kinds = (
        [(PassageSource.MODEL, 1)] * model + [(PassageSource.CODE, 3)] * refused + [(PassageSource.CODE, 0)] * unasked
    )
    quoted = Passage(section="Method", job="method/others", text="A plan.", source=PassageSource.MODEL)
    return Manuscript(
        title="A study",
        abstract=(),
        passages=(quoted, *(Passage(section="S", job="j", text="t", source=s, tries=n) for s, n in kinds)),
    )


def test_a_quoted_plan_that_the_audit_refused_is_no_prose_by_the_program() -> None:
    made = manuscript(3, 1, 0)
    refused = {"source": PassageSource.CODE, "rejected": ("the audit: A plan.",)}
    left_out = tuple(p.model_copy(update=refused) if p.job == "method/others" else p for p in made.passages)
    assert composed(made.model_copy(update={"passages": left_out})) == composed(made)


@pytest.mark.parametrize(
    ("made", "told"),
    [
        ((4, 0, 0), "Of 4 passages of prose, the program composed none."),
        (
            (3, 1, 0),
            "Of 4 passages of prose, 1 passage had to be composed by the program because no reply of the model passed "
            "the checks.",
        ),
        ((0, 0, 4), "Of 4 passages of prose, the program composed 4 passages, for which no model was asked."),
        (
            (1, 2, 3),
            "Of 6 passages of prose, 2 passages had to be composed by the program because no reply of the model passed "
            "the checks, and 3 passages without a model being asked.",
        ),
    ],
)
def test_a_model_that_was_not_asked_is_not_said_to_have_failed(made: tuple[int, int, int], told: str) -> None:
    assert composed(manuscript(*made)) == told
