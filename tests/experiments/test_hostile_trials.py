"""Every attack on the harness: its number is never believed, and to try is a recorded failure."""

from __future__ import annotations

from pathlib import Path

import pytest

from hakken.core.types import FailureCause, Rung, Template
from hakken.execution import probe
from hakken.research.experiments import load_template
from hakken.research.experiments.tampering import late_write, tampering
from hakken.testing.attacks import LIES, NOT_BEGUN, TrialAttack, attack_harness, attack_naive_harness
from hakken.testing.attacks.tiny import EXPERIMENT

USABLE = [status.rung for status in probe() if status.available and not status.weak]
BY_NAME = pytest.mark.parametrize("attack", LIES, ids=lambda attack: attack.name)


def check(attack: TrialAttack, rung: Rung) -> None:
    outcome = attack_harness(attack, rung)
    if outcome.unavailable:
        pytest.skip(outcome.unavailable)
    assert outcome.harm == ()


@pytest.mark.parametrize("rung", USABLE[:1])
@BY_NAME
def test_the_harness_is_not_fooled(attack: TrialAttack, rung: Rung) -> None:
    check(attack, rung)


@pytest.mark.slow
@pytest.mark.parametrize("rung", USABLE[1:])
@BY_NAME
def test_the_harness_is_not_fooled_on_the_weaker_rungs(attack: TrialAttack, rung: Rung) -> None:
    check(attack, rung)


@pytest.mark.parametrize("rung", USABLE[:1])
def test_a_trial_that_never_begins_is_no_lie_that_was_found_out(rung: Rung, monkeypatch: pytest.MonkeyPatch) -> None:
    """It fails, as most of the attacks must; and so does every trial of a harness that runs nothing."""
    (attack,) = (attack for attack in LIES if attack.name == "read_hidden_data")
    assert attack.must_fail
    monkeypatch.setattr("hakken.testing.attacks.tiny.EXPERIMENT", "raise SystemExit(1)\n" + EXPERIMENT)
    assert attack_harness(attack, rung).harm == (NOT_BEGUN,)


@pytest.mark.slow
@BY_NAME
def test_a_naive_harness_is_fooled(attack: TrialAttack) -> None:
    outcome = attack_naive_harness(attack)
    if outcome.unavailable:
        pytest.skip(outcome.unavailable)
    assert outcome.harm, "an attack that fools nobody proves nothing"


@pytest.fixture
def template(tiny: Path) -> Template:
    return load_template(tiny)


GIVEN = {"evaluate.py": b"print(1)\n", "notes.txt": b"notes"}


@pytest.fixture
def work(tmp_path: Path) -> Path:
    folder = tmp_path / "work"
    (folder / "out").mkdir(parents=True)
    for name, content in GIVEN.items():
        (folder / name).write_bytes(content)
    return folder


def test_a_folder_as_it_was_given_is_honest(template: Template, work: Path) -> None:
    (work / "notes.txt").write_text("an experiment may write notes")
    (work / "log.txt").write_text("and logs")
    (work / "helper.py").write_text("and modules that shadow nothing")
    (work / "test").mkdir()
    (work / "out" / "json.py").write_text("nobody imports from the outputs")
    assert tampering(template, work, GIVEN, "out") is None


@pytest.mark.parametrize("name", ["json.py", "numpy.pyc", "sitecustomize.py", "conftest.py", "any.pth", "yaml.abi3.so"])
def test_planted_modules_are_told(template: Template, work: Path, name: str) -> None:
    (work / name.replace("yaml", "scipy")).touch()
    failure = tampering(template, work, GIVEN, "out")
    assert failure is not None
    assert failure.cause is FailureCause.PROTECTED
    assert "which Python would take for something else" in failure.message


def test_a_planted_package_is_told(template: Template, work: Path) -> None:
    (work / "numpy").mkdir()
    (work / "numpy" / "__init__.py").touch()
    failure = tampering(template, work, GIVEN, "out")
    assert failure is not None
    assert failure.message.startswith("The experiment left numpy beside itself")


@pytest.mark.parametrize("how", ["longer", "gone", "a link", "a folder"])
def test_changed_code_is_told(template: Template, work: Path, how: str) -> None:
    place = work / "evaluate.py"
    if how == "longer":
        place.write_bytes(GIVEN["evaluate.py"] + b"#")
    else:
        place.unlink()
    if how == "a link":
        (work / "same.txt").write_bytes(GIVEN["evaluate.py"])
        place.symlink_to("same.txt")
    if how == "a folder":
        place.mkdir()
    failure = tampering(template, work, GIVEN, "out")
    assert failure is not None
    assert failure.message == "The experiment changed evaluate.py, which is not its to change, while it ran."


def test_late_writes_are_told() -> None:
    before = {"a.npy": "sha256:1", "b\x1b.npy": "sha256:2"}
    assert late_write(before, before | {"new.txt": "sha256:3"}) is None
    for after in ({"a.npy": "sha256:1"}, before | {"b\x1b.npy": "sha256:9"}):
        failure = late_write(before, after)
        assert failure is not None
        assert failure.message == "The experiment changed b.npy among its outputs while they were evaluated."
