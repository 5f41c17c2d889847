"""Machines, programs, versions and data sets that a paper names and a foreign record does not know."""

from __future__ import annotations

import re
from collections.abc import Iterator

from hakken.core.types import Finding, Severity
from hakken.research.papers.audit.conduct.setup import DATA_SETS, HARDWARE
from hakken.research.papers.audit.document.document import Document, Unit, UnitKind
from hakken.research.papers.audit.language.numbers import normalise
from hakken.research.papers.audit.records.evidence import Evidence

_PROGRAMS = {
    "pytorch": ("torch",),
    "torchvision": ("torchvision",),
    "tensorflow": ("tensorflow", "tf"),
    "keras": ("keras",),
    "jax": ("jax",),
    "flax": ("flax",),
    "numpy": ("numpy", "np"),
    "scipy": ("scipy",),
    "scikit-learn": ("sklearn",),
    "sklearn": ("sklearn",),
    "pandas": ("pandas",),
    "xgboost": ("xgboost",),
    "lightgbm": ("lightgbm",),
    "transformers": ("transformers",),
    "hugging face": ("transformers", "datasets", "huggingface"),
    "matlab": ("matlab",),
    "gymnasium": ("gymnasium", "gym"),
    "openai gym": ("gymnasium", "gym"),
    "stable baselines": ("stable_baselines",),
    "python": (),
    "cuda": (),
    "cudnn": (),
    "ubuntu": (),
    "matplotlib": ("matplotlib",),
    "pytorch lightning": ("lightning", "pytorch_lightning"),
}
"""Programs as papers spell them, and the modules that the code of a user imports; empty where none tells."""
_SPELLED = "|".join(p.replace(" ", "[ -]?") for p in sorted(_PROGRAMS, key=len, reverse=True))
_PROGRAM = re.compile(
    rf"\b(?P<name>{_SPELLED})"
    r"(?:['’]s)?(?:\s*\(?\s*(?:[vV]ersions?\s*|v\.?\s?)?(?P<version>\d+(?:\.\d+)+|(?<=[vV]ersion )\d+))?(?![\w-])",
    re.I,
)
_SPECIFIC = re.compile(r"\d|NVIDIA|GeForce|Tesla|Quadro|Xeon|EPYC|Ryzen|Intel|AMD|Threadripper|Graviton|TPU", re.I)
_USED = re.compile(
    r"\b(?:train(?:ed|ing)?|runs?|ran|running|conduct\w*|perform(?:ed)?|us(?:e|ed|es|ing)|execut\w+|implement\w*"
    r"|experiments?|evaluat\w+|measured|simulat\w+|fit(?:s|ted)?|hardware|equipped|machine|server|workstation|cluster)\b",
    re.I,
)
_NOT_USED = re.compile(
    r"\b(?:no|without(?: an?| any)?|not (?:need|require) an?)\s*$|\b(?:could|would|might|future|larger|multi)-?\b"
    r"[^.;]*$",
    re.I,
)
_ELSEWHERE = re.compile(r"related|background|preliminar|motivation|future|broader|introduction", re.I)
_OWN = re.compile(r"\b(?:we|our|all experiments)\b", re.I)
_DATA_USE = re.compile(r"\b(?:evaluat\w+|train\w*|test\w*|experiments?|benchmarks?|data ?sets?|results?)\b", re.I)


_ON = re.compile(r"\b(?:on|across|over)\s+(?:the )?$", re.I)


def check_environment(document: Document, evidence: Evidence) -> Iterator[Finding]:
    """Everything of the set-up that can be invented, at most one finding a sentence and kind."""
    code = "\n".join(t for files in (evidence.pristine, *evidence.sources.values()) for t in files.values()).lower()
    measured = " ".join([evidence.hardware, *evidence.versions, *evidence.quoted, code]).lower()
    named = " ".join(
        [measured, *evidence.notes, *evidence.datasets, *(n for v in evidence.dataset_names.values() for n in v)]
    ).lower()
    seen: set[str] = set()
    told: set[tuple[str, str]] = set()
    for finding in _every(document, evidence, code, measured, named, seen):
        if (finding.kind, finding.says) not in told:
            told.add((finding.kind, finding.says))
            yield finding


def _every(
    document: Document, evidence: Evidence, code: str, measured: str, named: str, seen: set[str]
) -> Iterator[Finding]:
    for unit in document.units:
        if unit.kind in (UnitKind.CODE, UnitKind.EQUATION, UnitKind.TITLE) or unit.text in seen:
            continue
        seen.add(unit.text)
        text = normalise(unit.text)
        own = _OWN.search(text) is not None
        if unit.cites and not own:
            continue
        yield from _versions(unit, text, evidence, code)
        if _ELSEWHERE.search(unit.section) and not own:
            continue
        yield from _hardware(unit, text, measured)
        yield from _datasets(unit, text, named, unnamed=not any(evidence.dataset_names.values()))


def _hardware(unit: Unit, text: str, record: str) -> Iterator[Finding]:
    names = []
    for match in HARDWARE.finditer(text):
        name = match.group()
        known = re.search(rf"(?<!\w){re.escape(name.lower().rstrip('s'))}(?!\w)", record) is not None
        known = known or ("gpu" in name.lower() and "cuda" in record)
        if not known and not _NOT_USED.search(text[: match.start()]):
            names.append(name)
    if not names or (unit.kind is UnitKind.SENTENCE and not _USED.search(text)):
        return
    specific = any(_SPECIFIC.search(n) for n in names)
    yield _make("hardware", Severity.ERROR if specific else Severity.WARNING, unit, ", ".join(dict.fromkeys(names)),
                "the record names no such machine")  # fmt: skip


def _versions(unit: Unit, text: str, evidence: Evidence, code: str) -> Iterator[Finding]:
    known = {name.lower(): version for name, version in evidence.versions.items()}
    for match in _PROGRAM.finditer(text):
        name, version = re.sub(r"[ -]+", " ", match.group("name").lower()), match.group("version")
        name = name if name in _PROGRAMS else name.replace(" ", "-")
        modules = _PROGRAMS.get(name, ())
        if version is not None:
            true = next((known[n] for n in (name, *modules) if n in known), None)
            if _is_result(match, evidence):
                continue
            said = f"{match.group('name')} {version}"
            if true is None and not re.search(
                rf"(?:{'|'.join((re.escape(name), *modules))})\W{{1,4}}{re.escape(version)}", code
            ):
                yield _make("version", Severity.ERROR, unit, said, "the record holds no version of it")
            elif true is not None and true != version and not true.startswith(version + "."):
                yield _make("version", Severity.ERROR, unit, said, f"{match.group('name')} was {true}")
            continue
        imported = any(re.search(rf"\b(?:import|from)\s+{m}", code) for m in modules)
        if code and modules and not imported and (_OWN.search(text) or not _ELSEWHERE.search(unit.section)):
            yield _make("software", Severity.ERROR, unit, match.group("name"), "no source of the record imports it")


def _is_result(match: re.Match[str], evidence: Evidence) -> bool:
    """Whether a number in brackets behind a name is what the variant of this name measured."""
    name = match.group("name").lower()
    measured = any(name in (n.lower() for n in v.names) for v in evidence.variants.values())
    return measured and "(" in match.group() and match.group("version").count(".") < 2


def _datasets(unit: Unit, text: str, record: str, *, unnamed: bool) -> Iterator[Finding]:
    """Well-known data sets; a warning where the record names none at all."""
    names = []
    for match in DATA_SETS.finditer(text):
        bare = re.sub(r"[\s_-]+", "", match.group().lower())
        if bare not in re.sub(r"[\s_-]+", "", record):
            names.append(match.group())
    used = unit.kind is not UnitKind.SENTENCE or _DATA_USE.search(text) is not None
    used = used or any(_ON.search(text[: m.start()]) for m in DATA_SETS.finditer(text))
    if names and used and not re.search(r"\b(?:such as|like|e\.g\.|future|could|would|larger|beyond)\b", text, re.I):
        severity = Severity.WARNING if unnamed else Severity.ERROR
        yield _make("dataset", severity, unit, ", ".join(dict.fromkeys(names)), "the record knows no such data")


def _make(kind: str, severity: Severity, unit: Unit, says: str, record: str) -> Finding:
    return Finding(
        kind=kind,
        severity=severity,
        place=unit.place,
        sentence=unit.text,
        says=says,
        record=record,
        how="names of the record, its sources and its environment",
    )
