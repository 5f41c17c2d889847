"""The folders of one trial: built fresh from the pristine template, and what is kept of them.

``work`` is where the experiment runs and may write. ``eval`` is where the evaluator runs, later: pristine again, with
the experiment's outputs moved into it and the hidden data linked beside it. Nothing that the experiment wrote outside
of its output folder can reach the evaluator, so it cannot plant a module that the evaluator would import.
"""

from __future__ import annotations

import os
import shutil
import stat
from collections.abc import Mapping
from pathlib import Path

from hakken.core.types import Mount, Split, Template
from hakken.research.experiments.folders import code_files
from hakken.research.experiments.identity import source_hash
from hakken.research.experiments.seed_data import data_of
from hakken.research.experiments.v1_import import INFO
from hakken.research.experiments.v1_import import OUT_DIR as V1_OUT_DIR

KEPT_FILE = 64 * 1024
"""Outputs up to this size are kept beside the logs."""
KEPT_TOTAL = 512 * 1024
_RESULTS = ("metrics.json", INFO)
_MAX_FILES = 10_000
SCRAMBLED = "scrambled"
"""Where the probe writes scrambled data, under the names that the data have."""


def tree_hash(template: Template, files: Mapping[str, str], extra_args: tuple[str, ...] = ()) -> str:
    """Identity of a node: the hash of the template's code with these files laid over it, and of its arguments."""
    tree = code_files(template) | {path: text.encode() for path, text in files.items()}
    if extra_args:
        tree["\0arguments"] = "\0".join(extra_args).encode()
    return source_hash(tree)


class Workspace:
    """Paths and mounts of one trial, in each of whose boxes only the data of its own seed are shown."""

    def __init__(self, template: Template, keep: Path, seed: int) -> None:
        self.template, self.keep = template, keep
        self.data = data_of(template, seed)
        # Scripts of The AI Scientist look for their data three levels up.
        self._v1 = template.layout == "ai_scientist_v1"
        self.work = keep / "box" / "results" / "work" if self._v1 else keep / "work"
        self.eval = keep / "eval"
        self.out_name = V1_OUT_DIR if self._v1 else "out"
        self.kept = keep / "out"
        self.scramble = keep / "scramble"
        self.scrambled = self.scramble / SCRAMBLED

    def build_scramble(self, pristine: Mapping[str, bytes]) -> tuple[Mount, ...]:
        """Make the folder where the template's probe writes scrambled data; returns what its box shows."""
        self._write(self.scramble, pristine)
        self.scrambled.mkdir()
        return (Mount(path=self.scramble, writable=True), *self._link_data(self.scramble))

    def build_work(
        self, pristine: Mapping[str, bytes], files: Mapping[str, str], *, scrambled: bool = False
    ) -> tuple[Mount, ...]:
        """Make the experiment's folder, with scrambled data in the place of its data if asked for.

        Returns what its box shows.
        """
        self._write(self.work, dict(pristine) | {path: text.encode() for path, text in files.items()})
        self._outputs().mkdir()
        mounts = self._link_data(self.work, self.scrambled) if scrambled else self._link_data(self.work)
        return (Mount(path=self.work, writable=True), *mounts)

    def build_eval(self, pristine: Mapping[str, bytes], split: Split) -> tuple[Mount, ...]:
        """Make the evaluator's folder with the outputs moved into it; returns what its box shows."""
        self._write(self.eval, pristine)
        self._outputs().rename(self.eval / self.out_name)
        self._link_data(self.eval)
        if self.template.hidden is not None:
            _link(self.eval / self.template.hidden, hidden_folder(self.template, split))
        return self.eval_mounts(split)

    def eval_mounts(self, split: Split) -> tuple[Mount, ...]:
        """What the boxes of evaluator and probe show."""
        mounts = [Mount(path=self.eval, writable=True), *self._data_mounts(self.eval)]
        if self.template.hidden is not None:
            mounts.append(Mount(path=hidden_folder(self.template, split)))
        return tuple(mounts)

    def _outputs(self) -> Path:
        return self.work / self.out_name

    def clean_outputs(self) -> tuple[str, ...]:
        """Reduce what the experiment left to regular files and folders; returns what was removed.

        Links are never followed, and a file with a second name could lie elsewhere: both go.
        """
        folder = self._outputs()
        if folder.is_symlink() or not folder.is_dir():
            folder.unlink(missing_ok=True)
            folder.mkdir()
            return (self.out_name,)
        removed: list[str] = []
        count = 0
        for current, folders, names in os.walk(folder):
            for name in (*folders, *names):
                path = Path(current) / name
                info = path.lstat()
                count += 1
                regular = stat.S_ISREG(info.st_mode) and info.st_nlink == 1 and count <= _MAX_FILES
                if not regular and not stat.S_ISDIR(info.st_mode):
                    path.unlink()
                    removed.append(path.relative_to(folder).as_posix())
        return tuple(removed)

    def outputs(self) -> Path:
        """Where the outputs are now: in the evaluator's folder once that was built."""
        moved = self.eval / self.out_name
        return moved if moved.is_dir() else self._outputs()

    def keep_small_outputs(self) -> None:
        """Copy small outputs beside the logs, the results before all others, and remove both folders."""
        source, total = self.outputs(), 0
        files = sorted(p for p in source.rglob("*") if p.is_file() and not p.is_symlink()) if source.is_dir() else []
        results = [source / name for name in _RESULTS]
        for path in sorted(files, key=lambda p: (p not in results, p.stat().st_size)):
            size = path.stat().st_size
            if size > (KEPT_TOTAL if path in results else KEPT_FILE) or total + size > KEPT_TOTAL:
                continue
            total += size
            target = self.kept / path.relative_to(source)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
        for folder in (self.keep / "work", self.keep / "box", self.eval, self.scramble):
            shutil.rmtree(folder, ignore_errors=True)
        if self._v1:
            (self.keep / "data").unlink(missing_ok=True)

    def _write(self, folder: Path, files: Mapping[str, bytes]) -> None:
        folder.mkdir(parents=True)
        for name, data in files.items():
            if name.split("/")[0] == self.out_name:
                continue  # outputs of an earlier run by hand
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)

    def _link_data(self, folder: Path, origin: Path | None = None) -> list[Mount]:
        """Link the data into a folder; ``origin`` holds them under their names, the template itself by default."""
        for target, source in self._data_places(folder, origin):
            _link(target, source)
        return self._data_mounts(folder, origin)

    def _data_mounts(self, folder: Path, origin: Path | None = None) -> list[Mount]:
        mounts = []
        for target, source in self._data_places(folder, origin):
            # Shared by several templates of The AI Scientist, and outside of this one: mounted where it is looked for.
            mounts += [Mount(path=target)] if self._v1 else []
            mounts.append(Mount(path=source))
        return mounts

    def _data_places(self, folder: Path, origin: Path | None = None) -> list[tuple[Path, Path]]:
        """(link, what it points to) for each entry of the data."""
        places = []
        for entry in self.data:
            target = Path(os.path.normpath(folder / ".." / entry)) if self._v1 else folder / entry
            places.append((target, ((origin or Path(self.template.root)) / entry).resolve()))
        return places


def hidden_folder(template: Template, split: Split) -> Path:
    """The hidden data of a split: the subfolder of its name, or of the split that it stands beside."""
    root = (Path(template.root) / (template.hidden or "")).resolve()
    beside = {Split.SMOKE: Split.EXPLORE, Split.NOISE: Split.EXPLORE, Split.PROBE: Split.REPORT}
    for name in (split.value, beside.get(split, split).value):
        if (root / name).is_dir():
            return root / name
    return root


def _link(path: Path, source: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.symlink_to(source, target_is_directory=source.is_dir())
