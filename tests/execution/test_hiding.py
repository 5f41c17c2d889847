"""What is masked is hidden wherever boxes would show it: in the system, under other names, in another installation."""

from __future__ import annotations

import json
import sys
import sysconfig
from contextlib import closing
from pathlib import Path

import pytest

from hakken.core.errors import SandboxError
from hakken.core.types import Limits, Mount, Rung
from hakken.execution import environment, open_sandbox, probe
from hakken.execution.container import Container
from hakken.execution.environment import python_paths
from hakken.execution.hiding import holes, in_mounts, masked_paths, shown_python, shown_system
from hakken.execution.probe import status_of

ISOLATING = [status.rung for status in probe() if status.available and not status.weak]
LIMITS = Limits(wall_seconds=60)

_READ = """
import json, sys
def read(path):
    try: return open(path).read()
    except OSError: return None
print(json.dumps({path: read(path) for path in sys.argv[1:]}))
"""


@pytest.fixture
def system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that takes part as ``/usr`` does, with a package, its answers, and a second name as ``/lib`` has one."""
    root = tmp_path.resolve() / "system"
    packages = root / "usr" / "local" / "lib" / f"python{sysconfig.get_python_version()}" / "site-packages"
    for name in ("study/answers/key.txt", "study/code.py", "other/code.py", "hakken/bench/gold.json"):
        (packages / name).parent.mkdir(parents=True, exist_ok=True)
        (packages / name).write_text(f"text of {name}")
    (root / "usr" / "src" / "app").mkdir(parents=True)
    (root / "usr" / "src" / "app" / "gold.json").write_text("gold")
    (packages / "alias").symlink_to("study")
    (packages / "link.txt").symlink_to("study/answers/key.txt")
    (root / "lib").symlink_to("usr/local/lib")
    folders = (*environment.SYSTEM_FOLDERS, str(root / "usr"), str(root / "lib"))
    monkeypatch.setattr(environment, "SYSTEM_FOLDERS", folders)
    monkeypatch.setattr("hakken.execution.hiding.UNSHOWN", (*environment.UNSHOWN, str(root / "usr" / "src")))
    return packages


def read(rung: Rung, masked: list[Path], work: Path, paths: list[Path], *mounts: Mount) -> list[str | None]:
    """What a command in a box reads there."""
    work.mkdir(exist_ok=True)
    out, err = work / "out", work / "err"
    shown = [Mount(path=work, writable=True), *mounts]
    with open_sandbox(mounts=shown, limits=LIMITS, workdir=work, masked=masked, rung=rung) as box:
        result = box.exec([sys.executable, "-I", "-c", _READ, *map(str, paths)], stdout=out, stderr=err)
    assert result.ok, err.read_text()
    return list(json.loads(out.read_text()).values())


@pytest.mark.parametrize("rung", ISOLATING)
def test_a_masked_folder_of_the_system_is_hidden_and_its_neighbours_are_not(
    rung: Rung, system: Path, tmp_path: Path
) -> None:
    answers, code = system / "study" / "answers" / "key.txt", system / "study" / "code.py"
    by_link = system.parents[4] / "lib" / system.relative_to(system.parents[1])
    others = [by_link / "study" / "answers" / "key.txt", system / "alias" / "answers" / "key.txt", system / "link.txt"]
    assert all(path.read_text() == "text of study/answers/key.txt" for path in others)
    paths = [code, system / "other" / "code.py", answers, *others]
    neighbours = ["text of study/code.py", "text of other/code.py"]
    assert read(rung, [], tmp_path / "work", paths) == [*neighbours, *["text of study/answers/key.txt"] * 4]
    assert read(rung, [system / "study" / "answers"], tmp_path / "work", paths) == [*neighbours, *[None] * 4]


@pytest.mark.parametrize("rung", ISOLATING)
def test_a_masked_file_of_the_system_is_hidden(rung: Rung, system: Path, tmp_path: Path) -> None:
    paths = [system / "study" / "answers" / "key.txt", system / "study" / "code.py"]
    hidden, code = read(rung, paths[:1], tmp_path / "work", paths)
    assert not hidden
    assert code == "text of study/code.py"


@pytest.mark.parametrize("rung", ISOLATING)
def test_bytecode_of_what_is_masked_is_hidden_wherever_it_lies(
    rung: Rung, system: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prefix = system.parents[3] / "pycache"
    monkeypatch.setattr(sys, "pycache_prefix", str(prefix))
    mirror = prefix / system.relative_to("/")
    key, code = mirror / "study/answers/key.cpython-311.pyc", mirror / "study/code.cpython-311.pyc"
    beside, other = system / "study/__pycache__/code.cpython-311.pyc", mirror / "other/code.cpython-311.pyc"
    for path in (key, code, beside, other):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("compiled")
    masked = [system / "study" / "answers", system / "study" / "code.py"]
    seen = read(rung, masked, tmp_path / "work", [key, code, beside, other])
    assert [text or None for text in seen] == [None, None, None, "compiled"]


@pytest.mark.parametrize("rung", ISOLATING)
def test_hakken_is_hidden_in_every_installation_and_work_in_usr_src_too(
    rung: Rung, system: Path, tmp_path: Path
) -> None:
    gold = system.parents[3] / "src" / "app" / "gold.json"
    assert gold.read_text() == "gold"
    assert read(rung, [], tmp_path / "work", [system / "hakken" / "bench" / "gold.json", gold]) == [None, None]


@pytest.mark.parametrize("rung", ISOLATING)
def test_what_is_mounted_out_of_a_hidden_folder_is_shown(rung: Rung, system: Path, tmp_path: Path) -> None:
    part = system / "study" / "answers"
    paths = [part / "key.txt", system / "study" / "code.py"]
    found = read(rung, [system / "study"], tmp_path / "work", paths, Mount(path=part))
    assert found == ["text of study/answers/key.txt", None]


def test_nothing_is_written_into_an_emptied_folder(system: Path, tmp_path: Path) -> None:
    if not status_of(Rung.BUBBLEWRAP).available:
        pytest.skip("only there it is a folder of its own")
    out, hidden = tmp_path / "out", system / "study"
    mounts = [Mount(path=tmp_path / "work", writable=True)]
    (tmp_path / "work").mkdir()
    with open_sandbox(
        mounts=mounts, limits=LIMITS, workdir=tmp_path / "work", masked=[hidden], rung=Rung.BUBBLEWRAP
    ) as box:
        argv = ["/bin/sh", "-c", f"ls {hidden}; echo x > {hidden}/new && echo written; exit 0"]
        box.exec(argv, stdout=out, stderr=tmp_path / "err")
    assert out.read_text() == ""
    assert "Read-only" in (tmp_path / "err").read_text()


@pytest.mark.parametrize("rung", [rung for rung in ISOLATING if rung is not Rung.LANDLOCK])
def test_a_masked_path_in_a_mount_is_hidden(rung: Rung, tmp_path: Path) -> None:
    secret = tmp_path.resolve() / "project" / "packages" / "study" / "key.txt"
    secret.parent.mkdir(parents=True)
    secret.write_text("secret")
    mount = Mount(path=tmp_path / "project", writable=True)
    assert read(rung, [], tmp_path / "work", [secret], mount) == ["secret"]
    assert read(rung, [secret.parent], tmp_path / "work", [secret], mount) == [None]


@pytest.mark.skipif(not status_of(Rung.LANDLOCK).available, reason="no Landlock here")
def test_landlock_refuses_a_mount_with_a_masked_path_in_it(tmp_path: Path) -> None:
    secret = tmp_path.resolve() / "project" / "study"
    secret.mkdir(parents=True)
    with pytest.raises(SandboxError, match="which Landlock cannot do") as raised:
        read(Rung.LANDLOCK, [secret], tmp_path / "work", [], Mount(path=tmp_path / "project"))
    assert str(secret) in raised.value.message
    assert "install bubblewrap" in raised.value.mend


def test_a_container_gets_something_empty_over_every_name(system: Path, tmp_path: Path) -> None:
    study, key = system / "study", system / "other" / "code.py"
    inner, outer = study / "answers", tmp_path.resolve() / "system"
    mounts = [Mount(path=outer, writable=True), Mount(path=inner)]
    hidden = masked_paths(study, [key])
    with closing(Container("docker", mounts, {}, outer, python_paths(), hidden)) as container:
        options = container.options("name", Limits())
    by_link = outer / "lib" / system.relative_to(system.parents[1])
    empty = "ro,nosuid,nodev,noexec,mode=0555,size=1048576"
    for place in (system, by_link):
        assert f"{place}/study:{empty}" in options
        assert f"type=bind,source=/dev/null,target={place}/other/code.py,readonly" in options
    assert f"{outer}/usr/src:{empty}" in options
    words = " ".join(options)
    order = [f"target={outer} ", f"target={outer}/usr,", f"{system}/study:", f"target={inner},"]
    assert [words.index(word) for word in order] == sorted(words.index(word) for word in order)


def test_a_python_reached_by_a_link_shows_no_masked_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real, link = tmp_path / "real", tmp_path / "link"
    secret = real / "lib" / "python3.x" / "site-packages" / "study"
    (secret / "inner").mkdir(parents=True)
    (real / "bin").mkdir()
    link.symlink_to(real)
    monkeypatch.setattr("hakken.execution.hiding.python_paths", lambda: (link, real))
    shown = shown_python(masked_paths(secret))
    assert {link / "bin", real / "bin"} <= set(shown)
    assert not any(secret.is_relative_to(path.resolve()) for path in shown)


def test_a_python_in_usr_src_is_shown_although_the_rest_is_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    app = tmp_path / "usr" / "src" / "app"
    (app / "venv" / "bin").mkdir(parents=True)
    (app / "venv" / "bin" / "python").touch()
    (tmp_path / "usr" / "bin").mkdir()
    monkeypatch.setattr(environment, "SYSTEM_FOLDERS", (str(tmp_path / "usr"),))
    for module in ("environment", "hiding"):
        monkeypatch.setattr(f"hakken.execution.{module}.UNSHOWN", (str(tmp_path / "usr" / "src"),))
    monkeypatch.setattr(sys, "prefix", str(app / "venv"))
    assert app / "venv" in python_paths(str(app / "venv" / "bin" / "python"))
    folders = [path for path in shown_system() if path.is_relative_to(tmp_path)]
    assert folders == [tmp_path / "usr" / "bin"]


def test_holes_are_the_outermost_and_explicit_mounts_have_none(tmp_path: Path) -> None:
    inner = tmp_path.resolve() / "a" / "b"
    (inner / "c").mkdir(parents=True)
    assert holes([tmp_path.resolve()], [inner, inner / "c"]) == (inner,)
    assert holes([inner / "c"], [inner]) == ()
    assert in_mounts([inner], [inner]) == ()
    assert in_mounts([inner.parent], [inner]) == (inner,)


def test_a_folder_that_cannot_be_listed_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    root = tmp_path / "listed" / "once"
    (root / "study").mkdir(parents=True)
    monkeypatch.setattr("hakken.execution.hiding.python_paths", lambda: (root / "study" / "file",))
    (root / "study" / "file").touch()
    with pytest.raises(SandboxError, match="cannot be listed"):
        shown_python((root / "study" / "file" / "inner",))
