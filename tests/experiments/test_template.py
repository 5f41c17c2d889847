"""The template contract: what is read, and the sentence for each breach."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from hakken.core.errors import TemplateError, UsageError
from hakken.core.types import Direction, Template
from hakken.research.experiments.contract import _INTERNAL
from hakken.research.experiments.folders import code_files
from hakken.research.experiments.template import (
    load_template,
    missing_packages,
    seeds_note,
    templates,
    with_seed_counts,
)

TOML = """
name = "tiny"
title = "A tiny experiment"
task = "Make the error small."
editable = ["experiment.py:train", "model.py"]
protected = ["evaluate.py"]
data = ["data"]
hidden = "hidden"
smoke = "--steps 2"
packages = ["json", "no_such_package_at_all"]
setup = ["One number is fitted."]

[seeds]
explore = [1, 2, 3]
report = 4

[limits]
wall_seconds = 20

[[metrics]]
name = "test_error"
dataset = "toy"
direction = "min"
primary = true

[[metrics]]
name = "score"
dataset = "toy"
direction = "max"
"""


EXPERIMENT = """
def train():
    return 1


async def fetch():
    return 1


class Net:
    def forward(self):
        return 1
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    root = tmp_path / "tiny"
    for name in ("data", "hidden"):
        (root / name).mkdir(parents=True)
        (root / name / "x.csv").write_text("1\n")
    (root / "template.toml").write_text(TOML)
    (root / "experiment.py").write_text(EXPERIMENT)
    (root / "model.py").write_text("WIDTH = 3\n")
    (root / "evaluate.py").write_text("print(1)\n")
    return root


def edit(folder: Path, old: str, new: str) -> None:
    file = folder / "template.toml"
    text = file.read_text()
    assert old in text
    file.write_text(text.replace(old, new, 1))


def test_a_good_template(folder: Path) -> None:
    template = load_template(folder)
    assert template.command == ("{python}", "experiment.py")
    assert template.evaluate == ("{python}", "evaluate.py")
    assert template.smoke == ("--steps", "2")
    assert template.primary.key == "toy/test_error"
    assert template.metric("toy/score").direction is Direction.MAX
    assert template.seeds.explore == (1, 2, 3)
    assert len(template.seeds.report) == 4
    assert len(template.seeds.noise) == 16
    assert (template.limits.wall_seconds, template.limits.memory_mb) == (20, 2048)
    assert template.evaluate_limits.wall_seconds == 60
    assert [str(t) for t in template.editable] == ["experiment.py:train", "model.py"]
    assert missing_packages(template) == ("no_such_package_at_all",)
    assert template.seeded
    assert template.layout == "hakken"


def test_the_hash_covers_every_file_but_caches_and_texts(folder: Path) -> None:
    before = load_template(folder).source_hash
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__" / "x.pyc").write_bytes(b"1")
    (folder / "README.md").write_text("Where the data come from.\n")
    (folder / "references.bib").write_text("")
    assert load_template(folder).source_hash == before
    (folder / "data" / "README.md").write_text("Two columns.\n")
    other = load_template(folder).source_hash
    (folder / "hidden" / "x.csv").write_text("2\n")
    assert len({before, other, load_template(folder).source_hash}) == 3


@pytest.mark.parametrize(
    ("masked", "said"),
    [
        ("numpy/no_such_folder", "and the package numpy as installed here does not have it"),
        ("/etc", "which is not a path inside of a package"),
        ("../numpy", "which is not a path inside of a package"),
        ("numpy", ""),
        ("no_such_package/data", ""),
    ],
)
def test_what_is_to_be_hidden_is_there_to_hide(folder: Path, masked: str, said: str) -> None:
    edit(folder, 'hidden = "hidden"', f'hidden = "hidden"\nmasked = ["{masked}"]')
    if not said:
        assert load_template(folder).masked == (masked,)
        return
    with pytest.raises(TemplateError, match=f"masked names '{masked}', {said}"):
        load_template(folder)


def test_too_few_seeds_for_any_claim_are_told(folder: Path) -> None:
    template = load_template(folder)
    assert "below 0.125" in seeds_note(template, 0.05)
    assert "below 0.0625" in seeds_note(with_seed_counts(template, report=5), 0.05)
    assert seeds_note(with_seed_counts(template, report=6), 0.05) == ""
    assert seeds_note(template.model_copy(update={"seeded": False}), 0.05) == ""


def test_the_page_has_a_row_for_every_key() -> None:
    page = (Path(__file__).parents[2] / "docs" / "templates.md").read_text(encoding="utf-8")
    section = page.partition("\n## `template.toml`\n")[2].partition("\n## ")[0]
    told = {row[1] for row in re.finditer(r"^\| `\[*(\w+)\]*` \|", section, re.M)}
    assert told == set(Template.model_fields) - _INTERNAL


@pytest.mark.parametrize("named", ["protected", "data", "smoke"])
def test_a_text_that_the_contract_names_is_part_of_the_experiment(folder: Path, named: str) -> None:
    (folder / "README.md").write_text("One.\n")
    assert "README.md" not in code_files(load_template(folder))
    line = {"protected": 'protected = ["evaluate.py"', "data": 'data = ["data"', "smoke": 'smoke = ["--steps"'}[named]
    edit(folder, 'smoke = "--steps 2"', 'smoke = ["--steps"]')
    edit(folder, line, f'{line}, "README.md"')
    before = load_template(folder).source_hash
    assert ("README.md" in code_files(load_template(folder))) is (named != "data")
    (folder / "README.md").write_text("Two.\n")
    assert load_template(folder).source_hash != before


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        (
            'direction = "min"',
            'direction = "mim"',
            "metrics[0].direction is 'mim'|'min'? Write one of: min, max.",
        ),
        (
            'direction = "min"',
            'directoin = "min"',
            "'metrics[0].directoin' is not known|Did you mean 'direction'?",
        ),
        ('direction = "min"\n', "", "the key 'metrics[0].direction' is missing"),
        ('name = "test_error"', 'name = "test error"', "metrics[0].name is 'test error'"),
        ("primary = true\n", "", "exactly one metric must be the primary one, and none is"),
        ('direction = "max"', 'direction = "max"\nprimary = true', "2 are (toy/test_error, toy/score)"),
        ('name = "score"', 'name = "test_error"', "the metric toy/test_error is there twice"),
        ('direction = "max"', 'direction = "max"\nself_reported = true', "self_reported cannot be set"),
        ('title = "A', 'titel = "A', "the key 'titel' is not known|Did you mean 'title'?"),
        ('task = "Make the error small."\n', "", "the key 'task' is missing"),
        ('task = "Make the error small."\n', "task = 3\n", "task is 3"),
        ("explore = [1, 2, 3]", "explore = [1, 2, 1001]", "seeds.explore and seeds.report share 1001"),
        ("explore = [1, 2, 3]", "explore = [1, 2, 2]", "seeds.explore is [1, 2, 2]"),
        ("explore = [1, 2, 3]", "explore = 0", "seeds.explore is 0"),
        ("explore = [1, 2, 3]", 'explore = ["a"]', "seeds.explore is ['a']"),
        ("explore = [1, 2, 3]", "explor = [1, 2, 3]", "the key 'seeds.explor' is not known|Did you mean 'explore'?"),
        (
            "wall_seconds = 20",
            "wall_second = 20",
            "'limits.wall_second' is not known|Did you mean 'wall_seconds'?",
        ),
        ("wall_seconds = 20", "wall_seconds = -1", "limits.wall_seconds is -1"),
        ("py:train", "py:trian", "has no such function at its top level|Did you mean 'train'? It has: train."),
        ("py:train", "py:Net", "'experiment.py:Net', which is a class.|Name a plain function, or the whole file."),
        ("py:train", "py:Net.forward", "'experiment.py:Net.forward', and Net is a class."),
        ("py:train", "py:fetch", "'experiment.py:fetch', which is an asynchronous function."),
        ('"model.py"', '"modle.py"', "editable names 'modle.py', which does not exist|Did you mean 'model.py'?"),
        ('"model.py"', '"../tiny/model.py"', "which is not a path inside the folder"),
        ('"model.py"', '"evaluate.py"', "editable names 'evaluate.py', which is protected"),
        ('"model.py"', '"hidden/x.csv"', "editable names 'hidden/x.csv', which is protected"),
        ('hidden = "hidden"', 'hidden = "hiden"', "hidden names 'hiden', which does not exist"),
        ('hidden = "hidden"', 'hidden = "data"', "data names 'data', which overlaps"),
        ('editable = ["experiment.py:train", "model.py"]', "editable = []", "editable is []"),
        ('smoke = "--steps 2"', 'smoke = "--steps \'2"', "cannot be split into words"),
        ('smoke = "--steps 2"', "smoke = [2]", "smoke must be a line or a list of words"),
        ('smoke = "--steps 2"', 'root = "/"', "the key 'root' is not known"),
        ("name = ", "name == ", "is not valid TOML"),
    ],
)
def test_each_breach_is_one_clear_sentence(folder: Path, old: str, new: str, sentence: str) -> None:
    edit(folder, old, new)
    message, _, mend = sentence.partition("|")
    with pytest.raises(TemplateError) as caught:
        load_template(folder)
    assert message in caught.value.message
    assert mend in caught.value.mend
    assert caught.value.mend
    assert "template.toml" in caught.value.message


def test_no_metrics(folder: Path) -> None:
    text = (folder / "template.toml").read_text()
    (folder / "template.toml").write_text("metrics = []\n" + text[: text.index("[[metrics]]")])
    with pytest.raises(TemplateError, match="there are no metrics"):
        load_template(folder)


def test_broken_python_is_found_before_anything_runs(folder: Path) -> None:
    (folder / "model.py").write_text("def f(:\n")
    with pytest.raises(TemplateError, match=r"model\.py is not valid Python: .* \(line 1\)"):
        load_template(folder)


def test_an_evaluator_is_needed_unless_the_author_says_no(folder: Path) -> None:
    (folder / "evaluate.py").unlink()
    edit(folder, 'protected = ["evaluate.py"]\n', "")
    with pytest.raises(TemplateError, match=r"no evaluate\.py beside it"):
        load_template(folder)
    edit(folder, "name =", "evaluate = false\nname =")
    template = load_template(folder)
    assert template.evaluate is None
    assert all(m.self_reported for m in template.metrics)


def test_an_empty_folder(tmp_path: Path) -> None:
    with pytest.raises(TemplateError, match=r"has no template\.toml") as caught:
        load_template(tmp_path)
    assert "docs/templates.md" in caught.value.mend


def test_no_such_template_and_a_file() -> None:
    with pytest.raises(TemplateError, match="no template or folder called 'digitz'"):
        load_template("digitz")
    with pytest.raises(TemplateError, match="is a file"):
        load_template(__file__)


def test_seed_counts(folder: Path) -> None:
    seeds = with_seed_counts(load_template(folder), explore=2, report=6, noise=0).seeds
    assert seeds.explore == (1, 2)
    assert seeds.noise == ()
    assert len(set(seeds.report)) == 6
    more = with_seed_counts(load_template(folder), explore=5).seeds
    assert more.explore[:3] == (1, 2, 3)
    assert not set(more.explore) & {*more.report, *more.noise}
    assert len(set(more.explore)) == 5


def test_seeds_that_a_template_has_no_data_for_are_refused_before_anything_runs(folder: Path) -> None:
    edit(folder, "smoke =", "fixed_seeds = true\nsmoke =")
    template = load_template(folder)
    assert with_seed_counts(template, explore=2, report=4, noise=0).fixed_seeds
    for use, count, own in (("explore", 4, 3), ("report", 5, 4), ("noise", 17, 16)):
        with pytest.raises(UsageError, match=f"tiny has data for {own} {use} seeds, and {count} were asked for"):
            with_seed_counts(template, **{use: count})


@pytest.mark.parametrize("name", sorted(templates()))
def test_shipped_templates_keep_the_contract(name: str) -> None:
    template = load_template(name)
    assert template.name == name
    assert len(template.seeds.explore) >= 8
    assert len(template.seeds.report) >= 20
    assert template.evaluate is not None
