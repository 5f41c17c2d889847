"""Results of The AI Scientist, second version: summaries and journals of the stages under ``logs/<n>-run``."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeGuard

from hakken.core.types import Direction
from hakken.research.papers.audit.records.build import Builder
from hakken.research.papers.audit.records.evidence import Evidence, Kind
from hakken.research.papers.audit.records.files import load_json, read_text

_SUMMARIES = ("draft_summary.json", "baseline_summary.json", "research_summary.json", "ablation_summary.json")
_STAGE_NAMES = {
    "draft": ("initial implementation", "draft", "preliminary implementation"),
    "baseline": ("baseline", "tuned baseline", "baseline tuning"),
    "research": ("research", "proposed method", "our method", "best node"),
    "ablation": (),
}


def _logs(root: Path) -> list[Path]:
    places = [root, *sorted(root.glob("logs/*-run")), *sorted(root.glob("*-run"))]
    return [p for p in places if any((p / s).is_file() for s in _SUMMARIES) or any(p.glob("stage_*/journal.json"))]


def is_scientist_v2(root: Path) -> bool:
    """Whether a folder holds an experiment of the second version."""
    return bool(_logs(root))


def read_scientist_v2(root: Path) -> Evidence:
    """The evidence of such a folder: best nodes, their replicates, ablations, and every other good node."""
    builder = Builder(Kind.SCIENTIST_V2, root.name)
    seen: set[str] = set()
    for folder in _logs(root):
        for name in _SUMMARIES:
            _summary(builder, name.removesuffix("_summary.json"), load_json(folder / name), seen)
        for journal in sorted(folder.glob("stage_*/journal.json")):
            _journal(builder, journal, seen)
    for path in (root / "idea.json", root / "idea.md", root / "bfts_config.yaml"):
        builder.notes.append(read_text(path))
    idea = load_json(root / "idea.json")
    if isinstance(idea, dict):
        builder.quoted += [str(idea[k]) for k in ("Title", "Name") if idea.get(k)]
    return builder.evidence()


def _summary(builder: Builder, stage: str, loaded: Any, seen: set[str]) -> None:
    """One summary: a list of ablations, or a best node with its repeats on other seeds."""
    if isinstance(loaded, list):
        for at, node in enumerate(n for n in loaded if isinstance(n, dict)):
            title = str(node.get("ablation_name") or node.get("title") or f"{stage} {at + 1}")
            _node(builder, f"{stage} {at + 1}", title, (), node, ablation=stage == "ablation")
            seen.add(_mark(node))
    elif isinstance(loaded, dict):
        best = loaded.get("best node") or loaded.get("best_node")
        if isinstance(best, dict):
            _node(builder, stage, f"{stage} best node", _STAGE_NAMES.get(stage, ()), best, baseline=stage == "baseline")
            seen.add(_mark(best))
            repeats = loaded.get("best node with different seeds") or ()
            for seed, node in enumerate((n for n in repeats if isinstance(n, dict)), start=1):
                _metrics(builder, stage, node.get("metric"), seed=seed)
                seen.add(_mark(node))
        else:
            for at, node in enumerate(n for n in loaded.values() if isinstance(n, dict) and n.get("metric")):
                _node(builder, f"{stage} {at + 1}", f"{stage} {at + 1}", (), node)


def _mark(node: dict[str, Any]) -> str:
    return json.dumps(node.get("metric"), sort_keys=True) + str(node.get("code", ""))[:4000]


def _journal(builder: Builder, path: Path, seen: set[str]) -> None:
    loaded = load_json(path)
    nodes = loaded.get("nodes", ()) if isinstance(loaded, dict) else ()
    for node in (n for n in nodes if isinstance(n, dict)):
        if node.get("is_buggy") or not node.get("metric"):
            builder.failed += bool(node.get("is_buggy"))
            continue
        if _mark(node) in seen or node.get("is_seed_node"):
            continue
        seen.add(_mark(node))
        named = node.get("ablation_name") or node.get("hyperparam_name")
        stage = re.sub(r"^stage_(\d).*", r"stage \1", path.parent.name)
        key = str(named or f"{stage} node {str(node.get('id', len(seen)))[:8]}")
        _node(builder, key, key, (), node, ablation=bool(node.get("ablation_name")))


def _node(
    builder: Builder,
    key: str,
    title: str,
    names: tuple[str, ...],
    node: dict[str, Any],
    *,
    baseline: bool = False,
    ablation: bool = False,
) -> None:
    code = str(node.get("code") or "")
    given = [str(node[k]) for k in ("ablation_name", "hyperparam_name") if node.get(k)]
    builder.variant(key, title, [*names, *given], baseline=baseline, ablation=ablation, source=code)
    if code:
        builder.sources[key] = {"experiment_code.py": code}
    builder.notes += [str(node[k]) for k in ("overall_plan", "plan", "analysis") if node.get(k)]
    _metrics(builder, key, node.get("metric"), seed=0)


def _metrics(builder: Builder, variant: str, metric: Any, seed: int) -> None:
    for name, dataset, value, lower in _values(metric):
        if lower is not None:
            builder.declare(dataset, name, Direction.MIN if lower else Direction.MAX)
        builder.value(variant, dataset, name, value, seed)


def _values(metric: Any) -> Iterator[tuple[str, str, float, bool | None]]:
    """Every value of a node: metric, data set, value, whether lower is better."""
    if not isinstance(metric, dict):
        return
    value = metric.get("value")
    if isinstance(value, int | float) and not isinstance(value, bool):
        maximize = metric.get("maximize")
        yield str(metric.get("name") or "metric"), "", float(value), None if maximize is None else not maximize
        return
    listed = value.get("metric_names", ()) if isinstance(value, dict) else ()
    for entry in (e for e in listed if isinstance(e, dict)):
        name, lower = str(entry.get("metric_name") or "metric"), entry.get("lower_is_better")
        for data in (d for d in entry.get("data", ()) if isinstance(d, dict)):
            dataset = str(data.get("dataset_name") or "")
            final, best = data.get("final_value"), data.get("best_value")
            if _is_number(final):
                yield name, dataset, float(final), lower
            if _is_number(best) and best != final:
                yield f"best {name}", dataset, float(best), lower


def _is_number(value: object) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool)
