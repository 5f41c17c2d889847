"""Fit an epidemic model (SEIR, ordinary differential equations) to weekly measles counts and forecast eight weeks.

    python experiment.py --out_dir run_1 --seed 1

The seed chooses thirty-two series, each the history of one town before one week, the origin of its forecast, and the
random starts of the fit. All series are fitted at once by damped least squares (Levenberg-Marquardt). Left in
``--out_dir``: ``forecasts.csv``, the expected counts of the weeks after each origin; ``curve.csv``, the loss during
the fit; ``cost.json``, what was used.

Arrays: R random starts, N series, W weeks of history, H weeks of forecast. The state of a town is the share of its
people that is susceptible, exposed (infected, not yet infectious) and infectious; the rest is immune. Time is in weeks.
"""

from __future__ import annotations

import argparse
import csv
import json
from pathlib import Path

import numpy as np

DATA = Path(__file__).parent / "data"
HORIZON = 8
STEPS = 30
STEPS_PER_WEEK = 2  # Runge-Kutta steps
WEEKS_PER_YEAR = 52.18
PARAMETERS = 4


# --- The method: each function below is one place where an idea can be tried. ---


def durations():
    """Return the mean time from infection to being infectious, and of being infectious: two floats, in weeks."""
    return 8.0 / 7.0, 5.0 / 7.0


def season(day):
    """Return the factor on contacts (N,), all above 0, for days of the year (N,), numbers from 0 to 365."""
    return np.ones_like(day)


def imported(population):
    """Return infections per person and week that come from outside, an array (N,), for towns of population (N,)."""
    return 1.0 / population


def restarts():
    """Return the number of random starts of the fit, an integer of at least 1."""
    return 3


def starting_point(count, rng):
    """Return first guesses (count, 4) of the parameters, drawn from the Generator rng.

    Columns: log reproduction number, log-odds of the susceptible share, log infectious share, log-odds of reporting.
    """
    return np.array([2.7, -2.7, -8.0, 0.0]) + rng.normal(0.0, 0.5, size=(count, PARAMETERS))


def prior():
    """Return the usual values (4,) of the parameters, and how far each may stray from it (4,), all above 0."""
    return np.array([2.7, -2.7, -8.0, 0.0]), np.array([0.5, 0.5, 3.0, 0.5])


def transform(cases):
    """Return weekly counts (..., W), all at least 0, on the scale on which model and data are compared; same shape."""
    return np.sqrt(cases)


def week_weights(weeks):
    """Return the weights (W,), positive, that the weeks of history have in the fit, from the oldest to the latest."""
    return np.ones(weeks)


def combine(forecasts, losses):
    """Join the forecasts (R, N, H) of R random starts into one (N, H); losses (R, N) say how well each start fits."""
    best = losses.argmin(axis=0)
    return forecasts[best, np.arange(forecasts.shape[1])]


def correct(forecast, fitted, observed):
    """Return the forecast (N, H), after a look at fitted and observed counts (N, H) of the last H weeks of history."""
    return forecast


# --- The model and its fit. ---


def flows(state, contacts, births, arrivals):
    """Return the rates of change of (susceptible, exposed, infectious, newly infectious), each of shape (..., N)."""
    susceptible, exposed, infectious, _ = state
    latent, infectious_time = durations()
    infections = np.minimum(contacts * infectious + arrivals, 10.0) * susceptible
    onsets = exposed / latent
    return np.stack(
        [births * (1.0 - susceptible) - infections, infections - onsets, onsets - infectious / infectious_time, onsets]
    )


def simulate(parameters, towns, weeks):
    """Return expected reports (..., N, weeks) for parameters (..., N, 4), from the first week of history on."""
    reproduction = np.exp(np.clip(parameters[..., 0], -2.0, 5.0))
    susceptible, reported = (1.0 / (1.0 + np.exp(-np.clip(parameters[..., k], -20.0, 20.0))) for k in (1, 3))
    infectious = np.exp(np.clip(parameters[..., 2], -25.0, -1.0))
    latent, infectious_time = durations()
    state = np.stack([susceptible, infectious * latent / infectious_time, infectious, np.zeros_like(infectious)])
    step = 1.0 / STEPS_PER_WEEK
    arrivals = imported(towns["population"])
    births = towns["births"] / towns["population"] / WEEKS_PER_YEAR

    def change(now, time):
        day = (towns["first_day"] + 7.0 * time) % 365.25
        return flows(now, reproduction / infectious_time * season(day), births, arrivals)

    counts = []
    for week in range(weeks):
        state[3] = 0.0
        for part in range(STEPS_PER_WEEK):
            time = week + part * step
            k1 = change(state, time)
            k2 = change(state + 0.5 * step * k1, time + 0.5 * step)
            k3 = change(state + 0.5 * step * k2, time + 0.5 * step)
            k4 = change(state + step * k3, time + step)
            state = np.clip(state + step / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4), 1e-12, 1.0)
        counts.append(state[3] * reported * towns["population"])
    return np.stack(counts, axis=-1)


def residuals(parameters, towns):
    """Return what the fit makes small (..., N, W + 4): differences to the data, and distances to the prior."""
    cases = towns["cases"]
    difference = transform(simulate(parameters, towns, cases.shape[-1])) - transform(cases)
    usual, spread = prior()
    return np.concatenate([difference * np.sqrt(week_weights(cases.shape[-1])), (parameters - usual) / spread], axis=-1)


def fit(towns, starts, steps):
    """Fit parameters (R, N, 4) by damped least squares; return them, their losses (R, N) and the curve of the loss."""
    best, loss = starts, np.full(starts.shape[:2], np.inf)
    damping = np.ones(starts.shape[:2])
    trial, curve = starts, []
    nudges = 1e-4 * np.concatenate([np.zeros((1, PARAMETERS)), np.eye(PARAMETERS)])
    slopes, errors = None, None
    for step in range(steps):
        found = residuals(trial + nudges[:, None, None, :], towns)
        if not np.isfinite(found).all():
            raise FloatingPointError("the fit diverged: the differences to the data are not finite")
        new_slopes = np.moveaxis((found[1:] - found[0]) / 1e-4, 0, -1)
        new_loss = (found[0] ** 2).sum(axis=-1)
        better = new_loss < loss
        slopes = new_slopes if slopes is None else np.where(better[..., None, None], new_slopes, slopes)
        errors = found[0] if errors is None else np.where(better[..., None], found[0], errors)
        best, loss = np.where(better[..., None], trial, best), np.where(better, new_loss, loss)
        damping = np.clip(np.where(better, damping / 3.0, damping * 4.0), 1e-6, 1e6)
        normal = np.swapaxes(slopes, -1, -2) @ slopes + damping[..., None, None] * np.eye(PARAMETERS)
        down = (np.swapaxes(slopes, -1, -2) @ errors[..., None])[..., 0]
        trial = best - np.clip(np.linalg.solve(normal, down[..., None])[..., 0], -1.0, 1.0)
        curve.append((step + 1, float(loss.min(axis=0).mean())))
    return best, loss, curve


def expect(name, array, shape):
    """Refuse an array of another shape, which NumPy might silently stretch."""
    if np.shape(array) != tuple(shape):
        raise ValueError(f"{name} returned shape {np.shape(array)}, but {tuple(shape)} was expected")


def check(towns):
    """Refuse functions of the method that return other shapes than they promise."""
    count, weeks = towns["cases"].shape
    expect("season", season(towns["first_day"]), (count,))
    expect("imported", imported(towns["population"]), (count,))
    expect("transform", transform(towns["cases"]), (count, weeks))
    expect("week_weights", week_weights(weeks), (weeks,))
    for name, values in zip(("usual values", "spread"), prior(), strict=True):
        expect(f"prior: {name}", values, (PARAMETERS,))


def forecast(towns, seed, steps):
    """Fit all series; return expected counts (N, H) of the weeks after the origin, the curve and the parameters."""
    rng = np.random.default_rng(seed)
    check(towns)
    count, weeks = towns["cases"].shape
    starts = np.stack([starting_point(count, rng) for _ in range(restarts())])
    expect("starting_point", starts[0], (count, PARAMETERS))
    parameters, losses, curve = fit(towns, starts, steps)
    paths = simulate(parameters, towns, weeks + HORIZON)
    joined = combine(paths[..., weeks:], losses)
    expect("combine", joined, (count, HORIZON))
    fitted = combine(paths[..., weeks - HORIZON : weeks], losses)
    corrected = correct(joined, np.asarray(fitted), towns["cases"][:, -HORIZON:])
    expect("correct", corrected, (count, HORIZON))
    return corrected, curve, parameters


# --- Data in, files out. ---


def read_towns(seed):
    """Read the series of this seed: counts (N, W), people, births a year, and the day of the year of the first week."""
    folder = DATA / str(seed)
    if not folder.is_dir():
        raise SystemExit(f"experiment.py: there are no series for seed {seed} (data/{seed})")
    with (folder / "series.csv").open(encoding="utf-8", newline="") as file:
        facts = list(csv.DictReader(file))
    first = [np.datetime64(row["first_week"]) for row in facts]
    return {
        "cases": np.loadtxt(folder / "counts.csv", delimiter=",", skiprows=1).T,
        "population": np.array([float(row["population"]) for row in facts]),
        "births": np.array([float(row["births"]) for row in facts]),
        "first_day": np.array([float((day - day.astype("datetime64[Y]")).astype(int)) for day in first]),
    }


def main():
    """Fit once and leave the forecasts, the curve and the cost."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--out_dir", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--steps", type=int, default=STEPS, help="fewer steps of the fit make a smoke run")
    args = parser.parse_args()
    args.out_dir.mkdir(parents=True, exist_ok=True)

    towns = read_towns(args.seed)
    counts, curve, parameters = forecast(towns, args.seed, args.steps)

    table = [(week + 1, name, f"{counts[name, week]:.6g}") for name in range(len(counts)) for week in range(HORIZON)]
    for name, header, rows in (
        ("forecasts.csv", ("week", "series", "cases"), table),
        ("curve.csv", ("step", "value"), curve),
    ):
        with (args.out_dir / name).open("w", newline="", encoding="utf-8") as file:
            csv.writer(file, lineterminator="\n").writerows([header, *rows])
    cost = {"steps": args.steps, "parameters": int(parameters.size), "examples": int(towns["cases"].size)}
    (args.out_dir / "cost.json").write_text(json.dumps(cost) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
