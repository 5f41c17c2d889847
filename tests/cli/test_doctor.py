"""What ``hakken doctor`` says of the sandbox, and which keys it knows."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import pytest

from hakken.cli.doctor import EXTRAS, KEYS, _importable, _of_disk
from hakken.core.types import Rung
from hakken.execution import probe
from tests.cli.conftest import Hakken

MODEL = ("-c", "models.default=http://127.0.0.1:9/v1#x")


def used(hakken: Hakken, *words: str) -> list[str]:
    """The rungs that it marks as used, in JSON; the same in its lines."""
    rungs = json.loads(hakken("doctor", "--json", *MODEL, *words).stdout)["sandbox"]
    found = [rung["rung"] for rung in rungs if rung["used"]]
    lines = [line.split() for line in hakken("doctor", *MODEL, *words).stdout.splitlines()]
    assert [line[1] for line in lines if line[0] == "sandbox" and line[2] == "used"] == [f"{name}:" for name in found]
    return found


@pytest.mark.parametrize("rung", [status.rung for status in probe() if status.available])
def test_the_rung_in_use_is_the_one_that_was_asked_for(hakken: Hakken, rung: Rung) -> None:
    asked = ("-c", f"sandbox.rung={rung.value}")
    assert used(hakken, *asked, "-c", "sandbox.allow_weak=true") == [rung.value]


def test_a_rung_that_is_refused_is_not_in_use(hakken: Hakken) -> None:
    assert used(hakken, "-c", "sandbox.rung=rlimits") == []


def test_an_integration_runs_without_any_of_the_keys() -> None:
    script = Path(__file__).parents[2] / ".ci" / "run"
    if not script.is_file():
        pytest.skip("this copy has no script of the integration")
    unset = next(line for line in script.read_text().replace("\\\n", " ").splitlines() if line.startswith("unset "))
    assert set(KEYS) <= set(unset.split())


def test_it_knows_every_extra_and_how_to_get_it(hakken: Hakken, monkeypatch: pytest.MonkeyPatch) -> None:
    project = tomllib.loads((Path(__file__).parents[2] / "pyproject.toml").read_text())["project"]
    assert set(EXTRAS) == set(project["optional-dependencies"]) - {"dev"}
    monkeypatch.setitem(EXTRAS, "ray", "no_such_package.at_all")
    assert json.loads(hakken("doctor", "--json", *MODEL).stdout)["extras"]["ray"] is False
    lines = hakken("doctor", *MODEL).stdout.splitlines()
    (at,) = [number for number, line in enumerate(lines) if line.startswith("extras ")]
    assert "ray: no" in lines[at]
    assert "pip install 'hakken[" in lines[at + 1]
    assert _importable("json.decoder")


def test_a_full_disk_and_one_that_cannot_be_written_are_two_things() -> None:
    assert _of_disk("/runs", 1e12, writable=True) == []
    (full,) = _of_disk("/runs", 0.3e9, writable=True)
    assert full == "/runs has 0.3 GB free, and a run may need 0.5 GB. Choose another: -c runs_dir=PATH."
    (closed,) = _of_disk("/runs", 1e12, writable=False)
    assert closed == "/runs cannot be written. Choose another: -c runs_dir=PATH."
    assert len(_of_disk("/runs", 0, writable=False)) == 2
