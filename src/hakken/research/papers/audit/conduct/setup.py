"""Names of machines, data sets and programs that the record does not know, and listings that are not its code."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from difflib import SequenceMatcher

from hakken.core.source import SourceError, parse
from hakken.core.types import Finding, Severity
from hakken.research.papers.audit.document.document import Document, Unit, UnitKind
from hakken.research.papers.audit.matching.quotations import Quotations
from hakken.research.papers.audit.records.evidence import Evidence

HARDWARE = re.compile(
    r"\b(?:GPUs?|TPUs?|CUDA|NVIDIA|GeForce|RTX[ -]?\d*|GTX[ -]?\d*|Tesla|Quadro|[AVHPTL](?:100|4|40|10G?|200)\b"
    r"|MI\d{3}X?|EPYC(?: \w+)?|Xeon(?: \w+)?|Ryzen(?: \w+)?"
    r"|Intel(?: Core)?|AMD|Apple M\d|Core i\d|Threadripper|Graviton\d?|Raspberry Pi|ARM64|aarch64|x86_64|Linux"
    r"|Windows|macOS|Ubuntu|Debian"
    r"|bubblewrap|Docker|Landlock)\b"
)  # fmt: skip
DATA_SETS = re.compile(
    r"\b(?:(?i:(?:Fashion|K|E|Q)?-?MNIST(?:-?1D)?|CIFAR-?\d+|ImageNet(?:-?\w+)?|SVHN|CelebA|Omniglot|STL-?10"
    r"|Tiny[ -]?ImageNet|Caltech-?\d+|LSUN|SuperGLUE|SQuAD|WikiText(?:-?\d+)?|Penn Treebank|enwik8|text8"
    r"|Shakespeare|IMDB|AG News|LibriSpeech|TIMIT|Cityscapes|OpenWebText|MovieLens|GSM8K|MMLU|HumanEval)"
    r"|COCO|GLUE|PTB|Yelp|WMT\d*|Iris|Boston Housing|California Housing|Adult Census|UCI|KITTI|The Pile|C4|Netflix)\b"
)
_PROGRAMS = re.compile(
    r"\b(?:PyTorch|TensorFlow|Keras|JAX|NumPy|SciPy|scikit-learn|sklearn|Hugging ?Face|MATLAB|XGBoost|LightGBM"
    r"|pandas)\b",
    re.I,
)
_MODELS = re.compile(
    r"\b(?:GPT-?\d|ChatGPT|Claude|Llama|Qwen|Gemini|DeepSeek|Mistral|Mixtral|Phi-\d|Gemma|Grok(?!k)|BERT|T5)(?:[\w.-]*\w)?",
    re.I,
)
EMBEDDED = "Qwen2.5-Coder-1.5B-Instruct"
"""What the model named ``local`` is."""
_ALIEN_SECTIONS = re.compile(r"related|background|introduction|discussion|limitation|future", re.I)


def check_setup(document: Document, evidence: Evidence) -> Iterator[Finding]:
    """Hardware, data sets, programs and listings against the record."""
    fixed = [
        EMBEDDED if "local" in evidence.quoted else "",
        evidence.hardware,
        *evidence.quoted,
        *evidence.versions,
        *(m.dataset for m in evidence.metrics),
        *evidence.pristine.values(),
    ]
    # Of what a model wrote only the imports prove anything: a comment may name any machine.
    changed = [text for files in evidence.sources.values() for text in files.values()]
    record = " ".join([*fixed, *(line for text in changed for line in _imports(text))]).lower()
    every = " ".join([*fixed, *evidence.told, *changed]).lower()
    titles, quotations = _spelled(evidence.titles), Quotations(evidence)
    seen: set[str] = set()
    for unit in document.units:
        if unit.kind is UnitKind.CODE:
            yield from _listing(unit, evidence)
        elif unit.kind is not UnitKind.EQUATION and unit.text not in seen:
            seen.add(unit.text)
            if not quotations.repeats(unit):
                yield from _names(unit, titles.sub(lambda m: " " * len(m.group()), unit.text), record)
            yield from _code_spans(unit, evidence, every)
    yield from _datasets_of_metrics(document, evidence)


def _imports(text: str) -> list[str]:
    """The imports of a program, not lines of its texts that begin like one; none where it cannot be parsed."""
    try:
        tree = parse(text)
    except SourceError:
        return []
    return [ast.unparse(node) for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]


def _spelled(titles: Iterable[str]) -> re.Pattern[str]:
    """Finds names of versions that are more than a word: what they contain is told of nothing."""
    several = sorted((t for t in titles if " " in t), key=len, reverse=True)
    return re.compile("|".join(map(re.escape, several)) or r"(?!)", re.I)


def _names(unit: Unit, text: str, record: str) -> Iterator[Finding]:
    for kind, pattern in (("hardware", HARDWARE), ("dataset", DATA_SETS), ("software", _PROGRAMS), ("model", _MODELS)):
        for match in pattern.finditer(text):
            name = match.group().lower()
            known = re.search(rf"(?<!\w){re.escape(name)}(?!\w)", record) or (
                name.rstrip("s") != name and name.rstrip("s") in record
            )
            if known or (
                kind == "hardware"
                and re.search(r"\b(?:no|without(?: a)?|not need a)\s*$", unit.text[: match.start()], re.I)
            ):
                continue
            foreign = unit.cites or (kind != "hardware" and _ALIEN_SECTIONS.search(unit.section))
            yield Finding(
                kind=kind,
                severity=Severity.NOTE if foreign else Severity.ERROR,
                place=unit.place,
                sentence=unit.text,
                says=match.group(),
                record="the record does not name it",
                how="names of the environment, the template and its sources",
            )


def _datasets_of_metrics(document: Document, evidence: Evidence) -> Iterator[Finding]:
    """``on X`` right after a metric must name a data set of that metric."""
    labels = "|".join(sorted({re.escape(m.label) for m in evidence.metrics}, key=len, reverse=True))
    if not labels:
        return
    known = {m.dataset.lower() for m in evidence.metrics}
    every = " ".join([*evidence.quoted, *evidence.titles]).lower()
    for unit in document.units:
        for match in re.finditer(rf"\b(?:{labels}) on (?:the )?([A-Za-z][\w-]*)(?= ?[(.,;:]| data\b)", unit.text, re.I):
            name = match.group(1).lower()
            splits = {
                "explore",
                "report",
                "noise",
                "seeds",
                "average",
                "each",
                "every",
                "all",
                "both",
                "them",
                "it",
            }
            if name not in known | splits and name not in every:
                yield Finding(
                    kind="dataset",
                    severity=Severity.ERROR,
                    place=unit.place,
                    sentence=unit.text,
                    says=f"a result on {match.group(1)}",
                    record=f"measured on {', '.join(sorted(known))}",
                    how="data sets of the metrics",
                )


def _code_spans(unit: Unit, evidence: Evidence, record: str) -> Iterator[Finding]:
    """Hashes in code must be recorded ones."""
    for text in re.findall(r"`([0-9a-f]{7,64})`", unit.text):
        if text not in evidence.hashes and text not in record and re.search(r"\d", text) and re.search(r"[a-f]", text):
            yield Finding(
                kind="hash",
                severity=Severity.ERROR,
                place=unit.place,
                sentence=unit.text,
                says=text,
                record="no recorded hash begins or continues so",
                how="hashes of sources and outputs",
            )


def _listing(unit: Unit, evidence: Evidence) -> Iterator[Finding]:
    """Every line of a listing must stand in the code that ran."""
    if not evidence.sources and not evidence.pristine:
        return
    added = {
        _bare(line) for files in evidence.sources.values() for text in files.values() for line in text.splitlines()
    }
    kept = {_bare(line) for text in evidence.pristine.values() for line in text.splitlines()}
    lines = unit.text.splitlines()
    diff = any(line.startswith(("+", "-")) for line in lines)
    whole = added | kept
    for line in lines:
        pool = added if line.startswith("+") and diff else kept if line.startswith("-") and diff else whole
        bare = _bare(line[1:] if diff and line[:1] in "+- " else line)
        if not bare or bare in pool or re.match(r"^(?:#|@@|diff |index |\+\+ |-- |\.\.\.|…)", bare):
            continue
        if sum(_bare(other) in whole for other in lines) * 4 < len(lines) and not diff:
            return  # no listing of this code: a command, a formula, an output
        close = max(pool, key=lambda other: SequenceMatcher(None, bare, other).quick_ratio(), default="")
        yield Finding(
            kind="listing",
            severity=Severity.ERROR,
            place=unit.place,
            sentence=line,
            says=line.strip(),
            record=f"the closest line that ran: {close}",
            how="lines of the sources",
        )


def _bare(line: str) -> str:
    return re.sub(r"\s+", "", line)
