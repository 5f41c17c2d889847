"""Which run the same command continues, and what may be another then."""

from __future__ import annotations

from pathlib import Path

import hypothesis
import pytest
from hypothesis import strategies as st

from hakken.core.config import ModelSettings, Settings, load_settings
from hakken.core.errors import ConfigError, UsageError
from hakken.core.types import (
    Claim,
    ClaimStatus,
    Comparison,
    Direction,
    EventKind,
    Node,
    NodeStatus,
    Operator,
    Predicate,
    Role,
)
from hakken.research.continuing import differences, other_settings
from hakken.research.experimenting import judge
from hakken.research.experiments import with_seed_counts
from hakken.research.run import choose_folder, prepare, run
from hakken.research.session import open_session
from hakken.store import RunFolder
from hakken.store.kinds import Resumed, Started

DATA = Path(__file__).parent / "data"
DECIDING = {"seed": 5, "models.default": "local", "models.code": "local", "models.repairs": 4, "search.ideas": 9,
            "search.match": "false", "statistics.alpha": 0.01, "statistics.report_seeds": 7}  # fmt: skip
FREE = {"budget.tokens": 5, "search.workers": 63, "models.judge": "local", "models.review": "local",
        "models.retries": 1, "paper.engine": "latex", "sandbox.allow_weak": "true",
        "runs_dir": "elsewhere"}  # fmt: skip


def settings(runs: Path, *more: str) -> Settings:
    chosen = (f"models.default=scripted:{DATA / 'weak.toml'}", f"runs_dir={runs}", *more)
    return load_settings(files=[], assignments=chosen).settings


def begin(chosen: Settings, **options: object) -> Path:
    """A run that was broken off as soon as it had begun."""
    template = prepare(DATA / "tiny", chosen)
    with choose_folder(template, chosen) as folder, open_session(folder, template, chosen, **options):  # type: ignore[arg-type]
        return folder.path


@hypothesis.settings(max_examples=40, deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
@hypothesis.given(st.sets(st.sampled_from([*DECIDING, *FREE])))
def test_what_decides_what_is_found_may_not_change_and_all_else_may(keys: set[str]) -> None:
    values = DECIDING | FREE
    before = settings(Path("runs"))
    after = settings(Path("runs"), *(f"{key}={values[key]}" for key in sorted(keys)))
    config = before.model_dump(mode="json")
    assert {line.split(" = ")[0] for line in differences(config, after)} == keys & set(DECIDING)
    told = keys & {"models.judge", "models.review", "models.retries", "paper.engine", "sandbox.allow_weak"}
    assert {line.split(" = ")[0] for line in other_settings(config, after)} == told


NAMES = st.sampled_from(["local", "openai:gpt-5"])
CHOICES = st.builds(
    ModelSettings, default=NAMES, **dict.fromkeys(("ideas", "code", "writing", "review"), st.none() | NAMES)
)


@hypothesis.settings(deadline=None)
@hypothesis.given(CHOICES, CHOICES)
def test_a_model_counts_by_who_it_is_and_not_by_how_it_was_chosen(before: ModelSettings, after: ModelSettings) -> None:
    doing = (Role.IDEAS, Role.CODE, Role.WRITING)
    other = [role.value for role in doing if before.name(role) != after.name(role)]
    config = Settings(models=before).model_dump(mode="json")
    settings = Settings(models=after)
    keys = {line.split(" = ")[0] for line in differences(config, settings)}
    assert bool(keys) == bool(other)
    assert keys <= {"models.default", *(f"models.{name}" for name in other)}
    told = {line.split(" = ")[0] for line in other_settings(config, settings)}
    changed = {k for k, v in after.model_dump().items() if before.model_dump()[k] != v}
    assert keys | told == {f"models.{key}" for key in changed}
    assert not keys & told


def test_another_seed_is_another_run(tmp_path: Path) -> None:
    assert begin(settings(tmp_path)).name == "tiny-001"
    assert begin(settings(tmp_path, "seed=1")).name == "tiny-002"
    assert begin(settings(tmp_path)).name == "tiny-001"
    assert begin(settings(tmp_path, "seed=1", "budget.tokens=9")).name == "tiny-002"
    assert begin(settings(tmp_path, "statistics.report_seeds=6")).name == "tiny-003"


@pytest.mark.parametrize("other", ["seed=1", "models.code=local", "search.ideas=1", "statistics.report_seeds=6"])
def test_a_run_is_not_continued_with_other_settings(tmp_path: Path, other: str) -> None:
    folder = RunFolder(begin(settings(tmp_path)))
    with pytest.raises(ConfigError, match=rf"was begun with other settings: {other.split('=')[0]} = "):
        run(DATA / "tiny", settings(tmp_path, other), folder=folder.path)
    with folder.read() as store:
        assert store.last_seq() == 1


def test_a_run_is_not_continued_with_other_seeds_of_its_template(tmp_path: Path) -> None:
    chosen = settings(tmp_path)
    folder, template = RunFolder(begin(chosen)), prepare(DATA / "tiny", chosen)
    fewer = with_seed_counts(template, report=6)
    with pytest.raises(ConfigError, match="other seeds or metrics of tiny"), open_session(folder, fewer, chosen):
        pass


def test_the_record_tells_what_else_was_changed(tmp_path: Path) -> None:
    begin(settings(tmp_path))
    begin(settings(tmp_path, "sandbox.rung=rlimits", "budget.tokens=9"))
    with RunFolder(tmp_path / "tiny-001").read() as store:
        resumed = store.get("resumed", Resumed)
    assert resumed is not None
    assert resumed.changed == ("sandbox.rung = rlimits, at first auto",)


def test_a_claim_is_tested_on_all_the_seeds_that_were_frozen_with_it() -> None:
    predicate = Predicate(metric="levels/error", direction=Direction.MIN, seeds=tuple(range(20)))
    claim = Claim(id="C1", text="Lower.", primary=True, predicate=predicate)
    variant = Node(id="n1", idea_id="i1", parent_id=None, operator=Operator.DRAFT, title="a", status=NodeStatus.DONE)
    fewer = Comparison(
        metric="levels/error", variant_id="n1", baseline_id="n0", n=6, baseline_mean=0.5, baseline_sd=0.1,
        variant_mean=0.25, variant_sd=0.1, difference=-0.25, gain=0.25, relative=-0.5, low=-0.3, high=-0.2, p=0.01,
        wins=6, verdict="better",
    )  # fmt: skip
    assert judge(claim, variant, fewer).status is ClaimStatus.UNTESTED
    assert judge(claim, variant, fewer.model_copy(update={"n": 20})).status is ClaimStatus.SUPPORTED


def test_what_asks_no_model_needs_none_and_records_those_that_were_chosen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    folder = RunFolder(begin(settings(tmp_path, "models.default=openai:gpt-5"), roles=()))
    with folder.read() as store:
        started = store.get("run", Started)
    assert started is not None
    assert set(started.run.models.values()) == {"openai:gpt-5"}


def test_an_executor_that_is_not_there_begins_no_run(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no executor named 'cloud'"):
        begin(settings(tmp_path), executor="cloud")
    with RunFolder(tmp_path / "tiny-001").write() as store:
        assert list(store.events(EventKind.RUN_STARTED)) == []
