"""A LaTeX paper as one source: its parts put in, comments out, and what a reader would not see noted."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from hakken.research.papers.audit.document.document import Remark
from hakken.research.papers.audit.document.tex.braces import argument, closing, option

_INPUT = re.compile(r"\\(?:input|include|subfile)\s*\{([^{}]+)\}|\\input\s+([\w./-]+)")
_LITERAL = re.compile(
    r"\\begin\{(verbatim\*?|lstlisting|minted|hakkenlisting|Verbatim)\}.*?\\end\{\1\}"
    r"|\\verb\*?([^\sA-Za-z])[^\n]*?\2|\\(?:url|path|nolinkurl)\{[^{}\n]*\}|\\href\{[^{}\n]*\}",
    re.DOTALL,
)
_COMMENT = re.compile(r"(?<!\\)((?:\\\\)*)%([^\n]*)(?:\n[ \t]*(\n)?|$)")
_DEAD = (
    re.compile(r"\\iffalse\b.*?\\fi\b", re.DOTALL),
    re.compile(r"\\begin\{comment\}.*?\\end\{comment\}", re.DOTALL),
)
_BIBLIOGRAPHY = re.compile(r"\\begin\{(filecontents\*?)\}(?:\[[^\]]*\])?\{([^{}]*)\}(.*?)\\end\{\1\}", re.DOTALL)
_LIST = re.compile(r"\\begin\{thebibliography\}.*?(?:\\end\{thebibliography\}|\Z)", re.DOTALL)
_ENTRY = re.compile(r"@(\w+)\s*\{\s*([^,\s{}]+)\s*,")
_MACRO = re.compile(
    r"\\(?:(?:re)?newcommand|providecommand|DeclareRobustCommand|DeclareMathOperator)\*?\s*(?:\{\s*(\\[A-Za-z]+)\s*\}"
    r"|(\\[A-Za-z]+))|\\def\s*(\\[A-Za-z]+)"
)
_DEPTH = 8
"""How deep files may include each other."""
_SENTENCE = 160


@dataclass
class Source:
    """What was found in a LaTeX paper before it is parsed."""

    text: str
    entries: list[str] = field(default_factory=list)
    remarks: list[Remark] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    pictures: list[Path] = field(default_factory=list)
    """Folders in which the paper says its pictures are."""


def gather(paper: Path) -> Source:
    """Read a LaTeX paper and the files that it includes from its own folder."""
    text = _with_inputs(paper.read_text(encoding="utf-8", errors="replace"), paper.parent.resolve(), 0)
    found = Source(text)
    found.text, literals = _hide(text)
    _note_swallowed(found, literals)
    _take_bibliography(found)
    found.text = _COMMENT.sub(_without, found.text)
    for pattern in _DEAD:
        found.text = pattern.sub("", found.text)
    found.text = found.text.partition("\\end{document}")[0] + (
        "\\end{document}\n" if "\\end{document}" in found.text else ""
    )
    found.text = _show(found.text, literals)
    found.labels = re.findall(r"\\label\s*\{([^{}]*)\}", found.text)
    for listed in re.findall(r"\\graphicspath\s*\{((?:\s*\{[^{}]*\})*)\s*\}", found.text):
        found.pictures += [paper.parent / folder for folder in re.findall(r"\{([^{}]*)\}", listed)]
    return found


def _with_inputs(text: str, folder: Path, depth: int) -> str:
    """Put included files in. Only files below the paper's folder are read, and none that is not there is missed."""

    def put(match: re.Match[str]) -> str:
        name = (match.group(1) or match.group(2)).strip()
        before = text[text.rfind("\n", 0, match.start()) + 1 : match.start()]
        if re.search(r"(?<!\\)%", before) or depth >= _DEPTH:
            return match.group()
        for path in (folder / name, folder / f"{name}.tex"):
            whole = path.resolve()
            if whole.is_relative_to(folder) and whole.is_file() and whole.suffix in (".tex", ".bbl", ".txt", ""):
                return _with_inputs(whole.read_text(encoding="utf-8", errors="replace"), folder, depth + 1)
        return ""

    return _INPUT.sub(put, text)


def _hide(text: str) -> tuple[str, list[str]]:
    """Take out what LaTeX prints as it is, where a percent sign is no comment."""
    literals: list[str] = []

    def take(match: re.Match[str]) -> str:
        literals.append(match.group())
        return f"\ue000{len(literals) - 1}\ue001"

    return _LITERAL.sub(take, text), literals


def _show(text: str, literals: list[str]) -> str:
    return re.sub("\ue000(\\d+)\ue001", lambda m: literals[int(m.group(1))], text)


def _without(match: re.Match[str]) -> str:
    """A comment swallows its line's end too; a number that it cut off stays a number."""
    cut = match.string[match.start() - 1 : match.start()].isdigit() or match.string[match.start() - 1] == " "
    return match.group(1) + ("\n\n" if match.group(3) else " " if cut else "")


def _take_bibliography(found: Source) -> None:
    """Entries that stand in the paper: as a file written by it, or as a printed list."""
    for match in _BIBLIOGRAPHY.finditer(found.text):
        if match.group(2).strip().endswith(".bib") or "@" in match.group(3):
            found.entries += entry_keys(match.group(3))
    found.text = _BIBLIOGRAPHY.sub("", found.text)
    for match in _LIST.finditer(found.text):
        found.entries += re.findall(r"\\bibitem\s*(?:\[[^\]]*\])?\s*\{([^{}]*)\}", match.group())
    found.text = _LIST.sub("", found.text)


def entry_keys(text: str) -> list[str]:
    """Keys of the entries of a BibTeX file, doubled ones twice."""
    return [key for kind, key in _ENTRY.findall(text) if kind.lower() not in ("comment", "string", "preamble")]


def _note_swallowed(found: Source, literals: list[str]) -> None:
    """A percent sign right after a number begins a comment: the rest of its line is not printed."""
    at = found.text.find("\\begin{document}")
    for match in _COMMENT.finditer(found.text, max(at, 0)):
        shown = found.text[found.text.rfind("\n", 0, match.start()) + 1 : match.start()]
        hidden = match.group(2).strip()
        if re.search(r"\d\s?$", shown) and re.search(r"[A-Za-z]{2}", hidden) and "\\\\" not in shown[-4:]:
            line = _show(found.text[: match.start()], literals).count("\n") + 1
            found.remarks.append(
                Remark(
                    kind="hidden_text",
                    place=f"Source, line {line}",
                    sentence=f"{shown.strip()[-_SENTENCE:]}% {hidden[:_SENTENCE]}",
                    says="an unescaped percent sign after a number",
                    note=f"LaTeX takes the rest of the line for a comment: “{hidden[:_SENTENCE]}” is not printed",
                )
            )


def macros(head: str, body: str) -> str:
    """Definitions of the preamble that the body uses, for Pandoc to expand."""
    known: dict[str, str] = {}
    for match in _MACRO.finditer(head):
        name = next(g for g in match.groups() if g)
        end = _definition_end(head, match.end())
        written = head[match.start() : end]
        if not re.search(r"@|\\begin\{|\\marginpar|\\hakken", written):
            known[name] = written
    return "\n".join(known[name] for name in _used(body, known))


def _definition_end(head: str, at: int) -> int:
    for _ in range(2):
        _, at = option(head, at)
    at += len(re.match(r"[#\d\s]*", head[at:]).group())  # type: ignore[union-attr]
    return closing(head, at) if head[at : at + 1] == "{" else argument(head, at)[1]


def _used(body: str, known: dict[str, str]) -> Iterator[str]:
    """Names that stand in the body, or in the definition of one that does."""
    texts, names = [body], set(known)
    while texts:
        here = set(re.findall(r"\\[A-Za-z]+", texts.pop())) & names
        names -= here
        texts += [known[name].split("}", 1)[-1] for name in here]
        yield from sorted(here)
