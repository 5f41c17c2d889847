"""Method against code, by rules: parts that the text says were used and that no source of the record has."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from hakken.core.types import Finding, Severity
from hakken.research.papers.audit.document.document import Document, Unit, UnitKind, is_prose
from hakken.research.papers.audit.language.numbers import normalise
from hakken.research.papers.audit.language.phrases import NEGATED, is_open
from hakken.research.papers.audit.records.evidence import Evidence


@dataclass(frozen=True)
class Part:
    """Something that a method may have: how texts and how programs spell it."""

    name: str
    text: re.Pattern[str]
    code: re.Pattern[str]
    family: str = ""
    """Parts of one family stand in place of each other."""


def _part(name: str, text: str, code: str, family: str = "", *, cased: bool = False) -> Part:
    return Part(name, re.compile(text, 0 if cased else re.I), re.compile(code, 0 if cased else re.I), family)


_PARTS = (
    _part("Adam", r"\bAdam\b(?!W)", r"\bAdam\b|['\"]adam['\"]|\badam\(", "optimizer", cased=True),
    _part("AdamW", r"\bAdamW\b", r"\bAdamW\b|adamw", "optimizer", cased=True),
    _part("SGD", r"\bSGD\b|stochastic gradient descent", r"\bsgd\b", "optimizer"),
    _part("RMSprop", r"\bRMS-?prop\b", r"\brmsprop\b", "optimizer"),
    _part("Adagrad", r"\bAda-?grad\b", r"\badagrad\b", "optimizer"),
    _part("L-BFGS", r"\bL-?BFGS\b", r"l_?bfgs", "optimizer"),
    _part("Adafactor", r"\bAda-?factor\b", r"adafactor", "optimizer"),
    _part("LAMB", r"\bLAMB\b", r"\bLamb\b|\bLAMB\b", "optimizer", cased=True),
    _part("Lion", r"\bLion\b", r"\bLion\b", "optimizer", cased=True),
    _part("ReLU", r"(?<!leaky)(?<!leaky )(?<!leaky-)\brelu\b", r"\brelu|np\.maximum\(", "activation"),
    _part("leaky ReLU", r"\bleaky[ -]?relu\b", r"leaky_?relu", "activation"),
    _part("GELU", r"\bgelu\b", r"gelu", "activation"),
    _part("SiLU", r"\b(?:silu|swish)\b", r"silu|swish", "activation"),
    _part("ELU", r"\belu\b", r"\belu\b", "activation"),
    _part("tanh", r"\btanh\b|hyperbolic tangent", r"tanh", "activation"),
    _part("cosine schedule", r"\bcosine (?:annealing|decay|learning|schedul\w+)", r"cosine|\bcos\("),
    _part("warm-up", r"\bwarm-?up\b", r"warm"),
    _part("early stopping", r"\bearly[ -]stopping\b", r"early_?stop|patience"),
    _part("dropout", r"\bdropout\b", r"dropout"),
    _part("batch normalization", r"\bbatch[ -]?norm\w*", r"batch_?norm"),
    _part("layer normalization", r"\blayer[ -]?norm(?:ali[sz]ation)?\b", r"layer_?norm|RMSNorm"),
    _part("spectral normalization", r"\bspectral norm\w*", r"spectral_norm"),
    _part("weight decay", r"\bweight decay\b", r"weight_?decay|adamw|l2_?reg"),
    _part("gradient clipping", r"\bgradient clipping\b|\bclip(?:ped|ping)? (?:the )?gradients?", r"clip"),
    _part("gradient penalty", r"\bgradient penalty\b", r"gradient_?penalty|autograd\.grad|\bgp\b|grad_pen"),
    _part("moving average of weights", r"\bexponential moving average\b|\bEMA\b", r"\bema\b|ema_|moving_?average|EMA"),
    _part("label smoothing", r"\blabel smoothing\b", r"smooth"),
    _part("mixup", r"\bmix-?up\b", r"mix_?up"),
    _part(
        "data augmentation",
        r"\bdata augmentation\b|\baugment(?:ed|ing) (?:the )?(?:data|images|inputs)",
        r"augment|flip|crop",
    ),
    _part("cross-entropy", r"\bcross[- ]?entropy\b", r"cross_?entropy|nll|log_softmax|\bbce|np\.log\(|torch\.log\("),
    _part("Huber loss", r"\bhuber\b|\bsmooth l1\b", r"huber|smooth_?l1"),
    _part("focal loss", r"\bfocal loss\b", r"focal|gamma"),
    _part("contrastive loss", r"\bcontrastive (?:loss|learning|objective)\b", r"contrast|infonce|nt_?xent"),
    _part("LSTM", r"\bLSTMs?\b", r"lstm"),
    _part("GRU", r"\bGRUs?\b", r"\bgru", "", cased=False),
    _part("attention", r"\b(?:self|multi-?head|cross)-?[ ]?attention\b", r"attention|attn"),
    _part("convolutions", r"\bconvolution\w*\b|\bCNNs?\b", r"conv"),
    _part("discriminator", r"\bdiscriminator\b", r"discriminator|critic"),
    _part(
        "reinforcement learning",
        r"\bQ-learning\b|\bpolicy gradient\b|\bPPO\b|\bREINFORCE\b",
        r"q_table|qlearn|q_learn|policy|ppo|reinforce|q_value",
    ),
    _part("bootstrap", r"\bbootstrap(?:ped|ping)?\b", r"bootstrap|resampl|choice\("),
    _part(
        "k-nearest neighbours", r"\bk-?nearest\b|\bk-?NN\b", r"knn|neighbor|kneighb|cKDTree|npeet|entropy_estimators"
    ),
)
_PLACES = re.compile(r"method|approach|set-?up|experiment|implementation|training|architecture|model|abstract|procedure"
                     r"|optimi[sz]|detail|configuration|hyper|result|denois|network|loss", re.I)  # fmt: skip
_ELSEWHERE = re.compile(r"related|background|preliminar|motivation|future|broader|introduction|problem", re.I)
_USED = re.compile(
    r"\b(?:we|our|us(?:e|es|ed|ing)|employ\w*|appl(?:y|ies|ied)|adopt\w*|train(?:ed)?|optimi[sz]e(?:d|r|rs)?|implement\w*"
    r"|incorporat\w*|introduc\w*|consists?|compris\w+|add(?:s|ed)?|with|via|defined)\b|:",
    re.I,
)
_NOT_USED = re.compile(
    r"\b(?:unlike|instead of|rather than|as opposed to|such as|like|e\.g\.|or|compared (?:to|with)|versus|over|than"
    r"|beyond|replac(?:e|es|ed|ing)|remov(?:e|es|ed|ing))\s+(?:[\w-]+\s+){0,3}$|\b(?:future|could|would|might|may|explore"
    r"|investigat\w+|prior|previous|traditional|existing|other)\b[^.;]*$",
    re.I,
)
_SPAN = re.compile(r"`([A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*)(?:\(\))?`")
_PAIR = 2
"""Cells of a table that lists settings: a name and a value."""
_LINES = 25
"""A record with fewer lines of code than this holds only a part of what ran."""


def check_methods(document: Document, evidence: Evidence) -> Iterator[Finding]:
    """At most one finding for each part, at the first sentence that says it was used."""
    code = source_text(evidence)
    if code.count("\n") < _LINES:
        return
    said: set[str] = set()
    for unit in document.units:
        listed = unit.kind is UnitKind.CELL and len(unit.row) <= _PAIR
        if not listed and (not is_prose(unit) or unit.kind is UnitKind.TITLE):
            continue
        text = normalise(unit.text)
        if _tells_method(unit, text):
            for part in _PARTS:
                if part.name not in said and (finding := _missing(part, unit, text, code)) is not None:
                    said.add(part.name)
                    yield finding
        yield from _spans(unit, code, said)


def source_text(evidence: Evidence) -> str:
    """Every source of the record, one after the other."""
    return "\n".join(t for files in (evidence.pristine, *evidence.sources.values()) for t in files.values())


def _tells_method(unit: Unit, text: str) -> bool:
    """Whether a sentence says what was done in this paper."""
    own = re.search(r"\b(?:we|our)\b", text, re.I) is not None
    if _ELSEWHERE.search(unit.section) and not (own and re.search(r"\bwe (?:use|train|employ|implement)", text, re.I)):
        return False
    if unit.cites and not own and unit.kind is UnitKind.SENTENCE and not _PLACES.search(unit.section):
        return False
    return _USED.search(text) is not None


def _missing(part: Part, unit: Unit, text: str, code: str) -> Finding | None:
    match = part.text.search(text)
    if match is None or part.code.search(code):
        return None
    left = text[: match.start()]
    if _NOT_USED.search(left) or NEGATED.search(left) or is_open(left):
        return None
    present = [p.name for p in _PARTS if part.family and p.family == part.family and p.code.search(code)]
    if part.family and not present:
        return None
    record = f"the code has {', '.join(present)}" if present else "no source of the record has it"
    severity = Severity.ERROR if present else Severity.WARNING
    return _make(severity, unit, match.group(), record)


def _spans(unit: Unit, code: str, said: set[str]) -> Iterator[Finding]:
    """Names in code type must stand in the code."""
    for match in _SPAN.finditer(unit.text):
        name = match.group(1)
        last = name.rpartition(".")[2]
        if name in said or not re.search(r"_|[a-z][A-Z]|\.", name) or re.search(rf"\b{re.escape(last)}\b", code):
            continue
        if re.search(r"\.(?:py|json|csv|txt|md|tex|png|pdf|toml|npz?|pt)$", name):
            continue
        said.add(name)
        yield _make(Severity.WARNING, unit, name, "no source of the record has this name")


def _make(severity: Severity, unit: Unit, says: str, record: str) -> Finding:
    return Finding(
        kind="method",
        severity=severity,
        place=unit.place,
        sentence=unit.text,
        says=says,
        record=record,
        how="searched in every source of the record",
    )
