"""The suite of hostile programs: what each tries, and what the sandbox makes of it.

Every attack is run twice: in the sandbox, where it must do no harm, and without one, where it must, since an attack
that can do no harm proves nothing; nor does one that did not begin in the sandbox, or that stumbled there. Harm is
computed by the parent from data: canaries, listeners, fingerprints of files, processes that stayed.
``python -m hakken.testing.attacks`` prints what each rung of this machine stops.
"""

from hakken.testing.attacks.attack import NOT_BEGUN, Attack, Ran
from hakken.testing.attacks.lies import LIES
from hakken.testing.attacks.running import Outcome, attack_nothing, attack_sandbox
from hakken.testing.attacks.suite import ATTACKS, NAMES, OPEN
from hakken.testing.attacks.table import Measured, Row, markdown, measure, totals
from hakken.testing.attacks.trials import TrialAttack, attack_harness, attack_naive_harness

__all__ = [
    "ATTACKS",
    "LIES",
    "NAMES",
    "NOT_BEGUN",
    "OPEN",
    "Attack",
    "Measured",
    "Outcome",
    "Ran",
    "Row",
    "TrialAttack",
    "attack_harness",
    "attack_naive_harness",
    "attack_nothing",
    "attack_sandbox",
    "markdown",
    "measure",
    "totals",
]
