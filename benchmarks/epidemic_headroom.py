"""Headroom of the epidemic template: known changes against its noise floor.

python benchmarks/epidemic_headroom.py [--workers 2] [--split report]
"""

from __future__ import annotations

from headroom import Changes, main

CHANGES: Changes = {
    "school terms raise contacts": (
        "helps",
        """
def season(day):
    open_days = ((day >= 7) & (day < 100)) | ((day >= 115) & (day < 199)) | ((day >= 252) & (day < 300))
    open_days = open_days | ((day >= 308) & (day < 356))
    return np.where(open_days, 1.08, 0.72)
""",
    ),
    "a sine wave of contacts": (
        "helps",
        """
def season(day):
    return 1.0 + 0.15 * np.cos(2.0 * np.pi * (day - 30.0) / 365.25)
""",
    ),
    "logarithms are compared": (
        "open",
        """
def transform(cases):
    return np.log1p(cases)
""",
    ),
    "recent weeks count more": (
        "helps",
        """
def week_weights(weeks):
    return 0.85 ** np.arange(weeks)[::-1] * 5.0
""",
    ),
    "forecast starts from the last counts": (
        "helps",
        """
def correct(forecast, fitted, observed):
    ratio = (observed[:, -3:].sum(axis=1) + 1.0) / (fitted[:, -3:].sum(axis=1) + 1.0)
    return forecast * ratio[:, None]
""",
    ),
    "median of the starts": (
        "open",
        """
def combine(forecasts, losses):
    return np.median(forecasts, axis=0)
""",
    ),
    "raw counts are compared": (
        "hurts",
        """
def transform(cases):
    return cases
""",
    ),
    "old weeks count more": (
        "hurts",
        """
def week_weights(weeks):
    return 0.9 ** np.arange(weeks) * 3.0
""",
    ),
    "slow infection": (
        "hurts",
        """
def durations():
    return 4.0, 4.0
""",
    ),
    "contacts peak in the holidays": (
        "hurts",
        """
def season(day):
    return 1.0 - 0.25 * np.cos(2.0 * np.pi * (day - 30.0) / 365.25)
""",
    ),
    "worst start is taken": (
        "hurts",
        """
def combine(forecasts, losses):
    worst = losses.argmax(axis=0)
    return forecasts[worst, np.arange(forecasts.shape[1])]
""",
    ),
}

if __name__ == "__main__":
    main("epidemic", CHANGES)
