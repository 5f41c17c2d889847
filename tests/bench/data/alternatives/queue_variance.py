"""Second implementations for queue_variance, written from docstrings and paper."""

import math

import numpy as np


def lindley(gaps, service):
    """The recursion itself, along the last axis. A customer who finds the server free waits exactly zero."""
    waits = np.zeros(service.shape)
    for i in range(service.shape[-1] - 1):
        waits[..., i + 1] = np.maximum(0.0, waits[..., i] + service[..., i] - gaps[..., i + 1])
    return waits


def priority_waits(gaps, service, keys):
    """A list of those who wait, searched each time."""
    arrivals, waits = np.cumsum(gaps), np.zeros(len(gaps))
    waiting, clock, following = [], 0.0, 0
    while following < len(gaps) or waiting:
        if not waiting and arrivals[following] > clock:
            clock = arrivals[following]
        while following < len(gaps) and arrivals[following] <= clock:
            waiting.append(following)
            following += 1
        customer = min(waiting, key=lambda i: (keys[i], i))
        waiting.remove(customer)
        waits[customer] = clock - arrivals[customer]
        clock += service[customer]
    return waits


def erlang_c(servers, load):
    """By the sum of powers over factorials."""
    last = load**servers / math.factorial(servers) * servers / (servers - load)
    return last / (sum(load**k / math.factorial(k) for k in range(servers)) + last)


def shortest_first_wait(arrival_rate, mean, samples):
    """The load of jobs not longer than each by counting, in blocks."""
    sizes = samples * (mean / samples.mean())
    residual = arrival_rate * (sizes**2).mean() / 2
    order = np.argsort(sizes)
    load = np.empty(len(sizes))
    load[order] = np.add.accumulate(sizes[order]) * arrival_rate / len(sizes)
    return float((residual / np.square(1 - load)).mean())


def control_variate(values, controls, means):
    """Coefficients from the normal equations."""
    centred = controls - controls.mean(axis=0)
    b = np.linalg.inv(centred.T @ centred) @ (centred.T @ values)
    return values - (controls - means) @ b


def regenerative(waits, level):
    """Cycle by cycle."""
    from statistics import NormalDist

    cycles, total, count = [], waits[0], 1
    for wait in waits[1:]:
        if wait == 0.0:
            cycles.append((total, count))
            total, count = 0.0, 0
        total, count = total + wait, count + 1
    y, n = np.array(cycles).T
    ratio = y.sum() / n.sum()
    s = (y - ratio * n).std(ddof=1)
    return float(ratio), float(NormalDist().inv_cdf((1 + level) / 2) * s / (n.mean() * len(n) ** 0.5))


def stratified_error(values, uniform, strata):
    """Each stratum cut out by its ends."""
    total = 0.0
    for h in range(strata):
        group = values[(uniform >= h / strata) & (uniform < (h + 1) / strata)]
        total += np.var(group) * len(group) / (len(group) - 1) / len(group)
    return float(np.sqrt(total) / strata)
