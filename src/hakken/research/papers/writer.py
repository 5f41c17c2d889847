"""Filling the outline: each paragraph job is asked for, checked, sent back with the reason, or composed by code."""

from __future__ import annotations

import re
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from hakken.core.errors import BudgetExceeded, MalformedReply
from hakken.core.prompts import Prompt, prompt
from hakken.core.similarity import similarity
from hakken.core.types import Manuscript, Passage, PassageSource, Role
from hakken.models import Ledger
from hakken.models.grammar import sentences as sentence_grammar
from hakken.research.papers.agreement import SECTIONS as METHOD_SECTIONS
from hakken.research.papers.agreement import TELLING, disagreement
from hakken.research.papers.gate import REFERENCE, avoided, offences, sentences
from hakken.research.papers.outline import Block, Fixed, Job, outline
from hakken.research.papers.quotes import QUOTE
from hakken.research.papers.render.escape import escape_text
from hakken.research.papers.study import Study
from hakken.research.papers.vocabulary import broken_word, strange_name

REPEATED = 0.6
"""Content words in common above which a sentence says what another one said."""
SHORTEST = 5
"""Words below which a sentence says nothing."""
SHOWN = 5
"""Earlier sentences that a model is reminded of."""


@dataclass(frozen=True)
class Grounds:
    """What a sentence may rest on; the default allows plain words only."""

    references: frozenset[str] = frozenset()
    """The fact references that there are."""
    code: str = ""
    """Code that the text is about; empty where it is about no code."""
    original: str = ""
    """The part of that code which the change has replaced."""
    telling: bool = False
    """Whether it is about that code among other things."""
    quotes: tuple[str, ...] = ()
    """Expressions of that code that may stand between backticks."""
    words: frozenset[str] = frozenset()
    """Words of the record that no dictionary has."""
    outcome: bool = False
    """Whether it may speak of what was found."""


@dataclass(frozen=True)
class Draft:
    """The part of a reply that may be printed, and why the rest may not."""

    kept: tuple[str, ...]
    reasons: tuple[str, ...]


def write(
    study: Study, ledger: Ledger | None, tries: int, on_passage: Callable[[Passage], None] = lambda _: None
) -> Manuscript:
    """Write the whole paper.

    Args:
        study: What it is about.
        ledger: The models; None composes every passage by code.
        tries: Replies asked for a passage before code composes it.
        on_passage: Told of each passage as it is done.
    """
    said: list[str] = []
    passages: list[Passage] = []
    for block in outline(study):
        passage, ledger = _passage(study, block, ledger, tries, said)
        passages.append(passage)
        on_passage(passage)
        if passage.source is PassageSource.MODEL and isinstance(block, Job):
            said += sentences(passage.text)
    return Manuscript(
        title=title(study),
        abstract=tuple(p for p in passages if p.section == "Abstract"),
        passages=tuple(p for p in passages if p.section != "Abstract"),
        keywords=_keywords(study),
    )


def title(study: Study) -> str:
    """A question that the paper answers: a title never claims a result."""
    spec = study.snapshot.template.primary
    metric = title_case(f"{spec.label} on {spec.dataset.replace('_', ' ')}")
    if study.selected is None:
        return f"No Working Change: A Report of Attempts to Change the {metric}"
    verb = "Lower" if spec.direction.value == "min" else "Raise"
    name = title_case(re.sub(r" \([A-Z]\)$", "", study.selected.title))
    return f"{name}: Does It {verb} the {metric}? A Test Planned in Advance"


_SMALL = frozenset({"a", "an", "and", "as", "at", "by", "for", "from", "in", "of", "on", "or", "the", "to", "with"})


def title_case(text: str) -> str:
    """Capitals as in a title; words that have some already are left."""
    words = [w if w in _SMALL or not w.islower() else w[:1].upper() + w[1:] for w in text.split()]
    return " ".join([words[0][:1].upper() + words[0][1:], *words[1:]]) if words else text


def _passage(
    study: Study, block: Block, ledger: Ledger | None, tries: int, said: Sequence[str]
) -> tuple[Passage, Ledger | None]:
    if isinstance(block, Fixed):
        return Passage(section=block.section, job=block.name, text=block.text, source=block.source), ledger
    reasons: list[str] = []
    best: tuple[str, ...] = ()
    count = 0
    if ledger is not None:
        try:
            for count, draft in enumerate(_drafts(study, block, ledger, tries, said), start=1):
                reasons += draft.reasons
                if len(draft.kept) > len(best):
                    best = draft.kept
                if len(best) >= block.low and (not draft.reasons or count == tries):
                    break
        except BudgetExceeded as error:
            # The paper is finished without the model: a run that meets its budget still writes what it has.
            reasons.append(error.message)
            ledger = None
    if len(best) >= min(2, block.low):
        text = " ".join(_escaped(sentence) for sentence in best[: block.high])
        return _made(block, text, PassageSource.MODEL, count, reasons), ledger
    return _made(block, block.fallback, PassageSource.CODE, count, reasons), ledger


def _made(block: Job, text: str, source: PassageSource, tries: int, reasons: list[str]) -> Passage:
    return Passage(
        section=block.section, job=block.name, text=text, source=source, tries=tries, rejected=tuple(reasons)
    )


def _drafts(study: Study, job: Job, ledger: Ledger, tries: int, said: Sequence[str]) -> Iterator[Draft]:
    strong = ledger.model(Role.WRITING).strong
    refused = ""
    grounds = _grounds(study, job)
    for sample in range(tries):
        asked = _prompt(study, job, said, refused, strong, grounds.quotes)
        grammar = None if strong else sentence_grammar(job.low, job.high, quotes=grounds.quotes)
        try:
            reply = ledger.ask(asked, str, sample=sample, grammar=grammar, avoid=() if strong else avoided())
        except MalformedReply as error:
            yield Draft((), (error.message,))
            continue
        draft = judge(reply.value, said, grounds)
        yield draft
        refused = "; ".join(draft.reasons[:3])


def judge(text: str, said: Sequence[str], grounds: Grounds) -> Draft:
    """Keep the sentences that the gate lets through, that are new, and that agree with the record.

    Args:
        text: A model's reply.
        said: Sentences of the paper so far.
        grounds: Facts, code and words that it may rest on.
    """
    kept: list[str] = []
    reasons: list[str] = []
    cut = False
    for sentence in sentences(text):
        reason = _fault(sentence, [*said, *kept], grounds)
        if reason is None and grounds.code:
            code = grounds.original if grounds.original and _ORIGINAL.search(sentence) else grounds.code
            reason = disagreement(sentence, code, grounds.telling)
        if reason is None and (cut or not kept) and _LEANING.match(sentence):
            reason = "a sentence leans on one that is not there"
        if cut := reason is not None:
            reasons.append(str(reason))
        else:
            kept.append(sentence)
    return Draft(tuple(kept), tuple(reasons))


_LEANING = re.compile(
    r"(?:This|That|These|Those|It|Its|They|Their|Such|In essence|In addition|On the other hand|However|Therefore|Thus"
    r"|Then|Additionally|Furthermore|Moreover|Also|As a result|For example|In other words|Hence|But|And|So)\b"
    r"(?! (?:study|paper|work|experiment|question|test)\b)"
)
"""How a sentence begins that makes sense only after another one."""
_NO_NAME = re.compile(r"[^`\w.]")
"""An expression, where a name alone may well stand twice in a sentence."""
_ORIGINAL = re.compile(
    r"^(?:In )?[Tt]he (?:original|old|unchanged|previous|baseline)(?:['’]s)? "
    r"(?:\w+ )?(?:code|function|version|method|program)\b"
)
"""A sentence about what the change has replaced."""
_OF_ORIGINAL = re.compile(
    r"\b(?:original|old|unchanged|previous|baseline)(?:['’]s)? (?:\w+ )?(?:code|function|version|method|program),? "
    r"(?:where|which|whose|that|in which|it)\b((?:(?!\b(?:by|into|while|but)\b).)*)"
)
"""What another sentence goes on to say about it."""
_ASKING = re.compile(
    r"(?:Why|What|How|Which) (?:do|does|did|is|are|was|were|would|will|can|could|should|might|may) "
    r"(?:the|this|these|that|an?|we|they|it|one|such|changing)\b"
)
"""How a question begins: small models echo the one that they were asked."""
_VALUE = re.compile(r"\b(?:set|equal|equals|assigned|initiali[sz]ed)(?: to)? `(\w+)`")
"""What a sentence takes for a value."""
_RESULT = re.compile(
    r"\b(?:results?|findings?|outcomes?|evidence|experiments?|stud(?:y|ies)|tests?)\b[^,.]{0,40}"
    r"\b(?:obtained|shows?|showed|shown|indicates?|indicated|suggests?|suggested|demonstrates?|demonstrated|reveals?"
    r"|revealed|confirms?|confirmed|proves?|proved|finds|found)\b"
    r"|\bwe (?:find|found|observed?|saw|see|show|showed|demonstrate)\b|\bno (?:clear )?(?:results?|evidence|effect)\b",
    re.IGNORECASE,
)
"""Prose that says what was found: a small model says it wrongly as often as not."""


def _fault(sentence: str, said: Sequence[str], grounds: Grounds) -> str | None:
    if sentence[-1] not in ".!?":
        return "a sentence is not finished"
    if len(sentence.split()) < SHORTEST:
        return "a sentence says nothing"
    if sentence[-1] != "?" and _ASKING.match(sentence):
        return "a sentence asks instead of telling"
    if unknown := [m.group() for m in REFERENCE.finditer(sentence) if m.group() not in grounds.references]:
        return f"there is no {unknown[0]}"
    if bad := offences(sentence, frozenset(grounds.quotes)):
        return str(bad[0])
    quoted = Counter(match.group() for match in QUOTE.finditer(sentence))
    if stuck := [quote for quote, times in quoted.items() if times > (1 if _NO_NAME.search(quote) else 2)]:
        return f"a sentence quotes {stuck[0]} again and again"
    if foreign := _foreign(sentence, grounds.original):
        return f"the original code has no {foreign}"
    if (value := _VALUE.search(sentence)) and f"def {value[1]}(" in grounds.code:
        return f"a sentence takes the function {value[1]} for a value"
    if not grounds.outcome and _RESULT.search(sentence):
        return "a sentence speaks of results, which a program prints"
    if strange := broken_word(sentence, grounds.words):
        return f"{strange!r} is no word"
    if name := strange_name(sentence, grounds.words):
        return f"the record names no {name}"
    if any(similarity(sentence, other) > REPEATED for other in said):
        return "a sentence repeats what is said elsewhere"
    return None


def _foreign(sentence: str, original: str) -> str:
    """What a sentence tells of the original code, and only the change has."""
    told = sentence if _ORIGINAL.search(sentence) else found[1] if (found := _OF_ORIGINAL.search(sentence)) else ""
    return next((m.group() for m in QUOTE.finditer(told) if original and m.group()[1:-1] not in original), "")


def _grounds(study: Study, job: Job) -> Grounds:
    about_code = job.section in METHOD_SECTIONS
    return Grounds(
        references=frozenset(f"{{{fact.id}.{view}}}" for fact in study.facts for view in fact.views),
        code=f"{study.code}\n{study.original}" if about_code or job.section in TELLING else "",
        original=study.original if about_code else "",
        telling=not about_code,
        quotes=study.quotes if about_code else (),
        words=study.words,
        outcome=job.section == "Discussion",
    )


def _prompt(study: Study, job: Job, said: Sequence[str], refused: str, strong: bool, quotes: Sequence[str]) -> Prompt:
    template, idea = study.snapshot.template, study.idea
    spec = template.primary
    reason = f"{idea.hypothesis}" if idea else ""
    asked = prompt(
        "papers/paragraph",
        title=template.title,
        task=template.task.strip(),
        metric=f"the {spec.label} on {spec.dataset}",
        subject=study.selected.title if study.selected else "none",
        reason=reason,
        code=study.code,
        outcome=study.outcome,
        facts=study.facts if strong else (),
        said=list(said[-SHOWN:]),
        refused=refused,
        quotes=quotes,
        section=job.section,
        tips=_tips().get(job.section, ""),
        brief=job.brief,
        low=job.low,
        high=job.high,
    )
    # Named by its job, so that the record and a script can tell the jobs apart.
    return asked.model_copy(update={"name": f"papers/{job.name}"})


def _escaped(sentence: str) -> str:
    """Make a model's words safe for Markdown, references and quoted code aside."""
    parts, last = [], 0
    for match in re.finditer(f"{REFERENCE.pattern}|{QUOTE.pattern}", sentence):
        parts += [escape_text(sentence[last : match.start()]), match.group()]
        if sentence[last : match.start()].endswith(" "):
            parts[-2] += " "
        last = match.end()
        if sentence[last : last + 1] == " ":
            parts.append(" ")
    return "".join([*parts, escape_text(sentence[last:])])


def _keywords(study: Study) -> tuple[str, ...]:
    template = study.snapshot.template
    tried = [study.idea.title] if study.idea else []
    words = (template.name.replace("_", " "), template.primary.label, *tried, "planned test")
    return tuple(dict.fromkeys(words))


@cache
def _tips() -> dict[str, str]:
    return {str(k): str(v) for k, v in tomllib.loads((Path(__file__).parent / "tips.toml").read_text()).items()}
