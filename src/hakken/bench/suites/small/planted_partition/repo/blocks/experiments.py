"""The four experiments of the paper."""

from __future__ import annotations

from typing import Any

import numpy as np

from blocks.agglomerate import label_propagation, louvain
from blocks.graphs import largest_component, planted_partition, ring_of_cliques
from blocks.scores import adjusted_rand, modularity, normalized_information, relabel, set_f1
from blocks.spectral import spectral_communities
from blocks.walks import pagerank, sweep_cut

SPECTRAL = ("adjacency", "normalized", "regularized", "bethe")


def rates(degree: float, gap: float, n: int, k: int) -> tuple[float, float]:
    """Edge probabilities with a mean degree and a difference `gap` of the expected degrees inside and outside."""
    outside = (degree - gap / k) / n
    return outside + gap / n, outside


def detectability(config: dict[str, Any]) -> dict[str, Any]:
    """Agreement with the planted groups against the signal-to-noise ratio."""
    rng = np.random.default_rng(config["seed"])
    k, size, degree = config["groups"], config["size"], config["degree"]
    results: dict[str, Any] = {}
    for snr in config["snr"]:
        gap = k * np.sqrt(snr * degree)
        inside, outside = rates(degree, gap, k * size, k)
        scores: dict[str, list[float]] = {name: [] for name in (*SPECTRAL, "propagation", "louvain")}
        for _ in range(config["graphs"]):
            adjacency, groups = planted_partition([size] * k, inside, outside, 0.0, rng)
            order = rng.permutation(len(groups))
            for name in SPECTRAL:
                scores[name].append(adjusted_rand(relabel(spectral_communities(adjacency, k, name)), groups))
            scores["propagation"].append(adjusted_rand(label_propagation(adjacency, order), groups))
            scores["louvain"].append(adjusted_rand(louvain(adjacency, order), groups))
        for name, values in scores.items():
            results.setdefault(name, []).append(float(np.mean(values)))
    return results


def hubs(config: dict[str, Any]) -> dict[str, Any]:
    """Normalised information on the largest component when degrees are heterogeneous."""
    rng = np.random.default_rng(config["seed"])
    k, size = config["groups"], config["size"]
    results: dict[str, Any] = {}
    for spread in config["spreads"]:
        scores: dict[str, list[float]] = {name: [] for name in (*SPECTRAL, "louvain")}
        kept: list[float] = []
        for _ in range(config["graphs"]):
            adjacency, groups = planted_partition([size] * k, config["inside"], config["outside"], spread, rng)
            component = largest_component(adjacency)
            adjacency, groups = adjacency[np.ix_(component, component)], relabel(groups[component])
            kept.append(len(component))
            for name in SPECTRAL:
                found = relabel(spectral_communities(adjacency, k, name))
                scores[name].append(normalized_information(found, groups))
            found = louvain(adjacency, rng.permutation(len(groups)))
            scores["louvain"].append(normalized_information(found, groups))
        for name, values in (scores | {"vertices": kept}).items():
            results.setdefault(name, []).append(float(np.mean(values)))
    return results


def resolution(config: dict[str, Any]) -> dict[str, Any]:
    """The resolution limit of modularity on rings of cliques."""
    rng = np.random.default_rng(config["seed"])
    results: dict[str, Any] = {}
    for cliques in config["cliques"]:
        adjacency, groups = ring_of_cliques(cliques, config["size"])
        results.setdefault("planted", []).append(modularity(adjacency, groups))
        for gamma in config["resolutions"]:
            found = [louvain(adjacency, rng.permutation(len(groups)), gamma) for _ in range(config["orders"])]
            counts = [labels.max() + 1 for labels in found]
            values = [modularity(adjacency, labels) for labels in found]
            results.setdefault(f"communities_{gamma:g}", []).append(float(np.mean(counts)))
            results.setdefault(f"modularity_{gamma:g}", []).append(float(np.mean(values)))
    return results


def seeds(config: dict[str, Any]) -> dict[str, Any]:
    """Recovering the group of a few seed vertices with personalised PageRank and a sweep cut."""
    rng = np.random.default_rng(config["seed"])
    sizes = config["sizes"]
    scores: dict[str, list[list[float]]] = {}
    for _ in range(config["graphs"]):
        adjacency, groups = planted_partition(sizes, config["inside"], config["outside"], config["spread"], rng)
        component = largest_component(adjacency)
        adjacency, groups = adjacency[np.ix_(component, component)], groups[component]
        target = np.flatnonzero(groups == 0)
        shuffled = rng.permutation(target)
        for count in config["seed_counts"]:
            restart = np.zeros(len(groups))
            restart[shuffled[:count]] = 1.0 / count
            ranks = [pagerank(adjacency, restart, damping) for damping in config["damping"]]
            found = [sweep_cut(adjacency, rank, config["largest"]) for rank in ranks]
            scores.setdefault(f"f1_{count}", []).append([set_f1(members, target) for members in found])
            scores.setdefault(f"size_{count}", []).append([len(members) / len(target) for members in found])
    return {name: np.mean(rows, axis=0).tolist() for name, rows in scores.items()}


EXPERIMENTS = {"detectability": detectability, "hubs": hubs, "resolution": resolution, "seeds": seeds}
