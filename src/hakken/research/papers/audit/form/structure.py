"""What is wrong with a paper whatever its record: placeholders, broken references, doubled or empty parts."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from hakken.core.types import Finding, Severity
from hakken.research.papers.audit.document.document import Document, Unit, UnitKind
from hakken.research.papers.audit.form.citing import check_citations

_PLACEHOLDER = re.compile(
    r"\bTODO\b|\bTBD\b|\bFIXME\b|\bXXX+\b|PLEASE FILL|\bFILL IN\b|(?<!\w)\?\?+(?!\w)|lorem ipsum"
    r"|\[(?:citation needed|insert[^\]]*|your [^\]]*)\]"
    r"|\{(?:F|fig:|tab:|tbl:|C)\w*(?:\.\w+)?\}|\bplaceholder\b|\bcaption here\b|<[A-Z_ ]{4,}>|\bINSERT\b|\bN/?A N/?A\b",
    re.I,
)
_CASED = re.compile(r"(?-i:TODO|TBD|FIXME|XXX|INSERT|FILL IN|PLEASE FILL)")
_RUN_LABEL = re.compile(r"(?<![\w/.-])(?:[Rr]uns?[ _]\d+|run_\d+|final_info|exp_\d+|experiment_\d+)\b")
_GRAPHICS = re.compile(r"\\graphicspath\{((?:\{[^{}]*\})+)\}")


def check_structure(document: Document, bib: Path | None, folder: Path, *, foreign: bool = False) -> Iterator[Finding]:
    """Every finding that needs no record.

    Args:
        document: The paper.
        bib: Its bibliography; by default the one that it holds or names.
        folder: Where its figures and its bibliography are looked for.
        foreign: Hakken did not write it: what is only unusual is a warning, and a file that was not shipped a note.
    """
    yield from _placeholders(document)
    yield from _run_labels(document, Severity.WARNING if foreign else Severity.ERROR)
    yield from _headings(document)
    yield from _doubled(document)
    yield from _floats(document)
    yield from _files(document, folder, foreign=foreign)
    yield from _references(document)
    yield from check_citations(document, bib, folder, foreign=foreign)


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


def _run_labels(document: Document, severity: Severity) -> Iterator[Finding]:
    for unit in document.units:
        if unit.kind in (UnitKind.SENTENCE, UnitKind.CAPTION, UnitKind.HEADING, UnitKind.TITLE, UnitKind.HEADER):
            match = _RUN_LABEL.search(re.sub(r"`[^`]*`", "", unit.text))
            if match:
                yield _make(
                    "run_label",
                    severity,
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


def _floats(document: Document) -> Iterator[Finding]:
    text = document.text
    numbered = re.search(r"\bTables?[\s\u00a0~]\d", text) is not None
    order = Counter[str]()
    for item in document.floats:
        order[item.kind] += 1
        spoken = re.search(
            rf"\b{item.kind.capitalize()}s?[\s\u00a0~]{order[item.kind]}\b|\bFig\.[\s\u00a0~]?{order[item.kind]}\b",
            text,
        )
        parts = {p.label for p in document.panels if p.path and p.path == item.path}
        if not spoken and not ({item.label, *parts} - {""}) & set(document.links):
            name = f"{item.kind.capitalize()} {order[item.kind]}"
            shown = item.kind == "table" and not item.label and not numbered  # it stands where it is read
            severity = Severity.NOTE if shown else Severity.WARNING
            yield _make("unreferenced", severity, name, item.caption, "the text never refers to it", "")
    for label, count in Counter(f.label for f in document.floats if f.label).items():
        if count > 1:
            yield _make("doubled", Severity.ERROR, label, label, f"the label stands {count} times", "")
    for path, count in Counter(_pictures(document)).items():
        if count > 1:
            yield _make("doubled", Severity.WARNING, path, path, f"the figure is shown {count} times", "")


def _pictures(document: Document) -> list[str]:
    """Every picture file, those of figures and those of their parts."""
    whole = [f.path for f in document.floats if f.path]
    return whole + [p.path for p in document.panels if p.path and p.path not in whole]


def any_picture(document: Document, folder: Path) -> bool:
    """Whether a single picture of the paper is there."""
    return any(_exists(place, path) for path in _pictures(document) for place in _places(document, folder))


def _places(document: Document, folder: Path) -> list[Path]:
    return [folder, *(folder / p for p in re.findall(r"\{([^{}]+)\}", " ".join(_GRAPHICS.findall(document.raw))))]


def _files(document: Document, folder: Path, *, foreign: bool) -> Iterator[Finding]:
    if foreign and _pictures(document) and not any_picture(document, folder):
        yield _make("missing_figure", Severity.NOTE, "Figures", "", f"{len(_pictures(document))} pictures",
                    "none of the paper's pictures is in the folder: they were not looked at")  # fmt: skip
        return
    for number, item in enumerate((f for f in document.floats if f.kind == "figure"), start=1):
        if item.path and not any(_exists(place, item.path) for place in _places(document, folder)):
            yield _make("missing_figure", Severity.ERROR, f"Figure {number}", item.caption, item.path,
                        "there is no such file")  # fmt: skip


def _exists(folder: Path, path: str) -> bool:
    if re.match(r"(?:https?|data):", path):
        return True
    whole = folder / path
    return whole.is_file() or any(
        whole.with_name(whole.name + s).is_file() for s in (".pdf", ".png", ".svg", ".jpg", ".jpeg", ".eps")
    )


def _references(document: Document) -> Iterator[Finding]:
    """References to labels and numbers that nothing has."""
    text = document.text
    labels = {f.label for f in (*document.floats, *document.panels) if f.label} | set(document.labels)
    for link in dict.fromkeys(document.links):
        if link not in labels and re.match(r"(?:fig|tab|tbl|table|figure)[:-]", link):
            where = next((u for u in document.units if f"[{link}]" in u.text), None)
            place, sentence = (where.place, where.text) if where else (link, link)
            record = "no figure or table has this label"
            yield _make("unresolved", Severity.ERROR, place, sentence, f"a reference to “{link}”", record)
    order = Counter(f.kind for f in document.floats)
    for kind, number in dict.fromkeys(re.findall(r"\b(Figure|Table)[\s\u00a0~](\d+)\b", text)):
        if int(number) > order[kind.lower()]:
            yield _make(
                "unresolved", Severity.ERROR, f"{kind} {number}", f"{kind} {number}", "a reference to nothing", ""
            )
