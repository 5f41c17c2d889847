"""Running LaTeX where it is installed, and reading its log."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

from hakken.core.errors import PrerequisiteError, RenderError

#: Engines in order of preference, with what each is run with.
ENGINES = {
    "latexmk": ("-pdf", "-interaction=nonstopmode", "-halt-on-error", "-file-line-error", "paper.tex"),
    "pdflatex": ("-interaction=nonstopmode", "-halt-on-error", "-file-line-error", "paper.tex"),
    "tectonic": ("--keep-logs", "paper.tex"),
}
_ERROR = re.compile(r"^(?:\./)?([^:\n]+\.\w+):(\d+): (.+)$|^! (.+)$", re.MULTILINE)
_LINE = re.compile(r"^l\.(\d+) ", re.MULTILINE)
_AUXILIARY = (".aux", ".bbl", ".blg", ".fdb_latexmk", ".fls", ".log", ".out")


def find_engine() -> str | None:
    """Name of the LaTeX engine on PATH, or None."""
    usable = {"latexmk": bool(shutil.which("pdflatex"))}
    return next((name for name in ENGINES if shutil.which(name) and usable.get(name, True)), None)


def compile_latex(out: Path, *, cited: bool) -> str:
    """Compile ``paper.tex`` in a folder to ``paper.pdf``; returns the engine's name.

    TeX may read and write only in that folder and runs no programs.

    Raises:
        PrerequisiteError: no engine is installed.
        RenderError: LaTeX refused; the message is the first error of its log, ``paper.log`` stays.
    """
    engine = find_engine()
    if engine is None:
        raise PrerequisiteError(
            "No LaTeX engine is on the PATH.",
            "Use Typst, or install TeX: apt-get install latexmk texlive-latex-extra texlive-fonts-recommended",
        )
    (out / "paper.pdf").unlink(missing_ok=True)
    rounds = [(engine, *ENGINES[engine])]
    if engine == "pdflatex":
        rounds = [rounds[0], *([("bibtex", "paper")] if cited else []), rounds[0], rounds[0]]
    for command in rounds:
        _run(command, out)
    for suffix in _AUXILIARY:
        (out / f"paper{suffix}").unlink(missing_ok=True)
    return engine


def _run(command: tuple[str, ...], out: Path) -> None:
    environment = os.environ | {"openin_any": "p", "openout_any": "p", "shell_escape": "f", "max_print_line": "1000"}
    try:
        done = subprocess.run(
            command, cwd=out, capture_output=True, env=environment, check=False, timeout=300, stdin=subprocess.DEVNULL
        )
    except subprocess.TimeoutExpired as error:
        raise RenderError(f"{command[0]} did not end within 300 s.", f"Look at {out / 'paper.tex'}.") from error
    if done.returncode:
        log = out / "paper.log"
        said = log.read_text(errors="replace") if log.is_file() else done.stdout.decode(errors="replace")
        errors = log_errors(said) or [
            done.stderr.decode(errors="replace").strip()[-300:] or f"status {done.returncode}"
        ]
        raise RenderError(f"{command[0]} could not set the paper: {errors[0]}", f"See {log} beside paper.tex.")


def log_errors(log: str) -> list[str]:
    """The errors of a TeX log, each with its line where the log names one."""
    found: list[str] = []
    for match in _ERROR.finditer(log):
        if match[3] is not None:
            text = f"{match[3].rstrip('.')} ({match[1]}, line {match[2]})"
        else:
            line = _LINE.search(log, match.end())
            text = match[4].rstrip(".") + (f" (line {line[1]})" if line else "")
        if not text.startswith("==> Fatal error") and text not in found:
            found.append(text)
    return found
