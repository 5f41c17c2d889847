"""An open run, and what a later session knows of the earlier ones."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

import pytest

from hakken.core.config import load_settings
from hakken.core.errors import BudgetExceeded
from hakken.core.prompts import Prompt
from hakken.core.types import Decision, Message, Role
from hakken.research.experiments import load_template
from hakken.research.session import Session, close, open_session
from hakken.store import RunFolder, Store

DATA = Path(__file__).parent / "data"
ASKED = Prompt(
    name="ideas/propose",
    role=Role.IDEAS,
    messages=(Message(role="user", content="An idea?"),),
    max_tokens=200,
    temperature=0.7,
    hash="",
)


def test_the_time_of_a_stage_that_was_broken_off_counts_towards_the_budget(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed and continued again and again, a run must not go on for ever."""
    minutes = count()
    begun = datetime(2026, 1, 1, tzinfo=UTC)
    monkeypatch.setattr(Store, "now", staticmethod(lambda: begun + timedelta(minutes=next(minutes))))
    chosen = [f"models.default=scripted:{DATA / 'weak.toml'}", "budget.seconds=90"]
    settings = load_settings(files=[], assignments=chosen).settings
    folder, template = RunFolder(tmp_path / "tiny-001"), load_template(DATA / "tiny")

    def break_off(number: int) -> bool:
        """A session that is interrupted after one minute in a stage; whether the time was up when it began."""
        with open_session(folder, template, settings) as session:
            late = session.ledger.too_late() is not None
            with suppress(KeyboardInterrupt), session.step("search"):
                session.lab.decide(Decision(what="One more", by="code", why=f"Session {number}."))
                raise KeyboardInterrupt
        return late

    assert [break_off(number) for number in range(4)] == [False, False, True, True]


def test_what_a_stage_took_after_its_run_was_stopped_counts_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run that met one limit and is continued with a larger one must still meet its wall time."""
    minutes = count()
    begun = datetime(2026, 1, 1, tzinfo=UTC)
    monkeypatch.setattr(Store, "now", staticmethod(lambda: begun + timedelta(minutes=next(minutes))))
    chosen = [f"models.default=scripted:{DATA / 'weak.toml'}", "budget.seconds=240"]
    settings = load_settings(files=[], assignments=chosen).settings
    folder, template = RunFolder(tmp_path / "tiny-001"), load_template(DATA / "tiny")

    def stopped(number: int) -> bool:
        with open_session(folder, template, settings) as session:
            late = session.ledger.too_late() is not None
            with suppress(KeyboardInterrupt), session.step("search"):
                session.lab.decide(Decision(what="One more", by="code", why=f"Session {number}."))
                raise KeyboardInterrupt
            close(session, "stopped", "The budget is used up.", 1.0)
        return late

    # Each takes two minutes of the stage: until the decision, and until the end.
    assert [stopped(number) for number in range(3)] == [False, False, True]


def test_tokens_that_a_stage_leaves_over_are_the_next_ones(tmp_path: Path) -> None:
    chosen = [f"models.default=scripted:{DATA / 'weak.toml'}", "budget.completion_tokens=1000"]
    settings = load_settings(files=[], assignments=chosen).settings
    folder, template = RunFolder(tmp_path / "tiny-001"), load_template(DATA / "tiny")
    samples = count()

    def spent(session: Session, name: str) -> int:
        """Tokens of a stage that asks until it may not ask again."""
        before = session.ledger.used.completion_tokens
        with session.step(name), suppress(BudgetExceeded):
            for sample in samples:
                session.ledger.ask(ASKED, str, sample=sample)
                if name == "ideas":
                    break
        return session.ledger.used.completion_tokens - before

    with open_session(folder, template, settings) as session:
        reply = spent(session, "ideas")
        assert 0 < reply < 180
        searched = spent(session, "search")
        # Of 180 + 240 tokens, without those of the ideas; the last reply may go over.
        assert 420 - reply <= searched < 420
        # Ideas that are asked for in the search are paid by the search.
        written = spent(session, "paper")
        assert 800 <= reply + searched + written < 1000


def test_a_run_that_goes_on_has_used_what_it_had_used(tmp_path: Path) -> None:
    """What a call costs is judged by the answered ones: tries that failed cost nothing."""
    settings = load_settings(files=[], assignments=[f"models.default=scripted:{DATA / 'weak.toml'}"]).settings
    folder, template = RunFolder(tmp_path / "tiny-001"), load_template(DATA / "tiny")
    with open_session(folder, template, settings) as session:
        answered = session.store.find_call(session.ledger.ask(ASKED, str).key)
        assert answered is not None
        session.store.record_call(answered.model_copy(update={"completion": None, "error": "ModelTimeout: Late."}))
        used = session.ledger.used
    with open_session(folder, template, settings) as session:
        assert session.ledger.used == used
