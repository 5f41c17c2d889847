"""``hakken bench run``."""

from __future__ import annotations

import time
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from hakken.cli import options
from hakken.cli.bench.common import Workers, open_lab, tasks_in
from hakken.cli.places import folder_for

if TYPE_CHECKING:
    from hakken.bench.agents.registry import AgentOptions
    from hakken.bench.attempts.again import Retry
    from hakken.bench.attempts.attempt import Attempt
    from hakken.bench.attempts.forecast import AttemptsForecast
    from hakken.bench.tasks.folder import TaskFolder
    from hakken.core.config import Settings
    from hakken.core.types import Budget

_AGENTS = (
    "null, oracle, fixed, mending, react, planning, reflection, verified:AGENT, or external:NAME "
    "(see `hakken bench agents`)."
)
E = TypeVar("E", bound=StrEnum)
_LOCAL_TOKENS = 40_000
"""Read and generated: about twenty-five versions of a function by the agent for small models."""


Tasks = Annotated[Path, typer.Argument(metavar="TASKS", help="A task, or a folder of tasks.")]
AgentName = Annotated[str, typer.Option(help=_AGENTS)]
Looked = Annotated[str, typer.Option(help="fixed: what is looked up: none, code, paper, both, oracle.")]
Think = Annotated[int, typer.Option(min=0, help="fixed: tokens of reasoning before a function's code.")]
Candidates = Annotated[
    int | None,
    typer.Option(
        min=1,
        help="mending: versions of a function (48 with the embedded model, else 18); verified: candidates of the other "
        "agent (6).",
    ),
]
Mends = Annotated[int, typer.Option(min=0, help="mending: rounds with the traceback.")]
Without = Annotated[
    str,
    typer.Option(
        help="mending: parts to leave out, for ablations: draft, examples, vote, fill, contract, repair, alone."
    ),
]
Remember = Annotated[str, typer.Option(help="Steps that a dynamic agent is shown: full, window, summary.")]
Window = Annotated[int, typer.Option(min=1, help="How many, where not all are.")]
Steps = Annotated[int, typer.Option(min=1, help="Calls of an attempt; steps of a dynamic agent.")]
Context = Annotated[int, typer.Option(min=1_000, help="Window of a model that is not the embedded one, in tokens.")]
Honest = Annotated[bool, typer.Option("--honest", help="Report what the experiments write, whatever is said.")]
Verify = Annotated[str, typer.Option(help="verified: who chooses: execution, model.")]
Attempts = Annotated[int, typer.Option("--attempts", "-k", min=1, help="Attempts at each task.")]
Where = Annotated[str, typer.Option("--executor", help="Where attempts run: threads, or ray (an extra).")]
Parallel = Annotated[int, typer.Option("--parallel", "-p", min=1, help="Attempts at once.")]
Tokens = Annotated[
    int | None,
    typer.Option(
        min=1, help="Tokens of an attempt, read and generated; 40,000 with the embedded model, else no limit."
    ),
]
Usd = Annotated[float, typer.Option(min=0.001, help="US$ of an attempt.")]
Minutes = Annotated[float, typer.Option(min=0.1, help="Minutes of an attempt.")]
Out = Annotated[Path, typer.Option(help="Where attempts are kept; the same command goes on.")]
Again = Annotated[
    str,
    typer.Option(
        "--retry",
        help="Which attempts that are there are made again: none; infrastructure, those that were not measured since "
        "something beside the agent failed; broken, also those whose agent broke down; code, also those that another "
        "code of Hakken made. What the earlier try cost stays in the record.",
    ),
]
Trajectories = Annotated[Path | None, typer.Option(help="Write every step as JSON lines to this file.")]


def run(
    tasks: Tasks,
    agent: AgentName = "mending",
    retrieval: Looked = "both",
    think: Think = 0,
    candidates: Candidates = None,
    mends: Mends = 3,
    without: Without = "",
    memory: Remember = "full",
    window: Window = 5,
    steps: Steps = 50,
    context_tokens: Context = 100_000,
    honest: Honest = False,
    verify: Verify = "execution",
    attempts: Attempts = 1,
    parallel: Parallel = 1,
    executor: Where = "threads",
    tokens: Tokens = None,
    usd: Usd = 1.0,
    minutes: Minutes = 30.0,
    out: Out = Path("hakken-attempts"),
    retry: Again = "infrastructure",
    trajectories: Trajectories = None,
    model: options.ModelName = None,
    values: options.Set = None,
    workers: Workers = 2,
    weak: options.Weak = False,
    as_json: options.Json = False,
) -> None:
    """Let an agent work on tasks, grade what it leaves, and sum up.

    What it may spend is said before it starts. Every attempt is kept when it ends, and every model call is answered
    from the record when the command goes on.

    \b
    Examples:
      hakken bench run hakken-tasks --agent oracle
      hakken bench run hakken-tasks --agent mending --model local -k 2 --minutes 5
      hakken bench run hakken-tasks --agent react --memory window --model openai:gpt-5 -p 4
      hakken bench run hakken-tasks --agent verified:fixed --candidates 5 --verify model --json
      hakken bench run hakken-tasks --agent external:aider --model openai:gpt-5 --retry broken
    """
    from hakken.bench.agents.registry import AgentOptions, kind_of
    from hakken.bench.attempts.again import Retry
    from hakken.core.errors import UsageError
    from hakken.core.types import Budget, Role

    named = {"retrieval": retrieval, "memory": memory, "verify": verify}
    plain = {"think": think, "candidates": candidates, "mends": mends, "window": window, "steps": steps}
    plain["context_tokens"] = context_tokens
    parts = _parts(without)
    chosen = AgentOptions(**{k: _one_of(v, AgentOptions, k) for k, v in named.items()}, **plain, **parts, honest=honest)
    kind, _ = kind_of(agent)
    again = _chosen(retry, Retry, "retry")
    folder_for(out)
    if trajectories is not None and trajectories.is_dir():
        raise UsageError(f"--trajectories {trajectories} is a folder.", "Name a file.")
    found = tasks_in(tasks)
    _check_passages(found, retrieval)
    settings = options.asked(values, model=model, weak=weak).load().settings
    worker = settings.models.name(Role.CODE)
    if tokens is None and worker == "local":
        tokens = _LOCAL_TOKENS
    budget = Budget(tokens=tokens, usd=usd, seconds=60 * minutes)
    name = worker if kind.model else ""
    done, who = _attempt(
        agent, chosen, found, settings, budget, name, (attempts, parallel, executor, workers, weak), out, again
    )
    if trajectories is not None:
        _write_trajectories(done, trajectories)
    _show(who, done, attempts, as_json)


def _parts(without: str) -> dict[str, bool]:
    """Parts of the mending agent that are switched off."""
    from hakken.bench.agents.mending import PARTS
    from hakken.core.errors import UsageError

    named = [part.strip() for part in without.split(",") if part.strip()]
    if strange := [part for part in named if part not in PARTS]:
        raise UsageError(f"There is no part {strange[0]!r} of the mending agent.", f"Take some of: {', '.join(PARTS)}.")
    return dict.fromkeys(named, False)


def _one_of(given: str, record: type[AgentOptions], field: str) -> Any:
    """The value of a field that is an enumeration."""
    return _chosen(given, type(record.model_fields[field].default), field)


def _chosen(given: str, known: type[E], field: str) -> E:
    """The value of an enumeration, or a sentence that names them all."""
    from hakken.core.errors import UsageError

    if given not in {each.value for each in known}:
        raise UsageError(f"There is no {field} {given!r}.", f"Take one of: {', '.join(each.value for each in known)}.")
    return known(given)


def _check_passages(tasks: tuple[TaskFolder, ...], retrieval: str) -> None:
    """Tasks of another mode are a mistake; one that lacks a passage though costs no other its attempts."""
    from hakken.bench.agents.context import Retrieval, context_of
    from hakken.bench.types import MaskMode
    from hakken.cli.console import tell
    from hakken.core.errors import UsageError

    if retrieval != Retrieval.ORACLE.value:
        return
    lacking = []
    for task in tasks:
        if task.task.mode is not MaskMode.ORACLE:
            raise UsageError(f"The task {task.task.id} gives no oracle passage.", "Make tasks with `--mode oracle`.")
        try:
            for function in task.task.functions:
                context_of(task.visible_repo, function, Retrieval.ORACLE)
        except UsageError:
            lacking.append(task.task.id)
    if len(lacking) == len(tasks):
        raise UsageError(f"The task {lacking[0]} gives no oracle passage.", "Name passages, or take another retrieval.")
    if lacking:
        tell(f"  no oracle passage, so that an agent which needs one fails: {', '.join(lacking)}")


def _attempt(
    agent: str,
    chosen: AgentOptions,
    tasks: tuple[TaskFolder, ...],
    settings: Settings,
    budget: Budget,
    model: str,
    how: tuple[int, int, str, int, bool],
    out: Path,
    retry: Retry,
) -> tuple[list[Attempt], str]:
    """Say what it may cost, make the attempts, and tell of each."""
    from hakken.bench.agents.calls import SharedCalls
    from hakken.bench.agents.registry import Setup, choose
    from hakken.bench.attempts.again import why_again
    from hakken.bench.attempts.attempt import Place, load_attempts, run_attempts, run_recipe
    from hakken.bench.attempts.forecast import forecast_attempts
    from hakken.bench.attempts.identity import this_code
    from hakken.bench.attempts.workers import recipe_of
    from hakken.bench.tasks.making import task_hash
    from hakken.cli.bench.attempt_limits import crowd_of, limits_of
    from hakken.cli.preflight import check
    from hakken.execution import open_executor

    attempts, parallel, kind, workers, weak = how
    models = check(settings) if model else {}
    out.mkdir(parents=True, exist_ok=True)
    with open_lab(workers, weak) as lab, open_executor(kind, parallel) as executor:
        log = SharedCalls(out / "calls.db")
        setup = Setup(lab, models, log, budget, settings.models, chosen, model, out.absolute())
        who = choose(agent, setup)
        asked = {task_hash(task) for task in tasks}
        there = [a for a in load_attempts(out) if a.agent == who.name and a.task_hash in asked and a.seed < attempts]
        kept = [a for a in there if why_again(a, retry, this_code()) is None]
        total = len(tasks) * attempts
        coming = forecast_attempts(total - len(kept), model, budget, parallel, kept)
        crowd = crowd_of(parallel, total, models)
        _announce(who.name, total, len(kept), len(there) - len(kept), coming, crowd)
        _tell_code(kept, this_code())
        watch = _Watch(total, len(kept), priced=not coming.unpriced)
        limits = limits_of(budget, chosen, model, agent, settings, crowd)
        if kind == "threads":
            side = executor if parallel > 1 else None
            done = run_attempts(
                who, tasks, range(attempts), lab, out, watch.done, executor=side, limits=limits, retry=retry
            )
            return done, who.name
        # Workers elsewhere make the agent themselves, and each attempt keeps a record of its own calls.
        recipe = recipe_of(agent, setup, out / "calls")
        place = Place(workers, None, weak)
        done = run_recipe(recipe, tasks, range(attempts), place, out, executor, watch.done, limits=limits, retry=retry)
        return done, who.name


class _Watch:
    """Tells of each attempt, with the cost so far and the time left."""

    def __init__(self, total: int, kept: int, *, priced: bool) -> None:
        self._total, self._kept, self._priced = total, kept, priced
        self._made: list[Attempt] = []
        self._start = time.monotonic()

    def done(self, attempt: Attempt) -> None:
        """One ended, or was there already."""
        from hakken.cli.console import clock, money, tell

        self._made.append(attempt)
        count, fresh = len(self._made), len(self._made) - self._kept
        run = attempt.run
        cost = f"{run.prompt_tokens + run.completion_tokens:,} tokens, {money(run.usd, self._priced)}"
        verdict = "pass" if attempt.passed else "fail"
        if (broke := attempt.run.breakdown) is not None and broke.infrastructure:
            verdict = f"not measured, {broke.error}"
        said = f"  [{count}/{self._total}] {attempt.task} #{attempt.seed}: {verdict}"
        said += f" ({run.ending.value}, {attempt.seconds:.0f} s, {cost})"
        if fresh > 0 and count < self._total:
            left = (time.monotonic() - self._start) / fresh * (self._total - count)
            spent = sum(a.run.usd for a in self._made)
            said += f" · {money(spent, self._priced)} so far, about {clock(left)} left"
        tell(said)


def _announce(name: str, total: int, kept: int, again: int, forecast: AttemptsForecast, crowd: int) -> None:
    from hakken.cli.console import clock, money, tell

    parts = [f"{name}: {total} attempt{'s' if total != 1 else ''}"]
    parts += [f"{kept} of them made before"] if kept else []
    parts += [f"{again} made again"] if again else []
    tell(", ".join(parts))
    if not forecast.attempts:
        return
    most = [
        f"{forecast.most_tokens:,} tokens" if forecast.most_tokens else "",
        money(forecast.most_usd) if forecast.most_usd is not None else "",
        clock(forecast.most_seconds) if forecast.most_seconds is not None else "",
    ]
    limits = ", ".join(part for part in most if part)
    tell(f"  at most {limits} for {forecast.attempts} of them, reports and grading aside")
    if forecast.likely_seconds is not None:
        price = "" if forecast.likely_usd is None else f"{money(forecast.likely_usd)} and "
        tell(f"  probably {price}about {clock(forecast.likely_seconds)}, judged by {forecast.by}")
    if forecast.unpriced:
        tell("  --usd cannot be enforced: the price of the model is not known; limit it with --tokens")
    if crowd:
        said = "is more than the model answers at a time: each gets less done in its minutes, and its record says so"
        tell(f"  {crowd} at once {said}")


def _tell_code(kept: list[Attempt], code: str) -> None:
    """Attempts that are kept and another code made: results are not mixed unseen."""
    from hakken.cli.console import tell

    others = [attempt.code or "not recorded" for attempt in kept if attempt.code != code]
    if others:
        known = ", ".join(sorted(set(others)))
        tell(
            f"  {len(others)} of those made before are of another code of Hakken ({known}; now {code}): they are kept, "
            "and `--retry code` makes them again"
        )


def _write_trajectories(done: list[Attempt], path: Path) -> None:
    from hakken.cli.console import tell
    from hakken.core.files import write_text

    found = [attempt.run.trajectory for attempt in done if attempt.run.trajectory is not None]
    write_text(path, "".join(f"{line}\n" for each in found for line in each.lines()))
    tell(f"  {len(found)} trajectories in {path}")


def _show(name: str, done: list[Attempt], attempts: int, as_json: bool) -> None:
    from hakken.bench.reports.cautions import cautions_of, unmeasured_of
    from hakken.bench.reports.metrics import summarise
    from hakken.bench.types import Soundness
    from hakken.cli.console import emit, say, table

    summary, cautions = summarise(done, attempts), cautions_of(done)
    for kind in Soundness:
        own = [a for a in done if a.soundness is kind]
        if 0 < len(own) < len(done):
            summary[f"{kind.value} tasks"] = summarise(own, attempts)["all"]
    if as_json:
        made = [a.model_dump(mode="json") for a in done]
        lost = [group.model_dump(mode="json") for group in unmeasured_of(done)]
        emit({"agent": name, "summary": summary, "unmeasured": lost, "notes": cautions, "attempts": made})
        return
    say(f"{name}, with 95 % intervals over repositories and functions")
    rows = [
        (group, what, f"{e['value']:.3f}", f"[{e['low']:.3f}, {e['high']:.3f}]", e["tasks"], e["attempts"])
        for group, shares in summary.items()
        for what, e in shares.items()
    ]
    table(("", "", "share", "interval", "tasks", "attempts"), rows, left=2)
    for caution in cautions:
        say(f"note: {caution}")
