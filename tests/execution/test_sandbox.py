"""The door: what is mounted where, what is refused, several boxes at once."""

from __future__ import annotations

import os
import resource
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psutil
import pytest

from hakken.core.errors import SandboxError
from hakken.core.types import Limits, Mount, Rung, ViolationKind
from hakken.execution import best_rung, open_sandbox, package_paths, probe, supervise
from hakken.execution.mounts import checked, writable_folders
from hakken.execution.probe import status_of

LIMITS = Limits(wall_seconds=60)


def run(program: str, folder: Path, *mounts: Mount, workdir: Path | None = None, name: str = "x") -> str:
    out, err = folder / f"out-{name}", folder / f"err-{name}"
    with open_sandbox(mounts=mounts, limits=LIMITS, workdir=workdir or mounts[0].path) as box:
        result = box.exec([sys.executable, "-c", program], stdout=out, stderr=err)
    assert result.ok, err.read_text()
    return out.read_text()


def test_every_rung_is_probed_and_the_best_one_is_taken() -> None:
    found = probe()
    assert [status.rung for status in found] == list(Rung)
    assert all(status.available or status.mend for status in found)
    assert best_rung().rung == next(status.rung for status in found if status.available)
    assert [status.rung for status in found if status.weak] == [Rung.RLIMITS]


def test_weak_rung_needs_a_word(tmp_path: Path) -> None:
    opened = open_sandbox(mounts=[Mount(path=tmp_path)], limits=LIMITS, workdir=tmp_path, rung=Rung.RLIMITS)
    with pytest.raises(SandboxError, match="--allow-weak-sandbox"), opened:
        pass


def test_packages_of_this_python_are_there(tmp_path: Path) -> None:
    program = "import numpy, scipy; print(numpy.ones(3).sum(), scipy.__version__ > '1')"
    assert run(program, tmp_path, Mount(path=tmp_path, writable=True)) == "3.0 True\n"


@pytest.mark.skipif(not next(iter(probe())).available, reason="only namespaces can do this")
def test_inner_mount_is_laid_over_outer_one(tmp_path: Path) -> None:
    inner = tmp_path / "a" / "b"
    inner.mkdir(parents=True)
    (inner / "protected").write_text("as it was")
    program = """
open('free', 'w').close()
for name in ('a/b/protected', 'a/b/new'):
    try: open(name, 'w')
    except OSError: print('refused')
"""
    assert run(program, tmp_path, Mount(path=tmp_path, writable=True), Mount(path=inner)) == "refused\n" * 2
    assert (tmp_path / "free").exists()
    assert (inner / "protected").read_text() == "as it was"


def test_folders_reached_through_links_keep_their_name(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    program = "import os; open('made', 'w').write('x'); print(os.environ['PWD'])"
    mount = Mount(path=tmp_path / "link", writable=True)
    assert run(program, tmp_path, mount).strip() in (str(tmp_path / "link"), str(tmp_path / "real"))
    assert (tmp_path / "real" / "made").read_text() == "x"


def test_bad_mounts_are_said_before_anything_runs(tmp_path: Path) -> None:
    with pytest.raises(SandboxError, match="does not exist"):
        checked([Mount(path=tmp_path / "absent")], tmp_path)
    with pytest.raises(SandboxError, match="is in no mount"):
        checked([Mount(path=tmp_path)], Path("/"))


def test_writable_folders_are_counted_once(tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    mounts = checked([Mount(path=tmp_path / "inner", writable=True), Mount(path=tmp_path, writable=True)], tmp_path)
    assert [mount.path for mount in mounts] == [tmp_path, tmp_path / "inner"]
    assert writable_folders(mounts) == (tmp_path,)


def test_boxes_at_once_do_not_meet(tmp_path: Path) -> None:
    def job(number: int) -> str:
        folder = tmp_path / str(number)
        folder.mkdir()
        program = f"import os; open('own', 'w').write('{number}'); print(len(os.listdir('..')), os.getuid())"
        return run(program, tmp_path, Mount(path=folder, writable=True), name=str(number))

    with ThreadPoolExecutor(4) as pool:
        said = list(pool.map(job, range(4)))
    if os.geteuid() == 0:
        assert len({line.split()[1] for line in said}) == 4
    assert [(tmp_path / str(n) / "own").read_text() for n in range(4)] == list("0123")
    if best_rung().rung is Rung.BUBBLEWRAP:
        assert {line.split()[0] for line in said} == {"1"}


def test_empty_command_is_refused(tmp_path: Path) -> None:
    opened = open_sandbox(mounts=[Mount(path=tmp_path)], limits=LIMITS, workdir=tmp_path)
    with opened as box, pytest.raises(SandboxError, match="no command"):
        box.exec([], stdout=tmp_path / "o", stderr=tmp_path / "e")


@pytest.mark.slow
def test_torch_trains_within_the_default_limits(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    program = "import torch; x = torch.randn(64, 64, requires_grad=True); (x @ x).sum().backward(); print('ok')"
    assert run(program, tmp_path, Mount(path=tmp_path, writable=True)) == "ok\n"


def test_looking_before_the_box_is_built_does_no_harm(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(supervise, "_FIRST_LOOK", 0.0)
    monkeypatch.setattr(supervise, "_DISK_LOOK", 0.0)
    for status in probe():
        if status.available:
            opened = open_sandbox(
                mounts=[Mount(path=tmp_path, writable=True)],
                limits=Limits(disk_mb=1),
                workdir=tmp_path,
                rung=status.rung,
                allow_weak=True,
            )
            with opened as box:
                result = box.exec(["true"], stdout=tmp_path.parent / "out", stderr=tmp_path.parent / "err")
            assert result.ok
            assert result.violations == ()


@pytest.mark.parametrize("rung", [status.rung for status in probe() if status.available and not status.weak])
def test_masked_files_of_the_python_installation_are_hidden(rung: Rung, tmp_path: Path) -> None:
    masked = package_paths(["scipy/stats"])
    # Landlock hides what is in a file, and not that it is there.
    code = (
        "import os, scipy\nfile = os.path.join(os.path.dirname(scipy.__file__), 'stats', '__init__.py')\n"
        "try: print(len(open(file).read()) > 0)\nexcept OSError: print(False)"
    )
    mounts = [Mount(path=tmp_path, writable=True)]
    seen = []
    for hidden in ((), masked):
        with open_sandbox(mounts=mounts, limits=LIMITS, workdir=tmp_path, masked=hidden, rung=rung) as box:
            out = tmp_path / "out.txt"
            result = box.exec([sys.executable, "-c", code], stdout=out, stderr=tmp_path / "err.txt")
            assert result.exit_code == 0
        seen.append(out.read_text().strip())
    assert seen == ["True", "False"]


@pytest.mark.parametrize("rung", [Rung.BUBBLEWRAP, Rung.LANDLOCK, Rung.RLIMITS])
def test_nothing_stays_open_or_runs_on_where_descriptors_run_out(tmp_path: Path, rung: Rung) -> None:
    if not status_of(rung).available:
        pytest.skip("not on this machine")
    folder = tmp_path / "box"
    folder.mkdir()
    mounts = [Mount(path=folder, writable=True)]
    with open_sandbox(mounts=mounts, limits=LIMITS, workdir=folder, rung=rung, allow_weak=True) as box:

        def attempt() -> bool:
            try:
                return box.exec(["/bin/true"], stdout=tmp_path / "out", stderr=tmp_path / "err").ok
            except (SandboxError, OSError):
                return False

        assert attempt()
        before, children = _open_descriptors(), _children()
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        succeeded = []
        free = [number for number in range(1024) if number not in before]
        for limit in free[:40]:
            resource.setrlimit(resource.RLIMIT_NOFILE, (limit, hard))
            try:
                succeeded.append(attempt())
            finally:
                resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
            assert _open_descriptors() == before
            assert _children() == children
        assert not succeeded[0]
        assert succeeded[-1]


@pytest.mark.parametrize(("taken", "found"), [(1, [(ViolationKind.STARVED, True)]), (0, [])])
def test_a_box_that_the_system_ends_for_want_of_memory_is_told_from_one_that_ends_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, taken: int, found: list[tuple[ViolationKind, bool]]
) -> None:
    counted = iter((41, 41 + taken))
    monkeypatch.setattr(supervise, "starved", lambda: next(counted))
    with open_sandbox(mounts=[Mount(path=tmp_path)], limits=LIMITS, workdir=tmp_path) as box:
        result = box.exec(("/bin/sh", "-c", "kill -9 $$"), stdout=tmp_path / "out", stderr=tmp_path / "err")
    assert (result.exit_code, result.signal) == (None, 9)
    assert [(v.kind, v.killed) for v in result.violations] == found


def test_the_kernel_says_how_often_it_ended_something_for_want_of_memory() -> None:
    counters = dict(line.split() for line in Path("/proc/vmstat").read_text().splitlines())
    assert supervise.starved() == int(counters.get("oom_kill", 0))


def _open_descriptors() -> set[int]:
    """Of this process, without the one that lists them."""
    return {int(path.name) for path in list(Path("/proc/self/fd").iterdir()) if path.is_symlink()}


def _children() -> set[int]:
    return {child.pid for child in psutil.Process().children(recursive=True)}
