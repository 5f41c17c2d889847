"""Whatever characters a text has, they come through every format as the same plain text."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hakken.research.papers.render import escape_text
from hakken.research.papers.render.escape import clean_text, latex_text, typst_string
from hakken.research.papers.render.pandoc import Element, elements, plain, read, write
from hakken.research.papers.render.source import READER
from hakken.research.papers.render.web_paper import escape_markdown

FORMATS = {"html5": "html", "latex": "latex", "typst-citations": "typst", "gfm+tex_math_dollars-raw_html": "gfm"}
#: LaTeX that Pandoc writes and cannot read.
UNREAD = {r"\textbar{}": "|", r"\textbar": "|"}
QUOTES = dict.fromkeys(map(ord, "“”„‟‘’‚‛\"'`′″"), "'")
HARD = [
    "100% of $5 & #1: a_b ~ c^d {x} \\cmd [link](url) <tag> `code` | *no* - + 1. ! @key {fig:x} {F7.delta}",
    "1. not a list",
    "# not a heading",
    "---",
    "% title",
    "| a | b |",
    "    indented",
    "> no quote",
    "-- --- ... <!-- no comment -->",
    "\\begin{document} \\\\ $$x$$ \\(y\\)",
    '#let x = 1; #import "x" <label> @ref // no comment /* none */ = no heading',
    "emoji 😀 日本語 ± − × ≤ é ß",
    "https://example.org/a_b?c=d&e=%20#f",
    "http://a.b *x* me@example.org",
    "^[note] [^1] H~2~O ~~no~~ :::{.x} ```",
]


def same(text: str) -> str:
    """Compare without regard to the shape of quotes and spaces."""
    folded = unicodedata.normalize("NFC", text).translate(QUOTES)
    return re.sub(r"\s+", " ", re.sub("'+", "'", folded.replace("…", "..."))).strip()


def text_of(node: object) -> str:
    """Plain text of a tree; quotations get their marks back."""
    marked: list[Element] = [e for e in elements(node) if e["t"] == "Quoted"]
    for e in marked:
        mark = {"t": "Str", "c": "'"}
        e["c"][1] = [mark, *e["c"][1], mark]
    return plain(node)


def through(paragraphs: list[str], writer: str, reader: str) -> list[str]:
    """Each paragraph, written in a format and read back."""
    fenced = [f"{escape_text(p)}\n\nQQQ{k}QQQ" for k, p in enumerate(paragraphs)]
    tree = read("\n\n".join(fenced), READER)
    if reader == "gfm":
        tree = tree | {"blocks": escape_markdown(tree["blocks"])}
    written = write(tree, writer)
    for command, character in UNREAD.items():
        written = written.replace(command, character)
    whole = text_of(read(written, reader)["blocks"])
    return re.split(r"QQQ\d+QQQ", whole)[:-1]


@pytest.mark.parametrize(("writer", "reader"), FORMATS.items())
def test_hard_texts(writer: str, reader: str) -> None:
    for text, back in zip(HARD, through(HARD, writer, reader), strict=True):
        assert same(back) == same(clean_text(text))


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck), derandomize=True)
@given(st.lists(st.text(max_size=40), min_size=5, max_size=40))
@pytest.mark.parametrize(("writer", "reader"), FORMATS.items())
def test_any_text(writer: str, reader: str, texts: list[str]) -> None:
    for text, back in zip(texts, through(texts, writer, reader), strict=True):
        assert same(back) == same(clean_text(text))


def test_unprintable_characters_are_dropped() -> None:
    assert clean_text("a\x00b\u202e c\n\td\ue000") == "ab c d"


def test_strings_for_other_languages() -> None:
    assert typst_string('a"b\\c\n') == '"a\\"b\\\\c\\u{a}"'
    assert latex_text("50% of $x_1") == r"50\% of \$x\_1"
