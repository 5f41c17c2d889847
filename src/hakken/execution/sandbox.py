"""The door to the sandbox: ``with open_sandbox(...) as box: box.exec([...])``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

from hakken.core.types import Limits, Mount, Rung
from hakken.execution.box import Box, StartedBox
from hakken.execution.hiding import masked_paths, shown_python
from hakken.execution.mounts import checked
from hakken.execution.probe import chosen_rung, make_starter

_HAKKEN = Path(__file__).absolute().parent.parent


@contextmanager
def open_sandbox(
    *,
    mounts: Sequence[Mount],
    limits: Limits,
    env: Mapping[str, str] | None = None,
    workdir: Path,
    masked: Sequence[Path] = (),
    rung: Rung | None = None,
    allow_weak: bool = False,
) -> Iterator[Box]:
    """Open a box on the strongest rung that this machine offers.

    Paths are the same inside and outside. What is not mounted is hidden, save the system and the Python that runs
    this process, both read-only; ``/tmp`` is empty for each command and gone after it.

    Args:
        mounts: What the commands may see, and where they may write.
        limits: Limits of each command, unless ``exec`` is given others.
        env: Variables beside the fixed ones; nothing is taken over from this process.
        workdir: Folder that commands start in; it must be in a mount.
        masked: Files and folders of installed packages that the commands must not see, wherever they are installed.
            Hakken itself, with the answers of its suites and the hidden data of its templates, is always masked.
        rung: This rung and no other.
        allow_weak: Accept a rung that isolates nothing: it cannot stop the network, and hides no file.

    Raises:
        SandboxError: no rung is good enough here, a mount does not exist, or the rung cannot hide what is masked.
    """
    status = chosen_rung(rung, allow_weak=allow_weak)
    hidden = masked_paths(_HAKKEN, masked)
    shown = checked(mounts, workdir)
    with closing(make_starter(status.rung, shown, env or {}, workdir, shown_python(hidden), hidden)) as starter:
        yield StartedBox(starter, limits)
