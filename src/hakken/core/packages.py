"""Packages that code needs: which of them are missing, and how they are installed."""

from __future__ import annotations

import importlib.util
from collections.abc import Iterable

DISTRIBUTIONS = {
    "Bio": "biopython",
    "PIL": "pillow",
    "bs4": "beautifulsoup4",
    "cv2": "opencv-python",
    "dateutil": "python-dateutil",
    "skimage": "scikit-image",
    "sklearn": "scikit-learn",
    "yaml": "PyYAML",
}
"""What installs a module of another name: of one that is not here nobody else can say, and its own name may install
something else, or nothing."""


def missing_modules(modules: Iterable[str]) -> tuple[str, ...]:
    """Modules that this Python cannot import."""
    return tuple(name for name in modules if importlib.util.find_spec(name.split(".")[0]) is None)


def install_command(modules: Iterable[str]) -> str:
    """The command that installs what gives these modules."""
    names = [DISTRIBUTIONS.get(root := module.split(".")[0], root) for module in modules]
    return f"pip install {' '.join(dict.fromkeys(names))}"
