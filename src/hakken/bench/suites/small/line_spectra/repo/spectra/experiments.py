"""The four experiments of the paper."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from spectra.parametric import burg, information_criteria, yule_walker
from spectra.peaks import find_peaks, frequency_bound, log_spectral_distance, resolved
from spectra.periodograms import multitaper, periodogram, welch
from spectra.signals import autoregression, autoregressive_density, tones
from spectra.subspace import esprit, music
from spectra.types import Array


def grid(points: int) -> Array:
    """Frequencies strictly between 0 and one half."""
    return (np.arange(points) + 0.5) / (2 * points)


def autoregressive_spectrum(fit: Callable[[Array, int], tuple[Array, Array]], order: int) -> Callable[..., Array]:
    """The estimator of a density that `fit` and the order define."""

    def estimate(x: Array, frequencies: Array) -> Array:
        coefficients, errors = fit(x, order)
        return autoregressive_density(coefficients, float(errors[-1]), frequencies)

    return estimate


def resolution(config: dict[str, Any]) -> dict[str, Any]:
    """Share of records in which two close tones are told apart, against their separation in units of 1 / n."""
    rng = np.random.default_rng(config["seed"])
    n, frequencies = config["samples"], grid(config["grid"])
    methods: dict[str, Callable[[Array], Array]] = {
        "periodogram": lambda x: find_peaks(periodogram(x, frequencies), frequencies, 2),
        "yule_walker": lambda x: find_peaks(
            autoregressive_spectrum(yule_walker, config["order"])(x, frequencies), frequencies, 2
        ),
        "burg": lambda x: find_peaks(autoregressive_spectrum(burg, config["order"])(x, frequencies), frequencies, 2),
        "music": lambda x: find_peaks(music(x, frequencies, 2, config["size"]), frequencies, 2),
        "esprit": lambda x: esprit(x, 2, config["size"]),
    }
    results: dict[str, Any] = {}
    for separation in config["separations"]:
        truth = np.array([config["frequency"], config["frequency"] + separation / n])
        batch = tones(list(truth), [1.0, 1.0], n, config["noise"], config["records"], rng)
        for name, method in methods.items():
            hits = [resolved(method(x), truth) for x in batch]
            results.setdefault(name, []).append(float(np.mean(hits)))
    return results


def accuracy(config: dict[str, Any]) -> dict[str, Any]:
    """Root mean square error of the frequency of one tone over the Cramer-Rao bound."""
    rng = np.random.default_rng(config["seed"])
    n, frequencies = config["samples"], grid(config["grid"])
    results: dict[str, Any] = {}
    for decibels in config["snr"]:
        noise = np.sqrt(0.5) * 10 ** (-decibels / 20)
        bound = frequency_bound(n, 1.0, noise)
        batch = tones([config["frequency"]], [1.0], n, noise, config["records"], rng)
        found = {
            "periodogram": [find_peaks(periodogram(x, frequencies), frequencies, 1)[0] for x in batch],
            "burg": [
                find_peaks(autoregressive_spectrum(burg, config["order"])(x, frequencies), frequencies, 1)[0]
                for x in batch
            ],
            "music": [find_peaks(music(x, frequencies, 1, config["size"]), frequencies, 1)[0] for x in batch],
            "esprit": [esprit(x, 1, config["size"])[0] for x in batch],
        }
        for name, values in found.items():
            error = np.sqrt(np.mean((np.array(values) - config["frequency"]) ** 2))
            results.setdefault(name, []).append(float(error / bound))
        results.setdefault("bound", []).append(1e6 * bound)
    return results


def densities(config: dict[str, Any]) -> dict[str, Any]:
    """Log spectral distance to the density of an autoregression with a large dynamic range."""
    rng = np.random.default_rng(config["seed"])
    frequencies, coefficients = grid(config["grid"]), config["coefficients"]
    truth = autoregressive_density(np.array(coefficients), 1.0, frequencies)
    results: dict[str, Any] = {"range": float(10 * np.log10(truth.max() / truth.min()))}
    for n in config["samples"]:
        batch = autoregression(coefficients, n, config["records"], rng)
        methods: dict[str, Callable[..., Array]] = {
            "periodogram": periodogram,
            "welch": lambda x, f, n=n: welch(x, f, n // 4),
            "multitaper": lambda x, f: multitaper(x, f, config["tapers"]),
            "yule_walker": autoregressive_spectrum(yule_walker, config["order"]),
            "burg": autoregressive_spectrum(burg, config["order"]),
        }
        for name, method in methods.items():
            distances = [log_spectral_distance(method(x, frequencies), truth) for x in batch]
            results.setdefault(name, []).append(float(np.mean(distances)))
    return results


def orders(config: dict[str, Any]) -> dict[str, Any]:
    """Share of records in which a criterion finds the true order, and the mean order it chooses."""
    rng = np.random.default_rng(config["seed"])
    true_order = len(config["coefficients"])
    results: dict[str, Any] = {}
    for n in config["samples"]:
        batch = autoregression(config["coefficients"], n, config["records"], rng)
        for label, fit in (("yule_walker", yule_walker), ("burg", burg)):
            chosen = [information_criteria(fit(x, config["largest"])[1], n) for x in batch]
            for criterion in ("aic", "aicc", "bic"):
                values = np.array([choice[criterion] for choice in chosen])
                results.setdefault(f"hit_{label}_{criterion}", []).append(float(np.mean(values == true_order)))
                results.setdefault(f"mean_{label}_{criterion}", []).append(float(np.mean(values)))
    return results


EXPERIMENTS = {"resolution": resolution, "accuracy": accuracy, "densities": densities, "orders": orders}
