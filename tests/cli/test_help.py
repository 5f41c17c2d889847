"""Help texts: every command has one with examples, and ``docs/cli.md`` is what they say."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

import hakken as hakken_package
from hakken.cli.reference import reference
from tests.cli.conftest import Hakken

DOCS = Path(__file__).parents[2] / "docs" / "cli.md"
COMMANDS = [line.removeprefix("## hakken").split() for line in reference().splitlines() if line.startswith("## hakken")]


@pytest.mark.parametrize("words", COMMANDS, ids=" ".join)
def test_every_command_explains_itself(hakken: Hakken, words: list[str]) -> None:
    result = hakken(*words, "--help")
    assert result.exit_code == 0
    group = words in (["model"], ["config"], ["template"], ["bench"])
    assert ("Commands:" if group else "Examples:") in result.stdout
    assert group or not words or "--json" in result.stdout


def test_the_page_of_commands_is_fresh() -> None:
    assert DOCS.read_text() == reference(), "run: python -m hakken.cli.reference > docs/cli.md"


def test_every_variable_that_is_looked_up_is_on_the_page() -> None:
    source = Path(hakken_package.__file__).parent
    told = DOCS.read_text().partition("## Environment")[2].partition("\n## ")[0]
    asked = set()
    for path in source.rglob("*.py"):
        if not {"testing", "inbox", "tracer"} & set(path.relative_to(source).parts):
            asked |= set(re.findall(r"environ(?:\.get\(|\[)\"(HAKKEN_\w+)\"", path.read_text(encoding="utf-8")))
    assert asked >= {"HAKKEN_API_KEY", "HAKKEN_CACHE", "HAKKEN_DEBUG"}
    assert [name for name in sorted(asked) if f"`{name}`" not in told] == []


def test_help_imports_nothing_heavy() -> None:
    program = (
        "import sys\nsys.argv = ['hakken', '--help']\nfrom hakken.cli import main\n"
        "try:\n    main()\nexcept SystemExit:\n    pass\n"
        "heavy = {'pydantic', 'numpy', 'scipy', 'matplotlib', 'rich.console', 'httpx2', 'jinja2'} & set(sys.modules)\n"
        "sys.exit(str(heavy) if heavy else 0)"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert "doctor" in done.stdout


def test_the_version(hakken: Hakken) -> None:
    assert hakken("--version").stdout.startswith("hakken 0.")
