"""What code uses and nobody defines is found without running it."""

from __future__ import annotations

import pytest

from hakken.core.source import SourceError
from hakken.core.undefined import qualified, strange_imports, undefined_names


@pytest.mark.parametrize(
    ("text", "missing"),
    [
        ("import numpy as np\ndef f(x):\n    return np.mean(x)\n", ()),
        ("def f(x):\n    return relu(x) + relu(tanh(x))\n", ("relu", "tanh")),
        ("def f(x):\n    return [a for a in x] + a\n", ("a",)),
        ("def f(x):\n    return g(x)\n\ndef g(x):\n    return len(x)\n", ()),
        ("def f(x):\n    try:\n        return maybe\n    except NameError:\n        return x\n", ()),
        ("def f(x):\n    def inner():\n        return later\n    later = 1\n    return inner()\n", ()),
        ("from math import *\ndef f(x):\n    return sqrt(x)\n", ()),
        ("print(__file__, __name__)\n", ()),
    ],
)
def test_undefined_names(text: str, missing: tuple[str, ...]) -> None:
    assert undefined_names(text) == missing


@pytest.mark.parametrize(
    ("text", "mended", "put"),
    [
        (
            "import numpy as np\ndef f(x):\n    return tanh(x) / 2, 1 - tanh(x) ** 2\n",
            "np.tanh(x) / 2, 1 - np.tanh(x)",
            ("np.tanh",),
        ),
        (
            "import math\ndef f(ä):\n    return 'ä', sqrt(ä) + exp(sqrt(ä))\n",
            "'ä', math.sqrt(ä) + math.exp(math.sqrt(ä))",
            ("math.sqrt", "math.exp"),
        ),
    ],
)
def test_a_name_without_its_module_gets_it(text: str, mended: str, put: tuple[str, ...]) -> None:
    new, names = qualified(text)
    assert mended in new
    assert names == put
    assert undefined_names(new) == ()
    assert qualified(new) == (new, ())


@pytest.mark.parametrize(
    "text",
    [
        "def f(x):\n    return tanh(x)\n",  # nothing is imported
        "import numpy as np\ndef f(x):\n    return relu(x)\n",  # no such function
        "import numpy as np\ndef f(x):\n    return shape\n",  # a name that is not called may mean anything
        "import numpy as np\ndef tanh(x):\n    return x\ndef f(x):\n    return tanh(x)\n",
        "import torch\ndef f(x):\n    return tanh(x)\n",
    ],
)
def test_other_names_are_left_alone(text: str) -> None:
    assert qualified(text) == (text, ())


def test_code_that_nobody_changed_stays_as_it_is() -> None:
    text = "import math\ndef f(x):\n    return sqrt(x)\ndef g(x):\n    return exp(x)\n"
    assert qualified(text, ("sqrt",)) == (text.replace("exp(x)", "math.exp(x)"), ("math.exp",))


def test_strange_imports() -> None:
    text = "import json, tensorflow.keras as k\nfrom numpy import mean\nfrom .near import far\nimport os.path\n"
    assert strange_imports(text, ()) == ("tensorflow", "numpy")
    assert strange_imports(text, ("numpy",)) == ("tensorflow",)


def test_what_is_not_python_is_said() -> None:
    with pytest.raises(SourceError, match="line 1"):
        undefined_names("def f(:\n")
