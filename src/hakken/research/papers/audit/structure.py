"""What is wrong with a paper whatever its record: placeholders, broken references, doubled or empty parts."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from hakken.core.types import Finding, Severity
from hakken.research.papers.audit.document import Document, Unit, UnitKind

_PLACEHOLDER = re.compile(
    r"\bTODO\b|\bTBD\b|\bFIXME\b|\bXXX+\b|PLEASE FILL|\bFILL IN\b|(?<!\w)\?\?+(?!\w)|lorem ipsum"
    r"|\[(?:citation needed|insert[^\]]*|your [^\]]*)\]"
    r"|\{(?:F|fig:|tab:|tbl:|C)\w*(?:\.\w+)?\}|\bplaceholder\b|\bcaption here\b|<[A-Z_ ]{4,}>|\bINSERT\b|\bN/?A N/?A\b",
    re.I,
)
_CASED = re.compile(r"(?-i:TODO|TBD|FIXME|XXX|INSERT|FILL IN|PLEASE FILL)")
_RUN_LABEL = re.compile(r"(?<![\w/.-])(?:[Rr]un[ _]\d+|run_\d+|final_info|exp_\d+|experiment_\d+)\b")


def check_structure(document: Document, bib: Path | None, folder: Path) -> Iterator[Finding]:
    """Every finding that needs no record."""
    yield from _placeholders(document)
    yield from _run_labels(document)
    yield from _headings(document)
    yield from _doubled(document)
    yield from _floats(document, folder)
    yield from _citations(document, bib, folder)


def _make(kind: str, severity: Severity, place: str, sentence: str, says: str, record: str) -> Finding:
    return Finding(
        kind=kind, severity=severity, place=place, sentence=sentence, says=says, record=record, how="structure"
    )


def _placeholders(document: Document) -> Iterator[Finding]:
    seen = False
    for unit in document.units:
        if unit.kind in (UnitKind.CODE, UnitKind.EQUATION):
            continue
        match = _PLACEHOLDER.search(unit.text)
        if match and (
            not re.fullmatch(r"[A-Za-z ]+", match.group()) or _CASED.search(match.group()) or " " in match.group()
        ):
            seen = True
            yield _make("placeholder", Severity.ERROR, unit.place, unit.text, match.group(), "nothing was filled in")
        if unit.kind is UnitKind.CAPTION and len(unit.text.strip(" .")) < 3:
            yield _make("placeholder", Severity.ERROR, unit.place, unit.text, "an empty caption", "")
    for label, kind in ((f.label, f.kind) for f in document.floats if not f.caption.strip()):
        yield _make("placeholder", Severity.ERROR, f"{kind} {label}", "", "no caption", "")
    if not seen:
        raw = re.search(r"\\ref\{\s*\}|\\cite\w*\{\s*\}|\bTODO\b", document.raw)
        if raw:
            yield _make("placeholder", Severity.ERROR, "Source", raw.group(), raw.group(), "nothing was filled in")


def _run_labels(document: Document) -> Iterator[Finding]:
    for unit in document.units:
        if unit.kind in (UnitKind.SENTENCE, UnitKind.CAPTION, UnitKind.HEADING, UnitKind.TITLE, UnitKind.HEADER):
            match = _RUN_LABEL.search(re.sub(r"`[^`]*`", "", unit.text))
            if match:
                yield _make(
                    "run_label",
                    Severity.ERROR,
                    unit.place,
                    unit.text,
                    match.group(),
                    "a label of a folder, no name of a method",
                )


def _headings(document: Document) -> Iterator[Finding]:
    for index, (_, text) in enumerate(document.headings):
        if index not in document.filled and not re.fullmatch(r"(?:references|bibliography)", text.strip(), re.I):
            yield _make("empty_section", Severity.ERROR, f"Section “{text}”", text, "a heading without text", "")
    counts = Counter(text.strip().lower() for level, text in document.headings if level <= 2)
    for text, count in counts.items():
        if count > 1:
            yield _make("doubled", Severity.WARNING, f"Section “{text}”", text, f"the heading stands {count} times", "")


def _doubled(document: Document) -> Iterator[Finding]:
    seen: list[tuple[frozenset[str], tuple[str, ...], Unit]] = []
    for unit in document.units:
        if unit.kind is not UnitKind.SENTENCE:
            continue
        words = re.findall(r"[a-z]+|\d[\d.,]*", unit.text.lower())
        if len(words) < 8:
            continue
        bag = frozenset(words)
        for other, sequence, first in seen:
            if unit.section != first.section and (tuple(words) != sequence or _may_repeat(unit, first)):
                continue
            union = len(bag | other)
            same_numbers = {w for w in bag if w[0].isdigit()} == {w for w in other if w[0].isdigit()}
            if union and len(bag & other) / union > 0.92 and same_numbers:
                severity = Severity.WARNING if unit.section == first.section else Severity.NOTE
                yield _make(
                    "doubled", severity, unit.place, unit.text, "a sentence said twice", f"first in {first.place}"
                )
                break
        seen.append((bag, tuple(words), unit))


def _may_repeat(unit: Unit, first: Unit) -> bool:
    """Abstract and conclusion repeat what the results say, and sentences with numbers are bound to be equal."""
    summaries = r"abstract|introduction|conclusion"
    return bool(re.search(summaries, f"{unit.section} {first.section}", re.I) or re.search(r"\d", unit.text))


def _floats(document: Document, folder: Path) -> Iterator[Finding]:
    text = document.text
    order = Counter[str]()
    labels = {f.label for f in document.floats if f.label}
    for item in document.floats:
        order[item.kind] += 1
        name = f"{item.kind.capitalize()} {order[item.kind]}"
        if item.path and not _exists(folder, item.path):
            yield _make("missing_figure", Severity.ERROR, name, item.caption, item.path, "there is no such file")
        spoken = re.search(
            rf"\b{item.kind.capitalize()}s?[\s\u00a0~]{order[item.kind]}\b|\bFig\.[\s\u00a0~]?{order[item.kind]}\b",
            text,
        )
        if not spoken and not (item.label and item.label in document.links):
            yield _make("unreferenced", Severity.WARNING, name, item.caption, "the text never refers to it", "")
    for label, count in Counter(f.label for f in document.floats if f.label).items():
        if count > 1:
            yield _make("doubled", Severity.ERROR, label, label, f"the label stands {count} times", "")
    for path, count in Counter(f.path for f in document.floats if f.path).items():
        if count > 1:
            yield _make("doubled", Severity.WARNING, path, path, f"the figure is shown {count} times", "")
    for link in dict.fromkeys(document.links):
        if re.match(r"(?:fig|tab|tbl|table|figure)[:-]", link) and link not in labels:
            yield _make(
                "unresolved", Severity.ERROR, link, link, "a reference to nothing", "no figure or table has this label"
            )
    for kind, number in re.findall(r"\b(Figure|Table)[\s\u00a0~](\d+)\b", text):
        if int(number) > order[kind.lower()]:
            yield _make(
                "unresolved", Severity.ERROR, f"{kind} {number}", f"{kind} {number}", "a reference to nothing", ""
            )


def _exists(folder: Path, path: str) -> bool:
    if re.match(r"(?:https?|data):", path):
        return True
    whole = folder / path
    return whole.is_file() or any(whole.with_name(whole.name + s).is_file() for s in (".pdf", ".png", ".svg", ".jpg"))


def _citations(document: Document, bib: Path | None, folder: Path) -> Iterator[Finding]:
    named = [*document.bibliography, Path(document.name).stem]
    files = [bib] if bib else [f for name in named for f in (folder / name, folder / f"{name}.bib")]
    known = list(dict.fromkeys(f for f in files if f.suffix == ".bib" and f.is_file()))
    if not known:
        if document.cited:
            yield _make(
                "citation",
                Severity.ERROR,
                "References",
                "",
                f"{len(document.cited)} citations",
                "no bibliography was found",
            )
        return
    text = "\n".join(f.read_text(encoding="utf-8", errors="replace") for f in known)
    keys = [
        k
        for kind, k in re.findall(r"@(\w+)\s*\{\s*([^,\s}]+)\s*,", text)
        if kind.lower() not in ("comment", "string", "preamble")
    ]
    for key, count in Counter(keys).items():
        if count > 1:
            yield _make("citation", Severity.WARNING, "References", key, f"the entry stands {count} times", "")
    for key in dict.fromkeys(document.cited):
        if key not in keys:
            where = next((u for u in document.units if f"@{key}" in u.text), None)
            place, sentence = (where.place, where.text) if where else ("References", key)
            yield _make(
                "citation", Severity.ERROR, place, sentence, f"cites {key}", "no entry of the bibliography has this key"
            )
    unused = [k for k in dict.fromkeys(keys) if k not in document.cited]
    if unused and document.cited:
        yield _make(
            "citation", Severity.NOTE, "References", ", ".join(unused), f"{len(unused)} entries are never cited", ""
        )
