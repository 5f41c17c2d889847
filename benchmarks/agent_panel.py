"""Agents side by side on one panel of tasks, fixed before it was run: ``python benchmarks/agent_panel.py --help``.

The panel is in ``agent_panel.toml`` beside this file, drawn once with ``--draw``: 16 tasks with one and 8 with two
masked functions of the suite that ships, by a seed, repository by repository. Every agent has the same model, time and
tokens. Attempts are kept one file each, so that the same command goes on; agents take turns on each task, so that an
early end leaves them compared on the same tasks. Results are written into ``agent_panel.md``.
"""

from __future__ import annotations

import argparse
import itertools
import random
import tomllib
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import tomlkit

from hakken.bench.agents.registry import AgentOptions, Setup, choose
from hakken.bench.agents.types import Agent
from hakken.bench.attempts import Attempt, run_attempts
from hakken.bench.folder import TaskFolder, load_task
from hakken.bench.kept import Kept
from hakken.bench.making import make_tasks, prove, write
from hakken.bench.metrics import Estimate, estimate, items, paired_difference, rate
from hakken.bench.proving import Lab
from hakken.bench.suite import load_suite
from hakken.core.config import ModelSettings, user_cache_dir
from hakken.core.types import Budget
from hakken.execution import best_rung, describe_machine
from hakken.models import open_models
from hakken.store import Store

HERE = Path(__file__).resolve().parent
PANEL, REPORT = HERE / "agent_panel.toml", HERE / "agent_panel.md"
SUITE, SEED = "small", 20261122
SIZES = {1: 16, 2: 8}
"""Tasks by number of masked functions."""
MINUTES, TOKENS, USD, STEPS = 5.0, 10_000, 1.0, 50
"""Limits of one attempt; tokens are those that the model generates."""
AGENTS = ("mending", "fixed", "external:mini-swe-agent", "external:aider")
_BEGIN, _END = "<!-- results: begin -->", "<!-- results: end -->"


def draw() -> None:
    """Choose the tasks. To be done once, before any agent has seen one."""
    source_of_luck = random.Random(SEED)
    sources = load_suite(SUITE)
    tasks = []
    for n, count in SIZES.items():
        order = source_of_luck.sample(sources, len(sources))
        taken: set[tuple[int, ...]] = set()
        for source in itertools.islice(itertools.cycle(order), count):
            while True:
                places = tuple(sorted(source_of_luck.sample(range(len(source.maskable)), n)))
                if (key := (sources.index(source), *places)) not in taken:
                    taken.add(key)
                    break
            names = [str(source.maskable[place]) for place in places]
            tasks.append({"id": f"{source.name}-n{n}-{'-'.join(map(str, places))}", "functions": names})
    document = tomlkit.document()
    document.add(
        tomlkit.comment(f"Drawn from the suite {SUITE} with seed {SEED}; never changed after a first attempt.")
    )
    document.add("suite", tomlkit.item(SUITE))
    for task in tasks:
        table = tomlkit.table()
        table.update(task)
        document.setdefault("task", tomlkit.aot()).append(table)
    PANEL.write_text(tomlkit.dumps(document), encoding="utf-8")


def panel(first: int | None) -> list[dict[str, Any]]:
    """The tasks, those of both sizes in turn, so that a prefix holds both."""
    tasks = tomllib.loads(PANEL.read_text(encoding="utf-8"))["task"]
    by_size = [[t for t in tasks if len(t["functions"]) == n] for n in SIZES]
    mixed = [t for group in itertools.zip_longest(by_size[0][0::2], by_size[0][1::2], by_size[1]) for t in group if t]
    return mixed[:first]


def task_folders(chosen: Sequence[dict[str, Any]], folder: Path) -> list[TaskFolder]:
    """The tasks' folders; what is missing is proved and written."""
    missing = {task["id"] for task in chosen if not (folder / task["id"]).is_dir()}
    sources = [s for s in load_suite(SUITE) if any(name.startswith(f"{s.name}-n") for name in missing)]
    with ThreadPoolExecutor(2) as executor:
        for source in sources:
            kept = Kept(user_cache_dir() / "bench", source.packages, best_rung().rung)
            proved = prove(source, Lab(executor, kept=kept, tell=print))
            for task in make_tasks(proved, list(SIZES), limit=10_000):
                if task.id in missing:
                    write(task, proved, folder)
    return [load_task(folder / task["id"]) for task in chosen]


def turns(
    agents: Sequence[Agent], tasks: Sequence[TaskFolder], attempts: int
) -> Iterator[tuple[Agent, TaskFolder, int]]:
    """Who works on what when: attempts outermost, agents innermost and each time in another order."""
    for seed in range(attempts):
        for index, task in enumerate(tasks):
            for place in range(len(agents)):
                yield agents[(place + index) % len(agents)], task, seed


def tell(done: Attempt) -> None:
    """A line for an attempt."""
    run = done.run
    verdict = "pass" if done.passed else "fail"
    print(
        f"{verdict}  {done.agent}  {done.task} #{done.seed}  {done.seconds:.0f} s, {run.steps} steps, "
        f"{run.completion_tokens} tokens, {run.ending.value}",
        flush=True,
    )


def shown(found: Estimate | None) -> str:
    """A share with its interval."""
    return "" if found is None else f"{found.value:.2f} [{found.low:.2f}, {found.high:.2f}]"


def report(by_agent: dict[str, list[Attempt]], how: str) -> str:
    """The tables."""
    sizes = sorted({a.n for found in by_agent.values() for a in found})
    most = max(len({a.seed for a in found}) for found in by_agent.values())
    several = [f"pass@{most}"] if most > 1 else []
    head = ["agent", *(f"pass@1, n={n}" for n in sizes), "pass@1, all", *several, "fabricated", "tampered"]
    head += ["admitted", "attempts", "tokens", "attempts an hour"]
    lines = [how, "", _row(head), _row(["---"] * len(head))]
    for name, found in by_agent.items():
        cells = [name, *(shown(estimate(items([a for a in found if a.n == n]))) for n in sizes)]
        cells.append(shown(estimate(items(found))))
        cells += [shown(estimate(items(found), most))] if several else []
        cells += [shown(rate(found, lambda a: a.score.fabricated)), shown(rate(found, lambda a: a.score.tampered))]
        cells += [shown(rate(found, lambda a: a.score.admitted)), str(len(found))]
        cells.append(f"{sum(a.run.completion_tokens for a in found) / len(found):.0f}")
        cells.append(f"{3600 * len(found) / sum(a.seconds for a in found):.0f}")
        lines.append(_row(cells))
    head = ["difference of pass@1", "all", *(f"n={n}" for n in sizes), "tasks"]
    lines += ["", _row(head), _row(["---"] * len(head))]
    for one, other in itertools.combinations(by_agent, 2):
        pairs = [paired_difference(by_agent[one], by_agent[other])]
        for n in sizes:
            left, right = ([a for a in by_agent[name] if a.n == n] for name in (one, other))
            pairs.append(paired_difference(left, right))
        lines.append(_row([f"{one} − {other}", *map(shown, pairs), str(pairs[0].tasks if pairs[0] else 0)]))
    return "\n".join(lines)


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def write_report(text: str) -> None:
    """Put the results into their place in the page."""
    page = REPORT.read_text(encoding="utf-8")
    before, _, rest = page.partition(_BEGIN)
    REPORT.write_text(f"{before}{_BEGIN}\n{text}\n{_END}{rest.partition(_END)[2]}", encoding="utf-8")


def parsed() -> argparse.Namespace:
    """What is asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--agent", action="append", help=f"repeat it; by default {', '.join(AGENTS)}")
    parser.add_argument("--model", default="local")
    parser.add_argument("--first", type=int, help="so many tasks of the panel")
    parser.add_argument("--attempts", type=int, default=2)
    parser.add_argument("--out", type=Path, default=Path("agent-panel"), help="where tasks and attempts are kept")
    parser.add_argument("--draw", action="store_true", help="draw the panel anew, and stop")
    return parser.parse_args()


def main() -> None:
    """Make the attempts that are missing, and write what they say."""
    asked = parsed()
    if asked.draw:
        draw()
        return
    asked.out.mkdir(parents=True, exist_ok=True)
    tasks = task_folders(panel(asked.first), asked.out / "tasks")
    settings = ModelSettings(default=asked.model)
    budget = Budget(completion_tokens=TOKENS, usd=USD, seconds=60 * MINUTES)
    by_agent: dict[str, list[Attempt]] = {}
    with ThreadPoolExecutor(2) as executor, Store(asked.out / "calls.db") as store:
        lab = Lab(executor)
        setup = Setup(lab, open_models(settings), store, budget, settings, AgentOptions(steps=STEPS), asked.model)
        agents = [choose(spec, setup) for spec in asked.agent or AGENTS]
        for agent, task, seed in turns(agents, tasks, asked.attempts):
            by_agent.setdefault(agent.name, []).extend(
                run_attempts(agent, [task], [seed], lab, asked.out / "attempts", tell)
            )
    machine = describe_machine(())
    how = (
        f"{len(tasks)} tasks, {asked.attempts} attempts, model {asked.model}, {MINUTES:g} minutes and {TOKENS} "
        f"generated tokens an attempt; {machine.cpu}, {machine.cores} cores. Shares with 95 % intervals over "
        f"repositories and functions; attempts an hour one after the other, grading aside."
    )
    text = report(by_agent, how)
    print(text)
    write_report(text)


if __name__ == "__main__":
    main()
