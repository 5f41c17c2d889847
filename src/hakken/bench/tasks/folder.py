"""A task as a folder: the layout of Harbor, and in it what Hakken's own graders need.

``environment/repo`` is all that an agent sees, ``tests/`` and ``solution/`` are never shown to it::

    task.toml  instruction.md
    environment/  Dockerfile  repo/ (masked repository, paper.txt, experiment.txt, refsol.sh)
    tests/        test.sh  task.json  gold.json  repo/ (the masked repository again, to grade from)
    solution/     solve.sh  answer.json  files/ (the masked files as they were)
"""

from __future__ import annotations

import json
import shlex
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any

import tomlkit
from pydantic import TypeAdapter, ValidationError

from hakken import __version__
from hakken.bench.experiments.bands import as_tuple
from hakken.bench.experiments.reading import Form, form_of
from hakken.bench.experiments.requirements import requirement
from hakken.bench.experiments.running import RunJob, room_for, with_room
from hakken.bench.trees import copy_tree, overlay, walk
from hakken.bench.types import Experiment, Gold, Task, Value
from hakken.core.errors import UsageError, first_problem
from hakken.core.files import draft_folder, write_text
from hakken.core.types import Limits, Record

ANSWER, INSTRUCTION = "answer.json", "instruction.md"
PAPER, EXPERIMENTS, COMMANDS = "paper.txt", "experiment.txt", "refsol.sh"
"""Names of the original's file contract."""
_GOLDS = TypeAdapter(tuple[Gold, ...])

_READ_AS = {
    Form.TABLE: "each column is a list under its header, an empty cell is passed over, and a table of one row gives "
    "single numbers; where the first column names the rows, each number is row.column",
    Form.RECORDS: "each field of the lines is a list in their order, nested ones by dotted name; a single line gives "
    "single numbers",
    Form.PRINTED: "the JSON object at the end of the output, or else every `name: number` and `name = number` in it "
    "(91.3% is 91.3); a name that comes again is a list in order, so print none of these names yourself",
}
"""How numbers get their names; a JSON file says it itself."""

_INSTRUCTION = """# {title}

This folder holds the code of a research paper. The bodies of {n} were removed; each now raises `NotImplementedError`:

{functions}

Write them as the paper and their docstrings describe, run the experiments, and report what they give. A number is right
when it lies within a few per cent of what the authors' code gives.

- `{paper}` is the paper, without its results. `{experiments}` names the experiments and the form of the answer.
- `bash {commands}` runs every experiment, in this folder.
- Report by writing `{answer}` in this folder: {form}

Rules. Your functions are taken out of your files, put into an untouched copy of this repository with the new imports
and the new top-level helpers of the same file that they use, and run again there, also with other seeds, data and
parameters. Changes to anything else do not count. Keep each signature: a parameter may be added at its end, with a
number, a text or None as its default. Numbers that your own code does not produce count as fabricated: if something
cannot be made to work, leave it out of the answer and say so.
"""

_PLACE = "/app"
_IMAGE_MB = 3584
_DOCKERFILE = f"""FROM python:3.11-slim
WORKDIR {_PLACE}
{{install}}COPY repo {_PLACE}
"""

_TEST = """#!/bin/sh
# Hakken is installed here and not in the environment: its package holds suites with their answers. A container may
# offer no isolation that closes files, so these go, and the gold too, before any code of the agent runs.
# Whoever grades says where Hakken comes from: its wheel lies beside this script, or HAKKEN_SOURCE is what pip installs
# it from. By its bare name pip would take whatever an index has under it, and run that beside the gold.
set -e
mkdir -p /logs/verifier
if [ -z "$HAKKEN_SOURCE" ]; then
  for wheel in /tests/hakken-{version}-*.whl; do
    if [ -f "$wheel" ]; then HAKKEN_SOURCE=$wheel; fi
  done
fi
: "${{HAKKEN_SOURCE:?is not set: name what pip installs Hakken {version} from, or put its wheel into tests/}}"
python3 -m venv /opt/verifier
/opt/verifier/bin/pip install --quiet --no-cache-dir "$HAKKEN_SOURCE" hakken=={version}{packages}
rm -rf /opt/verifier/lib/python3*/site-packages/hakken/bench/suites /tests/hakken-*.whl
/opt/verifier/bin/hakken bench grade /tests {place} --allow-weak-sandbox --discard-gold \\
    --reward /logs/verifier/reward.json
"""

_SOLVE = """#!/bin/sh
# Puts the removed functions back, runs the experiments and reports what was measured.
set -e
cp -r "$(dirname "$0")"/files/. .
bash {commands}
cp "$(dirname "$0")"/{answer} {answer}
"""


class TaskFolder(Record):
    """A task that lies in a folder, with what it is graded by."""

    root: Path
    task: Task
    golds: tuple[Gold, ...]

    @property
    def visible_repo(self) -> Path:
        """What an agent gets."""
        return self.root / "environment" / "repo"

    @property
    def base(self) -> Path:
        """The masked repository that grading starts from."""
        return self.root / "tests" / "repo"

    @property
    def solution(self) -> Path:
        """The masked files as they were."""
        return self.root / "solution" / "files"

    @property
    def files(self) -> tuple[PurePosixPath, ...]:
        """What counts most of a workspace comes first: the masked files, the answer, the rest of the repository."""
        named = (*(f.file for f in self.task.functions), ANSWER)
        return tuple(dict.fromkeys([*map(PurePosixPath, named), *(name for name, _ in walk(self.base))]))

    @property
    def room(self) -> int:
        """Bytes of a workspace that are kept."""
        return room_for(self.task.experiments)

    def jobs(self, workspace: Path) -> list[RunJob]:
        """Each experiment in what an agent left, or has so far."""
        files, room = self.files, self.room
        return [RunJob(tree=workspace, first=files, most_bytes=room, experiment=e) for e in self.task.experiments]

    def gold(self, experiment: str, variant: str | None) -> Gold:
        """The expected values of one experiment in one configuration."""
        return next(g for g in self.golds if (g.experiment, g.variant) == (experiment, variant))


def write_task(
    root: Path, task: Task, golds: Sequence[Gold], source: Path, masked: Mapping[str, bytes], texts: Mapping[str, str]
) -> TaskFolder:
    """Write a task's folder, whole or not at all.

    Args:
        root: The folder; what is there is replaced.
        task: The task.
        golds: Measured values of its experiments.
        source: The unmasked repository.
        masked: Its files with masked functions.
        texts: Further files of the visible repository that differ from the source, such as a README without results,
            and the paper; an empty text takes a file out.
    """
    with draft_folder(root) as draft:
        for place in (draft / "environment" / "repo", draft / "tests" / "repo"):
            copy_tree(source, place)
            for experiment in task.experiments:
                for name in experiment.writes:
                    (place / name).unlink(missing_ok=True)
            for name, text in texts.items():
                if text:
                    write_text(place / name, text)
                else:
                    (place / name).unlink(missing_ok=True)
            overlay(place, masked)
            write_text(place / EXPERIMENTS, experiments_text(task, golds))
            write_text(place / COMMANDS, commands_text(task))
        for name in masked:
            target = draft / "solution" / "files" / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source / name, target)
        _write_rest(draft, task, golds)
    return TaskFolder(root=root, task=task, golds=tuple(golds))


def load_task(root: Path) -> TaskFolder:
    """A task's folder, or its ``tests`` folder alone, as Harbor uploads it.

    Raises:
        UsageError: it is no such folder, or lacks the repository that grading starts from.
    """
    tests = root if (root / "task.json").is_file() else root / "tests"
    try:
        task = Task.model_validate_json((tests / "task.json").read_bytes())
        golds = _GOLDS.validate_json((tests / "gold.json").read_bytes())
    except (OSError, ValidationError) as error:
        why = first_problem(error) if isinstance(error, ValidationError) else str(error)
        raise UsageError(f"{root} is no task folder: {why}.", "Make one with `hakken bench make`.") from None
    found = TaskFolder(root=tests.absolute().parent, task=task, golds=golds)
    if not found.base.is_dir():
        raise UsageError(
            f"{root} is no whole task: tests/repo is not there.", "Make it again with `hakken bench make`."
        )
    return found


def discard_gold(tests: Path) -> None:
    """Delete what a copy of a ``tests`` folder knows, once it is loaded: measured values and hidden configurations.

    Where isolation closes no files, the code that is graded reads them otherwise.

    Raises:
        UsageError: it is no such copy.
    """
    if not (tests / "task.json").is_file():
        raise UsageError(
            f"{tests} is a whole task, whose gold cannot be discarded: its solution would stay.",
            "Name a copy of its `tests` folder.",
        )
    for name in ("gold.json", "task.json"):
        (tests / name).unlink(missing_ok=True)


def load_tasks(root: Path) -> tuple[TaskFolder, ...]:
    """All tasks in a folder, or the one that it is, in the order of their names; drafts of others are passed over."""
    if (root / "tests" / "task.json").is_file():
        return (load_task(root),)
    places = sorted(path.parent.parent for path in root.glob("*/tests/task.json"))
    return tuple(load_task(place) for place in places if not place.name.startswith("."))


def gold_answer(task: Task, golds: Sequence[Gold]) -> dict[str, dict[str, Any]]:
    """The measured values of the visible configuration, in the form of an answer."""
    visible = {g.experiment: g.metrics for g in golds if g.variant is None}
    return {e.name: {name: _plain(b.value) for name, b in visible[e.name].items()} for e in task.experiments}


def answer_form(task: Task, golds: Sequence[Gold]) -> dict[str, dict[str, Any]]:
    """The form of an answer: zeros where numbers go."""
    return {
        name: {metric: [0.0] * len(value) if isinstance(value, list) else 0.0 for metric, value in metrics.items()}
        for name, metrics in gold_answer(task, golds).items()
    }


def experiments_text(task: Task, golds: Sequence[Gold]) -> str:
    """What is to be run and reported."""
    form = answer_form(task, golds)
    parts = []
    for index, experiment in enumerate(task.experiments, 1):
        metrics = [f"  - {n}: {r.description}" for n, r in experiment.metrics.items() if r.description]
        parts += [
            f"Experiment {index}" + (f": {experiment.name}" if experiment.name != f"Experiment {index}" else ""),
            *([experiment.description] if experiment.description else []),
            *metrics,
            f"Command: {shlex.join(experiment.command)}",
            *_results_text(experiment),
            f"Answer under {json.dumps(experiment.name)}: {json.dumps(form[experiment.name])}",
            "",
        ]
    missing = [f"- {f.name} in {f.file}" for f in task.functions]
    return "\n".join([*parts, "Missing functions:", *missing, ""])


def _results_text(experiment: Experiment) -> list[str]:
    """Where an experiment leaves its numbers, and how they get their names where that is not plain."""
    where = "Prints its numbers on standard output" if experiment.prints else f"Writes: {experiment.results}"
    read = _READ_AS.get(form_of(experiment.results))
    return [where, *([f"Read as: {read}"] if read else [])]


def commands_text(task: Task) -> str:
    """A script that runs every experiment and shows what it wrote."""
    lines = []
    for experiment in task.experiments:
        command = shlex.join(word.replace("{python}", "python") for word in experiment.command)
        title = experiment.name if experiment.name.startswith("Experiment ") else f"Experiment {experiment.name}"
        lines += [f"echo {shlex.quote(title)}", command]
        lines += [f"cat {shlex.quote(name)} && echo" for name in experiment.writes]
    return "\n".join([*lines, ""])


def _write_rest(draft: Path, task: Task, golds: Sequence[Gold]) -> None:
    n = f"{task.n} function{'s' if task.n != 1 else ''}"
    functions = "\n".join(f"- `{f.name}` in `{f.file}`" for f in task.functions)
    instruction = _INSTRUCTION.format(
        title=task.title,
        n=n,
        functions=functions,
        paper=PAPER,
        experiments=EXPERIMENTS,
        commands=COMMANDS,
        answer=ANSWER,
        form=f"`{json.dumps(answer_form(task, golds))}`",
    )
    write_text(draft / INSTRUCTION, instruction)
    write_text(draft / "task.toml", tomlkit.dumps(_harbor(task)))
    packages = [requirement(name) for name in task.packages]
    install = f"RUN pip install --no-cache-dir {' '.join(packages)}\n" if packages else ""
    write_text(draft / "environment" / "Dockerfile", _DOCKERFILE.format(install=install))
    write_text(draft / "tests" / "task.json", task.model_dump_json(indent=2))
    write_text(draft / "tests" / "gold.json", _GOLDS.dump_json(tuple(golds), indent=2).decode())
    script = _TEST.format(version=__version__, packages="".join(f" {p}" for p in packages), place=_PLACE)
    write_text(draft / "tests" / "test.sh", script)
    write_text(draft / "solution" / "solve.sh", _SOLVE.format(commands=COMMANDS, answer=ANSWER))
    write_text(draft / "solution" / ANSWER, json.dumps(gold_answer(task, golds), indent=2) + "\n")
    for script in ("tests/test.sh", "solution/solve.sh"):
        (draft / script).chmod(0o755)


def _harbor(task: Task) -> dict[str, Any]:
    seconds = sum(_seconds(e) for e in task.experiments)
    hidden = {e.name: [v.model_dump(exclude_none=True) for v in e.hidden] for e in task.experiments if e.hidden}
    return {
        "schema_version": "1.3",
        "artifacts": [_PLACE],
        "task": {
            "name": f"hakken/{task.id}",
            "description": task.title,
            "keywords": ["research", "replication", f"n={task.n}"],
        },
        "metadata": {
            "difficulty": "easy" if task.n <= 1 else "medium" if task.n == 2 else "hard",
            "category": "research",
            "hakken": {
                "id": task.id,
                "contract": task.version,
                "source": task.source,
                "n": task.n,
                "mode": task.mode.value,
                "functions": [str(f) for f in task.functions],
                "experiments": [e.name for e in task.experiments],
                "gold_predictable": task.gold_predictable,
            },
        },
        # The verifier gets a container of its own with the agent's files in it: in the agent's, the agent may be root.
        "verifier": {"timeout_sec": float(300 + 10 * seconds), "environment_mode": "separate"},
        "agent": {"timeout_sec": 1800.0},
        "environment": {"build_timeout_sec": 600.0, "cpus": 1, **_resources(task)},
        "hidden": hidden,
    }


def _resources(task: Task) -> dict[str, int]:
    """What a container needs: the memory of the largest run, and its disk beside what an image and packages take."""
    most = with_room(Limits(), task.experiments)
    return {"memory_mb": most.memory_mb, "storage_mb": _IMAGE_MB + most.disk_mb}


def _seconds(experiment: Experiment) -> float:
    return experiment.seconds * (1 + len(experiment.hidden))


def _plain(value: Value) -> Any:
    return list(as_tuple(value)) if isinstance(value, tuple) else value
