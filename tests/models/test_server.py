"""The life of the local model's process, without the model: state, idleness, a process that does not start."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from hakken.core.config import ModelSettings
from hakken.core.cores import cores
from hakken.core.errors import ModelUnavailable
from hakken.core.types import Message, Request
from hakken.models import server as srv
from hakken.models import weights as w
from hakken.models import wire
from hakken.models.avoidance import avoidance
from hakken.models.wire import Endpoint, chat, chat_body
from tests.models.loopback import Answer, serve

STATE = srv.ServerState(pid=12, url="http://127.0.0.1:9", key="k", alias="hakken-local-12")


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HAKKEN_CACHE", str(tmp_path))
    return tmp_path


def put(state: srv.ServerState = STATE) -> Path:
    path = srv.state_path(ModelSettings())
    path.parent.mkdir(parents=True)
    path.write_text(state.model_dump_json())
    srv.touch(path)
    return path


def test_each_size_has_a_state_of_its_own() -> None:
    assert srv.state_path(ModelSettings(slots=1)) != srv.state_path(ModelSettings(slots=2))
    assert srv.state_path(ModelSettings(context_tokens=1024)) != srv.state_path(ModelSettings())


def test_a_state_that_cannot_be_read_is_none() -> None:
    path = put()
    assert srv.read_state(path) == STATE
    path.write_text('{"pid": 1')
    assert srv.read_state(path) is None
    path.unlink()
    assert srv.read_state(path) is None


def test_a_dead_server_is_not_healthy() -> None:
    assert not STATE.healthy()


@contextmanager
def behind_a_proxy(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, list[str]]]:
    """A server of our own on a machine whose proxy is not there; yields its address and what it was asked."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            slots = self.path == "/slots"
            body = json.dumps([{"is_processing": True}] if slots else {"data": [{"id": STATE.alias}]}).encode()
            self.send_response(200)
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    for name in ("http_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
        monkeypatch.setenv(name.upper(), "http://127.0.0.1:9")
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}", asked
        finally:
            server.shutdown()
            thread.join()


def test_no_proxy_comes_between_us_and_our_server(monkeypatch: pytest.MonkeyPatch) -> None:
    with behind_a_proxy(monkeypatch) as (url, asked):
        state = STATE.model_copy(update={"url": url})
        assert state.healthy()
        assert srv._busy(state)
        assert asked == ["/v1/models", "/slots"]


@pytest.mark.parametrize("local", [True, False])
def test_prompts_go_to_a_proxy_only_for_servers_of_the_user(monkeypatch: pytest.MonkeyPatch, local: bool) -> None:
    request = Request(messages=(Message(role="user", content="Q"),))
    wire._client.cache_clear()  # it reads the environment when it is made
    with serve() as server, behind_a_proxy(monkeypatch):
        endpoint = Endpoint(server.url, {}, 5.0, "The model", local=local)
        if local:
            assert chat(endpoint, chat_body(request, "m"), request)[0].text == "hello"
        else:
            with pytest.raises(ModelUnavailable):
                chat(endpoint, chat_body(request, "m"), request)
        assert len(server.seen) == local
    wire._client.cache_clear()


def test_words_are_cut_into_tokens_by_our_server_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    with serve() as server, behind_a_proxy(monkeypatch):
        server.will(Answer({"tokens": [{"id": 7, "piece": " four"}, {"id": 8, "piece": " fo"}]}))
        assert avoidance(STATE.model_copy(update={"url": server.url}), ("four",)) == [[7, -100.0]]


def test_it_ends_when_idle_and_takes_its_state_along() -> None:
    path = put()
    os.utime(path.with_suffix(".used"), (1, 1))
    srv.wait_until_idle(path, 0.02, lambda: False, STATE.pid)
    assert not path.exists()


def test_it_stays_while_a_slot_works() -> None:
    path = put()
    os.utime(path.with_suffix(".used"), (1, 1))
    looks = iter([True, True, False])
    srv.wait_until_idle(path, 0.02, lambda: next(looks), STATE.pid)
    assert list(looks) == []


def test_it_ends_when_another_took_its_place() -> None:
    path = put()
    srv.wait_until_idle(path, 0.02, lambda: True, pid=99)
    assert srv.read_state(path) == STATE, "the other's state stays"


def test_a_process_that_dies_at_once_is_told_with_its_last_words(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    weights = w.QWEN.model_copy(update={"size": 4})
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / weights.file).write_bytes(b"GGUF")
    script = tmp_path / "python"
    script.write_text("#!/bin/sh\necho first\necho no such model >&2\nexit 1\n")
    script.chmod(0o755)
    monkeypatch.setattr(srv, "require", lambda: w.require(weights))
    monkeypatch.setattr(sys, "executable", str(script))
    with pytest.raises(ModelUnavailable, match="did not start: no such model"):
        srv.ensure_server(ModelSettings())


def test_threads_are_at_least_one_and_at_most_the_allowed_cores() -> None:
    assert 1 <= srv.threads() <= cores()


def test_a_server_that_is_only_slow_keeps_its_place(monkeypatch: pytest.MonkeyPatch) -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    monkeypatch.setattr(srv, "_PATIENCE", 0.05)
    with listener:
        slow = STATE.model_copy(update={"url": f"http://127.0.0.1:{listener.getsockname()[1]}", "pid": os.getpid()})
        assert slow.healthy()
        assert not slow.model_copy(update={"pid": 2**22 + 1}).healthy()


def test_no_process_warns_of_the_server_that_it_leaves_behind() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as process:
        assert process.stdin is not None
        srv._let_go(process)
        assert process.returncode == 0  # Python takes it for ended, though it goes on
        process.stdin.close()
        assert os.waitpid(process.pid, 0)[0] == process.pid
