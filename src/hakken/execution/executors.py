"""Where our own calls run in parallel: pure functions ``Job -> Result`` on threads here, on Ray in a cluster."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from typing import Any, ParamSpec, TypeVar

from hakken.core.errors import PrerequisiteError, UsageError

P = ParamSpec("P")
T = TypeVar("T")


def open_executor(kind: str = "threads", workers: int = 1) -> Executor:
    """An executor for calls that wait: for a sandboxed command or for a model.

    Args:
        kind: ``threads``, or ``ray`` for a cluster (an extra).
        workers: Calls that run at once.

    Raises:
        UsageError: there is no such kind.
        PrerequisiteError: Ray is not installed.
    """
    match kind:
        case "threads":
            return ThreadPoolExecutor(max_workers=workers, thread_name_prefix="hakken")
        case "ray":
            return RayExecutor(workers)
        case _:
            raise UsageError(f"There is no executor named {kind!r}.", "Take `threads` or `ray`.")


class RayExecutor(Executor):
    """Ray behind the standard protocol; functions, arguments and results must be picklable."""

    def __init__(self, workers: int) -> None:
        try:
            self._ray: Any = importlib.import_module("ray")
        except ImportError as problem:
            raise PrerequisiteError(
                "Ray is not installed.", "Install it with `pip install 'hakken[ray]'`."
            ) from problem
        self._started = not self._ray.is_initialized()
        if self._started:
            self._ray.init(num_cpus=workers, include_dashboard=False)
        self._waiting: dict[Future[Any], Any] = {}
        """References of the calls under way: a reference that is kept keeps its result in the cluster's memory."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Send one call to the cluster."""
        reference = self._ray.remote(fn).remote(*args, **kwargs)
        future: Future[T] = reference.future()
        self._waiting[future] = reference
        future.add_done_callback(lambda done: self._waiting.pop(done, None))
        return future

    def shutdown(self, wait: bool = True, *, cancel_futures: bool = False) -> None:
        """Wait for all calls, or cancel them; stop Ray where this executor started it."""
        references = list(self._waiting.values())
        if cancel_futures:
            for reference in references:
                self._ray.cancel(reference)
        elif wait and references:
            self._ray.wait(references, num_returns=len(references))
        self._waiting.clear()
        if self._started:
            self._ray.shutdown()
