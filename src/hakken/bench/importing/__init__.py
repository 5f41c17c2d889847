"""Tasks of other benchmarks, from the user's own copies of their files: nothing of theirs is shipped here."""

from hakken.bench.importing.autoexperiment import import_autoexperiment
from hakken.bench.importing.report import Imported, LeftOut
from hakken.bench.importing.researchcode import import_researchcode
from hakken.bench.importing.scaled import Scaled, scaled_pass_at_1

__all__ = ["Imported", "LeftOut", "Scaled", "import_autoexperiment", "import_researchcode", "scaled_pass_at_1"]
