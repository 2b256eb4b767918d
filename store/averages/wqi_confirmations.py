"""Which variant of VN_WQI is confirmed on a day: rows that are only ever added, each by a person.

Of the rows of a variant whose first day has come, the last one that was written counts.
"""

from collections.abc import Sequence
from datetime import date, datetime
from typing import NamedTuple

from sqlalchemy import Connection, insert, select

from quality.indices.wqi import WqiVariant
from store.audit import Act, record
from store.tables import wqi_confirmation


class Confirmation(NamedTuple):
    """What a person said of a variant."""

    variant: WqiVariant
    valid_from: date
    """A day in Vietnam."""
    confirmed: bool
    who: str
    at: datetime
    note: str


def confirm(
    connection: Connection, variant: WqiVariant, valid_from: date, confirmed: bool, note: str, act: Act
) -> None:
    """Says that a variant may be published from a day on, or (confirmed=False) that it may no more."""
    connection.execute(
        insert(wqi_confirmation).values(
            variant=variant, valid_from=valid_from, confirmed=confirmed, who=act.who, at=act.at, note=note
        )
    )
    detail = {"valid_from": valid_from.isoformat(), "confirmed": confirmed, "note": note}
    record(connection, act, "wqi.confirm" if confirmed else "wqi.withdraw", variant, detail)


def confirmations(connection: Connection) -> list[Confirmation]:
    """Everything that was said, in that order."""
    columns = [wqi_confirmation.c[name] for name in Confirmation._fields]
    rows = connection.execute(select(*columns).order_by(wqi_confirmation.c.id))
    return [Confirmation(*row) for row in rows]


def is_confirmed(said: Sequence[Confirmation], variant: WqiVariant, day: date) -> bool:
    """Whether a variant is confirmed for a day in Vietnam."""
    about = [one.confirmed for one in said if one.variant == variant and one.valid_from <= day]
    return bool(about) and about[-1]
