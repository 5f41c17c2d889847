"""Trials in the real sandbox: what is measured, what is refused, and how each failure is told."""

from __future__ import annotations

import threading
from concurrent.futures import Executor, Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from hakken.core.errors import BudgetExceeded, TemplateError
from hakken.core.types import FailureCause, Limits, Split, Trial
from hakken.research.experiments import TrialJob, load_template, measure_v1, run_trial, run_trials
from hakken.research.experiments.workspace import KEPT_TOTAL, Workspace

from .conftest import Runner
from .test_v1_import import SCRIPT, make_v1


def test_a_trial_is_measured_by_the_evaluator(run: Runner, tmp_path: Path) -> None:
    trial = run()
    assert trial.failure is None
    assert trial.value("toy/miss") == 59
    assert trial.cost is not None
    assert (trial.cost.steps, trial.cost.parameters, trial.cost.examples) == (10, 1, None)
    assert trial.cost.cpu_seconds > 0
    assert len(trial.curve) == 10
    assert trial.notes == ()
    assert trial.run is not None
    assert trial.run.argv == ("python", "experiment.py", "--out_dir", "out", "--seed", "1")
    assert trial.evaluation is not None
    assert trial.evaluation.argv == ("python", "evaluate.py", "--out_dir", "out", "--seed", "1")
    assert (tmp_path / "run" / trial.run.stdout).is_file()
    kept = tmp_path / "run" / "trials" / "n1-explore-1"
    assert sorted(p.name for p in kept.iterdir()) == [
        "eval.stderr.txt",
        "eval.stdout.txt",
        "out",
        "run.stderr.txt",
        "run.stdout.txt",
    ]
    assert sorted(p.name for p in (kept / "out").iterdir()) == ["cost.json", "curve.csv", "guess.txt", "metrics.json"]
    assert Trial.model_validate_json(trial.model_dump_json()) == trial


def test_each_split_has_its_own_hidden_data(run: Runner) -> None:
    assert run(split=Split.REPORT).value("toy/miss") == 159
    assert run(split=Split.NOISE).value("toy/miss") == 59


def test_a_smoke_run_takes_the_templates_arguments(run: Runner) -> None:
    trial = run(split=Split.SMOKE, extra_args=("--steps", "7"))
    assert trial.cost is not None
    assert trial.cost.steps == 1


def test_equal_outputs_have_equal_hashes(run: Runner) -> None:
    assert run().output_hash == run("    return seed + start").output_hash
    assert run().output_hash != run("    return 2 * start").output_hash


@pytest.mark.parametrize(
    ("body", "cause", "sentence"),
    [
        ("    raise ValueError('no shape')", "crashed", "The experiment ended with exit code 1: ValueError: no shape"),
        ("    os.kill(os.getpid(), 11)", "crashed", "The experiment was ended by SIGSEGV."),
        ("    os._exit(3)", "crashed", "The experiment ended with exit code 3, without a word."),
        ("    os._exit(0)", "no_output", "The experiment ended well and left no file in its output folder."),
        ("    return 'many'", "evaluator", "could not convert string to float: 'many'"),
        ("    return float('nan')", "not_finite", "metrics.json has nan for toy/miss, and must have a finite number."),
        ("    x = bytearray(900 << 20)\n    return len(x)", "memory", "MB of memory (limit 400 MB) and was ended."),
        (
            "    with open('big', 'wb') as f:\n        for _ in range(40): f.write(bytes(1 << 20))\n    return 1",
            "disk",
            "wrote a file larger than its limit of 8 MB: OSError",
        ),
        (
            "    for i in range(9):\n        open(f'big{i}', 'wb').write(bytes(4 << 20))\n    return 1",
            "disk",
            "MB to disk (limit 12 MB)",
        ),
    ],
)
def test_what_an_experiment_can_do_wrong(run: Runner, body: str, cause: str, sentence: str) -> None:
    trial = run(body)
    assert trial.failure is not None
    assert trial.failure.cause == cause
    assert sentence in trial.failure.message
    assert trial.metrics == ()
    assert trial.run is not None


def test_an_experiment_that_never_ends(run: Runner) -> None:
    trial = run("    while True: pass", limits=Limits(wall_seconds=1.0))
    assert trial.failure is not None
    assert trial.failure.cause is FailureCause.TIMEOUT
    assert trial.failure.message == "The experiment ran longer than its limit of 1 s and was ended."


def test_a_traceback_is_short_and_without_the_paths_of_this_machine(run: Runner, tmp_path: Path) -> None:
    trial = run("    return json.loads('{')")
    assert trial.failure is not None
    assert trial.failure.cause is FailureCause.CRASHED
    assert 'File "experiment.py", line' in trial.failure.detail
    assert 'File "json/decoder.py", line' in trial.failure.detail
    assert str(tmp_path) not in trial.failure.detail


def test_what_is_not_editable_may_not_change(run: Runner) -> None:
    for files in ({"evaluate.py": "print(1)"}, {"new.py": "x = 1"}, {"../experiment.py": ""}):
        trial = run(files=files)
        assert trial.failure is not None
        assert trial.failure.cause is FailureCause.PROTECTED
        assert "may not be changed; editable: experiment.py:guess." in trial.failure.message
        assert trial.run is None


def test_metrics_that_an_experiment_writes_are_removed_and_told(run: Runner) -> None:
    trial = run("    open(f'{args.out_dir}/metrics.json', 'w').write('{\"toy/miss\": 0}')\n    return start + seed")
    assert trial.value("toy/miss") == 59
    assert trial.notes == ("metrics.json that the experiment wrote was removed: it is no measurement.",)


def test_the_experiment_never_sees_hidden_data(run: Runner, tiny: Path) -> None:
    trial = run(f"    return float(open({str(tiny / 'hidden/explore/number.txt')!r}).read())")
    assert trial.failure is not None
    assert "FileNotFoundError" in trial.failure.message


def test_links_among_the_outputs_are_removed_and_told(run: Runner, tiny: Path) -> None:
    number = tiny / "hidden" / "explore" / "number.txt"
    trial = run(f"    os.symlink({str(number)!r}, args.out_dir / 'guess2.txt')\n    return 1")
    assert trial.failure is None
    assert trial.notes == ("1 outputs that are no regular files were removed.",)
    # A link in the place of the guess would lead the evaluator to the answer.
    trial = run(
        f"    os.symlink({str(number)!r}, args.out_dir / 'link')\n"
        "    import atexit\n"
        "    atexit.register(lambda: os.replace(args.out_dir / 'link', args.out_dir / 'guess.txt'))\n"
        "    return 1"
    )
    assert trial.failure is not None
    assert trial.failure.cause is FailureCause.EVALUATOR


def test_an_output_folder_replaced_by_a_link(run: Runner) -> None:
    trial = run("    os.rmdir(args.out_dir)\n    os.symlink('data', args.out_dir)\n    os._exit(0)")
    assert trial.failure is not None
    assert trial.failure.cause is FailureCause.NO_OUTPUT


def test_what_the_evaluator_writes_is_checked(run: Runner, tiny: Path) -> None:
    (tiny / "evaluate.py").write_text("open('out/metrics.json', 'w').write('{\"toy/miss\": \"low\"}')\n")
    trial = run()
    assert trial.failure is not None
    assert trial.failure.cause is FailureCause.BAD_METRICS
    assert trial.failure.message == "metrics.json has the text 'low' for toy/miss, and must have a number."
    assert trial.evaluation is not None


def test_an_evaluator_that_refuses_says_why(run: Runner, tiny: Path) -> None:
    (tiny / "evaluate.py").write_text("import sys\nsys.exit('predictions.npy has the wrong shape')\n")
    trial = run()
    assert trial.failure is not None
    assert trial.failure.cause is FailureCause.EVALUATOR
    assert trial.failure.message == "The evaluator ended with exit code 1: predictions.npy has the wrong shape"
    assert trial.output_hash


def test_big_outputs_are_hashed_and_removed(run: Runner, tmp_path: Path) -> None:
    trial = run("    (args.out_dir / 'big.bin').write_bytes(bytes(1 << 20))\n    return 1")
    assert trial.failure is None
    assert not list((tmp_path / "run").rglob("big.bin"))


def test_results_are_kept_whatever_lies_beside_them(tiny: Path, tmp_path: Path) -> None:
    space = Workspace(load_template(tiny), tmp_path / "keep", 1)
    for number in range(600):
        file = space.work / "out" / f"{number}.txt"
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("x" * 1000)
    (space.work / "out" / "huge.bin").write_bytes(bytes(1 << 20))
    (space.work / "out" / "final_info.json").write_text(" " * (100 * 1024) + "{}")
    (space.work / "out" / "metrics.json").write_text(" " * 2000 + "{}")
    space.keep_small_outputs()
    kept = {path.name: path.stat().st_size for path in space.kept.iterdir()}
    assert {"final_info.json", "metrics.json"} <= kept.keys()
    assert "huge.bin" not in kept
    assert sum(kept.values()) <= KEPT_TOTAL


def test_many_trials_stream_back(tiny: Path, tmp_path: Path) -> None:
    template = load_template(tiny)
    jobs = [
        TrialJob(
            id=f"n0-explore-{seed}",
            template=template,
            node_id="n0",
            split=Split.EXPLORE,
            seed=seed,
            run_folder=tmp_path / "run",
            keep=tmp_path / "run" / "trials" / f"n0-explore-{seed}",
        )
        for seed in (3, 1, 2)
    ]
    threads: set[int] = set()
    done: list[str] = []

    def on_done(trial: Trial) -> None:
        done.append(trial.id)
        threads.add(threading.get_ident())

    with ThreadPoolExecutor(2) as executor:
        trials = run_trials(jobs, executor, on_done)
        assert [t.seed for t in trials] == [3, 1, 2]
        assert sorted(done) == sorted(j.id for j in jobs)
        assert threads == {threading.get_ident()}
        with pytest.raises(ZeroDivisionError):
            run_trials(jobs, executor, lambda _: 1 // 0)  # type: ignore[arg-type,return-value]


class Queue(Executor):
    """Two calls run at once; the second ends when its result is asked for, and the others wait."""

    def __init__(self) -> None:
        self.calls: list[tuple[Future[Trial], Trial]] = []

    def submit(self, fn: object, /, *args: object, **_: object) -> Future[Any]:
        future: Future[Trial] = Future()
        (job,) = args
        assert isinstance(job, TrialJob)
        trial = Trial(id=job.id, node_id=job.node_id, split=job.split, seed=job.seed, run=None)
        self.calls.append((future, trial))
        if len(self.calls) <= 2:
            future.set_running_or_notify_cancel()
        if len(self.calls) == 1:
            future.set_result(trial)
        return future


def test_trials_under_way_when_a_limit_is_met_are_handed_over(tiny: Path, tmp_path: Path) -> None:
    template, queue = load_template(tiny), Queue()
    jobs = [
        TrialJob(
            id=f"n0-explore-{seed}", template=template, node_id="n0", split=Split.EXPLORE, seed=seed,
            run_folder=tmp_path, keep=tmp_path / str(seed),
        )
        for seed in (1, 2, 3, 4)
    ]  # fmt: skip
    heard: list[int] = []

    def on_done(trial: Trial) -> None:
        heard.append(trial.seed)
        future, second = queue.calls[1]
        if not future.done():
            future.set_result(second)
        raise BudgetExceeded("seconds", 2.0, 1.0)

    with pytest.raises(BudgetExceeded):
        run_trials(jobs, queue, on_done)
    assert heard == [1, 2]
    assert [future.cancelled() for future, _ in queue.calls] == [False, False, True, True]


def test_a_job_survives_the_way_to_a_worker(tiny: Path, tmp_path: Path) -> None:
    job = TrialJob(
        id="n0",
        template=load_template(tiny),
        node_id="n0",
        split=Split.EXPLORE,
        seed=1,
        run_folder=tmp_path,
        keep=tmp_path / "t",
    )
    assert run_trial(TrialJob.model_validate_json(job.model_dump_json())).failure is None


def v1_job(folder: Path, tmp_path: Path) -> TrialJob:
    return TrialJob(
        id="n0",
        template=load_template(folder),
        node_id="n0",
        split=Split.EXPLORE,
        seed=4,
        run_folder=tmp_path,
        keep=tmp_path / "t",
    )


def test_a_template_of_the_ai_scientist_runs_as_it_is(tmp_path: Path) -> None:
    trial = run_trial(v1_job(make_v1(tmp_path), tmp_path))
    assert trial.failure is None
    assert trial.run is not None
    assert trial.run.argv == ("python", "experiment.py", "--out_dir=run_1")
    assert 2 <= (trial.value("walk/end_loss_mean") or 0) <= 3
    assert trial.evaluation is None
    assert [p.name for p in (tmp_path / "t" / "out").iterdir()] == ["final_info.json"]


def test_a_template_of_the_ai_scientist_with_a_bad_result(tmp_path: Path) -> None:
    bad = SCRIPT.replace('"end_loss_mean": mean', '"end_loss_mean": float("nan")')
    trial = run_trial(v1_job(make_v1(tmp_path, bad), tmp_path))
    assert trial.failure is not None
    assert trial.failure.cause is FailureCause.NOT_FINITE
    assert trial.failure.message == "final_info.json has nan for walk/end_loss_mean, and must have a finite number."
    assert trial.output_hash


def test_metrics_of_a_folder_without_a_baseline_are_learnt_by_running_it(tmp_path: Path) -> None:
    folder = make_v1(tmp_path, info=None)
    template = measure_v1(folder, tmp_path / "run")
    assert [m.key for m in template.metrics] == ["walk/end_loss_mean", "walk/train_time_mean"]
    assert template.primary.key == "walk/end_loss_mean"
    assert not (folder / "run_1").exists()
    before = (tmp_path / "run" / "baseline" / "out" / "final_info.json").stat().st_mtime_ns
    assert measure_v1(folder, tmp_path / "run") == template
    assert (tmp_path / "run" / "baseline" / "out" / "final_info.json").stat().st_mtime_ns == before
    (folder / "experiment.py").write_text("raise SystemExit('no data')")
    with pytest.raises(
        TemplateError, match=r"The baseline of .* fails: The experiment ended with exit code 1: no data"
    ):
        measure_v1(folder, tmp_path / "run")
