"""The record: events are the only truth, projections can be thrown away, one writer at a time."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hakken.core.errors import RunLocked, StoreError, UsageError, VersionConflict
from hakken.core.types import (
    Call,
    Comparison,
    Completion,
    EventKind,
    Idea,
    IdeaOutcome,
    Message,
    Metric,
    Node,
    NodeStatus,
    Operator,
    Request,
    Role,
    Split,
    Step,
    Trial,
    Usage,
)
from hakken.store import Artifacts, RunFolder, Store, new_run_folder, next_run_folder
from hakken.store.kinds import Compared


def idea(number: int) -> Idea:
    return Idea(
        id=f"i{number}",
        name=f"idea_{number}",
        title="An idea",
        hypothesis="It helps.",
        plan="Change it.",
        interestingness=5,
        feasibility=5,
        novelty=5,
    )


def node(number: int, status: NodeStatus = NodeStatus.PROPOSED) -> Node:
    return Node(id=f"n{number}", idea_id="i1", parent_id=None, operator=Operator.DRAFT, title="a", status=status)


def compared(number: int, split: Split, gain: float, baseline: str = "n0") -> Compared:
    comparison = Comparison(
        metric="d/error", variant_id=f"n{number}", baseline_id=baseline, n=8, baseline_mean=0.5, baseline_sd=0.1,
        variant_mean=0.25, variant_sd=0.1, difference=-gain, gain=gain, relative=-0.5, low=-0.3, high=-0.2, p=0.01,
        wins=8, verdict="better",
    )  # fmt: skip
    return Compared(split=split, comparison=comparison)


def call(key: str, text: str | None) -> Call:
    completion = Completion(text=text, usage=Usage(calls=1, prompt_tokens=3, completion_tokens=2)) if text else None
    request = Request(messages=(Message(role="user", content="hello"),))
    return Call(
        key=key,
        model="m",
        role=Role.IDEAS,
        purpose="ideas/propose",
        prompt_hash="h",
        request=request,
        completion=completion,
        error=None if text else "ModelTimeout: no answer",
    )


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "hakken.db")


def test_an_append_is_read_back_after_reopening(store: Store) -> None:
    store.append(EventKind.IDEA_PROPOSED, "idea/i1", idea(1))
    store.close()
    with Store(store.path, read_only=True) as again:
        assert again.get("idea/i1", Idea) == idea(1)
        assert [event.kind for event in again.events()] == [EventKind.IDEA_PROPOSED]


def test_an_append_names_the_version_it_expects(store: Store) -> None:
    store.append(EventKind.NODE_CHANGED, "node/n1", node(1), expects=0)
    store.append(EventKind.NODE_CHANGED, "node/n1", node(1, NodeStatus.RUNNING), expects=1)
    with pytest.raises(VersionConflict):
        store.append(EventKind.NODE_CHANGED, "node/n1", node(1, NodeStatus.DONE), expects=1)
    found = store.get("node/n1", Node)
    assert found is not None
    assert found.status is NodeStatus.RUNNING


def test_once_keeps_the_first_value(store: Store) -> None:
    first = store.once(EventKind.IDEA_PROPOSED, "idea/i1", idea(1))
    second = store.once(EventKind.IDEA_PROPOSED, "idea/i1", idea(1).model_copy(update={"title": "Other"}))
    assert second == first
    assert store.version("idea/i1") == 1


def test_a_payload_of_the_wrong_type_is_refused(store: Store) -> None:
    with pytest.raises(TypeError):
        store.append(EventKind.IDEA_PROPOSED, "idea/i1", node(1))
    assert store.last_seq() == 0


def test_all_keeps_the_order_of_first_events(store: Store) -> None:
    for number in (10, 2, 33):
        store.append(EventKind.IDEA_PROPOSED, f"idea/i{number}", idea(number))
    assert [i.id for i in store.all("idea", Idea)] == ["i10", "i2", "i33"]
    assert store.all("ide", Idea) == []


def test_calls_are_found_by_key_and_failures_never_are(store: Store) -> None:
    store.record_call(call("k1", None))
    assert store.find_call("k1") is None
    store.record_call(call("k1", "hello"))
    found = store.find_call("k1")
    assert found is not None
    assert found.completion is not None
    assert found.completion.text == "hello"
    assert store.usage().completion_tokens == 2
    assert store.usage().calls == 2
    assert store.usage(answered=True) == store.usage().model_copy(update={"calls": 1})


def test_callers_are_told_apart_by_stage_and_model(store: Store) -> None:
    for key, model, purpose in (("1", "b", "review/form"), ("2", "a", "review/idea"), ("3", "b", "review/form")):
        store.record_call(call(key, "hello").model_copy(update={"model": model, "purpose": purpose}))
    found = [(stage, model, usage.calls, usage.completion_tokens) for stage, model, usage in store.callers()]
    assert found == [("review", "b", 2, 4), ("review", "a", 1, 2)]


def test_a_run_under_way_is_the_newest_before_its_record_is_touched(tmp_path: Path) -> None:
    over, going = RunFolder(tmp_path / "over"), RunFolder(tmp_path / "going")
    for folder in (over, going):
        with folder.write():
            pass
    os.utime(going.record, (1000, 1000))
    os.utime(over.record, (2000, 2000))
    log = going.path / "hakken.db-wal"
    log.write_bytes(b"")
    assert going.touched == 1000, "a reader leaves an empty one"
    log.write_bytes(b"something")
    assert going.touched > over.touched == 2000


@settings(deadline=None)
@given(
    st.lists(
        st.one_of(
            st.builds(lambda n: (EventKind.IDEA_PROPOSED, f"idea/i{n}", idea(n)), st.integers(1, 4)),
            st.builds(
                lambda n, s: (EventKind.NODE_CHANGED, f"node/n{n}", node(n, s)),
                st.integers(1, 4),
                st.sampled_from(NodeStatus),
            ),
            st.builds(
                lambda n, value: (
                    EventKind.TRIAL_FINISHED,
                    f"trial/t{n}",
                    Trial(
                        id=f"t{n}",
                        node_id="n1",
                        split=Split.EXPLORE,
                        seed=n,
                        run=None,
                        metrics=(Metric(key="d/error", value=value),),
                    ),
                ),
                st.integers(1, 4),
                st.floats(allow_nan=False, allow_infinity=False),
            ),
            st.builds(
                lambda n, why: (EventKind.IDEA_CLOSED, f"outcome/i{n}", IdeaOutcome(idea_id=f"i{n}", outcome=why)),
                st.integers(1, 4),
                st.text(st.characters(codec="utf-8")),
            ),
            st.builds(
                lambda n, split, gain: (EventKind.COMPARED, f"comparison/{split}/n{n}", compared(n, split, gain)),
                st.integers(1, 4),
                st.sampled_from(Split),
                st.floats(-1e9, 1e9),
            ),
            st.builds(lambda n: (EventKind.STEP_FINISHED, f"step/{n}", Step(name=str(n))), st.integers(1, 4)),
            st.builds(lambda n: (EventKind.MODEL_CALLED, f"call/{n}", call(str(n), "x")), st.integers(1, 4)),
        )
    )
)
def test_rebuilt_projections_are_identical(steps: list[tuple[EventKind, str, Idea | Node | Trial]]) -> None:
    with Store(Path(":memory:")) as store:
        for kind, stream, payload in steps:
            store.append(kind, stream, payload)
        before = store.dump()
        store.rebuild()
        assert store.dump() == before
        store.verify()


def test_nodes_in_short_keep_the_order_in_which_they_were_proposed(store: Store) -> None:
    for number, status in ((2, NodeStatus.PROPOSED), (1, NodeStatus.PROPOSED), (2, NodeStatus.DONE)):
        store.append(EventKind.NODE_CHANGED, f"node/n{number}", node(number, status))
    assert [(line.id, line.status, line.title) for line in store.node_lines()] == [
        ("n2", "done", "a"),
        ("n1", "proposed", "a"),
    ]


def test_gains_are_those_over_one_baseline_on_one_split(store: Store) -> None:
    for stream, entry in {
        "a": compared(1, Split.EXPLORE, 0.5),
        "b": compared(2, Split.REPORT, 0.6),
        "c": compared(2, Split.EXPLORE, 0.7, baseline="n9"),
        "d": compared(3, Split.EXPLORE, 0.8),
    }.items():
        store.append(EventKind.COMPARED, f"comparison/{stream}", entry)
    store.append(EventKind.COMPARED, "comparison/d", compared(3, Split.EXPLORE, 0.9))
    assert store.gains(Split.EXPLORE, "d/error") == {"n1": (0.25, 0.5), "n3": (0.25, 0.9)}
    assert store.gains(Split.EXPLORE, "other") == {}


def test_a_newer_format_is_refused(store: Store) -> None:
    store.close()
    with sqlite3.connect(store.path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(StoreError, match="newer version"):
        Store(store.path)


def test_a_file_that_is_no_record_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "hakken.db"
    path.write_text("this is not a database, but it is long enough to look at" * 20)
    with pytest.raises(StoreError, match="not a Hakken record"):
        Store(path)


def test_a_second_writer_is_refused(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "digits-001")
    code = (
        "import sys; from pathlib import Path; from hakken.store import RunFolder\n"
        "with RunFolder(Path(sys.argv[1])).write(): print('writing', flush=True); sys.stdin.read()"
    )
    other = subprocess.Popen(
        [sys.executable, "-c", code, str(folder.path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert other.stdout is not None
    assert other.stdin is not None
    with other:
        assert other.stdout.readline() == "writing\n"
        with pytest.raises(RunLocked, match=str(other.pid)), folder.write():
            pass
        other.stdin.close()
    with folder.write() as store:
        assert store.last_seq() == 0


def test_folders_are_numbered(tmp_path: Path) -> None:
    assert next_run_folder(tmp_path, "digits").path.name == "digits-001"
    for name in ("digits-001", "digits-007", "digits-other", "digits-x-009"):
        with RunFolder(tmp_path / name).write() as store:
            store.append(EventKind.IDEA_PROPOSED, "idea/i1", idea(1))
    assert next_run_folder(tmp_path, "digits").path.name == "digits-008"
    with pytest.raises(UsageError, match="not a run folder"):
        RunFolder(tmp_path / "nothing").read()


def test_of_several_that_begin_at_once_each_has_a_folder_of_its_own(tmp_path: Path) -> None:
    with new_run_folder(tmp_path, "digits") as first, new_run_folder(tmp_path, "digits") as second:
        assert (first.path.name, second.path.name) == ("digits-001", "digits-002")
        with first.write() as store:  # whoever holds a folder may write
            store.append(EventKind.IDEA_PROPOSED, "idea/i1", idea(1))
        with pytest.raises(RunLocked), RunFolder(first.path).write():
            pass
    # The first was begun and the second was not.
    with new_run_folder(tmp_path, "digits") as third:
        assert third.path.name == "digits-002"
    with RunFolder(first.path).write() as store:
        assert store.last_seq() == 1


def test_a_run_that_began_since_the_number_was_looked_up_is_not_written_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with RunFolder(tmp_path / "digits-001").write() as store:
        store.append(EventKind.IDEA_PROPOSED, "idea/i1", idea(1))
    monkeypatch.setattr("hakken.store.folder.next_run_folder", lambda *_: RunFolder(tmp_path / "digits-001"))
    with new_run_folder(tmp_path, "digits") as folder:
        assert folder.path.name == "digits-002"


def test_artifacts_are_kept_once_and_checked(tmp_path: Path) -> None:
    artifacts = Artifacts(tmp_path)
    name = artifacts.put("some text")
    assert artifacts.put(b"some text") == name
    assert artifacts.text(name) == "some text"
    artifacts.path(name).write_text("tampered")
    with pytest.raises(StoreError, match="changed"):
        artifacts.get(name)
    with pytest.raises(StoreError, match="missing"):
        artifacts.get("sha256:" + "0" * 64)
