"""A station's account in the store, held against what its history says (station_model.py)."""

import json
from collections import Counter
from datetime import date, datetime, timedelta
from fractions import Fraction
from typing import Any

import pytest
from sqlalchemy import Engine, select

from quality.slot_line import count_states
from quality.slots import day_start
from store.engine import reading
from store.network.station_view import StationEntry
from store.slots.completeness import completeness
from store.tables import daily, hourly, parameter, reading_version, slot_day
from store.tables import reading as reading_table
from tests.receiver.station_model import Model


def readings_are_right(engine: Engine, model: Model) -> None:
    """In force and beside it: what the model says, and nothing that came is lost."""
    query = select(reading_table, parameter.c.code).join(
        parameter, parameter.c.id == reading_table.c.parameter_id
    )
    beside = select(reading_version, parameter.c.code).join(
        parameter, parameter.c.id == reading_version.c.parameter_id
    )
    with reading(engine) as connection:
        rows = connection.execute(query).all()
        others = connection.execute(beside).all()
    expected = model.readings()
    stored = {(row.measured_at, row.symbol): row for row in rows}
    assert len(stored) == len(rows)
    assert stored.keys() == expected.keys()
    for key, standing in expected.items():
        row = stored[key]
        assert row.code == model.parameter(key[1])
        flags = {tuple(one[:2]) for one in _flags(row.flags)}
        got = (row.text, row.status, row.received_at, flags, row.valid, row.review, row.release_at)
        assert got == (
            standing.text, standing.status, standing.received_at, standing.flags, standing.valid,
            standing.review, standing.release_at,
        ), (key, got, standing)  # fmt: skip
        assert row.value == _near(standing.value)
        assert row.reviewed_value == _near(standing.reviewed_value)
    said: dict[Any, set[Any]] = {}
    for row in (*rows, *others):
        number = None if row.text == "-" else Fraction(row.text)
        said.setdefault((row.measured_at, row.symbol), set()).add((number, row.unit, row.status))
    assert said == {key: {one.said for one in came} for key, came in model.versions.items()}


def slots_are_right(engine: Engine, model: Model, station: StationEntry, now: datetime) -> None:
    """Every slot's letter, and sums that are what is due. now: aware."""
    query = select(slot_day, parameter.c.code).join(parameter, parameter.c.id == slot_day.c.parameter_id)
    with reading(engine) as connection:
        stored = {(row.day, row.code): row for row in connection.execute(query)}
        accounts = list(completeness(connection, [station], None, None, "day", now))
    letters = model.letters()
    for key, slots_ in letters.items():
        line = stored.pop(key).states
        assert {at: one for at, one in enumerate(line) if one != "-"} == slots_
        assert sum(count_states(line).values()) + line.count("-") == 96
    assert all(set(row.states) == {"-"} for row in stored.values())
    count = 3 if model.xyz_declared else 2
    for item in accounts:
        assert sum(item.states.values()) == item.expected
        if item.parameter is not None:
            came = letters.get((date.fromisoformat(item.period), item.parameter), {})
            assert item.expected == _due(now, date.fromisoformat(item.period))
            assert item.expected - item.states["absent"] == len(came)
            found = Counter(one.upper() for one in came.values())
            assert found["V"] == item.states["valid"]
            assert found["R"] == item.states["rejected"]
        else:
            assert item.expected == count * _due(now, date.fromisoformat(item.period))


def averages_are_right(engine: Engine, model: Model) -> None:
    """Hours and days, as received and as reviewed."""
    sides = [
        f"{side}_{name}" for side in ("received", "reviewed") for name in ("count", "mean", "min", "max")
    ]
    of_days = [
        f"{side}_{name}"
        for side in ("received", "reviewed")
        for name in ("count", "hours", "mean", "min", "max")
    ]
    for table, when, columns, expected in (
        (hourly, "hour", sides, model.hours()),
        (daily, "day", of_days, model.days()),
    ):
        query = select(table, parameter.c.code).join(parameter, parameter.c.id == table.c.parameter_id)
        with reading(engine) as connection:
            rows = connection.execute(query).mappings().all()
        stored = {(row[when], row["code"]): row for row in rows}
        assert stored.keys() == expected.keys()
        for key, wanted in expected.items():
            got = [stored[key][name] for name in columns]
            assert got == [_near(cell) for cell in wanted], (table.name, key)


def _flags(text: str | None) -> Any:
    return [] if text is None else json.loads(text)


def _near(value: Any) -> Any:
    return pytest.approx(float(value), rel=1e-12, abs=1e-12) if isinstance(value, Fraction) else value


def _due(now: datetime, day: date) -> int:
    past = now - day_start(day)
    return max(0, min(96, past // timedelta(minutes=15)))
