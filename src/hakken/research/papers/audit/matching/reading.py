"""What a number of one of Hakken's own papers may be: the names of metrics and variants say nothing of it."""

from __future__ import annotations

from dataclasses import replace

from hakken.research.papers.audit.document.document import Unit
from hakken.research.papers.audit.language.numbers import Number
from hakken.research.papers.audit.language.roles import Reading, Role, cost_kind, read_number
from hakken.research.papers.audit.language.scope import Names, Scope
from hakken.research.papers.audit.records.evidence import Evidence

_COSTLY = (Role.COST, Role.COST_RATIO)


def named(number: Number, unit: Unit, names: Names) -> bool:
    """Whether a number stands in a metric's name, such as "accuracy after 10 steps"."""
    return any(m.kind == "metric" and m.start <= number.start and number.end <= m.end for m in names.find(unit.text))


def without_names(unit: Unit, names: Names) -> Unit:
    """The unit with every name struck out of its headers: a metric called "training time" is no cost of a trial."""
    if not unit.row:
        return unit
    row = tuple((names.struck(header), names.struck(text)) for header, text in unit.row)
    return replace(unit, column=names.struck(unit.column), row=row, caption=names.struck(unit.caption))


def readings(number: Number, unit: Unit, scope: Scope, names: Names, evidence: Evidence) -> tuple[Reading, ...]:
    """What a number may be, the likeliest first.

    Values of a metric in seconds look like costs, and a metric may have the name of a cost: where the words leave both
    open, both are asked.
    """
    text = names.struck(unit.text)
    reading = read_number(number, text, without_names(unit, names))
    if unit.row:
        plain = read_number(number, text, unit)
        return (reading, plain) if plain.role in _COSTLY and plain != reading else (reading,)
    if reading.role is not Role.COST or not scope.metrics:
        return (reading,)
    units = {evidence.metric(key).unit for key in scope.metrics} - {""}
    if number.unit in units and not reading.noun:
        told = any(m.kind == "metric" for m in names.find(unit.text))
        return (Reading(Role.LEVEL),) if told else (Reading(Role.LEVEL), reading)
    if not number.unit and any(cost_kind(own) == reading.noun for own in units):
        return Reading(Role.LEVEL), reading
    return (reading,)
