"""A review to read: the scores, the words, and beside them, apart, what the audit found."""

from __future__ import annotations

import json

from hakken.core.types import AuditReport, Review, ReviewForm
from hakken.research.review.form import ITEM_FIELDS, guide

_NONE = "None given."


def to_json(review: Review, audit: AuditReport | None = None) -> str:
    """Review and audit as JSON, apart from each other."""
    value = {
        "review": review.model_dump(mode="json"),
        "audit": None if audit is None else audit.model_dump(mode="json") | {"passed": audit.passed},
    }
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def to_markdown(review: Review, audit: AuditReport | None = None) -> str:
    """Review and audit for people."""
    parts = [
        f"# Review of {review.paper}",
        f"**Decision: {review.meta.decision}**, overall {review.meta.overall} of 10. {_panel(review)}",
        _scores(review),
        _form(review.meta),
    ]
    if len(review.members) > 1:
        parts += [f"## Reviewer {index}\n\n{_form(form, 3)}" for index, form in enumerate(review.members, 1)]
    if review.notes:
        parts.append("## Notes\n\n" + _bullets(review.notes))
    if review.failures:
        parts.append("## Failures\n\n" + _bullets(review.failures))
    if audit is not None:
        parts.append(_audit(audit))
    return "\n\n".join(parts) + "\n"


def _panel(review: Review) -> str:
    count = len(review.members)
    who = f"{count} reviewer{'s' if count > 1 else ''}" + (", scores are rounded means" if count > 1 else "")
    return f"Written by an AI: {review.model}, {who}."


def _scores(review: Review) -> str:
    several = len(review.members) > 1
    heads = [f"reviewer {index}" for index in range(1, len(review.members) + 1)] if several else []
    rows = [["score", "panel" if several else "reviewer", *heads, "of"]]
    for scale in guide().scales:
        cells = [str(getattr(form, scale.name)) for form in (review.meta, *(review.members if several else ()))]
        rows.append([scale.name, *cells, str(scale.most)])
    forms = (review.meta, *(review.members if several else ()))
    rows.append(["ethical concerns", *("yes" if form.ethical_concerns else "no" for form in forms), ""])
    rows.append(["decision", *(form.decision for form in forms), ""])
    rows.insert(1, ["---"] + ["---:"] * (len(rows[0]) - 1))
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def _form(form: ReviewForm, level: int = 2) -> str:
    head = "#" * level
    parts = [f"{head} Summary\n\n{form.summary or _NONE}"]
    parts += [f"{head} {name.capitalize()}\n\n{_bullets(getattr(form, name))}" for name in ITEM_FIELDS]
    parts.append(f"{head} Reasons for the scores\n\n{form.thought or _NONE}")
    return "\n\n".join(parts)


def _bullets(items: tuple[str, ...]) -> str:
    return "\n".join(f"- {' '.join(item.split())}" for item in items) or _NONE


def _audit(audit: AuditReport) -> str:
    verdict = "passed" if audit.passed else "did not pass"
    lines = [
        "## Audit (by code; no part of the scores)",
        f"The paper {verdict}: {audit.numbers_matched} of its {audit.numbers_checked} numbers agree with the record.",
    ]
    found = [
        f"- **{each.severity}** ({each.kind}), {each.place}: says {each.says!r}; the record: {each.record}. "
        f"\u201c{' '.join(each.sentence.split())}\u201d"
        for each in audit.findings
    ]
    return "\n\n".join([*lines, "\n".join(found) or "No findings."])
