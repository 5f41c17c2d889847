"""What a template hides of installed packages, checked: a name that hides nothing would protect nothing."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from hakken.core.errors import TemplateError
from hakken.execution import package_paths
from hakken.research.experiments.folders import is_inside


def check_masks(file: Path, masked: Iterable[str]) -> None:
    """Refuse a name that is not found in a package that is installed; one that is not here has nothing to hide.

    Raises:
        TemplateError: such a name; nothing would be hidden, in silence.
    """
    mend = "Write it relative to the folder of packages, such as sklearn/datasets/data."
    for name in masked:
        if not is_inside(name):
            raise TemplateError(f"{file}: masked names {name!r}, which is not a path inside of a package.", mend)
        package = PurePosixPath(name).parts[0]
        if package_paths([package]) and not package_paths([name]):
            told = f"the package {package} as installed here does not have it"
            raise TemplateError(f"{file}: masked names {name!r}, and {told}.", mend)
