"""Who wrote what, and what kept the code under test apart: told from the record, never assumed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from hakken.core.types import Manuscript, Node, Operator, Passage, PassageSource, Role, Rung, Snapshot
from hakken.research.papers.render.escape import escape_text
from hakken.research.papers.wording import count, joined

MODEL, PEOPLE, PROGRAM = "a language model", "people", "a program"
WEAK = frozenset({Rung.RLIMITS})
"""Rungs that isolate nothing."""
_BY_OTHERS = frozenset({Operator.BASELINE, Operator.MATCH, Operator.ABLATE})
"""Versions that are the template's own code, or that are said elsewhere to be made by code."""


def model_name(name: str) -> str:
    """A model as readers know it; a script's path says nothing to them."""
    if name == "local":
        return "the embedded Qwen2.5-Coder-1.5B-Instruct"
    return f"a script ({Path(name).name})" if name.startswith("scripted:") else name


def authors(snapshot: Snapshot) -> str:
    """Where ideas and code come from, models by name; empty where there are neither."""
    models = snapshot.run.models

    def named(part: str, who: str) -> str:
        role = {"ideas": Role.IDEAS, "code": Role.CODE}[part]
        return escape_text(model_name(models[role.value])) if who == MODEL and role.value in models else who

    whose = {"ideas": _of_ideas(snapshot), "code": _of_code(snapshot)}
    return _told({part: [named(part, w) for w in who] for part, who in whose.items()}, _come)


def work(snapshot: Snapshot, manuscript: Manuscript) -> str:
    """Whose work ideas, code and prose are."""
    return _told({"ideas": _of_ideas(snapshot), "code": _of_code(snapshot), "prose": _of_prose(manuscript)}, _are)


def prose_model(snapshot: Snapshot, manuscript: Manuscript) -> str:
    """The model that wrote prose, in a sentence; empty where none did."""
    name = snapshot.run.models.get(Role.WRITING.value)
    if name is None or MODEL not in _of_prose(manuscript):
        return ""
    return f"Prose by a model comes from {escape_text(model_name(name))}."


def _of_ideas(snapshot: Snapshot) -> list[str]:
    who = {"model": MODEL, "seed": PEOPLE, "human": PEOPLE, "code": PROGRAM}
    return _in_order(who[idea.origin] for idea in snapshot.ideas)


def _of_code(snapshot: Snapshot) -> list[str]:
    who = {"model": MODEL, "human": PEOPLE, "template": PEOPLE, "code": PROGRAM}
    return _in_order(who[node.author] for node in snapshot.nodes if _is_method(node))


def _is_method(node: Node) -> bool:
    return node.operator not in _BY_OTHERS


def _of_prose(manuscript: Manuscript) -> list[str]:
    return _in_order(MODEL if p.source is PassageSource.MODEL else PROGRAM for p in prose(manuscript))


def _in_order(who: Iterable[str]) -> list[str]:
    found = set(who)
    return [name for name in (MODEL, PEOPLE, PROGRAM) if name in found]


def _told(whose: Mapping[str, list[str]], sentence: Callable[[list[str], str], str]) -> str:
    """Parts that are by the same authors, in a clause each."""
    groups: dict[str, list[str]] = {}
    for part, who in whose.items():
        if who:
            groups.setdefault(joined(who), []).append(part)
    text = "; ".join(sentence(parts, who) for who, parts in groups.items())
    return text[:1].upper() + text[1:]


def _come(parts: list[str], who: str) -> str:
    return f"{joined(parts)} {'comes' if parts == ['code'] else 'come'} from {who}"


def _are(parts: list[str], who: str) -> str:
    return f"{joined(parts)} {'is' if parts in (['code'], ['prose']) else 'are'} the work of {who}"


def prose(manuscript: Manuscript) -> list[Passage]:
    """The passages that a model is asked for; the plans of ideas are none of them, quoted or left out by the audit."""
    every = (*manuscript.abstract, *manuscript.passages)
    asked = [p for p in every if p.tries and p.source in (PassageSource.MODEL, PassageSource.CODE)]
    unasked = [p for p in every if not p.tries and not p.rejected and p.source is PassageSource.CODE]
    return [*asked, *unasked]


def composed(manuscript: Manuscript) -> str:
    """How many passages the program composed, and why."""
    jobs = prose(manuscript)
    by_code = [p for p in jobs if p.source is PassageSource.CODE]
    refused = sum(p.tries > 0 for p in by_code)
    unasked = len(by_code) - refused
    whole = f"Of {count(len(jobs), 'passage')} of prose,"
    why = "because no reply of the model passed the checks"
    if not by_code:
        return f"{whole} the program composed none."
    if not refused:
        return f"{whole} the program composed {count(unasked, 'passage')}, for which no model was asked."
    if not unasked:
        return f"{whole} {count(refused, 'passage')} had to be composed by the program {why}."
    return (
        f"{whole} {count(refused, 'passage')} had to be composed by the program {why}, and "
        f"{count(unasked, 'passage')} without a model being asked."
    )


def isolation(snapshot: Snapshot) -> str:
    """What kept the trials apart from the network and from hidden data, by the trials themselves."""
    found = rungs(snapshot)
    strong, weak = _named(found - WEAK), _named(found & WEAK)
    boxed = f"in a sandbox without network ({strong or escape_text(snapshot.run.environment.rung)})"
    if not weak:
        return boxed
    bare = f"without isolation ({weak}), so that the network and every file, hidden data too, were within reach"
    return f"{boxed} or, some of them, {bare}" if strong else bare


def unisolated(snapshot: Snapshot) -> str:
    """The limitation that follows where code ran without isolation; empty where none did."""
    if not (weak := _named(rungs(snapshot) & WEAK)):
        return ""
    return (
        f"Code under test ran without isolation ({weak}): nothing shows that it left the network and the hidden data "
        "alone."
    )


def rungs(snapshot: Snapshot) -> frozenset[Rung]:
    """Rungs of the ladder that trials ran on; that of the run where nothing ran."""
    ran = {result.rung for t in snapshot.trials for result in (t.run, t.evaluation) if result is not None}
    return frozenset(ran or {rung for rung in Rung if rung.value == snapshot.run.environment.rung})


def _named(found: frozenset[Rung]) -> str:
    """Rungs, strongest first."""
    return joined([rung.value for rung in Rung if rung in found])
