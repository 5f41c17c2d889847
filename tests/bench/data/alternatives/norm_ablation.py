"""Second implementations for norm_ablation, written from docstrings and paper."""

import numpy as np


def spirals(per_class, classes, turns, noise, rng):
    """One spiral after the other."""
    shake = rng.standard_normal(per_class * classes)
    points, labels = [], []
    for k in range(classes):
        for i in range(per_class):
            r = 0.1 + 0.9 * i / (per_class - 1)
            angle = 2 * np.pi * turns * r + 2 * np.pi * k / classes + noise * shake[len(points)]
            points.append((r * np.cos(angle), r * np.sin(angle)))
            labels.append(k)
    points = np.array(points)
    return (points - points.mean(axis=0)) / points.std(axis=0), np.array(labels)


def wrong_spirals(per_class, classes, turns, noise, rng):
    """Turns counted from the inner end, which the docstring excludes."""
    shake = rng.standard_normal(per_class * classes)
    share = np.tile(np.linspace(0.0, 1.0, per_class), classes)
    labels = np.repeat(np.arange(classes), per_class)
    angle = 2 * np.pi * (turns * share + labels / classes) + noise * shake
    points = (0.1 + 0.9 * share)[:, None] * np.column_stack([np.cos(angle), np.sin(angle)])
    return (points - points.mean(axis=0)) / points.std(axis=0), labels


def batches(size, batch, epochs, rng):
    """By reshaping."""
    whole = size // batch
    return [rows for _ in range(epochs) for rows in rng.permutation(size)[: whole * batch].reshape(whole, batch)]


def norm_backward(grad, cache, axis):
    """The form with three terms and one division."""
    z, gain, inverse = cache
    u = grad * gain
    n = u.shape[axis]
    by_x = inverse / n * (n * u - u.sum(axis=axis, keepdims=True) - z * (u * z).sum(axis=axis, keepdims=True))
    return by_x, np.einsum("ij,ij->j", grad, z), np.ones(len(grad)) @ grad


def softmax_cross_entropy(logits, labels, smoothing=0.0):
    """Log-probabilities by logaddexp."""
    n, c = logits.shape
    logs = logits - np.logaddexp.reduce(logits, axis=1)[:, None]
    target = np.eye(c)[labels] * (1 - smoothing) + smoothing / c
    return float(-np.mean(np.sum(target * logs, axis=1))), (np.exp(logs) - target) / n


def dense_backward(grad, cache):
    """By index sums."""
    x, weight = cache
    return np.einsum("nh,dh->nd", grad, weight), np.einsum("nd,nh->dh", x, grad), np.einsum("nh->h", grad)


def adam_step(parameters, gradients, state, rate, betas=(0.9, 0.999), epsilon=1e-8):
    """With the correction moved into the rate."""
    state["t"] = state.get("t", 0) + 1
    one, two = 1 - betas[0] ** state["t"], 1 - betas[1] ** state["t"]
    for name, g in gradients.items():
        old_m, old_v = state.setdefault("m", {}).get(name, 0 * g), state.setdefault("v", {}).get(name, 0 * g)
        m = state["m"][name] = old_m + (1 - betas[0]) * (g - old_m)
        v = state["v"][name] = old_v + (1 - betas[1]) * (g * g - old_v)
        parameters[name] = parameters[name] - rate * np.sqrt(two) / one * m / (np.sqrt(v) + epsilon * np.sqrt(two))


def backward(grad, caches, norm):
    """All of a name together, first layers first."""
    found = {}
    for i in reversed(range(len(caches))):
        dense, *more = caches[i]
        if more:
            normal, (mask,) = more
            grad = grad * mask
            if norm in ("batch", "layer"):
                grad, found["g", i], found["s", i] = norm_backward(grad, normal, ("batch", "layer").index(norm))
        grad, found["w", i], found["b", i] = dense_backward(grad, dense)
    return {f"{letter}{i}": found[letter, i] for letter, i in sorted(found)}
