"""The dated figures that a province set (quality/dated_rules.py says which there are)."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple, cast

from sqlalchemy import Connection, delete, select

from quality.dated_rules import RULES, DatedRules, RuleError, RuleName, RuleValue
from store import revisions
from store.audit import Act, record
from store.service.interruption_marks import mark_every_station
from store.slots.dirty_hours import mark_slot_days
from store.tables import dated_rule
from store.upsert import insert_for

_WATCHED: frozenset[RuleName] = frozenset(
    {"future_minutes", "offline_minutes", "on_time_minutes", "reportable_hours"}
)
"""Rules by which interruptions are found: a change has them looked for again."""


class RuleLine(NamedTuple):
    """A value of a rule, and from when on it counts."""

    name: RuleName
    valid_from: datetime | None
    """None: from ever, because nothing else was said."""
    value: str


def load_rules(connection: Connection) -> DatedRules:
    """All of them."""
    found: dict[RuleName, list[RuleValue]] = {}
    query = select(dated_rule).order_by(dated_rule.c.name, dated_rule.c.valid_from)
    for row in connection.execute(query):
        found.setdefault(cast(RuleName, row.name), []).append(RuleValue(row.valid_from, row.value))
    return DatedRules(found)


def rule_lines(connection: Connection) -> Sequence[RuleLine]:
    """Every rule with its default and all its values, by name and date."""
    query = select(dated_rule).order_by(dated_rule.c.valid_from)
    said = [RuleLine(row.name, row.valid_from, row.value) for row in connection.execute(query)]
    return [
        line
        for name, kind in RULES.items()
        for line in (RuleLine(name, None, kind.default), *(one for one in said if one.name == name))
    ]


def set_rule(connection: Connection, name: RuleName, value: str, valid_from: datetime, act: Act) -> None:
    """Says what the rule is from then on, until its next value. Raises RuleError for an impossible one."""
    try:
        kept = RULES[name].checked(value)
    except RuleError as error:
        raise RuleError(f"{name}: {error}") from error
    statement = insert_for(connection, dated_rule).values(name=name, valid_from=valid_from, value=kept)
    connection.execute(
        statement.on_conflict_do_update(index_elements=["name", "valid_from"], set_={"value": kept})
    )
    _changed(connection, "rule.set", name, valid_from, {"value": kept}, act)


def remove_rule(connection: Connection, name: RuleName, valid_from: datetime, act: Act) -> bool:
    """Takes a value back that was said wrongly; whether there was one of that very date."""
    query = delete(dated_rule).where(dated_rule.c.name == name, dated_rule.c.valid_from == valid_from)
    if connection.execute(query).rowcount == 0:
        return False
    _changed(connection, "rule.remove", name, valid_from, {}, act)
    return True


def _changed(
    connection: Connection, action: str, name: RuleName, since: datetime, detail: dict[str, str], act: Act
) -> None:
    record(connection, act, action, name, {"valid_from": since.isoformat(), **detail})
    if name in _WATCHED:
        mark_every_station(connection, since)
    if name == "future_minutes":
        # who judges what arrives has it in the snapshot of the network
        revisions.bump(connection, "network")
    if name == "on_time_minutes":
        mark_slot_days(connection, since)
