"""A paper as text that a reviewer reads: its sections, and an excerpt where a model's context is too small for all."""

from __future__ import annotations

import re
from itertools import pairwise

from hakken.core.types import Record

_BACK_MATTER = re.compile(
    r"^(?:[A-Z\d.]+\s+)?(references|bibliography|acknowledge?ments?|appendix|appendices|supplement)", re.I
)
_RESULTS = re.compile(r"result|experiment|evaluation|ablation|finding|analysis|discussion|limitation", re.I)
_SENTENCE_END = re.compile(r"(?<=[.!?])\s+|\n+")
_LETTERS = re.compile(r"[^\W\d_]+")
_LETTERS_PER_TOKEN = 8
_SYMBOL = re.compile(r"[\d_]|[^\w\s]")
_GAP = "[… cut here …]"
_CAPTION = 300
"""Characters of a caption whose surroundings were cut."""


class Section(Record):
    """One heading and the text below it, up to the next heading of any level."""

    title: str
    level: int = 1
    text: str = ""

    def render(self) -> str:
        """Heading and text in Markdown."""
        return f"{'#' * (self.level + 1)} {self.title}\n\n{self.text}".strip()


class PaperText(Record):
    """What could be read of a paper. Pictures are not seen, their captions are."""

    path: str
    title: str
    sections: tuple[Section, ...]
    captions: tuple[str, ...] = ()
    pages: int | None = None
    """None where the format has no pages."""

    @property
    def text(self) -> str:
        """The whole paper in Markdown."""
        return "\n\n".join([f"# {self.title}", *(section.render() for section in self.sections)])


class Excerpt(Record):
    """What of a paper a reviewer was given."""

    text: str
    cut: tuple[str, ...] = ()
    """What is missing, in words: sections left out or shortened."""


def estimate(text: str) -> int:
    """Tokens of a text, about a tenth too many: digits and signs count one each, as small models' tokenizers do."""
    words = sum(-(-len(word) // _LETTERS_PER_TOKEN) for word in _LETTERS.findall(text))
    return words + len(_SYMBOL.findall(text))


def fit(paper: PaperText, tokens: int) -> Excerpt:
    """Shorten a paper to about ``tokens``.

    The title and the abstract stay whole, results and discussion keep the most, every other section keeps its start
    and its end, captions survive the cuts around them. References and appendices go first.
    """
    if estimate(paper.text) <= tokens:
        return Excerpt(text=paper.text)
    body, dropped = _without_back_matter(paper.sections)
    cut = [f"left out: {', '.join(section.title for section in dropped)}"] if dropped else []
    whole = paper.model_copy(update={"sections": body})
    if estimate(whole.text) <= tokens:
        return Excerpt(text=whole.text, cut=tuple(cut))
    captions = tokens // 10 if paper.captions else 0
    shares = _shares(body, tokens - captions - estimate(paper.title))
    shortened = []
    for section, share in zip(body, shares, strict=True):
        text = _ends(section.text, share - estimate(section.title))
        if text != section.text:
            kept = round(100 * len(text) / len(section.text))
            cut.append(f"{section.title}: {kept} % kept" if text else f"left out: {section.title}")
        shortened.append(section.model_copy(update={"text": text}))
    text = whole.model_copy(update={"sections": tuple(s for s in shortened if s.text)}).text
    if missing := [caption for caption in paper.captions if caption not in text]:
        listed = _ends("\n".join(f"- {caption[:_CAPTION]}" for caption in missing), captions)
        text = f"{text}\n\n## Captions of figures and tables\n\n{listed}"
    return Excerpt(text=text, cut=tuple(cut))


def _without_back_matter(sections: tuple[Section, ...]) -> tuple[tuple[Section, ...], tuple[Section, ...]]:
    """Everything before and after the references; what stands after them is an appendix and goes too."""
    for index, section in enumerate(sections):
        if index and _BACK_MATTER.match(section.title):
            return sections[:index], sections[index:]
    return sections, ()


def _shares(sections: tuple[Section, ...], tokens: int) -> list[int]:
    """Tokens for each section: everyone gets what it needs up to a common level, which its weight multiplies."""
    needs = [estimate(section.render()) for section in sections]
    weights = _weights(sections)
    low, high = 0.0, float(max(needs, default=0))
    for _ in range(40):
        level = (low + high) / 2
        used = sum(min(need, level * weight) for need, weight in zip(needs, weights, strict=True))
        low, high = (low, level) if used > tokens else (level, high)
    return [min(need, int(low * weight)) for need, weight in zip(needs, weights, strict=True)]


def _weights(sections: tuple[Section, ...]) -> list[float]:
    """What each section counts; those below a heading such as Results count as much as it."""
    weights: list[float] = []
    above: list[tuple[int, bool]] = []
    for section in sections:
        above = [(level, important) for level, important in above if level < section.level]
        important = bool(_RESULTS.search(section.title)) or any(flag for _, flag in above)
        above.append((section.level, important))
        weights.append(8.0 if section.title.casefold() == "abstract" else 3.0 if important else 1.0)
    return weights


def _ends(text: str, tokens: int) -> str:
    """The first and the last sentences or lines of a text, as many as fit."""
    if estimate(text) <= tokens:
        return text
    pieces = _pieces(text)
    left = tokens - estimate(_GAP)
    first, last = 0, len(pieces)
    from_start = True
    while first < last:
        piece = pieces[first] if from_start else pieces[last - 1]
        left -= estimate(piece)
        if left < 0:
            break
        first, last = (first + 1, last) if from_start else (first, last - 1)
        from_start = not from_start
    if first == 0:
        return ""
    return "".join(pieces[:first]).rstrip() + f" {_GAP} " + "".join(pieces[last:]).lstrip()


def _pieces(text: str) -> list[str]:
    """Sentences and lines with the white space that follows them, so that joined they are the text."""
    bounds = [0, *(match.end() for match in _SENTENCE_END.finditer(text)), len(text)]
    return [text[start:end] for start, end in pairwise(bounds) if end > start]
