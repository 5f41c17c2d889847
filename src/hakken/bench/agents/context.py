"""What a model is shown about a missing function: its stub, where it is called, and what is nearest to it."""

from __future__ import annotations

import re
import textwrap
from enum import StrEnum
from pathlib import Path

from hakken.bench.agents.outline import imported, outline
from hakken.bench.masking.bodies import MaskError, docstring_of, find, functions_of, is_masked, parse
from hakken.bench.tasks.folder import PAPER
from hakken.bench.texts.passages import best_passages, nearest
from hakken.bench.trees import walk
from hakken.bench.types import FunctionRef
from hakken.core.errors import UsageError
from hakken.core.prompts import Prompt, prompt
from hakken.core.types import Record

_PART, _USES_LINES, _AROUND = 1_600, 40, 4
"""Characters of one retrieved part; lines about calls in all, and around each call."""
_OUTLINE, _IMPORTED, _PASSAGE, _VALUE, _USES_SHORT = 1_800, 700, 1_100, 160, 20
"""The same for a small context: characters, and lines about calls."""


class Retrieval(StrEnum):
    """What is looked up for the model."""

    NONE = "none"
    CODE = "code"
    PAPER = "paper"
    BOTH = "both"
    ORACLE = "oracle"
    """The passage that a task's author gives for the function, in the place of a search."""


ORACLE_HEAD = "Implement this function according to the following passage."
"""How the docstring of a function begins in a task that gives the passage."""


class Context(Record):
    """All that a prompt says about one function."""

    file: str
    name: str
    stub: str
    uses: str
    code: tuple[str, ...]
    paper: tuple[str, ...]
    available: str


class Surroundings(Record):
    """What a small model is shown about one function, ready for the prompt."""

    file: str
    stub: str
    outline: str
    imported: str
    uses: str
    paper: tuple[str, ...]
    examples: tuple[dict[str, str], ...]


def context_of(workspace: Path, function: FunctionRef, retrieval: Retrieval, count: int = 2) -> Context:
    """Look a function up in a workspace."""
    source = (workspace / function.file).read_bytes()
    module = parse(source)
    node = find(module, function.name)
    stub = textwrap.dedent(module.code_for_node(node.with_changes(leading_lines=()))).strip()
    query = f"{function.name} {docstring_of(node) or ''} {stub}"
    files = _python(workspace)
    code, uses = list[str](), ""
    if retrieval in (Retrieval.CODE, Retrieval.BOTH):
        uses = _uses(files, function)  # callers are code that is looked up, like any other
        code = [_head(source.decode("utf-8", "replace")), *nearest(_functions(files, function), query, count)]
    paper: list[str] = []
    if retrieval is Retrieval.ORACLE:
        paper = [oracle_passage(docstring_of(node) or "")]
    if retrieval in (Retrieval.PAPER, Retrieval.BOTH) and (workspace / PAPER).is_file():
        paper = best_passages(_paper(workspace), query, count)
    return Context(
        file=function.file,
        name=function.name,
        stub=stub,
        uses=uses,
        code=tuple(part[:_PART] for part in code if part.strip()),
        paper=tuple(part[:_PART] for part in paper),
        available=f"You may use what {function.file} imports and defines; further imports go before the function.",
    )


def fill_prompt(context: Context, thoughts: str = "") -> Prompt:
    """The question for one function, with all that was looked up."""
    return prompt("agents/fill", **context.model_dump(exclude={"name"}), thoughts=thoughts)


def oracle_passage(docstring: str) -> str:
    """The passage in the docstring of a function, where the task gives one.

    Raises:
        UsageError: it does not.
    """
    head, _, passage = docstring.partition(ORACLE_HEAD)
    if head.strip() or not passage.strip():
        raise UsageError(
            "The task gives no oracle passage for its functions.",
            "Make tasks with `hakken bench make … --mode oracle`, or take another retrieval.",
        )
    return passage.strip()


def close_context(workspace: Path, function: FunctionRef, examples: tuple[dict[str, str], ...]) -> Surroundings:
    """Look a function up for a small context: its own file in short, its callers, one passage, values of a run."""
    text = (workspace / function.file).read_bytes().decode("utf-8", "replace")
    node = find(parse(text.encode()), function.name)
    doc = docstring_of(node) or ""
    stub = textwrap.dedent(parse(text.encode()).code_for_node(node.with_changes(leading_lines=()))).strip()
    query = f"{function.name} {doc} {stub}"
    paper: list[str] = []
    if (workspace / PAPER).is_file():
        paper = best_passages(_paper(workspace), query, 1)
    mentioned = set(re.findall(r"[A-Za-z_]\w+", f"{doc} {' '.join(paper)}")) | _alike(text, function.name, query)
    return Surroundings(
        file=function.file,
        stub=stub,
        outline=clipped(outline(text, function.name, mentioned), _OUTLINE),
        imported=clipped(imported(text, workspace, function.file), _IMPORTED),
        uses="\n".join(_uses(_python(workspace), function).splitlines()[:_USES_SHORT]),
        paper=tuple(clipped(part, _PASSAGE) for part in paper),
        examples=tuple({name: value[:_VALUE] for name, value in row.items()} for row in examples),
    )


def _alike(text: str, name: str, query: str, count: int = 2) -> set[str]:
    """Names of the functions of a file that are most like a missing one: their bodies show how things are done here."""
    try:
        module = parse(text.encode())
    except MaskError:
        return set()
    found = functions_of(module)
    bodies = {
        n: module.code_for_node(nodes[-1]) for n, nodes in found.items() if n != name and not is_masked(nodes[-1])
    }
    chosen = nearest(list(bodies.values()), query, count)
    return {n.rpartition(".")[2] for n, code in bodies.items() if code in chosen}


def clipped(text: str, limit: int) -> str:
    """A text cut at a line, where it is too long."""
    return text if len(text) <= limit else text[:limit].rpartition("\n")[0] + "\n# …"


def _paper(workspace: Path) -> str:
    """The paper: a repository's own one may be in any encoding."""
    return (workspace / PAPER).read_text(encoding="utf-8", errors="replace")


def _python(workspace: Path) -> dict[str, str]:
    return {
        str(name): (workspace / name).read_text(encoding="utf-8", errors="replace")
        for name, info in walk(workspace)
        if name.suffix == ".py" and info.st_size < 1 << 18
    }


def _functions(files: dict[str, str], wanted: FunctionRef) -> list[str]:
    """Every written function but the wanted one, with the file that it is in."""
    found = []
    for file, text in files.items():
        try:
            module = parse(text.encode())
        except MaskError:
            continue  # nothing to learn from a file that is no Python
        for name, nodes in functions_of(module).items():
            if (file, name) != (wanted.file, wanted.name) and not is_masked(nodes[-1]):
                found.append(f"# {file}: {name}\n{module.code_for_node(nodes[-1]).strip()}")
    return found


def _head(text: str) -> str:
    """A file up to its first definition: its imports and constants."""
    lines = text.splitlines()
    end = next((i for i, line in enumerate(lines) if re.match(r"(async )?def |class |@", line)), len(lines))
    return "\n".join(lines[:end]).strip()


def _uses(files: dict[str, str], function: FunctionRef) -> str:
    """Lines around the calls."""
    last = function.name.rpartition(".")[2]
    call = re.compile(rf"(?<!def )\b{re.escape(last)}\(")
    found: list[str] = []
    for file, text in files.items():
        lines = text.splitlines()
        for index, line in enumerate(lines):
            if call.search(line) and f"def {last}" not in line and len(found) < _USES_LINES:
                found += [f"# {file}", *lines[max(0, index - _AROUND) : index + _AROUND + 1]]
    return "\n".join(found[:_USES_LINES])
