"""Bad input ends with one clear sentence, its mend, and an exit code that says of what kind it is."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import Result

from hakken.store import RunFolder
from tests.cli.conftest import Hakken

BASELINE = ("experiment", "guess", "--baseline-only")


def sentence(result: Result, code: int) -> str:
    """The one line of the error."""
    assert result.exit_code == code, result.stderr
    lines = [line for line in result.stderr.splitlines() if line.startswith("error: ")]
    assert len(lines) == 1
    assert "Traceback" not in result.output.replace("Traceback (most recent call last): File", "")
    assert result.stderr.splitlines()[-1] == lines[0]
    return lines[0].removeprefix("error: ")


def broken(template: Path, old: str, new: str, file: str = "experiment.py") -> None:
    path = template / file
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def test_an_empty_folder(hakken: Hakken, here: Path) -> None:
    (here / "empty").mkdir()
    said = sentence(hakken("run", "empty"), 2)
    assert "empty has no template.toml, and is not a template of The AI Scientist either." in said
    assert "docs/templates.md" in said


def test_a_template_that_does_not_exist(hakken: Hakken) -> None:
    said = sentence(hakken("run", "digit"), 2)
    assert said.startswith("There is no template or folder called 'digit'. Did you mean 'digits'?")


def test_a_typo_in_a_metric(hakken: Hakken, template: Path) -> None:
    broken(template, '"min"', '"mim"', "template.toml")
    said = sentence(hakken("run", "guess"), 2)
    assert "metrics[0].direction is 'mim'" in said
    assert "Did you mean 'min'?" in said


@pytest.mark.parametrize("words", [("template", "check"), ("run",)])
def test_a_bibliography_that_cannot_be_read_is_told_at_once(
    hakken: Hakken, template: Path, words: tuple[str, ...]
) -> None:
    (template / "references.bib").write_text("@article{x,")
    said = sentence(hakken(*words, "guess"), 2)
    assert "The bibliography references.bib cannot be read" in said
    assert "Mend the file, or leave it out." in said
    assert not Path("hakken-runs").exists()


def test_a_metric_that_the_evaluator_does_not_write(hakken: Hakken, template: Path) -> None:
    broken(template, 'name = "miss"', 'name = "mis"', "template.toml")
    said = sentence(hakken(*BASELINE), 2)
    assert "The baseline of guess fails" in said
    assert "toy/mis" in said


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ('    (args.out_dir / "guess.txt").write_text', "no file in its output folder"),
        ("nan", "nan"),
        ("'forty'", "forty"),
    ],
    ids=["no output", "not a number", "text"],
)
def test_a_script_that_writes_nothing_usable(hakken: Hakken, template: Path, body: str, expected: str) -> None:
    if expected == "no file in its output folder":
        broken(template, '(args.out_dir / "guess.txt").write_text', "str")
    else:
        broken(template, "abs(value - 100)", "float('nan')" if body == "nan" else body, "evaluate.py")
    said = sentence(hakken(*BASELINE), 2)
    assert "The baseline of guess fails" in said
    assert expected in said.lower()


def test_a_script_that_never_ends(hakken: Hakken, template: Path) -> None:
    broken(template, "wall_seconds = 10", "wall_seconds = 1", "template.toml")
    broken(template, "    return 40 + seed", "    import time\n    time.sleep(1000)")
    said = sentence(hakken(*BASELINE), 2)
    assert "The experiment ran longer than its limit of 1 s and was ended." in said


def test_a_script_that_fills_the_disk(hakken: Hakken, template: Path) -> None:
    loop = (
        "    for n in range(1000):\n        (args.out_dir / str(n)).write_bytes(bytes(1 << 20))"
        "\n    import time\n    time.sleep(1000)"
    )
    broken(template, "    return 40 + seed", loop)
    said = sentence(hakken(*BASELINE), 2)
    assert "MB to disk (limit 12 MB)" in said


def test_a_model_server_that_is_down(hakken: Hakken, template: Path) -> None:
    said = sentence(hakken("run", "guess", "--model", "http://127.0.0.1:9/v1#x"), 5)
    assert said.startswith("No model server answers at http://127.0.0.1:9 (")
    assert not Path("hakken-runs").exists()


def test_weights_that_were_not_pulled(hakken: Hakken, template: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HAKKEN_CACHE", "nothing-here")
    said = sentence(hakken("run", "guess"), 3)
    assert said == "The local model's weights are not in nothing-here/models. Run `hakken model pull`."


def test_a_key_that_is_not_set(hakken: Hakken, template: Path) -> None:
    assert "OPENAI_API_KEY" in sentence(hakken("run", "guess", "--model", "openai:gpt-5"), 3)


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("-c", "search.idaes=2"), "There is no setting 'search.idaes'. Did you mean 'search.ideas'?"),
        (("-c", "ideas=2"), "There is no setting 'ideas'. Did you mean"),
        (("-c", "search.ideas=two"), "-c: search.ideas:"),
        (("-c", "search"), "-c 'search' is not of the form key=value."),
        (("--config", "none.toml"), "none.toml cannot be read: No such file or directory."),
        (("--profile", "tiny"), "There is no profile 'tiny'. Profiles: short."),
        (("--model", "gpt"), "There is no model 'gpt'."),
        (("--metric", "miss"), "'miss' does not name a metric and a direction."),
        (("--executor", "cloud"), "There is no executor named 'cloud'."),
    ],
)
def test_options_with_a_mistake(hakken: Hakken, template: Path, words: tuple[str, ...], expected: str) -> None:
    script = Path("script.toml")
    script.write_text("[[rules]]\nreply = 'x'\n")
    model = () if "--model" in words else ("--model", f"scripted:{script}")
    assert sentence(hakken("run", "guess", *model, *words), 2).startswith(expected)


def test_an_option_that_does_not_exist(hakken: Hakken) -> None:
    result = hakken("run", "--ideas", "3")
    assert result.exit_code == 2
    assert "No such option: --ideas" in result.stderr


def test_a_run_folder_that_is_locked(hakken: Hakken, template: Path) -> None:
    assert hakken(*BASELINE).exit_code == 0
    folder = RunFolder(Path("hakken-runs/guess-001"))
    with folder.write():
        said = sentence(hakken(*BASELINE), 1)
    assert said.startswith("Another process (pid ")
    assert "is writing to hakken-runs/guess-001. Wait for it, or stop it first." in said


def test_a_template_that_changed_since_the_run_began(hakken: Hakken, template: Path) -> None:
    assert hakken(*BASELINE).exit_code == 0
    broken(template, "40 + seed", "41 + seed")
    said = sentence(hakken("experiment", "guess-001", "--baseline-only"), 2)
    assert "The template guess has changed since" in said
    assert "--new" in said


def test_a_run_is_not_continued_with_other_settings(hakken: Hakken, template: Path) -> None:
    assert hakken(*BASELINE).exit_code == 0
    said = sentence(hakken("experiment", "guess-001", "--baseline-only", "--seed", "5"), 2)
    assert said.startswith("hakken-runs/guess-001 was begun with other settings: seed = 0, not 5.")


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("show",), "There are no runs in "),
        (("show", "guess-009"), "There is no run 'guess-009'."),
        (("review", "none.pdf"), "There is no file none.pdf."),
        (("audit", "draft.tex"), "A paper is checked against a record."),
        (("audit", "--results", "x"), "--results names the record, and no paper is named."),
        (("config", "get", "search.idea"), "There is no setting 'search.idea'. Did you mean 'search.ideas'?"),
        (("config", "get", "usd"), "There is no setting 'usd'. Did you mean 'budget.usd'?"),
        (("template", "check", "nowhere"), "There is no template or folder called 'nowhere'."),
    ],
)
def test_things_that_are_not_there(hakken: Hakken, words: tuple[str, ...], expected: str) -> None:
    assert sentence(hakken(*words), 2).startswith(expected)


def test_stages_that_need_what_was_not_done(hakken: Hakken, template: Path) -> None:
    assert hakken(*BASELINE).exit_code == 0
    assert "has not been tested" in sentence(hakken("write", "--compose"), 2)
    assert "guess-001 has no paper. Run `hakken run " in sentence(hakken("review", "guess-001"), 2)
    assert "guess-001 has no paper." in sentence(hakken("audit"), 2)
    assert "has no node 'n7'. It has: n0." in sentence(hakken("show", "guess-001", "n7"), 2)


def test_a_traceback_is_shown_when_it_is_asked_for(hakken: Hakken, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HAKKEN_DEBUG", "1")
    result = hakken("show", "nothing")
    assert result.exit_code == 1
    assert type(result.exception).__name__ == "UsageError"
