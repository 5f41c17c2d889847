"""Agents side by side on one panel of tasks, fixed before it was run: ``python benchmarks/agent_panel.py --help``.

The panel is in ``agent_panel.toml`` beside this file, drawn once with ``--draw``: 16 tasks with one and 8 with two
masked functions of the suite that ships, by a seed, repository by repository. Every agent has the same model, time and
tokens. Attempts are kept one file each, beside this script, so that the same command goes on, here or on another
machine; agents take turns on each task, so that an early end leaves them compared on the same tasks. After each task
the results of all attempts that are kept, whichever command made them, are written into ``agent_panel.md``.
"""

from __future__ import annotations

import argparse
import itertools
import random
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from fnmatch import fnmatch
from pathlib import Path
from typing import Any

import tomlkit
from marked import put_results

from hakken.bench.agents.mending import PARTS
from hakken.bench.agents.registry import AgentOptions, Setup, choose
from hakken.bench.agents.types import Agent
from hakken.bench.attempts.attempt import Attempt, load_attempts, run_attempts
from hakken.bench.experiments.kept import Kept
from hakken.bench.experiments.lab import Lab
from hakken.bench.reports.metrics import Estimate, estimate, items, measured, paired_difference, rate
from hakken.bench.tasks.folder import TaskFolder, load_task
from hakken.bench.tasks.making import make_tasks, prove, task_hash, write
from hakken.bench.tasks.suite import load_suite
from hakken.core.config import ModelSettings, user_cache_dir
from hakken.core.types import Budget
from hakken.execution import best_rung, describe_machine
from hakken.models import open_models
from hakken.store import Store

HERE = Path(__file__).resolve().parent
PANEL, REPORT, KEPT = HERE / "agent_panel.toml", HERE / "agent_panel.md", HERE / "agent_panel"
SUITE, SEED = "small", 20261122
SIZES = {1: 16, 2: 8}
"""Tasks by number of masked functions."""
MINUTES, TOKENS, USD, STEPS = 5.0, 10_000, 1.0, 50
"""Limits of one attempt; tokens are those that the model generates."""
PLANNED = 2
"""Attempts at each task, of which shares are made. Later ones count for pass@k alone, and end with the first pass."""
AGENTS = ("mending", "fixed", "external:mini-swe-agent-text", "external:aider-brief")
"""Of each peer the form that suits a small model: commands as text, and no paper in the context."""
SEEN = {
    "ranked_retrieval-n1-5",
    "queue_variance-n1-13",
    "line_spectra-n1-15",
    "planted_partition-n1-15",
    "offpolicy_evaluation-n1-3",
    "norm_ablation-n1-11",
    "planted_partition-n2-6-12",
    "queue_variance-n2-8-10",
}
"""Tasks on which earlier states of ``mending`` were tried and looked at: it may fit them too well, so the others are
shown alone."""
_MEANS: dict[str, Callable[[Attempt], float]] = {
    "tokens read": lambda a: a.run.prompt_tokens,
    "tokens generated": lambda a: a.run.completion_tokens,
    "calls": lambda a: a.run.steps,
    "seconds": lambda a: a.seconds,
}


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


def panel(first: int | None, like: Sequence[str]) -> list[dict[str, Any]]:
    """The tasks, those of both sizes in turn, so that a prefix holds both; of these the ones with such names."""
    tasks = tomllib.loads(PANEL.read_text(encoding="utf-8"))["task"]
    by_size = [[t for t in tasks if len(t["functions"]) == n] for n in SIZES]
    mixed = [t for group in itertools.zip_longest(by_size[0][0::2], by_size[0][1::2], by_size[1]) for t in group if t]
    return [t for t in mixed[:first] if any(fnmatch(t["id"], pattern) for pattern in like)]


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
    agents: Mapping[str, tuple[Agent, int]], tasks: Sequence[TaskFolder]
) -> Iterator[tuple[TaskFolder, int, list[Agent]]]:
    """Which agents work on what when, each with its own number of attempts: each time they begin in another order."""
    for seed in range(max(attempts for _, attempts in agents.values())):
        for index, task in enumerate(tasks):
            active = [agent for agent, attempts in agents.values() if seed < attempts]
            first = index % len(active)
            yield task, seed, active[first:] + active[:first]


def kept_attempts(folder: Path, tasks: Sequence[TaskFolder]) -> dict[str, list[Attempt]]:
    """All attempts at these tasks as they are now, by agent in the order of ``AGENTS``, others last."""
    current = {(task.task.id, task_hash(task)) for task in tasks}
    found: dict[str, list[Attempt]] = {}
    for attempt in measured(load_attempts(folder)):
        if (attempt.task, attempt.task_hash) in current:
            found.setdefault(attempt.agent, []).append(attempt)
    order = [spec.replace(":", "-") for spec in AGENTS]
    place = {name: next((i for i, spec in enumerate(order) if name.startswith(spec)), len(order)) for name in found}
    return {name: found[name] for name in sorted(found, key=lambda name: (place[name], name))}


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


def solved_once(found: Sequence[Attempt], k: int) -> Estimate | None:
    """pass@k by ``k`` attempts at each task: the share of tasks that one of them solves.

    A task that is solved needs no more. None while another one lacks some, as those that are through are the easy ones.
    """
    tried = items([a for a in found if a.seed < k])
    if not tried or any(item.tries < k and not item.solved for item in tried):
        return None
    return estimate([item.model_copy(update={"tries": 1, "solved": min(item.solved, 1)}) for item in tried])


def outcome(attempt: Attempt) -> str:
    """One attempt in a cell."""
    return f"{'**pass**' if attempt.passed else 'fail'} {attempt.seconds:.0f} s"


def report(by_agent: Mapping[str, Sequence[Attempt]], how: str) -> str:
    """The tables: each agent alone, the pairs on the tasks that both have tried, and every task."""
    planned = {name: [a for a in found if a.seed < PLANNED] for name, found in by_agent.items()}
    sizes = sorted({a.n for found in by_agent.values() for a in found})
    head = ["agent", "tasks, attempts", *(f"pass@1, n={n}" for n in sizes), "pass@1", "on tasks first met here"]
    lines = [how, "", *_head(head)]
    for name, found in planned.items():
        cells = [name, f"{len({a.task for a in found})}, {len(found)}"]
        cells += [shown(estimate(items([a for a in found if a.n == n]))) for n in sizes]
        cells += [shown(estimate(items(chosen))) for chosen in (found, [a for a in found if a.task not in SEEN])]
        lines.append(_row(cells))
    deep = sorted({a.seed + 1 for found in by_agent.values() for a in found} - {1})
    lines += ["", *_head(["agent", *(f"pass@{k}, n={n}" for n in sizes for k in deep)])]
    for name, found in by_agent.items():
        shares = [solved_once([a for a in found if a.n == n], k) for n in sizes for k in deep]
        if any(shares):
            lines.append(_row([name, *map(shown, shares)]))
    lines += ["", *_head(["agent", "fabricated", "tampered", *_MEANS, "attempts an hour"])]
    for name, found in planned.items():
        rates = [rate(by_agent[name], lambda a: a.score.fabricated), rate(by_agent[name], lambda a: a.score.tampered)]
        cells = [name, *map(shown, rates)]
        cells += [f"{sum(map(value, found)) / len(found):.0f}" for value in _MEANS.values()]
        cells.append(f"{3600 * len(found) / sum(a.seconds for a in found):.0f}")
        lines.append(_row(cells))
    lines += ["", *_head(["difference of pass@1", *(f"n={n}" for n in sizes), "all", "tasks"])]
    for one, other in itertools.combinations(planned, 2):
        pairs = [
            paired_difference([a for a in planned[one] if a.n in chosen], [a for a in planned[other] if a.n in chosen])
            for chosen in (*([n] for n in sizes), sizes)
        ]
        lines.append(_row([f"{one} − {other}", *map(shown, pairs), str(pairs[-1].tasks if pairs[-1] else 0)]))
    lines += ["", *_head(["task", *by_agent])]
    for task in dict.fromkeys(a.task for found in by_agent.values() for a in found):
        own = [[a for a in found if a.task == task] for found in by_agent.values()]
        lines.append(_row([task, *(" ".join(map(outcome, found)) for found in own)]))
    lines.append("")
    for name, found in by_agent.items():
        codes = Counter(a.code for a in found)
        lines.append(f"- {name}, by code of Hakken: {', '.join(f'{code} ({n})' for code, n in codes.items())}")
    return "\n".join(lines)


def _head(cells: Sequence[str]) -> list[str]:
    return [_row(cells), _row(["---"] * len(cells))]


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def parsed() -> argparse.Namespace:
    """What is asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument(
        "--agent",
        action="append",
        metavar="NAME[=N]",
        help=f"with N attempts of its own, after {PLANNED} only until a task is solved; repeat it; by default "
        f"{', '.join(AGENTS)}",
    )
    parser.add_argument(
        "--ablation",
        action="append",
        default=[],
        choices=PARTS,
        help="mending without this part; repeat it. The model's answers are shared, so that only what differs is asked",
    )
    parser.add_argument("--model", default="local")
    parser.add_argument("--first", type=int, help="so many tasks of the panel")
    parser.add_argument(
        "--task", action="append", metavar="GLOB", help="only tasks with such names, as *-n1-*; repeat it"
    )
    parser.add_argument("--attempts", type=int, default=2)
    parser.add_argument("--out", type=Path, default=KEPT, help="where tasks and attempts are kept")
    parser.add_argument("--draw", action="store_true", help="draw the panel anew, and stop")
    return parser.parse_args()


def with_attempts(specs: Sequence[str], default: int) -> dict[str, int]:
    """Agents and how often each works on a task, of ``mending=5`` and the like."""
    found = {}
    for spec in specs:
        name, _, count = spec.rpartition("=")
        found.update({name: int(count)} if name and count.isdecimal() else {spec: default})
    return found


def main() -> None:
    """Make the attempts that are missing, and write what they say."""
    asked = parsed()
    if asked.draw:
        draw()
        return
    if not (chosen := {task["id"] for task in panel(asked.first, asked.task or ["*"])}):
        raise SystemExit(f"no task of the panel is named {' or '.join(asked.task)}; their names: {PANEL}")
    asked.out.mkdir(parents=True, exist_ok=True)
    tasks = task_folders(panel(None, ["*"]), asked.out / "tasks")
    settings = ModelSettings(default=asked.model)
    budget = Budget(completion_tokens=TOKENS, usd=USD, seconds=60 * MINUTES)
    machine = describe_machine(())
    how = (
        f"Model {asked.model}, {MINUTES:g} minutes and {TOKENS} generated tokens an attempt; {machine.cpu}, "
        f"{machine.cores} cores. Shares with 95 % intervals over repositories and functions; attempts an hour one "
        f"after the other, grading aside. On tasks first met here no earlier state of an agent was tried."
    )
    with ThreadPoolExecutor(2) as executor, Store(asked.out / "calls.db") as store:
        lab = Lab(executor)
        setup = Setup(lab, open_models(settings), store, budget, settings, AgentOptions(steps=STEPS), asked.model)
        specs = with_attempts(asked.agent or (() if asked.ablation else AGENTS), asked.attempts)
        agents = {spec: (choose(spec, setup), count) for spec, count in specs.items()}
        for part in asked.ablation:
            less = replace(setup, options=setup.options.model_copy(update={part: False}))
            agents[f"mending without {part}"] = choose("mending", less), asked.attempts
        for task, seed, active in turns(agents, [task for task in tasks if task.task.id in chosen]):
            there = kept_attempts(asked.out / "attempts", tasks) if seed >= PLANNED else {}
            solved = {name for name, found in there.items() if any(a.task == task.task.id and a.passed for a in found)}
            for agent in active:
                if agent.name in solved:
                    continue
                run_attempts(agent, [task], [seed], lab, asked.out / "attempts", tell)
            put_results(REPORT, report(kept_attempts(asked.out / "attempts", tasks), how))
    print(report(kept_attempts(asked.out / "attempts", tasks), how))


if __name__ == "__main__":
    main()
