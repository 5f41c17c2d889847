"""Numbers of JSON lines: one record a line, a list for each of their fields."""

from __future__ import annotations

from hakken.bench.experiments.forms.flat import Numbers, numbers_of_records
from hakken.core.reading import Unreadable, parse_json


def numbers_of_lines(data: bytes) -> Numbers:
    """The fields of the records in the order of the lines; of a single record, its fields as they are.

    Raises:
        Unreadable: a line is no JSON object, or there is none.
    """
    records = []
    for line in data.splitlines():
        if not line.strip():
            continue
        try:
            record = parse_json(line)
        except Unreadable as error:
            raise Unreadable(f"has a line that {error}") from None
        if not isinstance(record, dict):
            raise Unreadable("has a line that is no JSON object")
        records.append(record)
    if not records:
        raise Unreadable("holds no record")
    return numbers_of_records(records)
