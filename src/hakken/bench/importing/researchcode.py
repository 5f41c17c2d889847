"""ResearchCodeBench-style problems as task folders: a snippet is missing, and the supplied tests decide.

A problem is a folder with tagged files and a test program that compares with the original or with known outputs. The
agent sees the paper, the tagged files with one snippet missing, and the context files, as in the benchmark: not the
tests, and nothing else of the folder, since the reference often lies there. What it wrote is put, function by function,
into the pristine folder, and the tests run there in a fresh sandbox.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, TypeAlias

import yaml  # type: ignore[import-untyped]

from hakken.bench.experiments.lab import Lab
from hakken.bench.experiments.running import Outcome, RunJob
from hakken.bench.importing.probing import too_large
from hakken.bench.importing.report import Imported, LeftOut, check_apart
from hakken.bench.importing.scaled import SNIPPET, Weight
from hakken.bench.importing.snippets import (
    Snippet,
    TagError,
    code_lines,
    has_tags,
    masked,
    snippets_of,
    without_tags,
)
from hakken.bench.masking.bodies import MaskError, find, mask_file, parse
from hakken.bench.tasks.folder import EXPERIMENTS, PAPER, TaskFolder, write_task
from hakken.bench.trees import walk
from hakken.bench.types import Band, Experiment, FunctionRef, Gold, MaskMode, MetricRule, Task, inside
from hakken.core.errors import UsageError
from hakken.core.files import write_text
from hakken.core.source import syntax_tree
from hakken.core.types import Record

PAPERS, TEST = "papers.yaml", "paper2code_test.py"
RUNNER, RESULTS = "hakken_tests.py", "hakken_results/tests.json"
EXACT = MetricRule(relative=0.0, absolute=0.0)
_NAMES = ("paper2code_paper.tex", "paper2code_paper.md", "paper.tex", "paper.md", "paper.txt")
_MAX = 1 << 20
_INSTRUCTION = """# {title}

A part of the code of a research paper was removed: the block "{hint}" in `{file}`, about {lines} lines. It now raises
`NotImplementedError`.

Write it, in its place, so that the code does what the paper (`{paper}`) says. Tests that are not here compare it with
the original. The functions {functions} are taken out of your file and put into an untouched copy; changes to anything
else do not count. Keep their signatures. There is nothing to run and no number to report.
"""


class _Problem(Record):
    """A folder of the benchmark."""

    name: str
    title: str
    root: Path
    annotated: tuple[str, ...]
    context: tuple[str, ...] = ()
    paper: str = ""
    test: str


def import_researchcode(
    folder: Path, out: Path, lab: Lab, *, test: str = TEST, only: Sequence[str] = (), seconds: float = 10.0
) -> Imported:
    """Write each snippet as a task folder.

    Args:
        folder: A folder with ``papers.yaml`` and a folder for each paper, or one problem's folder with tagged files.
        out: Folder that the tasks go to.
        lab: Where tests run.
        test: The test program in a problem's folder.
        only: Problems to take; all when empty.
        seconds: What the tests take on a usual machine.

    Raises:
        UsageError: there are no problems, or none of a name in ``only``.
    """
    problems = _chosen(_problems(folder, test), only, folder)
    for problem in problems:
        check_apart(out, problem.root)
    done = Imported(benchmark="ResearchCodeBench", folder=str(out), tasks=())
    for problem in problems:
        written, left, notes = _import(problem, out, lab, seconds)
        more = {"left_out": (*done.left_out, *left), "notes": (*done.notes, *notes)}
        done = done.model_copy(update={"tasks": (*done.tasks, *written), **more})
        done.write(out)
    return done


def _chosen(problems: Sequence[_Problem], only: Sequence[str], folder: Path) -> list[_Problem]:
    if not problems:
        raise UsageError(f"There is no problem in {folder}.", "Name the folder that holds papers.yaml, or a problem's.")
    names = [problem.name for problem in problems]
    if unknown := [name for name in only if name not in names]:
        raise UsageError(f"There is no problem {unknown[0]!r} in {folder}.", f"There are: {', '.join(names)}.")
    return [problem for problem in problems if not only or problem.name in only]


def _unusable(problem: _Problem) -> str:
    """Why a problem cannot be used, by what lies on the disk; empty where it can."""
    if not problem.root.is_dir():
        return "its folder is not there"
    if not problem.annotated:
        return f"{PAPERS} names no annotated file of it"
    for name in (*problem.annotated, *problem.context, problem.test):
        try:
            if not (problem.root / inside(name)).is_file():
                return f"{name} is not there"
        except ValueError:
            return f"{name} is no path in its folder"
    return too_large(problem.root)


_Place: TypeAlias = tuple[str, int, Snippet]
"""File, number among its snippets, and the snippet."""


def _read(problem: _Problem) -> tuple[dict[str, str], list[_Place], str]:
    """The files that an agent sees, the snippets in them, and why they cannot be used."""
    texts: dict[str, str] = {}
    for name in (*problem.annotated, *problem.context):
        try:
            texts[name] = (problem.root / name).read_text(encoding="utf-8")
        except UnicodeDecodeError:
            return {}, [], f"{name} is not in UTF-8"
    try:
        places = [(name, *found) for name in problem.annotated for found in enumerate(snippets_of(texts[name], name))]
    except TagError as error:
        return {}, [], error.message
    return texts, places, ""


def _import(problem: _Problem, out: Path, lab: Lab, seconds: float) -> tuple[list[str], list[LeftOut], list[str]]:
    if why := _unusable(problem):
        return [], [LeftOut(task=problem.name, reason=why)], []
    texts, places, why = _read(problem)
    if why:
        return [], [LeftOut(task=problem.name, reason=why)], []
    lab.tell(f"{problem.name}: running its tests")
    clean = {name: without_tags(text).encode() for name, text in texts.items()}
    experiment = _experiment(problem, seconds)
    program = {RUNNER: (Path(__file__).parent / "programs" / RUNNER).read_bytes()}
    (whole,) = lab.run([RunJob(tree=problem.root, files=clean | program, experiment=experiment)])
    if why := _no_reference(whole):
        return [], [LeftOut(task=problem.name, reason=why)], []
    found: list[tuple[str, str, Snippet, tuple[FunctionRef, ...], bytes]] = []
    left_out: list[LeftOut] = []
    for name, index, snippet in places:
        title = _id(problem, name, index, snippet)
        refs, cut, why = _cut(texts[name], name, snippet)
        if why:
            left_out.append(LeftOut(task=title, reason=why))
        else:
            found.append((title, name, snippet, refs, cut))
    jobs = [RunJob(tree=problem.root, files=clean | program | {f[1]: f[4]}, experiment=experiment) for f in found]
    written = []
    for (title, name, snippet, refs, cut), outcome in zip(found, lab.run(jobs), strict=True):
        if not outcome.failure and outcome.numbers.values == whole.numbers.values:
            left_out.append(LeftOut(task=title, reason="its tests pass without it"))
            continue
        gold = _gold(experiment, whole)
        task = Task(
            id=title,
            source=problem.name,
            title=problem.title,
            mode=MaskMode.NONE,
            functions=refs,
            experiments=(experiment,),
            gold_predictable=True,
        )
        try:
            _write(problem, task, gold, snippet, name, clean | {name: cut}, out)
        except UsageError as error:
            left_out.append(LeftOut(task=title, reason=error.message))
        else:
            written.append(title)
    return written, left_out, _twice(problem, found)


def _no_reference(whole: Outcome) -> str:
    """Why a problem cannot be used: its own tests, on its own code."""
    if whole.failure:
        return f"its tests fail on its own code: {' '.join((whole.detail or whole.failure).split())[-200:]}"
    values = whole.numbers.values
    if values["tests"] == 0 or values["passed"] != values["tests"]:
        return f"its own code passes {values['passed']:g} of {values['tests']:g} tests"
    if not values["clean"]:
        return "its tests print what the benchmark takes for a failure (Error:, Exception:, Traceback or failed)"
    return ""


def _cut(text: str, file: str, snippet: Snippet) -> tuple[tuple[FunctionRef, ...], bytes, str]:
    """The functions to write, the file without the snippet, and why it cannot be a task.

    A snippet inside a function is cut out of it; one that is made of whole functions loses their bodies, since what
    an agent writes is put back function by function.
    """
    body = text.splitlines()[snippet.start + 1 : snippet.end]
    numbers = [snippet.start + 2 + at for at, line in enumerate(body) if code_lines([line])]
    if not numbers:
        return (), b"", "it holds no code"
    try:
        tree = syntax_tree(text)
    except SyntaxError:
        return (), b"", f"{file} is not Python"
    around, within, covered = [], [], set[int]()
    for name, node in _named(tree):
        start = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
        end = node.end_lineno or node.lineno
        if start < numbers[0] and numbers[-1] <= end:
            around.append(name)
        elif numbers[0] <= start and end <= numbers[-1]:
            within.append(name)
            covered.update(range(start, end + 1))
    names = around or within
    if not names or (not around and not covered.issuperset(numbers)):
        return (), b"", "it lies outside of any function"
    try:
        if around:
            cut = masked(text, snippet).encode()
        else:
            cut = mask_file(without_tags(text).encode(), names, dict.fromkeys(names))
        module = parse(cut)
    except MaskError:
        return (), b"", "it is no whole statement: without it the file is not Python"
    try:
        for name in names:
            find(module, name)
    except MaskError as error:
        return (), b"", error.message
    return tuple(FunctionRef(file=file, name=name) for name in names), cut, ""


def _named(tree: ast.AST, prefix: str = "") -> Iterable[tuple[str, ast.FunctionDef | ast.AsyncFunctionDef]]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield f"{prefix}{node.name}", node
        elif isinstance(node, ast.ClassDef):
            yield from _named(node, f"{prefix}{node.name}.")
        else:
            yield from _named(node, prefix)


def _write(
    problem: _Problem, task: Task, gold: Gold, snippet: Snippet, file: str, files: dict[str, bytes], out: Path
) -> TaskFolder:
    texts = {RUNNER: (Path(__file__).parent / "programs" / RUNNER).read_text(encoding="utf-8")}
    if problem.paper:
        texts[PAPER] = (problem.root / problem.paper).read_text(encoding="utf-8", errors="replace")
    folder = write_task(out / task.id, task, [gold], problem.root, files, texts)
    shown = {*files, PAPER, EXPERIMENTS}
    for name, _ in list(walk(folder.visible_repo)):
        if str(name) not in shown:
            (folder.visible_repo / name).unlink()
    write_text(folder.visible_repo / EXPERIMENTS, f'Missing: block "{snippet.hint}" in {file}\n')
    told = _INSTRUCTION.format(
        title=problem.title,
        hint=snippet.hint,
        file=file,
        lines=snippet.lines,
        paper=PAPER,
        functions=", ".join(f"`{f.name}`" for f in task.functions),
    )
    write_text(folder.root / "instruction.md", told)
    weight = Weight(problem=problem.name, file=file, hint=snippet.hint, lines=snippet.lines)
    write_text(folder.root / "tests" / SNIPPET, weight.model_dump_json(indent=1) + "\n")
    return folder


def _experiment(problem: _Problem, seconds: float) -> Experiment:
    return Experiment(
        name="tests",
        description="The tests of the benchmark, which are not in this folder.",
        command=("python", RUNNER, "--out", RESULTS, problem.test, "--seconds", f"{3 * seconds:g}"),
        results=RESULTS,
        metrics=dict.fromkeys(("tests", "passed", "clean"), EXACT),
        seconds=seconds,
    )


def _gold(experiment: Experiment, whole: Outcome) -> Gold:
    metrics = {
        name: Band(value=whole.numbers.values[name], half_width=0.0, runs=1, rule=EXACT) for name in experiment.metrics
    }
    return Gold(experiment=experiment.name, variant=None, metrics=metrics)


def _id(problem: _Problem, file: str, index: int, snippet: Snippet) -> str:
    plain = re.sub(r"[^a-z0-9]+", "_", snippet.hint.lower()).strip("_")[:40]
    where = "" if len(problem.annotated) == 1 else f"{problem.annotated.index(file)}-"
    return f"{problem.name}-{where}{index:02d}-{plain}"


def _twice(problem: _Problem, found: Sequence[tuple[str, str, Snippet, tuple[FunctionRef, ...], bytes]]) -> list[str]:
    hints = [(name, snippet.hint) for _, name, snippet, _, _ in found]
    return [
        f"{problem.name}/{name}: two snippets are called {hint!r}; they are told apart by their place"
        for name, hint in dict.fromkeys(hints)
        if hints.count((name, hint)) > 1
    ]


def _problems(folder: Path, test: str) -> list[_Problem]:
    """All that the folder lists, whether or not they can be used."""
    listed = folder / PAPERS
    if not listed.is_file():
        tagged = tuple(_tagged(folder))
        return [_problem(folder, folder.resolve().name, "", tagged, (), test)] if tagged else []
    try:
        rows = yaml.safe_load(listed.read_text(encoding="utf-8"))
        return [
            _problem(
                folder / str(row["id"]),
                str(row["id"]),
                str(row.get("title", "")),
                _paths(row.get("annotated_file_paths")),
                _paths(row.get("context_file_paths")),
                test,
            )
            for row in rows
        ]
    except (yaml.YAMLError, TypeError, KeyError, UnicodeDecodeError) as error:
        raise UsageError(f"{listed} cannot be read: {' '.join(str(error).split())}.", "Fetch it again.") from None


def _problem(
    root: Path, name: str, title: str, annotated: tuple[str, ...], context: tuple[str, ...], test: str
) -> _Problem:
    return _Problem(
        name=re.sub(r"[^\w.-]", "_", name),
        title=title or name,
        root=root.resolve(),
        annotated=annotated,
        context=tuple(path for path in context if path not in annotated),
        paper=next((file for file in _NAMES if (root / file).is_file()), ""),
        test=test,
    )


def _paths(value: Any) -> tuple[str, ...]:
    """One path, a list of them, or none."""
    if value is None:
        return ()
    return (value.strip(),) if isinstance(value, str) else tuple(str(path).strip() for path in value)


def _tagged(folder: Path) -> Iterable[str]:
    for name, info in walk(folder):
        if name.suffix == ".py" and info.st_size <= _MAX:
            text = (folder / name).read_text(encoding="utf-8", errors="replace")
            if has_tags(text):
                yield str(name)
