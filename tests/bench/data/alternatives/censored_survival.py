"""Second implementations for censored_survival, written from docstrings and paper."""

import numpy as np
from hazards.curves import risk_table as table_of


def arm_counts(time, event, arm):
    """Counted at each death time."""
    times = sorted(set(time[event == 1]))
    rows = []
    for t in times:
        died, here = (time == t) & (event == 1), time >= t
        rows.append((died.sum(), here.sum(), (died & (arm == 1)).sum(), (here & (arm == 1)).sum()))
    return tuple(np.array(rows, dtype=float).T)


def fleming_harrington(time, event, rho, gamma):
    """The product running along."""
    table, survival, weights = table_of(time, event), 1.0, []
    for deaths, at_risk in zip(table.deaths, table.at_risk, strict=True):
        weights.append(survival**rho * (1.0 - survival) ** gamma)
        survival *= 1.0 - deaths / at_risk
    return np.array(weights)


def wrong_fleming_harrington(time, event, rho, gamma):
    """Exponents taken for switches, which is right for 0 and 1 alone."""
    table, survival, weights = table_of(time, event), 1.0, []
    for deaths, at_risk in zip(table.deaths, table.at_risk, strict=True):
        weights.append((survival if rho else 1.0) * (1.0 - survival if gamma else 1.0))
        survival *= 1.0 - deaths / at_risk
    return np.array(weights)


def breslow_hazard(beta, sample):
    """Sums over those at risk from the last time on."""
    risk, hazard, total, jumps = np.exp(sample.covariates @ beta), 0.0, 0.0, {}
    for i in np.argsort(sample.time)[::-1]:
        total += risk[i]
        if sample.event[i] == 1:
            count, _ = jumps.get(sample.time[i], (0, 0.0))
            jumps[sample.time[i]] = (count + 1, total)
        elif sample.time[i] in jumps:
            jumps[sample.time[i]] = (jumps[sample.time[i]][0], total)
    cumulative = []
    for t in sorted(jumps):
        hazard += jumps[t][0] / jumps[t][1]
        cumulative.append(hazard)
    return np.array(sorted(jumps)), np.array(cumulative)


def concordance(time, event, risk):
    """All pairs at once."""
    usable = (event[:, None] == 1) & (time[:, None] < time[None, :])
    signs = np.sign(risk[:, None] - risk[None, :])
    return float(((signs + 1) / 2)[usable].mean())


def greenwood(table):
    """Adding up."""
    total, values = 0.0, []
    for deaths, at_risk in zip(table.deaths, table.at_risk, strict=True):
        total = total + deaths / (at_risk * (at_risk - deaths)) if at_risk > deaths else np.inf
        values.append(total)
    return np.array(values)


def restricted_mean(times, survival, horizon):
    """Rectangle by rectangle."""
    area, last, level = 0.0, 0.0, 1.0
    for t, s in zip(times, survival, strict=True):
        if t >= horizon:
            break
        area, last, level = area + level * (t - last), t, s
    return float(area + level * (horizon - last))


def uno_concordance(time, event, risk, horizon):
    """Deaths one after the other, with the survival of censoring before each."""
    above = below = 0.0
    for i in np.flatnonzero((event == 1) & (time < horizon)):
        uncensored = 1.0
        for t in np.unique(time[event == 0]):
            if t < time[i] - 1e-9:
                uncensored *= 1.0 - ((time == t) & (event == 0)).sum() / (time >= t).sum()
        later = time > time[i]
        above += ((risk[i] > risk[later]).sum() + (risk[i] == risk[later]).sum() / 2) / uncensored**2
        below += later.sum() / uncensored**2
    return float(above / below)


def wrong_uno_concordance(time, event, risk, horizon):
    """Without the weights."""
    usable = (event * (time < horizon))[:, None] * (time[:, None] < time)
    higher = (risk[:, None] > risk) + 0.5 * (risk[:, None] == risk)
    return float((usable * higher).sum() / usable.sum())
