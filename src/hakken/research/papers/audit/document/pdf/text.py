"""Lines of a PDF put together to paragraphs, headings, captions, listings and formulae."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import pairwise
from statistics import median

from hakken.research.papers.audit.document.pdf.layout import Line
from hakken.research.papers.audit.document.pdf.tables import CAPTION

_KNOWN = re.compile(
    r"(?:abstract|introduction|related works?|background|methods?|methodology|approach|experiments?|experimental setup"
    r"|setup|results?|discussion|limitations?|conclusions?(?: and future work)?|references|bibliography"
    r"|acknowledge?ments?|appendix.*|ethics statement|reproducibility statement|broader impact.*)",
    re.I,
)
_NUMBERED = re.compile(r"(?:(?:\d+|[A-Z])(?:\.\d+)*\.?)\s+\S")
_BULLET = re.compile(r"^(?:[•‣◦▪∙·*–—-]\s|\(?(?:\d{1,2}|[a-z]|[ivx]{1,4})[.)]\s)")


_WRAPPED = 1.04
"""Lines of a wrapped line of code stand this much further apart than lines of code."""


class BlockKind(StrEnum):
    """What a block of lines is."""

    PARAGRAPH = "paragraph"
    HEADING = "heading"
    CAPTION = "caption"
    CODE = "code"
    EQUATION = "equation"


@dataclass
class Block:
    """Lines that belong together."""

    kind: BlockKind
    lines: list[Line] = field(default_factory=list)
    text: str = ""
    level: int = 1

    @property
    def page(self) -> int:
        """Where it begins."""
        return self.lines[0].page


def body_size(lines: Sequence[Line]) -> float:
    """Size of the running text: the one in which most letters are set."""
    sizes = Counter[float]()
    for line in lines:
        if line.share("mono") < 0.5:
            sizes[round(line.size, 1)] += len(line.text)
    return sizes.most_common(1)[0][0] if sizes else 10.0


def blocks(lines: Sequence[Line]) -> list[Block]:
    """Blocks in reading order, with texts joined and words at line ends made whole."""
    size = body_size(lines)
    leading = _leading(lines, size)
    margins = _margins(lines)
    words = Counter(w.lower() for line in lines for w in re.findall(r"[A-Za-z]+(?:-[A-Za-z]+)*", line.text)[:-1])
    found: list[Block] = []
    for line in lines:
        kind = _kind(line, size, margins)
        last = found[-1] if found else None
        if last is not None and _belongs(last, line, kind, leading, margins):
            last.lines.append(line)
        else:
            found.append(Block(kind, [line]))
    for block in found:
        code = block.kind is BlockKind.CODE
        block.text = _listing(block.lines) if code else _joined([line.text for line in block.lines], words)
        if block.kind is BlockKind.HEADING:
            block.level = _level(block.text)
    return _whole([b for b in found if not _is_debris(b, size)], words)


def _leading(lines: Sequence[Line], size: float) -> float:
    steps = [
        b.y - a.y
        for a, b in pairwise(lines)
        if (a.page, a.column) == (b.page, b.column) and abs(a.size - size) < 0.3 and 0.8 * size < b.y - a.y < 2 * size
    ]
    return median(steps) / size if steps else 1.25


def _margins(lines: Sequence[Line]) -> dict[tuple[int, str], tuple[float, float]]:
    """Left and right edge of the text of each column."""
    found: dict[tuple[int, str], tuple[float, float]] = {}
    groups: dict[tuple[int, str], list[Line]] = {}
    for line in lines:
        groups.setdefault((line.page, line.column), []).append(line)
    for key, members in groups.items():
        lefts = Counter(round(line.x0) for line in members)
        edge = min((x for x, n in lefts.items() if n >= max(2, 0.2 * len(members))), default=min(lefts))
        found[key] = (float(edge), max(line.x1 for line in members))
    return found


def _kind(line: Line, size: float, margins: dict[tuple[int, str], tuple[float, float]]) -> BlockKind:
    text = line.text.strip()
    if CAPTION.match(text):
        return BlockKind.CAPTION
    if line.share("mono") > 0.7:
        return BlockKind.CODE
    if _is_heading(line, text, size):
        return BlockKind.HEADING
    left, right = margins[line.page, line.column]
    inset = line.x0 - left > 0.07 * (right - left)
    ended = re.search(r"\(\d{1,3}\)$", text) is not None and line.x0 - left > 0.05 * (right - left)
    words = len(re.findall(r"[A-Za-z]{4,}", text))
    mathematical = line.share("math") > (0.3 if inset else 0.6) or (inset and "=" in text)
    if (mathematical and words < 4) or (ended and words < 6):
        return BlockKind.EQUATION
    return BlockKind.PARAGRAPH


def _is_heading(line: Line, text: str, size: float) -> bool:
    if len(text) > 110 or not re.search(r"[A-Za-z]{2}", text) or line.share("bold") < 0.75:
        return bool(_KNOWN.fullmatch(re.sub(r"^[\dA-Z.]+\s+", "", text)) and text.isupper() and len(text) > 5)
    if is_known_heading(text):
        return True
    larger = line.size > size * 1.04
    return not text.endswith((".", ",", ";")) and (larger or bool(_NUMBERED.match(text)))


def is_known_heading(text: str) -> bool:
    """Whether a line is the name that a section of a paper usually has."""
    return _KNOWN.fullmatch(re.sub(r"^(?:\d[\d.]*|[A-Z]\.?)\s+", "", text.strip())) is not None


def _level(text: str) -> int:
    number = re.match(r"(?:\d+|[A-Z])((?:\.\d+)*)\.?\s+\S", text)
    return 1 + number.group(1).count(".") if number else 1


def _belongs(
    block: Block, line: Line, kind: BlockKind, leading: float, margins: dict[tuple[int, str], tuple[float, float]]
) -> bool:
    last = block.lines[-1]
    same_column = (last.page, last.column) == (line.page, line.column)
    step = line.y - last.y
    if abs(last.size - line.size) > 0.6:
        return False
    near = same_column and 0 < step < (leading + 0.35) * line.size
    if block.kind is BlockKind.CODE:
        return kind is BlockKind.CODE or (near and line.share("mono") > 0.5)
    if not same_column:
        return False
    if block.kind is BlockKind.PARAGRAPH and kind is BlockKind.CODE:  # a name on a line of its own
        return near and re.search(r"[.:;!?]$", last.text) is None
    if block.kind is BlockKind.HEADING:
        return kind is BlockKind.HEADING and near and not _NUMBERED.match(line.text)
    if block.kind is BlockKind.CAPTION:
        return near and kind in (BlockKind.PARAGRAPH, BlockKind.EQUATION)
    if block.kind is BlockKind.EQUATION:
        return kind is BlockKind.EQUATION and 0 < step < 3 * line.size
    if kind is not BlockKind.PARAGRAPH or not near:
        return False
    if _BULLET.match(line.text) and re.search(r"[.:;,!?)]$", last.text):
        return False
    left, right = margins[line.page, line.column]
    indented = line.x0 > last.x0 + 0.7 * line.size and not _BULLET.match(block.lines[0].text)
    short = last.x1 < right - 0.12 * (right - left) and re.search(r"[.!?:]$", last.text) is not None
    return not indented and not (short and len(block.lines) > 0 and abs(line.x0 - left) < 3 * line.size)


def _joined(texts: Sequence[str], words: Counter[str]) -> str:
    """One text; a word that a line's end cut is whole again, with its hyphen where the paper writes it so elsewhere."""
    whole = texts[0].strip()
    for text in texts[1:]:
        broken = re.search(r"([A-Za-z]+)-$", whole)
        rest = re.match(r"[a-z]+", text.strip())
        if broken and rest:
            joined, kept = (broken.group(1) + rest.group()).lower(), f"{broken.group(1)}-{rest.group()}".lower()
            whole = (whole if words[kept] > words[joined] else whole[:-1]) + text.strip()
        elif re.search(r"\w[-–/]$", whole):
            whole += text.strip()
        else:
            whole += " " + text.strip()
    return whole


def _listing(lines: Sequence[Line]) -> str:
    """Code with its indentation; a line that was wrapped is one line again."""
    letters = [p.width / len(p.text) for line in lines for p in line.pieces if len(p.text) > 3]
    wide = median(letters) if letters else lines[0].size * 0.6
    steps = [b.y - a.y for a, b in pairwise(lines) if (a.page, a.column) == (b.page, b.column) and b.y > a.y]
    pitch = min(steps, default=0.0)
    edges: dict[tuple[int, str], float] = {}
    for line in lines:
        key = (line.page, line.column)
        edges[key] = min(edges.get(key, line.x0), line.x0)
    written: list[str] = []
    for k, line in enumerate(lines):
        text = ""
        for piece in line.pieces:
            column = round((piece.x0 - edges[line.page, line.column]) / wide)
            text = text.ljust(max(column, len(text) + bool(text))) + piece.text
        last = lines[k - 1] if k else None
        step = line.y - last.y if last is not None and (last.page, last.column) == (line.page, line.column) else 0.0
        if _WRAPPED * pitch < step < 1.25 * pitch and text.startswith(" "):
            written[-1] += " " + text.strip()
        else:
            written.append(text)
    return "\n".join(written)


def _is_debris(block: Block, size: float) -> bool:
    """Indices and limits of formulae that were set on lines of their own."""
    line = block.lines[0]
    small = line.size < 0.82 * size and line.x1 - line.x0 < 3 * size
    return block.kind in (BlockKind.PARAGRAPH, BlockKind.EQUATION) and len(block.lines) == 1 and small


def _whole(found: list[Block], words: Counter[str]) -> list[Block]:
    """Paragraphs that a column, a page or a float cut in two, put together."""
    kept: list[Block] = []
    for block in found:
        last = next((b for b in reversed(kept) if b.kind not in (BlockKind.CAPTION, BlockKind.CODE)), None)
        if (
            last is not None
            and block.kind is last.kind is BlockKind.PARAGRAPH
            and not re.search(r"[.!?:]['\"”’)\]]*$", last.text)
            and not _BULLET.match(block.text)
            and abs(last.lines[-1].size - block.lines[0].size) < 0.3
            and (last.text.endswith("-") or re.match(r"[a-z\d(±−]", block.text) or _moved(last, block))
        ):
            last.text = _joined([last.text, block.text], words)
            last.lines += block.lines
        else:
            kept.append(block)
    return kept


def _moved(last: Block, block: Block) -> bool:
    """Whether the second begins in another column or on another page."""
    a, b = last.lines[-1], block.lines[0]
    return (a.page, a.column) != (b.page, b.column)
