"""What the variants of a foreign record cost beside the baseline: told, hidden, or told to be nothing."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from functools import lru_cache
from statistics import fmean

from hakken.core.source import syntax_tree
from hakken.core.types import Finding, Severity
from hakken.research.papers.audit.document.document import Document, Unit, UnitKind, is_prose
from hakken.research.papers.audit.language.numbers import find_numbers, normalise
from hakken.research.papers.audit.language.phrases import contradiction
from hakken.research.papers.audit.language.topics import Topics
from hakken.research.papers.audit.records.effects import Effects
from hakken.research.papers.audit.records.evidence import Evidence

LIMIT = 0.10
"""A larger share of additional cost must be told."""
_SPENT = re.compile(r"time|seconds|flops|param|memory|energy|duration|runtime", re.I)
_TRAINING = re.compile(r"train|total|run|wall|elapsed|cpu|gpu|flops|param|memory|energy|compute", re.I)
_FREE = re.compile(
    r"\b(?:without|no|zero|negligible|minimal|little|same|equal|identical|comparable|similar|equivalent)\s+(?:any )?"
    r"(?:additional |extra |significant |increase in |more |overall )*"
    r"(?:computational? |training |compute |inference )*"
    r"(?:cost|costs|overhead|budget|compute|complexity|time|times|resources)\b"
    r"|\b(?:training|computational|wall[- ]clock|run)[- ]?(?:times?|costs?) (?:is|are|was|were|remains?|stays?)"
    r"(?: also| roughly| essentially| nearly| almost| largely| about)? (?:the same|comparable|similar|identical"
    r"|unchanged|equal|unaffected|not (?:higher|longer|increased|affected))\b"
    r"|\btraining (?:is|was) (?:not|no) (?:slower|longer|more expensive)\b"
    r"|\b(?:adds?|added|incurs?|introduc\w+) (?:no|negligible|minimal|little) [\w ]{0,25}?(?:overhead|cost|parameters)",
    re.I,
)
_SAME_SIZE = re.compile(
    r"\b(?:all|both|each|every|the)\b[^.;]{0,40}\b(?:have|has|use|uses|with|of|share)\b[^.;]{0,15}"
    r"\b(?:the same|equal|identical) (?:number of |amount of |count of )?(?:\w+ )?"
    r"(?P<what>param|flops|steps|updates|epochs|memory)\w*",
    re.I,
)
_COST_WORDS = re.compile(
    r"\b(?:training|computational?|compute|run(?:ning)?|wall[- ]clock|inference)[- ](?:times?|costs?|complexity"
    r"|overhead|expense|budget)\b|\boverhead\b|\bslower\b|\blonger (?:to train|training)\b|\btraining times?\b",
    re.I,
)
_TELLS = re.compile(r"\b(?:increas|doubl|tripl|higher|longer|more|additional|slower|overhead|cost|\d)", re.I)
_LENGTHS = re.compile(
    r"(?:^|_)(?:epochs?|n_epochs|num_epochs|max_epochs|max_iters|n_iters|num_iters|iterations|max_steps|num_steps|n_steps"
    r"|num_train_steps|train_steps|num_total_updates|total_steps|n_train|num_train|train_size|num_samples|n_samples"
    r"|hidden_size|hidden_dim|hidden_layers|embedding_dim|n_layer|num_layers|n_embd|n_head|d_model|width|depth"
    r"|num_trees|n_estimators)$",
    re.I,
)


def check_fairness(document: Document, evidence: Evidence, topics: Topics) -> Iterator[Finding]:
    """Variants that cost over a tenth more than the baseline, and what the paper says of it."""
    yield from _unequal(document, evidence, topics)
    ratios = _ratios(evidence, topics.effects)
    dear = {k: r for k, r in ratios.items() if r > 1 + LIMIT}
    if not dear:
        yield from _longer(document, evidence)
        return
    for unit in document.units:
        if is_prose(unit) and topics.about_own_work(unit):
            yield from _free(unit, dear, evidence, topics)
    if not _told(document, topics):
        (variant, name), ratio = max(dear.items(), key=lambda pair: pair[1])
        yield Finding(
            kind="unfair",
            severity=Severity.ERROR,
            place="Whole paper",
            sentence="",
            says=f"{evidence.variants[variant].title} is compared with the baseline without its {_words(name)}",
            record=f"{ratio:.2f} times the baseline's {_words(name)}",
            how="costs that the record holds",
        )
    yield from _longer(document, evidence)


def _unequal(document: Document, evidence: Evidence, topics: Topics) -> Iterator[Finding]:
    """``All networks have the same number of parameters``: where the record measured them, and they differ."""
    for unit in document.units:
        match = _SAME_SIZE.search(normalise(unit.text)) if is_prose(unit) and topics.about_own_work(unit) else None
        if match is None or match.group("what") is None:
            continue
        stem = match.group("what").lower()[:5]
        for spec in evidence.metrics:
            means = [m for v, s, k in evidence.values if k == spec.key and (m := evidence.mean(v, s, k)) is not None]
            if (
                stem in spec.name.lower()
                and len(means) > 1
                and min(means) > 0
                and max(means) > (1 + LIMIT) * min(means)
            ):
                record = f"{_words(spec.name)} lie between {min(means):g} and {max(means):g}"
                yield contradiction("unfair", unit, f"says “{match.group()}”", record, "sizes that the record holds")
                break


def _ratios(evidence: Evidence, effects: Effects) -> dict[tuple[str, str], float]:
    """(variant, metric) -> its cost over the baseline's, on average over data sets."""
    found: dict[tuple[str, str], list[float]] = {}
    for key in sorted(effects.costs):
        name = effects.name(key)
        if not _SPENT.search(name) or not _TRAINING.search(name) or re.search(r"infer|eval|per_sec", name, re.I):
            continue
        for effect in effects.every(effects.treated, [key]):
            if effect.base > 0:
                found.setdefault((effect.variant, name), []).append(effect.mean / effect.base)
    return {k: fmean(r) for k, r in found.items()}


def _free(unit: Unit, dear: dict[tuple[str, str], float], evidence: Evidence, topics: Topics) -> Iterator[Finding]:
    """A cost that is told to be none: false where every variant that can be meant has it."""
    match = _FREE.search(normalise(unit.text))
    if match is None or re.search(r"\b(?:future|could|would|should|not)\b", unit.text.replace(match.group(), ""), re.I):
        return
    named = topics.of(unit.text).variants
    meant = [v for v in topics.effects.treated if not named or v in named]
    costs = [max((r for (v, _), r in dear.items() if v == variant), default=1.0) for variant in meant]
    if costs and min(costs) > 1 + LIMIT:
        cheapest = meant[costs.index(min(costs))]
        record = f"even {evidence.variants[cheapest].title} took {min(costs):.2f} times the baseline's"
        yield contradiction("unfair", unit, f"says “{match.group()}”", record, "costs that the record holds")


def _told(document: Document, topics: Topics) -> bool:
    """Whether the paper gives or discusses costs anywhere in its results."""
    for unit in document.units:
        if unit.kind in (UnitKind.CELL, UnitKind.HEADER) and re.search(
            r"\btime\b|\bcost|\bparams?\b|\bparameters\b|\bmemory\b|flops|\(s\)|seconds", unit.column or unit.text, re.I
        ):
            return True
        own = is_prose(unit) and topics.about_own_results(unit)
        if own and _COST_WORDS.search(unit.text) and _TELLS.search(unit.text):
            return True
    return False


def _longer(document: Document, evidence: Evidence) -> Iterator[Finding]:
    """Longer training, more data or larger models in the code of a variant than in the baseline's, and not told."""
    base = _constants_of(evidence, evidence.baseline)
    if not base:
        return
    printed = {n.value for u in document.units for n in find_numbers(u.text)}
    for variant in evidence.variants.values():
        own = _constants_of(evidence, variant.id) if not variant.baseline else {}
        for name in sorted(set(own) & set(base)):
            old, new = base[name], own[name]
            if old > 0 and new > old * (1 + LIMIT) and new not in printed:
                yield Finding(
                    kind="unfair",
                    severity=Severity.ERROR,
                    place="Whole paper",
                    sentence="",
                    says=f"{variant.title} is compared with the baseline without its {_words(name)}",
                    record=f"its code sets {name} to {new:g}, the baseline's to {old:g}",
                    how="constants of the sources",
                )


def _constants_of(evidence: Evidence, variant: str | None) -> dict[str, float]:
    files = evidence.sources.get(variant or "", {}) or (evidence.pristine if variant == evidence.baseline else {})
    found: dict[str, float] = {}
    for text in files.values():
        found |= {k: v for k, v in constants(text) if _LENGTHS.search(k)}
    return found


@lru_cache(maxsize=64)
def constants(text: str) -> tuple[tuple[str, float], ...]:
    """Named numbers of a program: assignments, defaults of fields, parameters and command-line options."""
    try:
        tree = syntax_tree(text)
    except SyntaxError:
        return ()
    found: list[tuple[str, float]] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Assign):
            found += [
                (t.id, v) for t in node.targets if isinstance(t, ast.Name) and (v := _value(node.value)) is not None
            ]
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value is not None:
            found += [(node.target.id, v) for v in [_value(node.value)] if v is not None]
        elif isinstance(node, ast.keyword) and node.arg and (value := _value(node.value)) is not None:
            found.append((node.arg, value))
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "add_argument" and node.args:
            name = node.args[0].value if isinstance(node.args[0], ast.Constant) else ""
            default = next((_value(k.value) for k in node.keywords if k.arg == "default"), None)
            if isinstance(name, str) and default is not None:
                found.append((name.lstrip("-").replace("-", "_"), default))
    return tuple(found)


def _value(node: ast.expr) -> float | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, int | float) and not isinstance(node.value, bool):
        return float(node.value)
    return None


def _words(name: str) -> str:
    return name.replace("_", " ")
