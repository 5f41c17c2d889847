"""Waiting times of customers, given gaps and service times."""

from __future__ import annotations

import heapq

import numpy as np

from queues.types import Array


def lindley(gaps: Array, service: Array) -> Array:
    """Waits in a single-server first-come first-served queue that starts empty.

    Lindley's recursion W_0 = 0, W_{i+1} = max(0, W_i + S_i - A_{i+1}), where A_{i+1} is the gap before customer i + 1,
    solved with running sums and minima.

    Args:
        gaps: time between the arrival of a customer and of the one before, shape (..., n); the first is not used.
        service: service times, shape (..., n).

    Returns:
        Waits, shape (..., n).
    """
    steps = service[..., :-1] - gaps[..., 1:]
    walk = np.concatenate([np.zeros((*steps.shape[:-1], 1)), np.cumsum(steps, axis=-1)], axis=-1)
    return walk - np.minimum.accumulate(walk, axis=-1)


def kiefer_wolfowitz(gaps: Array, service: Array, servers: int) -> Array:
    """Waits in a first-come first-served queue with several servers, for a batch of runs that start empty.

    The sorted workloads of the servers: a customer waits for the smallest, adds its service time to it, and all
    decrease by the next gap, not below zero.

    Args:
        gaps: shape (runs, n); the first of each run is not used.
        service: shape (runs, n).
        servers: number of servers.

    Returns:
        Waits, shape (runs, n).
    """
    workload = np.zeros((gaps.shape[0], servers))
    waits = np.empty_like(service)
    for i in range(service.shape[1]):
        if i > 0:
            workload = np.maximum(workload - gaps[:, i, None], 0.0)
        waits[:, i] = workload[:, 0]
        workload[:, 0] += service[:, i]
        workload.sort(axis=1)
    return waits


def priority_waits(gaps: Array, service: Array, keys: Array) -> Array:
    """Waits in a single-server queue whose free server takes the waiting customer with the smallest key.

    Service is not interrupted; equal keys are served in the order of arrival. Customer i arrives at the sum of the
    gaps 0 .. i.

    Args:
        gaps: shape (n,).
        service: shape (n,).
        keys: shape (n,), such as the service times for shortest job first.

    Returns:
        Waits by customer in the order of arrival, shape (n,).
    """
    arrivals = np.cumsum(gaps)
    waits = np.empty(len(arrivals))
    waiting: list[tuple[float, int]] = []
    clock, following = 0.0, 0
    for _ in range(len(arrivals)):
        if not waiting:
            clock = max(clock, arrivals[following])
        while following < len(arrivals) and arrivals[following] <= clock:
            heapq.heappush(waiting, (keys[following], following))
            following += 1
        _, customer = heapq.heappop(waiting)
        waits[customer] = clock - arrivals[customer]
        clock += service[customer]
    return waits
