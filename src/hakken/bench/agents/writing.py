"""From a model's reply to a function in a file."""

from __future__ import annotations

import ast
import json
import re
import textwrap

import libcst as cst

from hakken.bench.masking.bodies import MaskError, body_lines, find, functions_of, is_masked, parse
from hakken.bench.masking.transplant import transplant
from hakken.core.source import syntax_tree

_FENCE = "```"
_HEAD = re.compile(r"^\s*(?:async )?def ", re.MULTILINE)
_ASKED = f"Write the whole function, from its def on, in one {_FENCE}python block."
_BLOCK = re.compile(r"```(?:python|py)?[ \t]*\n(.*?)(?:```|\Z)", re.DOTALL)


def function_grammar(stub: str, mending: bool = False) -> str | None:
    """GBNF: at most two sentences, then a block with imports and the function, its signature as it stands.

    A small model otherwise stops after the sentences, copies the docstring, or changes a parameter. Models that take no
    grammar are asked for the same by the prompt, and the reply is checked.
    """
    node = syntax_tree(stub).body[0]
    body = node.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) else []
    head = "\n".join(stub.split("\n")[: body[0].lineno - 1]) if body else ""
    if not head:
        return None  # all on one line: what goes before the body cannot be told
    return "\n".join(
        [
            'root ::= thought "\\n```python\\n" import{0,2} '
            + json.dumps(f"{head}\n", ensure_ascii=False)
            + " first line{0,80} "
            + json.dumps("```"),
            "thought ::= " + ('"The mistake is " [a-z]' if mending else "[A-Z]") + " [^`\\n]{10,300} [.]",
            'import ::= ("import " | "from ") [a-z] [^`\\n]+ "\\n"',
            'first ::= "    " [^ "#`\\n] [^`\\n]* "\\n"',
            'line ::= ("    " [^`\\n]+)? "\\n"',
        ]
    )


def code_of(reply: str) -> str:
    """The longest block of code in a reply, or all of it."""
    blocks = [textwrap.dedent(block).strip("\n") for block in _BLOCK.findall(reply)]
    return max(blocks, key=len) if blocks else textwrap.dedent(reply).strip("\n")


def problem_with(reply: str, name: str) -> str | None:
    """Why a reply holds no such function, in words for its author; None when it does."""
    last = name.rpartition(".")[2]
    try:
        found = functions_of(parse(code_of(reply).encode()))
    except MaskError as error:
        # Told where the parser stopped in its prose, a small model writes the same prose again.
        return error.message if _FENCE in reply or _HEAD.search(reply) else f"It holds no code. {_ASKED}"
    nodes = found.get(name) or found.get(last)
    if not nodes:
        return f"There is no function {last} in the code."
    missing = is_masked(nodes[-1]) or body_lines(nodes[-1]) == 0 or _only_dots(nodes[-1])
    return f"The body of {last} is still missing." if missing else None


def _only_dots(function: cst.FunctionDef) -> bool:
    """Whether ``...`` stands for the body."""
    statements = [s for s in function.body.body if isinstance(s, cst.SimpleStatementLine)]
    last = statements[-1].body[-1] if statements else None
    dots = isinstance(last, cst.Expr) and isinstance(last.value, cst.Ellipsis)
    return dots and body_lines(function) == 1


def put(source: bytes, name: str, reply: str) -> bytes:
    """The file with the reply's function in it, and the helpers and imports that come with it.

    Raises:
        MaskError: the reply holds no such function.
    """
    code = code_of(reply)
    module = parse(code.encode())
    owner, _, last = name.rpartition(".")
    if owner and name not in functions_of(module):
        # A method that was written alone goes into a class of its own, so that it has its whole name.
        node = module.code_for_node(find(module, last))
        rest = code.replace(node.strip(), "")
        code = f"{rest}\n\nclass {owner}:\n{textwrap.indent(node.strip(chr(10)), '    ')}\n"
    found = transplant(source, code.encode(), [name], ran=False)
    if found.missing:
        raise MaskError(f"{found.missing[0]}.", "Write the whole function.")
    syntax_tree(found.content)
    return found.content
