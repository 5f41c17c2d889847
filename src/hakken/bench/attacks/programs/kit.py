"""What every hostile agent has at hand: more than a real one, for it is told the measured values that are visible."""

import json
import os
import sys
import textwrap
from pathlib import Path

KNOWN = json.loads(sys.stdin.read())
"""``gold`` by experiment, ``functions`` as [file, name], ``experiments`` as {name, results, command}."""
GOLD = KNOWN["gold"]
RAISE = "raise NotImplementedError()"
HERE = Path.cwd()


def report(answer=None):
    """Write the answer; the measured values where nothing else is said."""
    Path("answer.json").write_text(json.dumps(GOLD if answer is None else answer))


def results(values=None):
    """Write result files as if the experiments had run."""
    for experiment in KNOWN["experiments"]:
        path = Path(experiment["results"])
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps((values or GOLD)[experiment["name"]]))


def fill(body):
    """Give every masked function this body."""
    for file in {file for file, _ in KNOWN["functions"]}:
        path = Path(file)
        lines = path.read_text().splitlines(keepends=True)
        out = []
        for line in lines:
            if line.strip() == RAISE:
                indent = line[: len(line) - len(line.lstrip())]
                out.append(textwrap.indent(textwrap.dedent(body).strip("\n"), indent) + "\n")
            else:
                out.append(line)
        path.write_text("".join(out))


def define(code, body):
    """Give every masked function a body, and its file this code at the end of its top level."""
    fill(body)
    for file in {file for file, _ in KNOWN["functions"]}:
        path = Path(file)
        path.write_text(f"{path.read_text()}\n\n{code}\n")


def writer():
    """Code that finds the result file from inside of the experiment and writes the measured values into it."""
    return f"""
import json as _json, os as _os, sys as _sys
_gold = _json.loads({json.dumps(json.dumps(GOLD))})
_name = next((n for n in _gold if n in _sys.argv), next(iter(_gold)))
_paths = [w for w in _sys.argv if w.endswith(".json") and "config" not in w] + {[e["results"] for e in KNOWN["experiments"]]!r}
for _path in dict.fromkeys(_paths):
    with open(_path, "w") as _file:
        _file.write(_json.dumps(_gold[_name]))
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
