"""No test reads or fills what is the user's, unless it says that it does."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from hakken.cli.doctor import keys_set
from hakken.core.config import load_settings, user_cache_dir, user_config_path
from tests import isolation


def test_nothing_of_the_user_takes_part_here() -> None:
    assert user_cache_dir() != Path(os.environ[isolation.USERS_CACHE])
    assert not user_config_path().exists()
    assert load_settings().origins == {}
    assert keys_set() == []


def test_the_users_cache_is_used_on_purpose_and_for_one_test(users_cache: Path) -> None:
    assert user_cache_dir() == users_cache == Path(os.environ[isolation.USERS_CACHE])


def test_cache_settings_and_keys_are_left_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine, home = tmp_path / "mine", tmp_path / "home"
    (mine / "hakken").mkdir(parents=True)
    (mine / "hakken" / "config.toml").write_text("no_such_setting = 1\n")
    monkeypatch.setenv(isolation.SETTINGS, str(mine))
    monkeypatch.setenv(isolation.CACHE, str(mine / "cache"))
    monkeypatch.setenv("MISTRAL_API_KEY", "secret")
    monkeypatch.delenv(isolation.USERS_CACHE)
    isolation.leave_the_user_alone(home)
    assert load_settings().origins == {}
    assert keys_set() == []
    assert user_cache_dir() == home / "cache"
    isolation.leave_the_user_alone(home / "of a worker")
    with isolation.users_cache() as place:
        assert place == user_cache_dir() == mine / "cache"
    assert user_cache_dir() == home / "of a worker" / "cache"


def test_settings_in_the_working_folder_stop_the_tests(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "hakken.toml").write_text("seed = 1\n")
    with pytest.raises(pytest.UsageError, match="would take part in the tests"):
        isolation.leave_the_user_alone(tmp_path)
