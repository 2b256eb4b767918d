"""Which registers there are, and what each column of them may hold.

A register is a list that people keep for the yearly report. One description serves its CSV, its REST and its
table, so that a new one is a few lines here and a table. The limits in force, with their factors, are no
register: they have a place of their own.
"""

from collections.abc import Callable, Mapping
from datetime import date
from functools import partial
from typing import Any, Literal, NamedTuple

from sqlalchemy import Table

from store.lists import cells
from store.lists.csv_table import CellError, Row, decimal_number
from store.tables import (
    device,
    obligation,
    operating_firm,
    present_state,
    ra_assessment,
    seal,
    standard_check,
    upkeep,
    verification,
)

RegisterName = Literal[
    "devices", "verifications", "upkeep", "standard-checks", "ra-assessments", "states", "seals",
    "operators", "obligations",
]  # fmt: skip


class Field(NamedTuple):
    """A column of a register."""

    name: str
    read: Callable[[Row, str], Any]
    """Raises CellError for what it may not hold."""
    needed: bool = False


class Register(NamedTuple):
    """A list of the yearly report."""

    what: str
    table: Table
    fields: tuple[Field, ...]
    of_station: bool = True
    ordered: tuple[tuple[str, str], ...] = ()
    """Pairs of days of which the second is never before the first."""

    @property
    def place(self) -> tuple[str, ...]:
        """The columns that say of what a line is."""
        return ("station_code", "parameter") if self.of_station else ()

    @property
    def columns(self) -> tuple[str, ...]:
        """All of its CSV's columns."""
        return (*self.place, *(field.name for field in self.fields))

    @property
    def needed(self) -> tuple[str, ...]:
        """Those that may not be left out."""
        return (*self.place[:1], *(field.name for field in self.fields if field.needed))


def _text(_row: Row, text: str) -> str:
    if len(text) > _LONGEST:
        raise CellError(f"is longer than {_LONGEST} letters")
    return text


def _day(_row: Row, text: str) -> date:
    return cells.sane_day(text)


def _number(row: Row, text: str) -> float:
    return row.number(text)


def _days(_row: Row, text: str) -> int:
    days = decimal_number(text)
    if days != int(days) or not 1 <= days <= _MOST_DAYS:
        raise CellError(f"{text!r} is not a whole number of days from 1 to {_MOST_DAYS}")
    return int(days)


def _yes_no(_row: Row, text: str) -> bool:
    if text.lower() in ("yes", "true", "1"):
        return True
    if text.lower() in ("no", "false", "0"):
        return False
    raise CellError(f"{text!r} is not yes or no")


def _one_of(choices: tuple[str, ...], _row: Row, text: str) -> str:
    if text not in choices:
        raise CellError(f"{text!r} is not one of {', '.join(choices)}")
    return text


def _kind(_row: Row, text: str) -> str:
    return cells.kind(text)


_LONGEST = 1000
_MOST_DAYS = 3660

REGISTERS: Mapping[RegisterName, Register] = {
    "devices": Register(
        "equipment of channels",
        device,
        (
            Field("model", _text, needed=True), Field("maker", _text), Field("serial", _text),
            Field("method", _text), Field("range", _text), Field("installed_on", _day),
            Field("removed_on", _day),
        ),
        ordered=(("installed_on", "removed_on"),),
    ),
    "verifications": Register(
        "verifications and calibrations of channels",
        verification,
        (
            Field("kind", partial(_one_of, ("verification", "calibration")), needed=True),
            Field("valid_from", _day, needed=True), Field("valid_to", _day, needed=True),
            Field("body", _text), Field("certificate", _text),
        ),
        ordered=(("valid_from", "valid_to"),),
    ),
    "upkeep": Register(
        "how often channels are checked with standards, and maintained",
        upkeep,
        (
            Field("check_every_days", _days), Field("maintenance_every_days", _days), Field("note", _text),
        ),
    ),
    "standard-checks": Register(
        "results of checks with standards",
        standard_check,
        (
            Field("checked_on", _day, needed=True), Field("standard", _text),
            Field("expected", _number, needed=True), Field("measured", _number, needed=True),
            Field("unit", _text), Field("passed", _yes_no, needed=True), Field("checked_by", _text),
        ),
    ),
    "ra-assessments": Register(
        "assessments of relative accuracy (RA)",
        ra_assessment,
        (
            Field("assessed_on", _day, needed=True), Field("result_percent", _number),
            Field("passed", _yes_no, needed=True), Field("body", _text), Field("note", _text),
        ),
    ),
    "states": Register(
        "present state of stations: working, or stopped since when and expected back",
        present_state,
        (
            Field("state", partial(_one_of, ("working", "stopped")), needed=True),
            Field("since", _day, needed=True), Field("expected_back", _day), Field("note", _text),
        ),
        ordered=(("since", "expected_back"),),
    ),
    "seals": Register(
        "seals of devices and loggers",
        seal,
        (
            Field("number", _text, needed=True), Field("place", _text), Field("sealed_by", _text),
            Field("sealed_on", _day, needed=True), Field("removed_on", _day), Field("removed_because", _text),
        ),
        ordered=(("sealed_on", "removed_on"),),
    ),
    "operators": Register(
        "firms that operate stations",
        operating_firm,
        (
            Field("firm", _text, needed=True), Field("contract", _text),
            Field("contract_from", _day, needed=True), Field("contract_to", _day),
        ),
        ordered=(("contract_from", "contract_to"),),
    ),
    "obligations": Register(
        "who must install what by when, stations that are not there yet among it",
        obligation,
        (
            Field("facility", _text, needed=True), Field("duty", _text, needed=True),
            Field("station_kind", _kind), Field("due_on", _day, needed=True), Field("met_on", _day),
            Field("note", _text),
        ),
        of_station=False,
    ),
}  # fmt: skip
