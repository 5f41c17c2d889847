"""The door between one box and one model: a folder with a socket, which is shown to the box, and an account behind it.

Connections wait in threads. What touches the record or the account happens on the driver's thread, in ``attend``,
because the record has one writer::

    with Gateway(account) as gateway, open_sandbox(mounts=[..., Mount(path=gateway.folder)], ...) as box:
        ended = pool.submit(box.exec, gateway.command([...]), ...)
        gateway.attend(ended)
"""

from __future__ import annotations

import queue
import secrets
import shutil
import sys
import tempfile
from collections.abc import Sequence
from concurrent.futures import Future
from pathlib import Path
from types import TracebackType
from typing import Any

from hakken.core.errors import BudgetExceeded, HakkenError, QuotaExceeded, SandboxError
from hakken.models.gateway.account import Account
from hakken.models.gateway.ask import Answer, Ask, make_answer
from hakken.models.gateway.server import Closed, Desk, Server

ORIGIN = "http://gateway.invalid"
"""Stands for the gateway's address in commands and variables; the real one is known in the box alone."""
_INSIDE = Path(__file__).with_name("inside.py")
_SOCKET, _OVER = "socket", "over"
_MOST_RECORDED = 100
"""Refused requests that are recorded; a box could send any number."""
_INSISTING = 5
"""Calls beyond the budget after which the command is ended: it cannot go on, and waits and tries again."""

_Job = tuple[Ask, "Future[Answer]"]


class Gateway:
    """Serves one attempt."""

    def __init__(self, account: Account, model: str = "hakken") -> None:
        """Prepare it; entering the context opens the socket.

        Args:
            account: What may be asked; used on the thread that attends.
            model: Name that clients are told, whatever the model is.
        """
        self.account, self.model = account, model
        self.token = f"hakken-{secrets.token_urlsafe(32)}"
        self.refused = 0
        """Requests that could not be read or came after the budget."""
        self._insisted = 0
        self.broke: QuotaExceeded | None = None
        """What ended the attempt through no fault of the agent."""
        self.said = ""
        """The last reply."""
        self.log: list[str] = []
        """A line for each call."""
        self._jobs: queue.SimpleQueue[_Job | str | None] = queue.SimpleQueue()
        self._closed = False

    def __enter__(self) -> Gateway:
        """Open the socket.

        Raises:
            SandboxError: the path of the temporary folder is too long for a socket.
        """
        self.folder = Path(tempfile.mkdtemp(prefix="hakken-gate-")).resolve()
        try:
            shutil.copyfile(_INSIDE, self.folder / _INSIDE.name)
            self._server = Server(self.folder / _SOCKET, Desk(self.token, self.model, self._ask, self._refused))
        except OSError as error:
            shutil.rmtree(self.folder)
            mend = "Set TMPDIR to a folder with a shorter path."
            raise SandboxError(f"No socket can be made in {self.folder}: {error}.", mend) from error
        # The box may have a user of its own, and must reach the socket; the token keeps everybody else out.
        (self.folder / _SOCKET).chmod(0o666)
        self.folder.chmod(0o711)
        self._server.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Answer whoever still waits, and take everything away."""
        self.end()
        self._closed = True
        self._drain()
        self._server.stop()
        self._drain()
        shutil.rmtree(self.folder, ignore_errors=True)

    def command(self, argv: Sequence[str]) -> list[str]:
        """The command with what must run beside it in the box.

        ``ORIGIN`` in its words and variables is replaced by the address there, and ``SCRATCH`` by the folder for
        temporary files.
        """
        return [sys.executable, "-I", "-S", str(self.folder / _INSIDE.name), ORIGIN, str(self.folder), *argv]

    def attend(self, ended: Future[Any]) -> None:
        """Answer calls until something has ended. To be called on the thread that may write to the record.

        What is still asked then has nobody left to read the answer, and the model is not asked.
        """
        ended.add_done_callback(lambda _: self._jobs.put(None))
        try:
            while (job := self._next()) is not None:
                if isinstance(job, str):
                    self.account.refuse(*job.split("\0", 1))
                elif ended.done():
                    job[1].set_exception(Closed("The attempt is over."))
                else:
                    self._serve(*job)
        except BaseException:
            self.end()
            raise

    def end(self) -> None:
        """Let the command in the box be ended."""
        (self.folder / _OVER).touch()

    def _next(self) -> _Job | str | None:
        """The next thing to do; None when the command has ended.

        The box ends a command whose time is up by the clock. Of an attempt that goes on, answers from the record have
        used some of that time before.
        """
        while self.account.remembered_seconds > 0.0:
            try:
                return self._jobs.get(timeout=self.account.left)
            except queue.Empty:
                if self.account.late():
                    self.end()
                    break
        return self._jobs.get()

    def _serve(self, ask: Ask, waiting: Future[Answer]) -> None:
        if self.broke is not None:
            waiting.set_exception(self.broke)
            return
        number = self.account.used.calls + 1
        try:
            completion = self.account.ask(ask.request)
        except HakkenError as error:
            self.log.append(f"call {number}: {error.message}")
            if isinstance(error, BudgetExceeded):
                self._count_refusal()
            if isinstance(error, QuotaExceeded):
                self.broke = error
                self.end()
            waiting.set_exception(error)
            return
        except BaseException:
            waiting.set_exception(Closed("The attempt was broken off."))
            raise
        answer = make_answer(ask, completion, self.model)
        self.said = completion.text
        usage, first = completion.usage, " ".join(completion.text.split())[:120]
        self.log.append(f"call {number}: {usage.prompt_tokens} + {usage.completion_tokens} tokens: {first}")
        waiting.set_result(answer)

    def _ask(self, ask: Ask) -> Answer:
        """Called on a connection's thread: hand the question to the driver and wait."""
        if self._closed:
            raise Closed("The attempt is over.")
        waiting: Future[Answer] = Future()
        self._jobs.put((ask, waiting))
        if self._closed:  # it may have been closed since: then nobody else takes the job out
            self._drain()
        return waiting.result()

    def _refused(self, said: str, why: str) -> None:
        self.refused += 1
        if self.refused <= _MOST_RECORDED:
            self._jobs.put(f"{said.replace(chr(0), ' ')}\0{why}")

    def _count_refusal(self) -> None:
        self.refused += 1
        self._insisted += 1
        if self._insisted >= _INSISTING:
            self.end()

    def _drain(self) -> None:
        """Nobody attends any more."""
        while True:
            try:
                job = self._jobs.get_nowait()
            except queue.Empty:
                return
            if isinstance(job, tuple):
                job[1].set_exception(Closed("The attempt is over."))
