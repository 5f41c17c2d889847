"""The outline of a paper: code decides what is said where; models fill the paragraph jobs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from hakken.core.types import PassageSource
from hakken.research.papers.fixed import (
    abstract_facts,
    claim_sentence,
    contributions,
    departures,
    failures_text,
    limits_of_record,
    method_listing,
    other_ideas,
    protocol,
    related_works,
    results_ablation,
    results_explore,
    results_parity,
    results_probes,
    results_report,
    setting,
)
from hakken.research.papers.study import Study


@dataclass(frozen=True)
class Job:
    """A paragraph that a model writes, and what code writes in its place when the model cannot."""

    section: str
    name: str
    brief: str
    fallback: str
    low: int = 2
    high: int = 4


@dataclass(frozen=True)
class Fixed:
    """Text by code: facts, tables, figures, set-up."""

    section: str
    name: str
    text: str
    source: PassageSource = PassageSource.FACT
    fallback: str = ""
    """What stands in the place of words that are not code's own, where the audit finds them wrong."""


Block = Job | Fixed

SECTIONS = (
    "Introduction",
    "Related work",
    "Background",
    "Method",
    "Experimental setup",
    "Results",
    "Discussion",
    "Limitations",
    "Conclusion",
)


def outline(study: Study) -> list[Block]:
    """Every block of the paper in order, the abstract first; empty fixed blocks are left out."""
    blocks: list[Block] = []
    for part in (_abstract, _introduction, _related, _method, _setup, _results, _discussion):
        blocks += part(study)
    return [block for block in blocks if isinstance(block, Job) or block.text.strip()]


def _place(study: Study) -> str:
    idea = study.idea
    if idea is None or idea.target is None:
        return "the studied component"
    return f"the part of the program called {(idea.target.function or idea.target.file).replace('_', ' ')}"


def _abstract(study: Study) -> Iterator[Block]:
    topic = study.snapshot.template.title
    yield Job(
        "Abstract",
        "abstract/problem",
        "name the problem that this experiment is about, and the question about the selected change. No results.",
        f"This paper reports a small controlled experiment: {topic[:1].lower() + topic[1:]}.",
        2,
        3,
    )
    yield Fixed("Abstract", "abstract/facts", abstract_facts(study))


def _introduction(study: Study) -> Iterator[Block]:
    section = "Introduction"
    yield Job(
        section,
        "introduction/problem",
        "why the problem behind this experiment matters and what makes it difficult.",
        "Small experiments are cheap to run and easy to misread: with few data, chance moves the result.",
        3,
        4,
    )
    yield Job(
        section,
        "introduction/question",
        f"why changing {_place(study)} is a question worth asking, and what a researcher would expect to see and why.",
        "The question is whether one small change of the program matters for what is measured.",
        3,
        4,
    )
    yield Fixed(section, "introduction/contributions", contributions(study))


def _related(study: Study) -> Iterator[Block]:
    yield Fixed("Related work", "related/works", related_works(study))
    yield Job(
        "Related work",
        "related/relation",
        "how a controlled test of a single change, as done here, is related to work that proposes new methods.",
        "This study proposes no new method; it tests single changes under a fixed protocol.",
        2,
        3,
    )
    yield Job(
        "Background",
        "background/concept",
        f"explain, as a textbook would, what {_place(study)} does in such a program and which choices it involves.",
        "The studied component is one of several that together make up the program; the others stay as they are.",
        3,
        4,
    )


def _method(study: Study) -> Iterator[Block]:
    if study.selected is not None:
        yield Job(
            "Method",
            "method/mechanism",
            "describe step by step what the code of the change computes, in words, and how this differs from the "
            "original code.",
            "The change is given in full below, as a difference from the code of the baseline.",
            3,
            4,
        )
        yield Fixed("Method", "method/listing", method_listing(study))
        yield Job(
            "Method",
            "method/reason",
            "through which mechanism this change may act on what is measured, and under which conditions it may not.",
            "The change acts on what is measured only through the quantities that the listed code returns.",
            2,
            4,
        )
    bare = other_ideas(study, described=False)
    yield Fixed("Method", "method/others", other_ideas(study), PassageSource.MODEL, bare)


def _setup(study: Study) -> Iterator[Block]:
    section = "Experimental setup"
    yield Fixed(section, "setup/template", " ".join(study.snapshot.template.setup), PassageSource.TEMPLATE)
    yield Fixed(section, "setup/protocol", protocol(study))
    yield Fixed(section, "setup/deviations", departures(study))
    yield Fixed(section, "setup/setting", setting(study))


def _results(study: Study) -> Iterator[Block]:
    section = "Results"
    yield Fixed(section, "results/report", results_report(study))
    yield Fixed(section, "results/explore", results_explore(study))
    yield Fixed(section, "results/ablation", results_ablation(study))
    yield Fixed(section, "results/parity", results_parity(study))
    yield Fixed(section, "results/probes", results_probes(study))
    yield Fixed(section, "results/failures", failures_text(study))


def _discussion(study: Study) -> Iterator[Block]:
    yield Job(
        "Discussion",
        "discussion/reason",
        f"give possible reasons why {study.outcome} Speak of possible mechanisms, with may and could.",
        "Why the outcome is what it is was not tested; the ablation is the only evidence on mechanism.",
        3,
        4,
    )
    yield Job(
        "Discussion",
        "discussion/doubt",
        "name alternative explanations of this outcome that the protocol does not rule out, and which further "
        "experiment could tell them apart.",
        "Other explanations remain open, since only one program and one set of data were studied.",
        2,
        4,
    )
    yield Job(
        "Limitations",
        "limitations/scope",
        "what this study cannot show because it looks at a single small program and a single kind of data.",
        "The findings hold for this program, these data and this protocol.",
        2,
        3,
    )
    yield Fixed("Limitations", "limitations/record", limits_of_record(study))
    yield Job(
        "Conclusion",
        "conclusion/takeaway",
        "what was asked in this paper and which experiment should come next; no results.",
        "The protocol and every trial are in the record, so that the test can be repeated and extended.",
        2,
        3,
    )
    yield Fixed("Conclusion", "conclusion/claim", claim_sentence(study))
