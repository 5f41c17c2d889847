"""Let `hakken run` enter a competition: a template searched on validation rows, and one look at the private score.

The template holds training rows only. A part of them is for validation, and their answers are hidden data of the
template. The test rows come in when the search is over: the selected version is trained once on all training rows in
the sandbox, and the parent grades what it leaves. The answers of the test rows are on no disk before and after.
"""

from __future__ import annotations

import json
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import tomlkit

from hakken.bench.competitions.definition import COMMON, Competition, load_competition
from hakken.bench.competitions.grading import Arena, Graded, arena, grade_bytes, nothing_left
from hakken.bench.competitions.preparing import Prepared, class_names, encoded, held_out, prepare
from hakken.bench.competitions.rules import Finding, inspect
from hakken.bench.competitions.scoring import METRICS
from hakken.bench.competitions.submissions import MOST_BYTES, read_submission
from hakken.bench.competitions.tables import Table, hash_order
from hakken.bench.experiments.reading import Unreadable, read_bytes
from hakken.core.errors import UsageError
from hakken.core.files import write_text
from hakken.core.types import Claim, Limits, Mount, Record, Template, content_hash
from hakken.execution import open_sandbox, package_paths
from hakken.research.experiments.failures import failure_of
from hakken.research.experiments.folders import code_files
from hakken.research.snapshots import read_snapshot
from hakken.store import RunFolder

MARK = "competition.json"
"""What makes a template one of a competition, and in a run folder what came of it."""
SHARE = 0.85
"""Of the training rows, what a trial learns from; which ones depends on its seed."""
FINAL_SEED = 0
_BESIDE = ("ideas.toml", "references.bib")
_OWN = ("evaluate.py", "probe.py", "table_io.py", "scoring.py", "submissions.py")


class Finished(Record):
    """What the version that a run selected is worth in its competition."""

    competition: str
    run: str
    node_id: str
    title: str
    graded: Graded
    baseline: Graded
    """The unchanged template, for comparison."""
    signs: tuple[Finding, ...] = ()
    """Of broken rules, in the selected version's code and answers; for a person to judge."""

    @property
    def sentence(self) -> str:
        """The result in words."""
        if self.graded.report.score is None:
            return f"{self.title}: no valid submission ({self.graded.problem})."
        return (
            f"{self.title}: private score {self.graded.report.score:g}, place {self.graded.place} among "
            f"{self.graded.teams} {self.graded.against}, medal: {self.graded.report.medal} "
            f"(the template unchanged: {_score(self.baseline)})."
        )


def _score(graded: Graded) -> str:
    return "invalid" if graded.report.score is None else f"{graded.report.score:g}"


# --- the template ---


def write_template(prepared: Prepared, folder: Path) -> None:
    """Write a template folder; one that is there already must be the same.

    Raises:
        UsageError: the folder holds something else.
    """
    files = template_files(prepared)
    if folder.is_dir() and any(folder.iterdir()):
        there = {p.relative_to(folder).as_posix(): p.read_bytes() for p in folder.rglob("*") if p.is_file()}
        code = {name for name in there if "__pycache__" in name} | {"experiment.py", "template.toml", *_BESIDE}
        if any(there.get(name) != data for name, data in files.items() if name not in code):
            raise UsageError(f"{folder} holds something else.", "Name another folder, or delete it.")
        return
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    (folder / "hidden").chmod(0o700)


def template_files(prepared: Prepared) -> dict[str, bytes]:
    """The files of the template of a competition."""
    competition = prepared.competition
    rows = range(len(prepared.train.rows))
    chosen = held_out(competition, rows, prepared.groups, competition.split.validation, "validation")
    kept = prepared.train.take(index for index in rows if index not in chosen)
    asked = prepared.train.take(sorted(chosen))
    classes = class_names(competition, prepared.train.column(competition.target))
    answers = encoded(competition, asked.column(prepared.id), asked.column(competition.target), classes)
    halves = hash_order(range(len(answers.rows)), f"{competition.name}/halves")
    middle = len(halves) // 2
    texts = {
        "data/train.csv": kept.text(),
        "data/test.csv": asked.without([competition.target]).text(),
        "data/form.json": _form(prepared, SHARE),
        "hidden/explore/answers.csv": answers.take(sorted(halves[:middle])).text(),
        "hidden/report/answers.csv": answers.take(sorted(halves[middle:])).text(),
        "template.toml": _toml(competition),
        "description.md": competition.description(),
        MARK: json.dumps({"competition": competition.name, "data": content_hash(prepared.train.text())}) + "\n",
    }
    files = {name: text.encode() for name, text in texts.items()}
    files |= {f"data/{name}": data for name, data in prepared.files.items()}
    for name in _OWN:
        own = COMMON / name
        files[name] = (own if own.is_file() else Path(__file__).with_name(name)).read_bytes()
    for name in ("experiment.py", *_BESIDE):
        if (competition.root / name).is_file():
            files[name] = (competition.root / name).read_bytes()
    return files


def _form(prepared: Prepared, share: float) -> str:
    competition, form = prepared.competition, prepared.form
    shape = {
        "competition": competition.name,
        "metric": competition.metric,
        "id": form.id,
        "target": competition.target,
        "columns": list(form.columns),
        "kind": form.kind,
        "classes": list(form.classes),
        "share": share,
    }
    return json.dumps(shape, indent=2) + "\n"


def _toml(competition: Competition) -> str:
    metric, rule = METRICS[competition.metric], competition.template
    table: dict[str, Any] = {
        "name": competition.name,
        "title": competition.title,
        "task": rule.task,
        "packages": ["numpy"],
        "data": ["data"],
        "hidden": "hidden",
        "masked": list(competition.masked),
        "protected": [*_OWN, MARK],
        "editable": list(rule.editable),
        "setup": list(rule.setup),
        "metrics": [
            {
                "name": metric.name,
                "dataset": competition.name,
                "direction": "min" if metric.lower_better else "max",
                "title": f"{metric.title} on validation rows",
                "primary": True,
            }
        ],
        "limits": rule.limits.model_dump(),
        "evaluate_limits": {"wall_seconds": 60, "cpu_seconds": 30, "memory_mb": 512},
    }
    return tomlkit.dumps(table)


def competition_of(root: Path) -> str | None:
    """The competition that a template's folder enters, or None."""
    file = root / MARK
    if not file.is_file():
        return None
    try:
        return str(json.loads(file.read_text(encoding="utf-8"))["competition"])
    except (ValueError, KeyError, TypeError):
        raise UsageError(f"{file} does not name a competition.", "Prepare the template again.") from None


# --- the end of a run ---


def finished(folder: RunFolder) -> Finished | None:
    """What was graded before."""
    file = folder.path / MARK
    return Finished.model_validate_json(file.read_text(encoding="utf-8")) if file.is_file() else None


def finish(folder: RunFolder, *, allow_weak: bool = False) -> Finished:
    """Train the selected version on all training rows, and grade its answers for the test rows: once in a run.

    Raises:
        UsageError: the run is not about a competition, or its claim was not tested yet.
    """
    if known := finished(folder):
        return known
    with folder.read() as store:
        snapshot, claim = read_snapshot(folder, store), store.get("claim/C1", Claim)
    template = snapshot.template
    name = competition_of(Path(template.root))
    if name is None:
        raise UsageError(f"{folder.path} is not about a competition.", "`hakken bench competition prepare` makes one.")
    if claim is None:
        raise UsageError(f"The claim of {folder.path} has not been tested.", f"Run `hakken run {folder.path}` first.")
    where = arena(name)
    selected = claim.variant_id or next(node.id for node in snapshot.nodes if node.idea_id is None)
    node = next(node for node in snapshot.nodes if node.id == selected)
    sources, kept = dict(snapshot.sources.get(selected, {})), folder.path / "competition"
    graded = {
        chosen: grade_final(template, files, where, kept / f"{chosen}.csv", allow_weak=allow_weak)
        for chosen, files in (("selected", sources), ("baseline", {}))
    }
    valid = graded["selected"].report.valid_submission
    given = read_submission(kept / "selected.csv", where.form) if valid else None
    result = Finished(
        competition=name,
        run=folder.path.name,
        node_id=node.id,
        title=node.title,
        graded=graded["selected"],
        baseline=graded["baseline"],
        signs=inspect(prepare(load_competition(name).root), where, sources, given=given),
    )
    write_text(folder.path / MARK, result.model_dump_json(indent=2) + "\n")
    return result


def grade_final(
    template: Template, sources: Mapping[str, str], where: Arena, keep: Path, *, allow_weak: bool = False
) -> Graded:
    """Train one version on all training rows, keep what it leaves for the test rows, and grade it."""
    data, problem = final_submission(template, sources, where.name, allow_weak=allow_weak)
    if problem:
        return nothing_left(where, keep.name, problem)
    graded = grade_bytes(data, where, keep.name)
    keep.parent.mkdir(parents=True, exist_ok=True)
    keep.write_bytes(data)
    return graded


def final_submission(
    template: Template, sources: Mapping[str, str], name: str, *, allow_weak: bool = False
) -> tuple[bytes, str]:
    """What a version leaves for the test rows when it learns from all training rows; and why it left nothing."""
    prepared = prepare(load_competition(name).root)
    with tempfile.TemporaryDirectory(prefix="hakken-final-", ignore_cleanup_errors=True) as made:
        root = Path(made).resolve()
        work, data = root / "work", root / "data"
        (work / "out").mkdir(parents=True)
        files = code_files(template) | {path: text.encode() for path, text in sources.items()}
        for path, content in files.items():
            (work / path).parent.mkdir(parents=True, exist_ok=True)
            (work / path).write_bytes(content)
        _write_data(prepared, data)
        (work / "data").symlink_to(data, target_is_directory=True)
        words = [word.replace("{python}", sys.executable) for word in template.command]
        words += ["--out_dir", "out", "--seed", str(FINAL_SEED)]
        mounts = [Mount(path=work, writable=True), Mount(path=data)]
        masked = package_paths(template.masked)
        with open_sandbox(
            mounts=mounts, limits=_longer(template.limits), workdir=work, masked=masked, allow_weak=allow_weak
        ) as box:
            result = box.exec(words, stdout=root / "stdout", stderr=root / "stderr")
        if failure := failure_of(result, "The final run", (work, data)):
            return b"", failure.message
        try:
            return read_bytes(work, "out/submission.csv", MOST_BYTES), ""
        except Unreadable as error:
            return b"", f"submission.csv {error}"


def _write_data(prepared: Prepared, folder: Path) -> None:
    tables: dict[str, Table] = {"train.csv": prepared.train, "test.csv": prepared.test}
    files = {name: table.text().encode() for name, table in tables.items()} | prepared.files
    folder.mkdir()
    for name, content in {**files, "form.json": _form(prepared, 1.0).encode()}.items():
        (folder / name).write_bytes(content)


def _longer(limits: Limits) -> Limits:
    """The final run has more rows than a trial."""
    return limits.model_copy(update={"wall_seconds": 4 * limits.wall_seconds, "cpu_seconds": 4 * limits.cpu_seconds})
