"""Every reference that a template ships agrees with the public record it was checked against."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from pybtex.database import BibliographyData, Entry, parse_file

TEMPLATES = Path(__file__).parents[2] / "src" / "hakken" / "templates"
FILES = sorted(TEMPLATES.glob("*/references.bib"))
RECORD_FIELDS = ("hakken_record", "hakken_title", "hakken_year", "hakken_topics", "hakken_gist")


def load(path: Path) -> BibliographyData:
    return parse_file(str(path), bib_format="bibtex")


def plain(title: str) -> str:
    """Letters and digits only, so that braces, case and dashes do not count as a difference."""
    return re.sub(r"[^a-z0-9]", "", title.lower())


def entries() -> list[tuple[str, Entry]]:
    return [(f"{path.parent.name}/{key}", entry) for path in FILES for key, entry in load(path).entries.items()]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.parent.name)
def test_a_template_has_enough_references_and_no_work_twice(path: Path) -> None:
    bibliography = load(path)
    titles = [plain(entry.fields["title"]) for entry in bibliography.entries.values()]
    keys = re.findall(r"^@\w+\{([^,\s]+),", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    assert len(bibliography.entries) >= 12
    assert len(set(titles)) == len(titles)
    assert sorted(keys) == sorted(set(keys)) == sorted(bibliography.entries.keys())


@pytest.mark.parametrize(("name", "entry"), entries(), ids=[name for name, _ in entries()])
def test_an_entry_agrees_with_its_public_record(name: str, entry: Entry) -> None:
    fields = entry.fields
    assert not [field for field in RECORD_FIELDS if not fields.get(field, "").strip()]
    assert fields["hakken_record"].startswith(("https://", "http://"))
    assert plain(fields["title"]) == plain(fields["hakken_title"])
    assert fields["year"] == fields["hakken_year"]
    assert re.fullmatch(r"1[89]\d\d|20\d\d", fields["year"])
    assert entry.persons.get("author")


@pytest.mark.parametrize(("name", "entry"), entries(), ids=[name for name, _ in entries()])
def test_a_gist_is_a_short_clause_without_numbers(name: str, entry: Entry) -> None:
    gist = entry.fields["hakken_gist"]
    assert len(gist.split()) <= 30
    assert not re.search(r"\d", gist)
    assert not gist.endswith(".")
    assert all(topic.strip() for topic in entry.fields["hakken_topics"].split(","))
