"""Which functions of a repository its commands execute, found by running them once under a profiler."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable, Sequence
from concurrent.futures import Executor
from pathlib import Path

import libcst as cst

from hakken.bench.experiments.running import RunJob, run_job
from hakken.bench.masking.bodies import MaskError, body_lines, functions_of, is_masked, parse
from hakken.bench.types import Experiment, FunctionRef
from hakken.core.errors import UsageError
from hakken.core.types import Rung

_TRACER = Path(__file__).resolve().parent / "tracer" / "sitecustomize.py"
LEAST_LINES = 3
"""A shorter body is nothing to replicate."""
_ENTRY_NAMES = frozenset({"main", "cli", "parse_args", "get_args", "build_parser"})
_READS = ("argparse.", "ArgumentParser", "sys.argv")
_WRITES = (
    *("json.dump", "write_text", "write_bytes", "savez", "savetxt", "to_csv", "to_json"),
    *("csv.writer", "DictWriter", "writerow"),
)
"""A function with one of these reads the command line or writes the results: without it there is no experiment."""
_PRINTS = re.compile(r"\bprint\(|\bstdout\b")
"""Where results are printed, so does one with these: nobody could guess the words that give a number its name."""


def trace(
    root: Path,
    experiments: Sequence[Experiment],
    executor: Executor,
    *,
    rung: Rung | None = None,
    allow_weak: bool = False,
) -> dict[str, tuple[FunctionRef, ...]]:
    """Functions that each experiment executes, in the order of their first call.

    Raises:
        UsageError: a command fails.
    """
    futures = [executor.submit(_trace_one, root, e, rung, allow_weak) for e in experiments]
    return {e.name: future.result() for e, future in zip(experiments, futures, strict=True)}


def candidates(root: Path, traced: Iterable[FunctionRef], *, printed: bool = False) -> tuple[FunctionRef, ...]:
    """Of the traced functions those that carry an experiment, by their place in the files.

    Left out are functions that are defined twice or inside another one, very short ones, and those that read the
    command line or write results.

    Args:
        root: The repository.
        traced: What the experiments execute.
        printed: Whether an experiment prints its results.
    """
    by_file: dict[str, set[str]] = {}
    for function in traced:
        by_file.setdefault(function.file, set()).add(function.name)
    kept: list[FunctionRef] = []
    for file in sorted(by_file):
        try:
            module = parse((root / file).read_bytes())
        except (MaskError, OSError):
            continue  # generated code, or a file that is not Python to libcst: nothing in it can be masked
        for name, found in functions_of(module).items():
            if name in by_file[file] and len(found) == 1 and _carries(module, name, found[0], printed):
                kept.append(FunctionRef(file=file, name=name))
    return tuple(kept)


def _carries(module: cst.Module, name: str, node: cst.FunctionDef, printed: bool) -> bool:
    last = name.rpartition(".")[2]
    if last in _ENTRY_NAMES or (last.startswith("__") and last != "__call__") or is_masked(node):
        return False
    code = module.code_for_node(node)
    if printed and _PRINTS.search(code):
        return False
    return body_lines(node) >= LEAST_LINES and not any(call in code for call in (*_READS, *_WRITES))


def _trace_one(root: Path, experiment: Experiment, rung: Rung | None, allow_weak: bool) -> tuple[FunctionRef, ...]:
    with tempfile.TemporaryDirectory(prefix="hakken-trace-") as name:
        program, out = Path(name).resolve() / "tracer", Path(name).resolve() / "out"
        program.mkdir()
        out.mkdir()
        (program / _TRACER.name).write_bytes(_TRACER.read_bytes())  # the package itself is hidden from every box
        job = RunJob(
            tree=root,
            experiment=experiment,
            env={"PYTHONPATH": str(program), "HAKKEN_TRACE_ROOT": "{work}", "HAKKEN_TRACE_OUT": str(out)},
            shown=(program,),
            written=(out,),
            rung=rung,
            allow_weak=allow_weak,
        )
        outcome = run_job(job)
        if outcome.failure:
            raise UsageError(
                f"The experiment {experiment.name} of the unmasked repository fails: {outcome.failure.rstrip('.')}.",
                "Make its command run first; `hakken bench make` runs it as it is, without network.",
            )
        found: dict[FunctionRef, None] = {}
        for file in sorted(out.iterdir()):
            for line in file.read_text(encoding="utf-8").splitlines():
                place, qualified, _ = line.split("\t")
                if "<" not in qualified and place.endswith(".py"):
                    found[FunctionRef(file=place, name=qualified)] = None
        return tuple(found)
