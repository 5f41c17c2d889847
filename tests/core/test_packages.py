"""What is missing is named as it is installed."""

from __future__ import annotations

import importlib.metadata

import pytest

from hakken.core.packages import DISTRIBUTIONS, install_command, missing_modules


@pytest.mark.parametrize(
    ("modules", "command"),
    [
        (("sklearn",), "pip install scikit-learn"),
        (("sklearn.linear_model", "sklearn", "yaml"), "pip install scikit-learn PyYAML"),
        (("PIL", "cv2"), "pip install pillow opencv-python"),
        (("no_such_package",), "pip install no_such_package"),
    ],
)
def test_a_module_is_installed_by_the_name_of_its_distribution(modules: tuple[str, ...], command: str) -> None:
    assert install_command(modules) == command


def test_the_names_agree_with_what_is_installed_here() -> None:
    here = importlib.metadata.packages_distributions()
    for module, distribution in DISTRIBUTIONS.items():
        installed = {name.lower() for name in here.get(module, ())}
        # OpenCV has four distributions of one module.
        assert not installed or any(name.startswith(distribution.lower()) for name in installed), module


def test_missing_is_what_cannot_be_imported() -> None:
    assert missing_modules(["json", "json.decoder", "no_such_package.at_all"]) == ("no_such_package.at_all",)
