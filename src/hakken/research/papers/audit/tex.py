"""LaTeX made readable for Pandoc: no preamble that would be expanded, plain tables, listings as verbatim text."""

from __future__ import annotations

import re

_BRACED = r"\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\}"
_TIDY = (
    # Commands before a column's cells swallow the cell's first word in Pandoc's reader.
    (re.compile(r">\{(?:\\[A-Za-z]+\s*)*\}"), ""),
    (re.compile(r"p\{\(\\(?:line|column|text)width[^{}]*\\real\{[\d.]+\}\}"), "l"),
    (re.compile(r"\\begin\{minipage\}\[b\]\{\\linewidth\}\s*\\(?:raggedright|raggedleft|centering)"), ""),
    (re.compile(r"\\end\{minipage\}(?=\s*(?:&|\\\\))"), ""),
    (re.compile(r"\\endfirsthead.*?\\endhead", re.DOTALL), r"\\endhead"),
    (re.compile(r"\\pandocbounded\s*\{((?:[^{}]|\{[^{}]*\})*)\}"), r"\1"),
    (re.compile(r"\\(?:definecolor|hypersetup|urlstyle|setcounter|bibliographystyle)\{[^{}]*\}(?:\{[^{}]*\})*"), ""),
    (re.compile(r"\\(begin|end)\{(table|figure)\*\}"), r"\\\1{\2}"),
    (re.compile(rf"\\hakkencaption({_BRACED})(?:\\label\{{[^{{}}]*\}})?"), r"\n\n\\textbf{Listing.} \1\n\n"),
)
_WRAPPED = re.compile(r"\\[A-Za-z]+(?:\{[^{}]*\}|\[[^\]]*\])*\{\s*(?=\\begin\{tabular)")
_AFTER_TABLE = re.compile(r"(\\end\{tabular[xy*]?\})\s*\}")
_LISTING = re.compile(r"\\begin\{hakkenlisting\}(.*?)\\end\{hakkenlisting\}", re.DOTALL)
_LINE = re.compile(rf"\\hakkenline\{{\w+\}}({_BRACED}|\{{.*\}}$)", re.MULTILINE)
_CODE = (
    (re.compile(r"\\hspace\*?\{[^{}]*\}"), " "),
    (re.compile(r"\\allowbreak\{\}"), ""),
    (re.compile(r"\\textquotedbl\{\}"), '"'),
    (re.compile(r"\\textquotesingle\{\}"), "'"),
    (re.compile(r"\\textbackslash\{\}"), "\N{REVERSE SOLIDUS}" * 2),
    (re.compile(r"\\textasciitilde\{\}"), "~"),
    (re.compile(r"\\textasciicircum\{\}"), "^"),
    (re.compile(r"\\textless\{\}"), "<"),
    (re.compile(r"\\textgreater\{\}"), ">"),
    (re.compile(r"\\textbar\{\}"), "|"),
    (re.compile(r"\\textasciigrave\{\}"), "`"),
    (re.compile(r"(?<!\\)\{\}"), ""),
    (re.compile(r"\\([ _#%&${}])"), r"\1"),
)


def readable(source: str) -> str:
    """The part of a LaTeX file that makes the paper, in commands that Pandoc knows."""
    head, begin, body = source.partition("\\begin{document}")
    if not begin:
        head, body = "", source
    kept = [m.group() for m in re.finditer(rf"\\(?:title|addbibresource)\s*{_BRACED}", head)]
    for pattern, replacement in _TIDY:
        body = pattern.sub(replacement, body)
    body, wrapped = _WRAPPED.subn("", body)
    if wrapped:
        body = _AFTER_TABLE.sub(r"\1", body)
    body = _LISTING.sub(_verbatim, body)
    if not begin:
        return body
    return "\\documentclass{article}\n" + "\n".join(kept) + "\n\\begin{document}" + body


def _verbatim(match: re.Match[str]) -> str:
    """A listing of ours, line by line."""
    inner = match.group(1)
    first = inner.find("\\hakkenline")
    lines = []
    for line in _LINE.finditer(inner):
        text = line.group(1)[1:-1]
        for pattern, replacement in _CODE:
            text = pattern.sub(replacement, text)
        lines.append(text)
    return inner[: max(first, 0)] + "\n\n\\begin{verbatim}\n" + "\n".join(lines) + "\n\\end{verbatim}\n\n"
