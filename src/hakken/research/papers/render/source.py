"""Reading the source once: its tree, its labels, its citations, its appendix."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from hakken.core.errors import RenderError
from hakken.core.types import Record
from hakken.research.papers.render.escape import clean_text
from hakken.research.papers.render.pandoc import Element, attributes, elements, plain, read

#: No raw TeX or HTML (models write the text), no front matter hidden in the text.
READER = (
    "markdown-raw_tex-raw_html-raw_attribute-latex_macros-yaml_metadata_block-pandoc_title_block-example_lists"
    "-markdown_in_html_blocks-native_divs-native_spans"
)
KINDS = {"fig": "Figure", "tab": "Table", "lst": "Listing"}
REFERENCE = re.compile(r"\{((?:fig|tab|lst):[A-Za-z0-9_.-]*[A-Za-z0-9_-])\}")
_ABSTRACT = "hakken-abstract"


class PaperMetadata(Record):
    """Front matter of a paper."""

    title: str
    """Plain text."""
    abstract: str
    """Markdown."""
    authors: tuple[str, ...]
    notice: str = ""
    """Printed under the authors: which system wrote the paper."""
    date: str = ""
    """As printed; empty prints none."""
    keywords: tuple[str, ...] = ()
    paper: Literal["letter", "a4"] = "letter"


@dataclass(frozen=True)
class Source:
    """The parsed paper; ``body`` and ``appendix`` are lists of Pandoc blocks."""

    version: list[int]
    abstract: list[Element]
    body: list[Element]
    appendix: list[Element]
    numbers: dict[str, int]
    """Number of each label, within its kind."""
    cited: tuple[str, ...]
    """Keys in order of first citation."""
    words: int


def parse(markdown: str, metadata: PaperMetadata, bib: Path | None, known: set[str]) -> tuple[Source, list[Element]]:
    """Read the paper twice: with citations kept (for LaTeX), and resolved (for the rest; the references come last).

    Raises:
        RenderError: an unknown or repeated label, or an unknown citation.
    """
    text = f"::: {{#{_ABSTRACT}}}\n{metadata.abstract}\n:::\n\n{markdown}\n"
    tree = read(text, READER)
    source = _source(tree)
    missing = sorted(set(source.cited) - known)
    if missing:
        raise RenderError(
            f"The paper cites {', '.join(missing)}, which the bibliography does not have.",
            f"Cite only keys of {bib.name}." if bib else "Give a bibliography (bib=...), or remove the citations.",
        )
    _check_references(tree["blocks"], source.numbers)
    _check_images(tree["blocks"])
    return source, tree["blocks"]


def split_blocks(blocks: list[Element]) -> tuple[list[Element], list[Element], list[Element]]:
    """Abstract, body and appendix of a parsed paper."""
    abstract: list[Element] = []
    rest = []
    for block in blocks:
        if block["t"] == "Div" and attributes(block)[0] == _ABSTRACT:
            abstract = block["c"][1]
        elif not (block["t"] == "Div" and attributes(block)[0] == "refs"):
            rest.append(block)
    start = next((k for k, b in enumerate(rest) if _starts_appendix(b)), len(rest))
    return abstract, rest[:start], rest[start:]


def _starts_appendix(block: Element) -> bool:
    return block["t"] == "Header" and block["c"][0] == 1 and "appendix" in attributes(block)[1]


def _source(tree: Element) -> Source:
    abstract, body, appendix = split_blocks(tree["blocks"])
    cited = [c["citationId"] for e in elements(tree["blocks"]) if e["t"] == "Cite" for c in e["c"][0]]
    prose = [b for b in body if b["t"] not in {"CodeBlock", "Table", "Figure"}]
    return Source(
        version=tree["pandoc-api-version"],
        abstract=abstract,
        body=body,
        appendix=appendix,
        numbers=_numbers([*abstract, *body, *appendix]),
        cited=tuple(dict.fromkeys(cited)),
        words=len(plain([abstract, prose]).split()),
    )


def captioned(element: Element) -> bool:
    """Whether a figure, table or listing has a caption, and so a number."""
    if element["t"] == "CodeBlock":
        return bool(attributes(element)[2].get("caption"))
    return element["t"] == "Figure" or (element["t"] == "Table" and bool(element["c"][1][1]))


def kind_of(element: Element) -> str | None:
    """``fig``, ``tab`` or ``lst``, or None for what is never numbered."""
    return {"Figure": "fig", "Table": "tab", "CodeBlock": "lst"}.get(element["t"])


def _numbers(blocks: list[Element]) -> dict[str, int]:
    counts = dict.fromkeys(KINDS, 0)
    numbers: dict[str, int] = {}
    for element in elements(blocks):
        kind = kind_of(element)
        if kind is None:
            continue
        label = attributes(element)[0]
        if captioned(element):
            counts[kind] += 1
        elif label.startswith(f"{kind}:"):
            raise RenderError(f"{label} has a label and no caption, so it has no number.", "Give it a caption.")
        if label and label in numbers:
            raise RenderError(f"The label {label} is used twice.", "Give each figure, table and listing its own label.")
        if label:
            numbers[label] = counts[kind]
    return numbers


def _check_images(blocks: list[Element]) -> None:
    tags = [e["t"] for e in elements(blocks)]
    if tags.count("Image") != tags.count("Figure"):
        raise RenderError("An image stands inside a paragraph.", "Put each figure into a paragraph of its own.")


def _check_references(blocks: list[Element], numbers: dict[str, int]) -> None:
    for element in elements(blocks):
        if element["t"] != "Str":
            continue
        for label in REFERENCE.findall(element["c"]):
            if label not in numbers:
                have = ", ".join(sorted(k for k in numbers if ":" in k)) or "none"
                raise RenderError(
                    f"The text refers to {{{label}}}, which the paper does not have.", f"Labels there are: {have}."
                )


def meta_text(text: str) -> dict[str, Any]:
    """Plain text as a metadata value, which each writer escapes."""
    return {"t": "MetaString", "c": clean_text(text)}


def meta_list(texts: tuple[str, ...]) -> dict[str, Any]:
    """Several plain texts as a metadata value."""
    return {"t": "MetaList", "c": [meta_text(t) for t in texts]}
