"""From a manuscript to Markdown: references resolved, sections in order, the appendix from the record."""

from __future__ import annotations

import re
from collections.abc import Iterable

from hakken.core.errors import HakkenError
from hakken.core.types import Fact, Manuscript, NodeStatus, Passage, PassageSource, Snapshot
from hakken.research.papers.gate import sentences
from hakken.research.papers.listings import change_of
from hakken.research.papers.origins import composed, prose_model, work
from hakken.research.papers.outline import SECTIONS
from hakken.research.papers.render.escape import escape_text
from hakken.research.papers.study import Study
from hakken.research.papers.tables import nodes_table, trials_table
from hakken.research.papers.wording import count

_FACT = re.compile(r"\{(F\d+)\.([a-z]+)\}")


def to_markdown(manuscript: Manuscript, study: Study) -> tuple[str, str]:
    """Return (abstract, body) as Pandoc Markdown with every fact reference resolved.

    Raises:
        HakkenError: a reference to a fact or view that does not exist.
    """
    abstract = " ".join(passage.text for passage in manuscript.abstract)
    blocks: list[str] = []
    for section in SECTIONS:
        own = [p for p in manuscript.passages if p.section == section]
        if own:
            blocks.append(f"# {section}")
            blocks += [passage.text for passage in own]
    blocks += list(_appendix(manuscript, study))
    return resolve(abstract, study.facts), resolve("\n\n".join(blocks), study.facts) + "\n"


def resolve(text: str, facts: Iterable[Fact]) -> str:
    """Put the printed forms of facts in the place of their references."""
    known = {fact.id: fact for fact in facts}

    def printed(match: re.Match[str]) -> str:
        fact, view = known.get(match.group(1)), match.group(2)
        if fact is None or view not in fact.views:
            raise HakkenError(f"The text refers to {match.group()}, which is no fact of this run.")
        return fact.views[view]

    return _FACT.sub(printed, text)


def _appendix(manuscript: Manuscript, study: Study) -> Iterable[str]:
    snapshot = study.snapshot
    yield "# How this paper was made {.appendix}"
    yield _provenance(manuscript, snapshot)
    yield "# All versions of the code {.appendix}"
    yield "{tab:versions} lists every version, failed ones too."
    yield nodes_table(snapshot)
    others = [n for n in snapshot.variants if study.selected is None or n.id != study.selected.id]
    for node in others:
        diff = change_of(snapshot, node.id)
        title = escape_text(node.title).replace('"', "'")
        name = f"lst:{node.id}"
        yield f"{{{name}}} shows version {node.id}, *{escape_text(node.title)}*."
        yield f'~~~~ {{.diff #{name} caption="Version {node.id}, {title}."}}\n{diff}\n~~~~'
    yield "# All trials {.appendix}"
    yield "{tab:trials} lists every trial, failed ones too."
    yield trials_table(snapshot, study.places)


def _provenance(manuscript: Manuscript, snapshot: Snapshot) -> str:
    run = snapshot.run
    human = [d for d in snapshot.decisions if d.by == "human"]
    failed = sum(n.status is NodeStatus.FAILED for n in snapshot.nodes)
    parts = [
        f"This paper was written by an AI system, Hakken {run.version}. {work(snapshot, manuscript)}; numbers, tables, "
        "figures and every sentence with a quantity come from a program that reads the record of the run.",
        prose_model(snapshot, manuscript),
        f"The record is named {escape_text(run.id)}; the template has the content hash `{run.template_hash[7:23]}`.",
        composed(manuscript),
        f"{count(failed, 'version')} of the code failed." if failed else "No version of the code failed.",
        "People decided nothing during the run." if not human else "People decided the following:",
    ]
    text = " ".join(part for part in parts if part)
    if human:
        text += "\n\n" + "\n".join(f"- {escape_text(d.what)}: {escape_text(d.why)}" for d in human)
    by_program = [d for d in snapshot.decisions if d.by != "human"]
    if by_program:
        text += "\n\nThe program recorded these decisions and deviations from its plan:\n\n"
        text += "\n".join(f"- {escape_text(d.what)}: {escape_text(d.why)}" for d in by_program)
    return text


def share_by_model(manuscript: Manuscript) -> float:
    """Share of prose sentences, fact sentences aside, that a model wrote."""

    def total(passages: Iterable[Passage], source: PassageSource) -> int:
        return sum(len(sentences(p.text)) for p in passages if p.source is source)

    every = (*manuscript.abstract, *manuscript.passages)
    model, code = total(every, PassageSource.MODEL), total(every, PassageSource.CODE)
    return model / (model + code) if model + code else 0.0
