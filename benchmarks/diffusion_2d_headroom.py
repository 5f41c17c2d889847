"""Headroom of the diffusion_2d template: known changes against its noise floor.

python benchmarks/diffusion_2d_headroom.py [--workers 2] [--split report]
"""

from __future__ import annotations

from headroom import Changes, main

CHANGES: Changes = {
    "Fourier features of the points": (
        "helps",
        """
def embed_points(points):
    waves = torch.cat([points * f for f in (1.0, 2.0, 4.0, 8.0)], dim=1)
    return torch.cat([points, torch.sin(waves), torch.cos(waves)], dim=1)
""",
    ),
    "higher, falling learning rate": (
        "helps",
        """
def learning_rate(step, steps):
    return 0.00001 + 0.01 * 0.5 * (1.0 + math.cos(math.pi * step / steps))
""",
    ),
    "wider layers": (
        "helps",
        """
def hidden_sizes():
    return [128, 128, 128]
""",
    ),
    "smooth activation": (
        "open",
        """
def activation(sums):
    return sums * torch.sigmoid(sums)
""",
    ),
    "averaged weights": (
        "open",
        """
def average(kept, parameter, step, steps):
    return 0.99 * kept + 0.01 * parameter
""",
    ),
    "no noise while sampling": (
        "open",
        """
def previous_points(points, guess, added, signal, signal_before, noise):
    clean = (points - math.sqrt(1.0 - signal) * guess) / math.sqrt(signal)
    return math.sqrt(signal_before) * clean + math.sqrt(1.0 - signal_before) * guess
""",
    ),
    "the network is not told the level": (
        "hurts",
        """
def embed_time(time):
    return torch.zeros_like(time)[:, None]
""",
    ),
    "five levels of noise": (
        "hurts",
        """
def noise_levels():
    return torch.linspace(0.05, 0.9, 5)
""",
    ),
    "tiny learning rate": (
        "hurts",
        """
def learning_rate(step, steps):
    return 0.00005
""",
    ),
}

if __name__ == "__main__":
    main("diffusion_2d", CHANGES)
