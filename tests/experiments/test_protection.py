"""What may change in a file of which some functions are editable."""

from __future__ import annotations

import pytest

from hakken.core.types import Direction, MetricSpec, Seeds, Target, Template
from hakken.research.experiments import check_changes

PRISTINE = '''"""A script."""
import math

RATE = 0.1


def update(x):
    return x - RATE


def main():
    print(update(3))


if __name__ == "__main__":
    main()
'''
TEMPLATE = Template(
    name="t",
    title="t",
    task="t",
    root="/nowhere",
    command=("x",),
    evaluate=None,
    metrics=(MetricSpec(name="m", dataset="d", direction=Direction.MIN, primary=True),),
    seeds=Seeds(explore=(1,), report=(2,)),
    editable=(Target(file="experiment.py", function="update"), Target(file="model.py"), Target(file="notes.txt")),
)


def message(path: str, text: str) -> str:
    failure = check_changes(TEMPLATE, {"experiment.py": PRISTINE.encode(), "model.py": b""}, {path: text})
    return failure.message if failure else ""


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("return x - RATE", "return x - 2 * RATE"),
        ("def update(x):", "def update(x, y=1):"),
        ("import math\n", "import math\nimport random\n"),
        ("def update", "SLOPE = 3\n\n\ndef helper():\n    return SLOPE\n\n\ndef update"),
        ('"""A script."""', '"""Another text."""  # and a comment'),
        ("def update", "from math import sqrt\n\n\ndef update"),
        ("def update", "def sum(values):\n    return values[0]\n\n\ndef update"),  # nothing else here uses sum
        ("", ""),
    ],
)
def test_what_may_change(old: str, new: str) -> None:
    assert message("experiment.py", PRISTINE.replace(old, new)) == ""


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        (
            "RATE = 0.1",
            "RATE = 0.2",
            "experiment.py: `RATE = 0.1` was changed, moved or removed, and it is",
        ),
        ("update(3)", "update(4)", "main was changed, moved or removed"),
        ("import math\n", "", "`import math` was changed"),
        ("def update(x):\n    return x - RATE\n", "", "update was changed, moved or removed"),
        ("def update(x):\n    return x - RATE\n", "update = 3\n", "update was changed"),
        ("def main", "import os as main\n\n\ndef main", "main was changed"),
        (
            "    main()\n",
            "    main()\n\n\nprint('done')\n",
            "`print('done')` was added, and it changes what is not",
        ),
        ("def update", "for RATE in (1,):\n    pass\n\n\ndef update", "was changed, moved or removed"),
        ("import math\n", "import math\nfrom math import *\n", "`from math import *` was added, and it may change"),
        ("def update", "def print(text):\n    pass\n\n\ndef update", "print was added, and it may change what is not"),
        ("RATE = 0.1", "from os import write as print\nRATE = 0.1", "`from os import write as print` was added"),
        ("RATE = 0.1", "RATE = 0.1\n__name__ = 'x'", "`__name__ = 'x'` was added"),
        ("    return x - RATE", "  return x - RATE)", "experiment.py is not valid Python: unmatched ')' (line 8)."),
    ],
)
def test_what_may_not_change(old: str, new: str, sentence: str) -> None:
    assert sentence in message("experiment.py", PRISTINE.replace(old, new))


def test_an_import_of_everything_that_was_there_stays() -> None:
    before = PRISTINE.replace("import math", "from math import *")
    failure = check_changes(
        TEMPLATE, {"experiment.py": before.encode()}, {"experiment.py": before.replace("return x - RATE", "return x")}
    )
    assert failure is None


def test_whole_files_and_other_files() -> None:
    assert message("model.py", "anything = 1\nprint(anything)") == ""
    assert message("notes.txt", "(((") == ""
    assert "is not valid Python" in message("model.py", "(((")
    assert message("evaluate.py", "") == (
        "evaluate.py may not be changed; editable: experiment.py:update, model.py, notes.txt."
    )
    assert "may not be changed" in message("/etc/passwd", "")
    assert "may not be changed" in message("../model.py", "")
