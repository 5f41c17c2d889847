"""Seed ideas and bibliography: a mistake in them is told at once, and what decides nothing may change."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from hakken.core.config import Settings
from hakken.core.errors import TemplateError
from hakken.research.experiments import load_template
from hakken.research.ideas import load_seed_ideas
from hakken.research.ideas.seeds import _KEYS
from hakken.research.optional import check_optional
from hakken.research.run import choose_folder, prepare
from hakken.research.session import open_session
from hakken.store import RunFolder
from hakken.store.kinds import Resumed
from tests.research.test_continuing import DATA, settings

WORK = "@article{a2020, author = {A, B}, title = {C}, year = {2020}, journal = {D}, hakken_gist = {sums numbers}}\n"
EXPORTED = "@article{e2021, author = {E, F}, title = {G}, year = {2021}, journal = {H}}\n"


@pytest.fixture
def tiny(tmp_path: Path) -> Path:
    """A copy of the template that may be edited."""
    return Path(shutil.copytree(DATA / "tiny", tmp_path / "tiny"))


@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        ("references.bib", b"@article{x,", "references.bib cannot be read"),
        ("references.bib", "@misc{x, title = {Größe}}".encode("latin-1"), "references.bib cannot be read: 'utf-8'"),
        ("ideas.toml", b"[[idea]\n", "cannot be read"),
        ("ideas.toml", b'[idea]\ntitle = "A"\n', "no list of tables"),
        ("ideas.toml", b'idea = ["A"]\n', "no list of tables"),
        ("ideas.toml", b'[[ideas]]\ntitle = "A"\n', "the key 'ideas' is not known.*Did you mean 'idea'"),
        ("ideas.toml", b'[[idea]]\ntitle = "A"\n', "idea.. 1: the key 'plan' is missing"),
        ("ideas.toml", b'[[idea]]\ntitle = "A"\nplan = "B"\nlevel = "C"\n', "'level' is not known.*'lever'"),
        (
            "ideas.toml",
            b'[[idea]]\ntitle = "A"\nplan = "B"\ntarget = "experiment.py:combin"\n',
            "'experiment.py:combin' is not one of the editable places.*Did you mean 'experiment.py:combine'",
        ),
    ],
)
def test_a_mistake_is_told_before_a_run_begins(tiny: Path, file: str, content: bytes, said: str) -> None:
    (tiny / file).write_bytes(content)
    with pytest.raises(TemplateError) as caught:
        prepare(tiny, Settings())
    caught.match(f"(?s){said}")


def test_works_that_no_paper_will_cite_are_named(tiny: Path) -> None:
    assert check_optional(load_template(tiny)) == ()
    (tiny / "references.bib").write_text(WORK + EXPORTED)
    (note,) = check_optional(load_template(tiny))
    assert note == "references.bib: no hakken_gist in 1 of 2 works, and no paper cites them: e2021."
    (tiny / "references.bib").unlink()
    assert check_optional(load_template(tiny)) == ()


def test_the_ideas_of_another_system_may_have_keys_of_their_own(tiny: Path) -> None:
    (tiny / "ideas.toml").unlink()
    (tiny / "seed_ideas.json").write_text('[{"Name": "a", "Title": "A", "Experiment": "B", "Interest": 3}]')
    (idea,) = load_seed_ideas(load_template(tiny))
    assert (idea.plan, idea.target) == ("B", None)


def test_the_page_names_every_key_of_an_idea() -> None:
    page = (Path(__file__).parents[2] / "docs" / "templates.md").read_text(encoding="utf-8")
    section = page.partition("\n## `ideas.toml`\n")[2].partition("\n## ")[0]
    assert [key for key in _KEYS if f"\n    {key} = " not in section and f"`{key}`" not in section] == []


def changed(folder: Path) -> tuple[str, ...] | None:
    with RunFolder(folder).read() as store:
        resumed = store.get("resumed", Resumed)
    return resumed.changed if resumed else None


def test_a_run_goes_on_with_a_mended_bibliography_and_records_it(tiny: Path, tmp_path: Path) -> None:
    chosen = settings(tmp_path / "runs")

    def begin() -> Path:
        template = prepare(tiny, chosen)
        with choose_folder(template, chosen) as folder, open_session(folder, template, chosen):
            return folder.path

    first = begin()
    (tiny / "references.bib").write_text("@article{x,")
    with pytest.raises(TemplateError, match="Mend the file, or leave it out"):
        begin()
    (tiny / "references.bib").write_text(WORK)
    (tiny / "README.md").write_text("Where the data come from.")
    assert begin() == first
    (line,) = changed(first) or ()
    assert line.startswith("references.bib = sha256:")
    assert ", at first sha256:" in line
    (tiny / "references.bib").unlink()
    assert begin() == first
    assert (changed(first) or ("",))[0].startswith("references.bib = none, at first sha256:")
    shutil.copyfile(DATA / "tiny" / "references.bib", tiny / "references.bib")
    assert begin() == first
    assert changed(first) == ()
    with (tiny / "experiment.py").open("a") as file:
        file.write("# another state of the code\n")
    assert begin() != first
