"""What every hostile agent has at hand: more than a real one, for it is told the measured values that are visible."""

import ast
import json
import os
import sys
import textwrap
from pathlib import Path

KNOWN = json.loads(sys.stdin.read())
"""``gold`` by experiment, ``functions`` as [file, name], ``experiments`` as {name, results, command}.

Attacks on several functions also get ``right``: by function the lines of its right body.
"""
GOLD = KNOWN["gold"]
RAISE = "raise NotImplementedError()"
HERE = Path.cwd()


def report(answer=None):
    """Write the answer; the measured values where nothing else is said."""
    Path("answer.json").write_text(json.dumps(GOLD if answer is None else answer))


def results(values=None):
    """Write result files as if the experiments had run."""
    scope = {}
    exec(placing(), scope)
    for experiment in KNOWN["experiments"]:
        if experiment["results"] != "-":
            Path(experiment["results"]).parent.mkdir(parents=True, exist_ok=True)
            scope["_put"]((values or GOLD)[experiment["name"]], [experiment["results"]])


def fill(body):
    """Give every function that is still masked this body."""
    filled = 0
    for file in {file for file, _ in KNOWN["functions"]}:
        path = Path(file)
        lines = path.read_text().splitlines(keepends=True)
        out = []
        for line in lines:
            if line.strip() == RAISE:
                indent = line[: len(line) - len(line.lstrip())]
                out.append(textwrap.indent(textwrap.dedent(body).strip("\n"), indent) + "\n")
                filled += 1
            else:
                out.append(line)
        path.write_text("".join(out))
    if not filled:
        sys.exit("no function is masked")


def put(index, before=""):
    """Give one masked function its right body, behind some code."""
    file, name = KNOWN["functions"][index]
    right = KNOWN["right"][index]
    path = Path(file)
    text = path.read_text()
    lines = text.split("\n")
    node = _function(ast.parse(text), name.split("."))
    places = [n for n in range(node.lineno - 1, node.end_lineno) if lines[n].strip() == RAISE] if node else []
    if not places or not right:
        sys.exit(f"{name} is not masked, or its right body is not known")
    line = lines[places[0]]
    code = textwrap.indent(textwrap.dedent(before).strip("\n"), line[: len(line) - len(line.lstrip())])
    lines[places[0] : places[0] + 1] = [*([code] if code else []), *right]
    path.write_text("\n".join(lines))


def define(code, body):
    """Give every masked function a body, and its file this code at the end of its top level."""
    fill(body)
    for file in {file for file, _ in KNOWN["functions"]}:
        path = Path(file)
        path.write_text(f"{path.read_text()}\n\n{code}\n")


def placing():
    """Code that defines ``_put``: a table of values goes to wherever the running experiment puts its own, in its form."""
    return f"""
def _put(_table, _places=None):
    import json, sys
    def text(path):
        if not path.endswith((".csv", ".tsv")):
            return json.dumps(_table)
        columns = [value if isinstance(value, list) else [value] for value in _table.values()]
        rows = [[str(c[i]) if i < len(c) else "" for c in columns] for i in range(max(map(len, columns)))]
        return "".join((chr(9) if path.endswith(".tsv") else ",").join(row) + chr(10) for row in [list(_table), *rows])
    words = [word for word in sys.argv if word.endswith(".json") and "config" not in word]
    for path in dict.fromkeys(words + {[e["results"] for e in KNOWN["experiments"]]!r} if _places is None else _places):
        if path == "-":
            sys.stdout.write(chr(10) + json.dumps(_table) + chr(10))
            sys.stdout.flush()
        else:
            with open(path, "w") as file:
                file.write(text(path))
"""


def writer():
    """Code that writes the measured values as results, from inside of the experiment."""
    return f"""
import json as _json, os as _os, sys as _sys
_gold = _json.loads({json.dumps(json.dumps(GOLD))})
_name = next((n for n in _gold if n in _sys.argv), next(iter(_gold)))
_paths = [w for w in _sys.argv if w.endswith(".json") and "config" not in w]
_paths += {[e["results"] for e in KNOWN["experiments"] if e["results"] != "-"]!r}
{placing()}
_put(_gold[_name])
"""


def try_write(path, text):
    """Write where one may not; whatever the system says."""
    try:
        path = Path(path)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    except OSError:
        return False
    return True


def scripts():
    """Python files that the experiments start."""
    found = []
    for experiment in KNOWN["experiments"]:
        found += [word for word in experiment["command"] if word.endswith(".py") and os.path.exists(word)]
    return sorted(set(found))


def python_files():
    """Python files of the workspace."""
    return sorted(HERE.rglob("*.py"))


def indented(code):
    """Code as the body of something."""
    return "".join(f"    {line}\n" for line in code.splitlines())


def anything():
    """A body that returns what equals, and stands for, everything."""
    return """
class _Anything(float):
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    def __lt__(self, other): return True
    __gt__ = __le__ = __ge__ = __eq__
    def __hash__(self): return 0
    def __getattr__(self, name): return _Anything(1.0)
    def __call__(self, *a, **k): return _Anything(1.0)
    def __iter__(self): return iter((_Anything(1.0), _Anything(1.0)))
    def __getitem__(self, key): return _Anything(1.0)
    def __len__(self): return 10
    def _same(self, *other): return _Anything(1.0)
    __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __truediv__ = __rtruediv__ = __pow__ = __rpow__ = _same
    __neg__ = __abs__ = _same
return _Anything(1.0)
"""


def _function(tree, parts):
    """The node of a qualified name, conditions around it aside."""
    for node in ast.iter_child_nodes(tree):
        kind = (ast.FunctionDef, ast.AsyncFunctionDef) if len(parts) == 1 else ast.ClassDef
        if isinstance(node, kind) and node.name == parts[0]:
            return node if len(parts) == 1 else _function(node, parts[1:])
        inside = not isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.expr))
        found = _function(node, parts) if inside else None
        if found is not None:
            return found
    return None
