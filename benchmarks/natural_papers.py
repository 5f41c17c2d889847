"""Clean papers in the styles that people and machines write: other words, other tables, other kinds of records.

Every number is computed from the drawn record; every sentence is true of it. The prose is written by hand, once for
each paper, so that nothing of it repeats.
"""

# ruff: noqa: E501
# Lines of prose stand as they are printed: they are what is tested.
# fmt: off

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from statistics import fmean, stdev
from typing import Any

import numpy as np
from mutant_papers import BIB, Paper

from hakken.research.papers.audit.records import read_record

Values = dict[tuple[str, str], list[float]]
"""(method, data set) -> values of the seeds."""


def natural_papers(folder: Path) -> Iterator[Paper]:
    """All of them."""
    for name, make in (
        ("wide", _wide),
        ("nested", _nested),
        ("scientist1", _scientist_v1),
        ("scientist2", _scientist_v2),
        ("lines", _lines),
        ("long", _long),
    ):
        (folder / name).mkdir(parents=True)
        (folder / name / "refs.bib").write_text(BIB, encoding="utf-8")
        yield make(folder / name)


def _draw(seed: int, levels: dict[tuple[str, str], float], spread: float, count: int, places: int) -> Values:
    rng = np.random.default_rng(seed)
    return {
        key: [round(float(level + rng.normal(0, spread * abs(level))), places) for _ in range(count)]
        for key, level in levels.items()
    }


def _means(values: Values, said: str) -> dict[tuple[str, str, str], float]:
    return {(m, said, d): fmean(v) for (m, d), v in values.items()}


def _write(path: Path, content: Any) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content if isinstance(content, str) else json.dumps(content, indent=1), encoding="utf-8")


def _tex(title: str, abstract: str, body: str) -> str:
    return (
        "\\documentclass{article}\n\\usepackage{booktabs,amsmath}\n\\title{" + title + "}\n\\begin{document}\n\\maketitle\n"
        "\\begin{abstract}\n" + abstract + "\n\\end{abstract}\n" + body + "\n\\bibliography{refs}\n\\end{document}\n"
    )


def _float(rows: Sequence[str], spec: str, caption: str, label: str) -> str:
    return (
        f"\\begin{{table}}[t]\n\\centering\n\\caption{{{caption}}}\n\\label{{{label}}}\n\\begin{{tabular}}{{{spec}}}\n"
        "\\toprule\n" + "\n".join(rows) + "\n\\bottomrule\n\\end{tabular}\n\\end{table}\n"
    )


def _wide(folder: Path) -> Paper:
    """A wide table, a column for each method; Markdown; percent, points, averages, ranks."""
    methods, sets = ("ERM", "Mixup", "CutMix", "SoftMix"), ("flowers", "pets", "textures", "aircraft")
    base = dict(zip(sets, (88.4, 76.1, 61.7, 70.2), strict=True))
    gain = {"ERM": (0, 0, 0, 0), "Mixup": (1.1, 1.9, 1.2, 0.7), "CutMix": (3.3, 2.4, 2.6, 1.3), "SoftMix": (2.1, 4.6, 5.3, 2.2)}
    values = _draw(7, {(m, d): base[d] + gain[m][k] for m in methods for k, d in enumerate(sets)}, 0.003, 3, 2)
    with (folder / "accuracy.csv").open("w", newline="", encoding="utf-8") as handle:
        writer = csv.writer(handle)
        writer.writerow(["dataset", "seed", *methods])
        writer.writerows([d, s, *(values[m, d][s] for m in methods)] for d in sets for s in range(3))
    _write(folder / "config.json", {"learning_rate": 0.05, "batch_size": 128, "epochs": 90, "mix_alpha": 0.4})
    mean = {key: fmean(v) for key, v in values.items()}
    avg = {m: fmean(mean[m, d] for d in sets) for m in methods}
    rise = {d: mean["SoftMix", d] - mean["ERM", d] for d in sets}
    most, least = max(sets, key=lambda d: rise[d]), min(sets, key=lambda d: rise[d])
    rank = {m: fmean(1 + sum(mean[o, d] > mean[m, d] for o in methods) for d in sets) for m in methods}
    rows = ["| | " + " | ".join(s.capitalize() for s in sets) + " | Avg. | Δ |", "|:--|" + "--:|" * 6]
    for m in methods:
        ordered = {d: sorted((mean[o, d] for o in methods), reverse=True) for d in sets}
        cells = [
            f"**{mean[m, d]:.1f}**" if mean[m, d] == ordered[d][0]
            else f"[{mean[m, d]:.1f}]{{.underline}}" if mean[m, d] == ordered[d][1] else f"{mean[m, d]:.1f}"
            for d in sets
        ]  # fmt: skip
        change = "–" if m == "ERM" else f"+{avg[m] - avg['ERM']:.1f}"
        name = "SoftMix (ours)" if m == "SoftMix" else m
        rows.append(f"| {name} | " + " | ".join(cells) + f" | {avg[m]:.1f} | {change} |")
    text = f"""---
title: "Mixing patches softly"
abstract: |
  Blending images is a cheap regulariser. SoftMix, which blends patches with soft borders, raises the average test
  accuracy of a small network from {avg['ERM']:.1f}% to {avg['SoftMix']:.1f}%, and beats the strongest rival, CutMix, on three out of
  four data sets.
bibliography: refs.bib
---

# Introduction

Deep networks memorise small data sets [@first2015]. Mixing examples helps, yet hard borders between patches leave
artefacts [@second2018]. We ask what happens when the border is soft.

# Method and set-up

All networks train for 90 epochs with a batch size of 128 and an initial learning rate of 0.05; the mixing coefficient is
drawn with α = 0.4. We repeat every run with three seeds and report test accuracy in percent.

# Results

Table 1 gives the accuracies. SoftMix comes out ahead on pets, textures and aircraft; on flowers it is behind CutMix
({mean['SoftMix', 'flowers']:.1f} vs. {mean['CutMix', 'flowers']:.1f}).

{chr(10).join(rows)}

: Test accuracy (%), mean of 3 seeds. Best in bold, second best underlined; Δ is the difference of the average from ERM.

Against ERM, SoftMix gains {rise['pets']:.1f} points on pets. The largest improvement over ERM, {rise[most]:.1f} points, is on {most}, the smallest, {rise[least]:.1f} points,
on {least}. Averaged over the four data sets, the gain is {avg['SoftMix'] - avg['ERM']:.1f} points, roughly
{(avg['SoftMix'] - avg['ERM']) / (avg['CutMix'] - avg['ERM']):.1f} times that of CutMix ({avg['CutMix'] - avg['ERM']:.1f} points). Mixup helps less: its average of {avg['Mixup']:.1f}% is only {avg['Mixup'] - avg['ERM']:.1f} points
above ERM. The mean rank of SoftMix is {rank['SoftMix']:.2f}, that of CutMix {rank['CutMix']:.2f}.

The spread over seeds is small: on pets, SoftMix has a standard deviation of {stdev(values['SoftMix', 'pets']):.2f}, and ERM one of {stdev(values['ERM', 'pets']):.2f}.

# Conclusion

Soft borders are worth having: {avg['SoftMix']:.1f}% on average, and up to {max(rise.values()):.1f} points over training without mixing.
"""
    path = folder / "paper.md"
    _write(path, text)
    return Paper("wide CSV", path, read_record(folder), ("Mixup", "CutMix", "SoftMix"), (), sets, (), _means(values, "accuracy"))


def _nested(folder: Path) -> Paper:
    """JSON files of single seeds; LaTeX; returns with thousands separators, hours and minutes, ratios."""
    methods, envs = ("SAC", "REDQ", "SlowCritic"), ("Hopper", "Walker2d", "Ant")
    levels = {"SAC": (2210, 3105, 2480), "REDQ": (2630, 3420, 3010), "SlowCritic": (3010, 3350, 3820)}
    values = _draw(11, {(m, e): levels[m][k] for m in methods for k, e in enumerate(envs)}, 0.012, 5, 1)
    hours = _draw(12, {(m, e): {"SAC": 2.1, "REDQ": 6.4, "SlowCritic": 3.2}[m] + 0.2 * k for m in methods for k, e in enumerate(envs)}, 0.01, 5, 3)
    for s in range(5):
        _write(folder / f"results/seed_{s}.json", {e: {m: {"return": values[m, e][s], "train_hours": hours[m, e][s]} for m in methods} for e in envs})
    _write(folder / "hparams.json", {"actor_lr": 3e-4, "critic_lr": 1e-4, "batch_size": 256, "gamma": 0.99, "tau": 0.005, "hidden": 256})
    mean, hour = {k: fmean(v) for k, v in values.items()}, {k: fmean(v) for k, v in hours.items()}
    n = {k: f"{v:,.0f}" for k, v in mean.items()}
    rows = ["Agent & " + " & ".join(envs) + " & Time (h) \\\\", "\\midrule"]
    for m in methods:
        cells = []
        for e in envs:
            cell = f"{mean[m, e]:,.0f} \\pm {stdev(values[m, e]):,.0f}".replace(",", "{,}")
            cells.append(f"$\\mathbf{{{cell}}}$" if mean[m, e] == max(mean[o, e] for o in methods) else f"${cell}$")
        rows.append(f"{m} & " + " & ".join(cells) + f" & {fmean(hour[m, e] for e in envs):.1f} \\\\")
    whole = hour["SlowCritic", "Hopper"]
    clock = f"{int(whole)}h {round(60 * (whole - int(whole)))}m"
    lead = 100 * (mean["SlowCritic", "Ant"] / mean["REDQ", "Ant"] - 1)
    abstract = (
        f"Ensembles of critics make off-policy learning stable but slow. SlowCritic keeps two critics and lets them move slowly. "
        f"On Ant it collects an average return of {n['SlowCritic', 'Ant']}, {lead:.0f}\\% more than REDQ, in half of its time."
    )
    table = _float(rows, 'lcccc', 'Final return (mean $\\pm$ standard deviation of 5 seeds) and training time. Higher returns are better.', 'tab:ret')
    body = f"""
\\section{{Introduction}}
Sample efficiency has a price \\cite{{first2015}}. We study whether slow targets can replace ensembles.
\\section{{Experimental details}}
Both networks have two hidden layers of 256 units. The learning rate of the actor is $3\\times10^{{-4}}$, that of the critics $10^{{-4}}$;
the discount is $\\gamma=0.99$ and the target rate $\\tau=0.005$. Agents are trained with five seeds on three tasks.
\\section{{Results}}
{table}
Returns are listed in Table~\\ref{{tab:ret}}. On Hopper, SlowCritic attains {n['SlowCritic', 'Hopper']}, which is {mean['SlowCritic', 'Hopper'] / mean['SAC', 'Hopper']:.2f}$\\times$ the return of SAC ({n['SAC', 'Hopper']}).
On Ant, the margin over SAC widens to {mean['SlowCritic', 'Ant'] - mean['SAC', 'Ant']:,.0f}. Only on Walker2d does REDQ stay in front, with {n['REDQ', 'Walker2d']} compared to {n['SlowCritic', 'Walker2d']} for SlowCritic.
SlowCritic is thus the best agent on two of the three tasks.

\\paragraph{{Cost.}} One run of SlowCritic on Hopper takes {clock}; REDQ needs {hour['REDQ', 'Hopper']:.1f} hours there, {hour['REDQ', 'Hopper'] / hour['SlowCritic', 'Hopper']:.1f} times as long.
SAC remains the fastest, at {hour['SAC', 'Hopper']:.1f} hours.
\\section{{Discussion}}
Slow critics trade {100 * (hour['SlowCritic', 'Ant'] / hour['SAC', 'Ant'] - 1):.0f}\\% more training time than SAC on Ant for a return that is {100 * (mean['SlowCritic', 'Ant'] / mean['SAC', 'Ant'] - 1):.0f}\\% higher \\cite{{second2018}}.
"""
    path = folder / "paper.tex"
    _write(path, _tex("Slow critics", abstract, body))
    return Paper("nested JSON", path, read_record(folder), ("SAC", "REDQ", "SlowCritic"), ("return", "training time"), envs, (), _means(values, "return"))


def _scientist_v1(folder: Path) -> Paper:
    """Run folders of The AI Scientist with single numbers, and prose of its kind."""
    titles = ("Baseline", "Cosine Noise Schedule", "Learned Noise Schedule", "Learned Schedule with Warmup")
    sets = ("circle", "dino", "moons")
    kl = _draw(21, {(t, d): (0.362, 1.043, 0.117)[k] * (1, 0.94, 0.86, 0.81)[r] * (1.15 if (r, k) == (1, 1) else 1) for r, t in enumerate(titles) for k, d in enumerate(sets)}, 0.01, 1, 6)
    took = _draw(22, {(t, d): 37.0 + 9 * r for r, t in enumerate(titles) for d in sets}, 0.02, 1, 3)
    notes = ["# Title: Learned noise schedules for small diffusion models", "# Experiment description: compare schedules"]
    for r, t in enumerate(titles):
        _write(folder / f"run_{r}/final_info.json", {d: {"means": {"kl_divergence": kl[t, d][0], "training_time": took[t, d][0]}} for d in sets})
        notes.append(f"## Run {r}: {t}\nResults: see final_info.json\nDescription: {t}.")
    _write(folder / "notes.txt", "\n".join(notes))
    _write(folder / "experiment.py", "import torch\n\nbatch_size = 256\nlearning_rate = 3e-4\nnum_train_steps = 10000\nnum_timesteps = 100\nembedding_dim = 128\nhidden_layers = 3\nopt = torch.optim.AdamW\n")
    for r, _ in enumerate(titles):
        _write(folder / f"run_{r}.py", f"import torch\n\nschedule = '{('linear', 'cosine', 'learned', 'learned, warmup')[r]}'\nbatch_size = 256\nlearning_rate = 3e-4\nopt = torch.optim.AdamW\n")
    v = {k: x[0] for k, x in kl.items()}
    s = {k: x[0] for k, x in took.items()}
    ours = titles[3]
    down = {d: 100 * (v["Baseline", d] - v[ours, d]) / v["Baseline", d] for d in sets}
    rows = ["Method & Circle & Dino & Moons & Time (s) \\\\", "\\midrule"]
    for t in titles:
        cells = [f"\\textbf{{{v[t, d]:.3f}}}" if v[t, d] == min(v[o, d] for o in titles) else f"{v[t, d]:.3f}" for d in sets]
        rows.append(f"{t} & " + " & ".join(cells) + f" & {fmean(s[t, d] for d in sets):.1f} \\\\")
    abstract = (
        f"Diffusion models depend on their noise schedule. We learn the schedule jointly with the denoiser. Our method reduces the KL "
        f"divergence by {down['dino']:.1f}\\% on the dino dataset and by {down['circle']:.1f}\\% on circle compared to the baseline, at the cost of longer training."
    )
    table = _float(rows, 'lcccc', 'KL divergence on each dataset and average training time.', 'tab:kl')
    body = f"""
\\section{{Introduction}}
Diffusion models have become a standard tool \\citep{{first2015}}. Our contributions are:
\\begin{{itemize}}
\\item We introduce a learned noise schedule with a warmup phase.
\\item We evaluate on three 2D datasets: circle, dino, and moons.
\\end{{itemize}}
\\section{{Experimental Setup}}
We train each model for 10,000 steps with a batch size of 256, using AdamW with a learning rate of $3 \\times 10^{{-4}}$. The denoiser has 3 hidden
layers, an embedding dimension of 128, and uses 100 diffusion timesteps.
\\section{{Results}}
Table~\\ref{{tab:kl}} presents the KL divergence of all schedules; lower values are better.
{table}
The learned schedule alone already lowers the KL divergence on moons from {v['Baseline', 'moons']:.3f} to {v[titles[2], 'moons']:.3f}.
Adding warmup brings a further decrease to {v[ours, 'moons']:.3f}.
On the dino dataset, our full method achieves {v[ours, 'dino']:.3f} compared to the baseline's {v['Baseline', 'dino']:.3f}, an improvement of {down['dino']:.1f}\\%.
In contrast, the cosine schedule is worse than the baseline on dino, with a KL divergence of {v[titles[1], 'dino']:.3f}.

Training takes longer: the average training time rises from {fmean(s['Baseline', d] for d in sets):.1f} seconds for the baseline to {fmean(s[ours, d] for d in sets):.1f} seconds for our full method.
\\section{{Conclusion}}
We presented learned noise schedules for small diffusion models. The KL divergence fell by up to {max(down.values()):.1f}\\% \\citep{{second2018}}.
"""
    path = folder / "latex/template.tex"
    _write(path, _tex("Learned noise schedules for small diffusion models", abstract, body))
    _write(folder / "latex/refs.bib", BIB)
    return Paper("AI Scientist v1, natural", path, read_record(folder), titles[1:], ("KL divergence", "training time"), sets, (), _means(kl, "KL divergence"))


def _scientist_v2(folder: Path) -> Paper:
    """A folder of the second AI Scientist: baseline, best node with seeds, ablations."""
    sets = ("sst2", "agnews")
    acc = _draw(31, {("baseline", "sst2"): 0.842, ("baseline", "agnews"): 0.881, ("research", "sst2"): 0.869, ("research", "agnews"): 0.907,
                     ("No Gate", "sst2"): 0.851, ("No Gate", "agnews"): 0.893, ("Frozen Encoder", "sst2"): 0.812, ("Frozen Encoder", "agnews"): 0.858}, 0.003, 4, 4)  # fmt: skip

    def metric(name: str, seed: int) -> dict[str, Any]:
        data = [{"dataset_name": d, "final_value": acc[name, d][seed], "best_value": acc[name, d][seed]} for d in sets]
        return {"value": {"metric_names": [{"metric_name": "validation accuracy", "lower_is_better": False, "description": "", "data": data}]}, "maximize": None}

    code = "import torch\nlr = 2e-5\nbatch_size = 32\nepochs = 3\nclass Net:\n    gate = {gate}\n"
    for stage, gate in (("baseline", 0), ("research", 1)):
        node = {"code": code.format(gate=gate), "metric": metric(stage, 0), "overall_plan": "Add a gate between the encoder and the head." if gate else "Fine-tune."}
        _write(folder / f"logs/0-run/{stage}_summary.json", {"best node": node, "best node with different seeds": [{"metric": metric(stage, k)} for k in (1, 2, 3)]})
    _write(folder / "logs/0-run/ablation_summary.json", [
        {"ablation_name": "No Gate", "metric": metric("No Gate", 0), "code": code.format(gate=2)},
        {"ablation_name": "Frozen Encoder", "metric": metric("Frozen Encoder", 0), "code": code.format(gate=3)},
    ])  # fmt: skip
    m = {k: fmean(x) for k, x in acc.items() if k[0] in ("baseline", "research")} | {k: x[0] for k, x in acc.items() if k[0] not in ("baseline", "research")}
    sd = {k: stdev(x) for k, x in acc.items()}
    rows = [
        "& SST-2 & AG News \\\\", "\\midrule",
        f"Baseline & ${m['baseline', 'sst2']:.3f} \\pm {sd['baseline', 'sst2']:.3f}$ & ${m['baseline', 'agnews']:.3f} \\pm {sd['baseline', 'agnews']:.3f}$ \\\\",
        f"Our method & $\\mathbf{{{m['research', 'sst2']:.3f} \\pm {sd['research', 'sst2']:.3f}}}$ & $\\mathbf{{{m['research', 'agnews']:.3f} \\pm {sd['research', 'agnews']:.3f}}}$ \\\\",
        f"No Gate & ${m['No Gate', 'sst2']:.3f}$ & ${m['No Gate', 'agnews']:.3f}$ \\\\",
        f"Frozen Encoder & ${m['Frozen Encoder', 'sst2']:.3f}$ & ${m['Frozen Encoder', 'agnews']:.3f}$ \\\\",
    ]  # fmt: skip
    gap = 100 * (m["research", "sst2"] - m["baseline", "sst2"])
    abstract = f"A learned gate between encoder and head improves fine-tuning. Over four seeds, validation accuracy on SST-2 rises from {100 * m['baseline', 'sst2']:.1f}\\% to {100 * m['research', 'sst2']:.1f}\\%."
    table = _float(rows, 'lcc', 'Validation accuracy. Baseline and our method: mean $\\pm$ standard deviation of four seeds; ablations: one seed.', 'tab:acc')
    body = f"""
\\section{{Introduction}}
Fine-tuning is brittle on small corpora \\citep{{first2015}}.
\\section{{Method}}
A gate scales each feature of the encoder before the head sees it. We fine-tune with a learning rate of $2\\times 10^{{-5}}$ and a batch size of 32 for 3 epochs.
\\section{{Experiments}}
{table}
As Table~\\ref{{tab:acc}} shows, our method beats the baseline on both tasks: by {gap:.1f} points on SST-2 and by {100 * (m['research', 'agnews'] - m['baseline', 'agnews']):.1f} points on AG News.
\\paragraph{{Ablations.}} Without the gate, accuracy on SST-2 drops to {m['No Gate', 'sst2']:.3f}. Freezing the encoder hurts more: the Frozen Encoder ablation reaches just {m['Frozen Encoder', 'sst2']:.3f} on SST-2 and {m['Frozen Encoder', 'agnews']:.3f} on AG News, below the baseline.
\\section{{Limitations}}
The ablations were run once each, so small gaps between them mean little \\citep{{second2018}}.
"""
    path = folder / "paper.tex"
    _write(path, _tex("Gates for fine-tuning", abstract, body))
    return Paper("AI Scientist v2", path, read_record(folder), ("No Gate", "Frozen Encoder"), (), ("SST-2", "AG News"), (), {})


def _lines(folder: Path) -> Paper:
    """A log in JSON lines with steps; no baseline is called one; Markdown; scientific notation and speed."""
    runs = ("dense-12", "moe-4", "moe-8")
    ppl = _draw(41, {("dense-12", ""): 24.61, ("moe-4", ""): 22.48, ("moe-8", ""): 21.07}, 0.006, 3, 3)
    rate = _draw(42, {("dense-12", ""): 41200.0, ("moe-4", ""): 33900.0, ("moe-8", ""): 29750.0}, 0.006, 3, 0)
    lines = []
    for r in runs:
        for s in range(3):
            for at, factor in ((500, 1.9), (1000, 1.3), (2000, 1.0)):
                lines.append({"run": r, "seed": s, "step": at, "val_ppl": round(ppl[r, ""][s] * factor, 3), "tokens_per_sec": rate[r, ""][s]})
    _write(folder / "metrics.jsonl", "\n".join(json.dumps(line) for line in lines) + "\n")
    _write(folder / "config.yaml", "lr: 0.0006\nwarmup_steps: 200\nmax_steps: 2000\nd_model: 384\nn_layers: 12\ncontext: 512\nweight_decay: 0.1\n")
    p, t = {r: fmean(ppl[r, ""]) for r in runs}, {r: fmean(rate[r, ""]) for r in runs}
    text = f"""---
title: "How many experts does a small language model need?"
abstract: |
  We replace the feed-forward layers of a 12-layer language model by mixtures of four and of eight experts. With eight
  experts, validation perplexity falls from {p['dense-12']:.2f} to {p['moe-8']:.2f}, while throughput falls by {100 * (1 - t['moe-8'] / t['dense-12']):.0f} %.
bibliography: refs.bib
---

# Introduction

Mixtures of experts add capacity without adding much compute per token [@first2015]. Most reports concern very large models [@second2018].

# Setting

The models have 12 layers of width 384 and read contexts of 512 tokens. Training lasts 2,000 steps with a peak learning rate
of 6e-4, 200 warm-up steps and a weight decay of 0.1. Each model was trained three times.

# Findings

| Model | Validation perplexity ↓ | Tokens/s ↑ |
|:--|--:|--:|
| dense-12 | {p['dense-12']:.2f} ± {stdev(ppl['dense-12', '']):.2f} | {t['dense-12']:,.0f} |
| moe-4 | {p['moe-4']:.2f} ± {stdev(ppl['moe-4', '']):.2f} | {t['moe-4']:,.0f} |
| moe-8 | **{p['moe-8']:.2f} ± {stdev(ppl['moe-8', '']):.2f}** | {t['moe-8']:,.0f} |

: Final validation perplexity (mean ± s.d., n = 3) and training throughput.

The more experts, the lower the perplexity (Table 1). Going from dense-12 to moe-4 saves {p['dense-12'] - p['moe-4']:.2f} points of perplexity, going on to
moe-8 another {p['moe-4'] - p['moe-8']:.2f}. In relative terms, moe-8 improves on dense-12 by {100 * (p['dense-12'] - p['moe-8']) / p['dense-12']:.1f} %, moe-4 by {100 * (p['dense-12'] - p['moe-4']) / p['dense-12']:.1f} %.

Routing is not free. dense-12 processes {t['dense-12'] / 1000:.1f}k tokens per second, {t['dense-12'] / t['moe-8']:.2f}x as many as moe-8 ({t['moe-8'] / 1000:.1f}k). moe-4 lies in
between at {t['moe-4'] / 1000:.1f}k.

# Conclusion

Eight experts give the best perplexity, {p['moe-8']:.2f}, and four the better compromise.
"""
    path = folder / "paper.md"
    _write(path, text)
    return Paper("JSON lines", path, read_record(folder), runs, ("perplexity", "throughput"), (), (), {(r, "perplexity", ""): p[r] for r in runs})


def _long(folder: Path) -> Paper:
    """A long table of means and deviations; LaTeX; fractions printed as percent, arrows, rows without a part."""
    systems, tasks = ("BM25", "Dense", "RankFuse", "RankFuse w/o rerank"), ("finqa", "biomed", "legal")
    f1 = {"BM25": (0.512, 0.574, 0.468), "Dense": (0.571, 0.601, 0.523), "RankFuse": (0.648, 0.672, 0.561), "RankFuse w/o rerank": (0.602, 0.641, 0.539)}
    ms = {"BM25": 18.0, "Dense": 74.0, "RankFuse": 131.0, "RankFuse w/o rerank": 83.0}
    values = _draw(51, {(m, d): f1[m][k] for m in systems for k, d in enumerate(tasks)}, 0.008, 5, 5)
    delay = _draw(52, {(m, d): ms[m] * (1 + 0.1 * k) for m in systems for k, d in enumerate(tasks)}, 0.02, 5, 2)
    with (folder / "scores.csv").open("w", newline="", encoding="utf-8") as handle:
        writer = csv.writer(handle)
        writer.writerow(["system", "task", "metric", "mean", "std", "n"])
        for m in systems:
            for d in tasks:
                for name, of in (("f1", values), ("latency_ms", delay)):
                    writer.writerow([m, d, name, round(fmean(of[m, d]), 6), round(stdev(of[m, d]), 6), 5])
    _write(folder / "settings.json", {"top_k": 20, "chunk_size": 256, "encoder_dim": 768})
    mean = {k: round(fmean(v), 6) for k, v in values.items()}
    slow = {k: round(fmean(v), 6) for k, v in delay.items()}
    rows = ["System & FinQA F1 $\\uparrow$ & BioMed F1 $\\uparrow$ & Legal F1 $\\uparrow$ \\\\", "\\midrule"]
    for m in systems:
        name = {"RankFuse": "\\textsc{RankFuse}", "RankFuse w/o rerank": "\\quad w/o rerank"}.get(m, m)
        cells = [f"{100 * mean[m, d]:.1f} $\\pm$ {100 * stdev(values[m, d]):.1f}" for d in tasks]
        rows.append(f"{name} & " + " & ".join(f"\\textbf{{{c}}}" if m == "RankFuse" else c for c in cells) + " \\\\")
    gains = [100 * (mean["RankFuse", d] - mean["Dense", d]) for d in tasks]
    abstract = (
        f"Retrieval for question answering rarely transfers. RankFuse fuses sparse and dense rankings and reranks the top 20. Its F1 exceeds that of a dense "
        f"retriever by {min(gains):.1f}--{max(gains):.1f} points on three domains."
    )
    table = _float(rows, 'lccc', 'Answer F1 (in \\%), mean $\\pm$ std over five runs. Best results in bold.', 'tab:f1')
    body = f"""
\\section{{Introduction}}
Domain shift breaks retrievers \\cite{{first2015}}, and fusion is an old remedy \\cite{{second2018}}.
\\section{{Set-up}}
Documents are cut into chunks of 256 tokens and encoded in 768 dimensions; the top 20 chunks are kept. We run every system five times.
\\section{{Main results}}
{table}
Table~\\ref{{tab:f1}} compares four systems. RankFuse outperforms every other system on all three domains. On FinQA it reaches an F1 of {mean['RankFuse', 'finqa']:.3f}, i.e.\\ {gains[0]:.1f} points above Dense ({mean['Dense', 'finqa']:.3f}) and
{100 * (mean['RankFuse', 'finqa'] - mean['BM25', 'finqa']):.1f} points above BM25. The gap is smallest on Legal, where RankFuse scores {100 * mean['RankFuse', 'legal']:.1f} and Dense {100 * mean['Dense', 'legal']:.1f}.
\\subsection{{Is reranking needed?}}
Without reranking, F1 on FinQA falls to {mean['RankFuse w/o rerank', 'finqa']:.3f}, a loss of {100 * (mean['RankFuse', 'finqa'] - mean['RankFuse w/o rerank', 'finqa']):.1f} points; this is still better than Dense.
\\subsection{{Latency}}
Quality costs time. On FinQA, a query takes {slow['RankFuse', 'finqa']:.0f} ms with RankFuse, {slow['Dense', 'finqa']:.0f} ms with Dense and {slow['BM25', 'finqa']:.0f} ms with BM25. RankFuse is therefore {slow['RankFuse', 'finqa'] / slow['Dense', 'finqa']:.1f}$\\times$ slower than Dense on FinQA.
\\section{{Conclusion}}
Fusion plus reranking gives the highest F1 in every domain, at {slow['RankFuse', 'biomed']:.0f} ms per query on BioMed.
"""
    path = folder / "paper.tex"
    _write(path, _tex("Fusing rankings across domains", abstract, body))
    return Paper("long CSV", path, read_record(folder), ("BM25", "Dense", "RankFuse"), ("F1", "latency"), ("FinQA", "BioMed", "Legal"), (), {(m, "F1", d): v for (m, d), v in mean.items()})
