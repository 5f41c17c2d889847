"""Exact results against which simulations are checked. Rates are per unit of time."""

from __future__ import annotations

import numpy as np


def erlang_c(servers: int, load: float) -> float:
    """Probability that an arriving customer of M/M/c waits.

    With the Erlang B recursion B_0 = 1, B_k = a B_{k-1} / (k + a B_{k-1}), it is c B_c / (c - a (1 - B_c)).

    Args:
        servers: c.
        load: offered load a = arrival rate / service rate of one server, below c.
    """
    blocking = 1.0
    for k in range(1, servers + 1):
        blocking = load * blocking / (k + load * blocking)
    return servers * blocking / (servers - load * (1.0 - blocking))


def mmc_wait(servers: int, arrival_rate: float, service_rate: float) -> float:
    """Mean wait in the queue of M/M/c: the Erlang C probability over (c * service rate - arrival rate)."""
    waiting = erlang_c(servers, arrival_rate / service_rate)
    return waiting / (servers * service_rate - arrival_rate)


def pollaczek_khinchine(arrival_rate: float, mean: float, second_moment: float) -> float:
    """Mean wait in the queue of M/G/1: arrival rate * E[S^2] / (2 (1 - arrival rate * E[S])).

    Args:
        arrival_rate: below 1 / mean.
        mean: E[S] of the service time.
        second_moment: E[S^2].
    """
    return arrival_rate * second_moment / (2.0 * (1.0 - arrival_rate * mean))


def shortest_first_wait(arrival_rate: float, mean: float, samples: np.ndarray) -> float:
    """Mean wait of M/G/1 under non-preemptive shortest job first, averaged over sampled service times.

    For a job of size x the wait is W0 / (1 - rho(x))^2, W0 = arrival rate * mean(S^2) / 2 and rho(x) the load of jobs
    not longer than x: arrival rate * sum of samples <= x / number of samples. The samples, which are distinct,
    are first rescaled to `mean`.

    Args:
        arrival_rate: below 1 / mean.
        mean: E[S].
        samples: service times, shape (n,).
    """
    sizes = np.sort(samples) * mean / samples.mean()
    residual = arrival_rate * np.mean(sizes**2) / 2.0
    load = arrival_rate * np.cumsum(sizes) / len(sizes)
    return float(np.mean(residual / (1.0 - load) ** 2))


def erlang_distribution(x: np.ndarray, k: int) -> np.ndarray:
    """Distribution function of the sum of k independent exponential variables of mean 1.

    1 - exp(-x) * sum of x^j / j! over j = 0 .. k - 1.

    Args:
        x: non-negative, any shape.
        k: at least 1.

    Returns:
        Probabilities, same shape.
    """
    term, total = np.exp(-x), np.exp(-x)
    for j in range(1, k):
        term = term * x / j
        total = total + term
    return 1.0 - total
