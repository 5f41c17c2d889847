"""Numbers of sections, figures and tables, so that a reference reads as it is printed."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Numbering:
    """Counts what carries a label, in the order in which LaTeX would."""

    named: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Label -> (Figure, 2)."""
    whole: dict[str, str] = field(default_factory=dict)
    """Label of a part of a figure -> label of the figure."""
    counts: Counter[str] = field(default_factory=Counter)
    sections: list[int] = field(default_factory=list)

    def count(self, blocks: list[dict[str, Any]]) -> None:
        """Number everything in a tree of Pandoc's."""
        for block in blocks:
            kind: str = block["t"]
            content: Any = block.get("c")
            if kind == "Header":
                self._section(*content)
            elif kind == "Figure":
                self._figure(content)
            elif kind == "Table":
                self._table(content[0][0])
            elif kind == "Div":
                (label, _, _), inner = content
                if label and len(inner) == 1 and inner[0]["t"] == "Table":
                    self._table(label)
                else:
                    self.count(inner)
            elif kind == "BlockQuote":
                self.count(content)

    def text(self, labels: list[str], style: str) -> str:
        """A reference as it is printed; a label that is not known stays in brackets."""
        shown = []
        for label in labels:
            name, number = self.named.get(label, ("", f"[{label}]"))
            shown.append(f"{name} {number}".strip() if "label" in style.lower() else number)
        return " and ".join(shown)

    def _section(self, level: int, attributes: list[Any], _: Any) -> None:
        label, classes, _pairs = attributes
        if "unnumbered" in classes:
            return
        self.sections = [*self.sections[:level], *[0] * (level - len(self.sections))]
        self.sections[level - 1] += 1
        if label:
            self.named[label] = ("Section", ".".join(map(str, self.sections)))

    def _figure(self, content: list[Any]) -> None:
        (label, _, _), _, blocks = content
        parts = [b["c"][0][0] for b in blocks if b["t"] == "Figure"]
        if not parts and not _has_picture(blocks):
            self.count(blocks)
            return
        self.counts["Figure"] += 1
        number = str(self.counts["Figure"])
        if label:
            self.named[label] = ("Figure", number)
        for k, part in enumerate(parts):
            if part:
                self.named[part] = ("Figure", number + chr(97 + k % 26))
                self.whole[part] = label

    def _table(self, label: str) -> None:
        self.counts["Table"] += 1
        if label:
            self.named[label] = ("Table", str(self.counts["Table"]))


def _has_picture(blocks: list[dict[str, Any]]) -> bool:
    return any("'Image'" in repr(block) for block in blocks)
