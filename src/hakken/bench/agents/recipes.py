"""Programs that can run as agents, described by data: what starts them, what they need, how they are installed."""

from __future__ import annotations

import re
import shlex
import shutil
import sys
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from pydantic import Field, PositiveInt, ValidationError

from hakken.core.config import user_cache_dir
from hakken.core.errors import ConfigError, PrerequisiteError, UsageError, first_problem
from hakken.core.types import Mount, Record
from hakken.execution import installation

SHIPPED = Path(__file__).with_name("recipes.toml")
_WORD = re.compile(r"\{([a-z_]+)\}")
_HAKKEN = Path(__file__).resolve().parents[2]
_COMMON_FOLDERS = ("/usr", "/bin", "/sbin", "/lib", "/lib64")


class Program(Record):
    """One recipe."""

    name: str
    about: str = ""
    url: str = ""
    command: tuple[str, ...] = Field(min_length=1)
    """Words, with what is replaced in braces."""
    env: dict[str, str] = {}
    files: dict[str, str] = {}
    """Text files by name, written into ``{own}``."""
    mounts: tuple[str, ...] = ()
    """Further paths that the program may read."""
    install: tuple[str, ...] = ()
    """Commands that install it into ``{home}``."""
    program: str = ""
    """A path that exists once it is installed; empty where nothing must be."""
    place: str = ""
    """Name of the folder that it is installed in, where it shares one; else its own."""
    report_from_run: bool = False
    """Where it leaves no answer, the parent runs the experiments in its workspace and reports what they give."""
    memory_mb: PositiveInt = 4096
    processes: PositiveInt = 256

    @property
    def home(self) -> Path:
        """Where it is installed: a folder of its own, since such programs pin what they need."""
        return user_cache_dir() / "external" / (self.place or self.name)

    @property
    def installed(self) -> bool:
        """Whether it can be started here."""
        return not self.program or Path(self.filled(self.program)).exists()

    @property
    def installing(self) -> list[list[str]]:
        """The commands that install it, word by word: the folder may have spaces in its name."""
        return [[self.filled(word) for word in shlex.split(line)] for line in self.install]

    @property
    def how_to_install(self) -> str:
        """A line for a shell."""
        return " && ".join(map(shlex.join, self.installing))

    def filled(self, text: str, words: Mapping[str, str] | None = None) -> str:
        """A text with its words in braces replaced; braces of another kind stay."""
        known = {"home": str(self.home), **(words or {})}
        return _WORD.sub(lambda found: known.get(found[1], found[0]), text)

    def argv(self, words: Mapping[str, str], files: Sequence[str]) -> list[str]:
        """The command."""
        return [done for word in self.command for done in (files if word == "{files}" else [self.filled(word, words)])]

    def shown(self, secret: Sequence[Path] = ()) -> list[Mount]:
        """What of the host the program must see: where it is installed, and the Python that its folder leads to.

        Args:
            secret: Folders with answers in them, such as those of the task and of earlier attempts.

        Raises:
            ConfigError: answers would be seen, be it these or those of the suites that ship with Hakken.
        """
        paths = [Path(self.filled(path)) for path in self.mounts]
        if self.install:
            paths.append(self.home)
            base = (self.home / "bin" / "python").resolve().parent.parent
            # The Python that runs this process is shown anyway, without Hakken in it.
            if (self.home / "bin" / "python").exists() and base != Path(sys.base_prefix).resolve():
                paths += installation(base)
        for path, place in ((path, place) for path in paths for place in (_HAKKEN, *secret)):
            full = path.resolve()
            if place.resolve().is_relative_to(full) or full.is_relative_to(place.resolve()):
                what = "the answers of the suites are" if place is _HAKKEN else f"{place} with its answers is"
                raise ConfigError(
                    f"The agent {self.name} cannot be shown {path}: {what} in it.",
                    "Put what it needs into a folder of its own (`mounts`), or install it into another Python.",
                )
        return [Mount(path=path) for path in dict.fromkeys(paths) if not _in_system(path)]

    def require(self) -> None:
        """Say how to install it where it is not.

        Raises:
            PrerequisiteError: it is not installed.
        """
        if not self.installed:
            raise PrerequisiteError(f"The agent {self.name} is not installed.", f"Run: {self.how_to_install}")


@cache
def programs(path: Path = SHIPPED) -> dict[str, Program]:
    """The recipes in a file, by name. ``like`` takes over what another one says and this one does not, file by file.

    In a command ``{more}`` stands for the words of ``more``, so that one which is like another can have others there.

    Raises:
        UsageError: the file cannot be read, or is no file of recipes.
    """
    try:
        tables: dict[str, dict[str, Any]] = tomllib.loads(path.read_text(encoding="utf-8"))
        found = {}
        for name, table in tables.items():
            like = table.get("like")
            merged = {**tables[like], "place": like} if like else {}
            own = {key: value for key, value in table.items() if key != "like"}
            if like and "files" in own:
                own["files"] = {**tables[like].get("files", {}), **own["files"]}
            merged |= own
            if (more := merged.pop("more", None)) is not None:
                merged["command"] = [w for word in merged["command"] for w in (more if word == "{more}" else [word])]
            found[name] = Program.model_validate({"name": name, **merged})
    except (OSError, tomllib.TOMLDecodeError, KeyError, TypeError) as error:
        raise UsageError(f"The recipes {path} cannot be read: {error}.", "Mend the file.") from None
    except ValidationError as error:
        raise UsageError(f"The recipes {path} are wrong: {first_problem(error)}.", "Mend the file.") from None
    return found


def program_of(text: str) -> Program:
    """A recipe by its name, ``FILE.toml#NAME``, or a command with words in braces.

    Of a command, words that are files of this machine are shown to the box, read-only.

    Raises:
        UsageError: there is no such recipe, and no such program.
    """
    if text in programs():
        return programs()[text]
    file, _, name = text.partition("#")
    if file.endswith(".toml") and name:
        found = programs(Path(file).absolute())
        if name not in found:
            raise UsageError(f"There is no recipe {name!r} in {file}.", f"It has: {', '.join(found)}.")
        return found[name]
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise UsageError(f"{text!r} is no command: {error}.", "Close its quotes.") from None
    if len(words) < 2 and not (words and shutil.which(words[0])):
        raise UsageError(
            f"There is no external agent {text!r}: no recipe, and no command.",
            f"Recipes: {', '.join(programs())}. A command names what it is told: external:'my_agent {{instruction}}'.",
        )
    shown = [str(path.resolve()) for word in words if (path := Path(word)).is_file()]
    words = [str(Path(word).resolve()) if Path(word).is_file() else word for word in words]
    stem = next((Path(word).stem for word in words if word.endswith((".py", ".sh"))), Path(words[0]).name)
    if words[0] in ("python", "python3"):
        words[0] = sys.executable
    return Program(name=stem, command=tuple(words), mounts=tuple(shown), env=_COMMON)


_COMMON = {
    "OPENAI_API_KEY": "{token}",
    "OPENAI_BASE_URL": "{base_url}",
    "OPENAI_API_BASE": "{base_url}",
    "OPENAI_MODEL": "{model}",
    "ANTHROPIC_BASE_URL": "{gateway_url}",
    "ANTHROPIC_AUTH_TOKEN": "{token}",
    "ANTHROPIC_MODEL": "{model}",
}
"""What a command of the user's finds in its environment."""


def _in_system(path: Path) -> bool:
    return any(path.is_relative_to(folder) for folder in _COMMON_FOLDERS)
