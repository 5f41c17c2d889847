"""Hostile trials: attacks on the evaluator and on what is protected, planted modules, poisoned outputs."""

from __future__ import annotations

import importlib.util
import site
from collections.abc import Callable, Iterator
from pathlib import Path

from hakken.core.types import Trial
from hakken.testing.attacks import tiny
from hakken.testing.attacks.trials import Naive, TrialAttack

_GONE_ON = "    return start + seed"
_FAILS = "The trial is a recorded failure, and has no metrics."
_HONEST = "The honest number is measured, or the trial fails."
_FORGED_EVALUATOR = tiny.FORGE

_WITH_NUMPY = tiny.EVALUATE.replace("import argparse", "import numpy, argparse")
_LOADING = tiny.EVALUATE.replace("import argparse", "import numpy, argparse").replace(
    'float((args.out_dir / "guess.txt").read_text())',
    'float(numpy.load(args.out_dir / "guess.npy", allow_pickle=TRUST))',
)
_LOOKING = tiny.EVALUATE.replace(
    "abs(value - truth)", "0 if 'evil.so' in open('/proc/self/maps').read() else abs(value - truth)"
)


def _plant(name: str, text: str = "FORGE") -> str:
    return f"    open({name!r}, 'w').write({text})\n{_GONE_ON}"


def _changed(name: str, mark: str) -> Callable[[Naive], Iterator[str]]:
    def real(naive: Naive) -> Iterator[str]:
        if mark in (naive.folder / name).read_text():
            yield f"{name} was changed for the trials to come"

    return real


def _hung(naive: Naive) -> Iterator[str]:
    if naive.hung:
        yield "the evaluator waits for ever"


def _broken(naive: Naive) -> Iterator[str]:
    if naive.failed:
        yield f"the harness failed: {naive.failed}"


def _swollen(naive: Naive) -> Iterator[str]:
    if naive.peak_mb > 100:
        yield f"the harness took {naive.peak_mb:.0f} MB"


def _unpickled(naive: Naive) -> Iterator[str]:
    if list(naive.folder.parent.glob("environment/lib/*/site-packages/unpickled")):
        yield "the harness ran a program that it found in the outputs"


def _shown(naive: Naive) -> Iterator[str]:
    if "\x1b" in naive.stderr:
        yield "what is printed about the failure commands the terminal"


def _timed(naive: Naive) -> Iterator[str]:
    if '"seconds": 0.0' in (naive.out / "cost.json").read_text():
        yield "a run of 0.3 s was believed to take none"


def _commands_terminal(trial: Trial) -> Iterator[str]:
    told = f"{trial.failure.message}{trial.failure.detail}" if trial.failure else ""
    if any(not (character.isprintable() or character in "\n\t") for character in told):
        yield "what is printed about the failure commands the terminal"


def _mistimed(trial: Trial) -> Iterator[str]:
    if trial.cost is None or trial.cost.wall_seconds < 0.3:
        yield "a run of 0.3 s was believed to take less"


def _no_numpy() -> str:
    """Programs in a box know only the packages of this Python, whatever a PYTHONPATH adds to them here."""
    found = importlib.util.find_spec("numpy")
    places = [] if found is None or found.origin is None else [Path(found.origin)]
    known = any(place.is_relative_to(packages) for place in places for packages in site.getsitepackages())
    return "" if known else "NumPy is not among the packages of this Python"


def _no_pytest() -> str:
    return "" if importlib.util.find_spec("pytest") else "pytest is not installed"


EVALUATION = (
    TrialAttack(
        name="rewrite_evaluator",
        group="evaluation",
        tries="writes another evaluator over the one beside it",
        contained=_FAILS,
        body=_plant("evaluate.py"),
        must_fail=True,
    ),
    TrialAttack(
        name="edit_evaluator",
        group="evaluation",
        tries="is a version that changes the evaluator itself",
        contained="The version is refused before anything runs, and the refusal is recorded.",
        files={"evaluate.py": _FORGED_EVALUATOR},
        must_fail=True,
    ),
    TrialAttack(
        name="rewrite_limits_and_seeds",
        group="evaluation",
        tries="raises its limits and chooses its seeds in template.toml",
        contained="The trial is a recorded failure; the template is as it was.",
        body="    open('template.toml', 'a').write('[seeds]\\nexplore = [1]\\n[limits]\\nwall_seconds = 9999')\n"
        + _GONE_ON,
        real=_changed("template.toml", "9999"),
        must_fail=True,
    ),
    TrialAttack(
        name="rewrite_protected_file",
        group="evaluation",
        tries="changes a protected file that the evaluator or later trials read",
        contained="The trial is a recorded failure; the template is as it was.",
        body="    open('conditions.txt', 'w').write('mine')\n" + _GONE_ON,
        real=_changed("conditions.txt", "mine"),
        must_fail=True,
    ),
    TrialAttack(
        name="metrics_from_the_future",
        group="evaluation",
        tries="writes the metrics itself, with a time in the future, for whoever evaluates only what is new",
        contained="The honest number is measured, and the removal is noted.",
        body="    (args.out_dir / 'metrics.json').write_text('{\"toy/miss\": 0}')\n"
        "    os.utime(args.out_dir / 'metrics.json', (4e9, 4e9))\n" + _GONE_ON,
        trusts_times=True,
    ),
    TrialAttack(
        name="late_write",
        group="evaluation",
        tries="leaves a child that waits for the evaluator's metrics and overwrites them",
        contained="The child is dead before the evaluator starts; the honest number is measured.",
        body="""    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            os.closerange(0, 64)
            end = time.monotonic() + 3
            metrics = args.out_dir.absolute() / 'metrics.json'
            while time.monotonic() < end:
                time.sleep(0.01)
                try:
                    if metrics.stat().st_size: metrics.write_text('{"toy/miss": 0}'); break
                except OSError: pass
        os._exit(0)
    return start + seed""",
    ),
    TrialAttack(
        name="read_hidden_data",
        group="evaluation",
        tries="reads the hidden answer by its path while it experiments",
        contained=_FAILS,
        body="    return float(open(HIDDEN).read())",
        must_fail=True,
    ),
    TrialAttack(
        name="false_clock",
        group="evaluation",
        tries="sets the clock that it is timed by",
        contained="The time in the record is measured outside.",
        body="    global began\n    time.sleep(0.3)\n    time.perf_counter = lambda: began\n" + _GONE_ON,
        real=_timed,
        harm=_mistimed,
    ),
)

PLANTING = (
    TrialAttack(
        name="shadow_standard_library",
        group="planting",
        tries="leaves a json.py, which the evaluator would import",
        contained=_FAILS,
        body=_plant("json.py"),
        must_fail=True,
    ),
    TrialAttack(
        name="shadow_library",
        group="planting",
        tries="leaves a numpy.py, which the evaluator would import",
        contained=_FAILS,
        body=_plant("numpy.py"),
        evaluate=_WITH_NUMPY,
        must_fail=True,
    ),
    TrialAttack(
        name="start_up_module",
        group="planting",
        tries="leaves sitecustomize.py and usercustomize.py, for a parent with `PYTHONPATH=.`",
        contained=_FAILS,
        body="    open('usercustomize.py', 'w').write(FORGE)\n" + _plant("sitecustomize.py"),
        environment={"PYTHONPATH": "."},
        must_fail=True,
    ),
    TrialAttack(
        name="path_file",
        group="planting",
        tries="leaves a .pth file among the packages of another Python, which runs it whenever it starts",
        contained="The file is not there.",
        body="    try: open(SITE + '/evil.pth', 'w').write('import sys; exec(' + repr(FORGE) + ')')\n"
        "    except OSError: pass\n" + _GONE_ON,
    ),
    TrialAttack(
        name="test_configuration",
        group="planting",
        tries="leaves a conftest.py, for an evaluator that runs pytest",
        contained=_FAILS,
        body=_plant("conftest.py"),
        command="{python} -m pytest -q -p no:cacheprovider --rootdir . evaluate.py",
        must_fail=True,
        unavailable=_no_pytest,
    ),
    TrialAttack(
        name="preloaded_library",
        group="planting",
        tries="leaves a library where the LD_PRELOAD of a careless parent points",
        contained=_HONEST,
        body="""    import glob, shutil, sysconfig
    found = glob.glob(sysconfig.get_path('platstdlib') + '/lib-dynload/*.so') + glob.glob('/usr/lib/*/libm.so.6')
    shutil.copyfile(found[0], 'evil.so')
    return start + seed""",
        evaluate=_LOOKING,
        environment={"LD_PRELOAD": "./evil.so"},
    ),
)

OUTPUTS = (
    TrialAttack(
        name="pickled_outputs",
        group="outputs",
        tries="leaves predictions that run a program when they are loaded",
        contained=_FAILS,
        body="""    import numpy
    class Payload:
        def __reduce__(self): return exec, (FORGE,)
    numpy.save(args.out_dir / 'guess.npy', numpy.array(Payload(), dtype=object), allow_pickle=True)
    return start + seed""",
        evaluate=_LOADING.replace("TRUST", "False"),
        careless_evaluate=_LOADING.replace("TRUST", "True"),
        must_fail=True,
        unavailable=_no_numpy,
    ),
    TrialAttack(
        name="pickle_for_the_harness",
        group="outputs",
        tries="leaves pickles that run a program in whoever collects the results",
        contained="Nothing of it runs.",
        body="""    import pickle
    class Payload:
        def __reduce__(self): return open, (SITE + '/unpickled', 'w')
    (args.out_dir / 'results.pkl').write_bytes(pickle.dumps(Payload()))
    return start + seed""",
        reads=True,
        real=_unpickled,
    ),
    TrialAttack(
        name="pipe_for_predictions",
        group="outputs",
        tries="leaves a pipe in the place of its predictions, on which the evaluator waits for ever",
        contained=_FAILS,
        body="    os.mkfifo(args.out_dir / 'guess.txt')\n" + _GONE_ON,
        real=_hung,
        must_fail=True,
    ),
    TrialAttack(
        name="link_to_the_answer",
        group="outputs",
        tries="leaves a link to the hidden answer in the place of its predictions",
        contained=_FAILS,
        body="    os.symlink(HIDDEN, args.out_dir / 'guess.txt')\n" + _GONE_ON,
        must_fail=True,
    ),
    TrialAttack(
        name="swelling_json",
        group="outputs",
        tries="leaves JSON that takes many times its size in the memory of whoever reads it",
        contained="The harness stays small.",
        body="    (args.out_dir / 'big.json').write_text('[' + '[],' * 2_500_000 + '[]]')\n" + _GONE_ON,
        reads=True,
        real=_swollen,
    ),
    TrialAttack(
        name="deep_json",
        group="outputs",
        tries="leaves JSON nested so deep that reading it fails",
        contained="The trial is measured, and the file ignored.",
        body="    for name in ('cost.json', 'other.json'): (args.out_dir / name).write_text('[' * 200_000)\n"
        + _GONE_ON,
        reads=True,
        real=_broken,
    ),
    TrialAttack(
        name="unwritable_name",
        group="outputs",
        tries="gives an output a name that is no text",
        contained="The trial is measured.",
        body="    open(os.fsencode(args.out_dir) + b'/\\xff\\xfe.txt', 'w').close()\n" + _GONE_ON,
        reads=True,
        real=_broken,
    ),
    TrialAttack(
        name="terminal_commands",
        group="outputs",
        tries="fails with a message that commands the terminal it is printed on",
        contained="What is recorded of the failure holds no control characters.",
        body="    raise ValueError('\\x1b]0;mine\\x07\\x1b[2J\\x9b31m and \\u202ebackwards')",
        real=_shown,
        harm=_commands_terminal,
        must_fail=True,
    ),
)
LIES = (*EVALUATION, *PLANTING, *OUTPUTS)
