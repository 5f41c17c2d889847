"""Plain text made safe for the Markdown source, and strings for Typst and LaTeX."""

from __future__ import annotations

import re
import unicodedata

_MARKUP = re.compile(r"([!#$%&()*+,\-./:;<=>?@\[\\\]^_`{|}~])")
_LATEX = {
    "\\": r"\textbackslash{}",
    "{": r"\{",
    "}": r"\}",
    "$": r"\$",
    "&": r"\&",
    "%": r"\%",
    "#": r"\#",
    "_": r"\_",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "'": r"\textquotesingle{}",
    '"': r"\textquotedbl{}",
    "`": r"\textasciigrave{}",
    "-": r"-{}",
}
#: Separators, controls, surrogates, private and unassigned characters: nothing that a paper should print.
_UNPRINTABLE = {"Cc", "Cs", "Co", "Cn", "Cf"}


def clean_text(text: str) -> str:
    """Return the text without unprintable characters, each run of white space one space."""
    kept = (c if unicodedata.category(c) not in _UNPRINTABLE else " " if c in "\t\n\r\v\f\x85" else "" for c in text)
    return " ".join("".join(kept).split())


def escape_text(text: str) -> str:
    """Return plain text as one line of Markdown that renders to the same text in every format.

    Straight quotes stay, and become typographic ones. Unprintable characters are dropped.
    """
    return _MARKUP.sub(r"\\\1", clean_text(text))


def typst_string(text: str) -> str:
    """Return the text as a Typst string literal."""
    kept = "".join(
        c if c.isprintable() else f"\\u{{{ord(c):x}}}" for c in text.replace("\\", "\\\\").replace('"', '\\"')
    )
    return f'"{kept}"'


def latex_text(text: str) -> str:
    """Return the text escaped for LaTeX; quotes and hyphens stay as they are typed."""
    return "".join(_LATEX.get(c, c) for c in text)
