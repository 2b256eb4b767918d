"""The limits in force at a station on a day, as they are shown: with what keeps them from being judged."""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import NamedTuple

from sqlalchemy import Connection

from quality.limits.records import InForce, Words
from quality.limits.series import Measured, why_not
from store.limits.limits_in_force import load_limits
from store.network.station_view import StationEntry


class LimitItem(NamedTuple):
    """A limit of a station on a day."""

    code_key: str
    """What the stations are ordered by."""
    station: str
    day: date
    limit: InForce
    not_judged: Words | None
    """Why nothing is held against it; None where it is judged."""


def limits_shown(connection: Connection, stations: Iterable[StationEntry], day: date) -> Iterator[LimitItem]:
    """The limits of the stations, in their order, then by parameter and basis, the governing ones first."""
    for entry in stations:
        limits = load_limits(connection, [entry.id])
        measured = {
            name: Measured(one.unit, one.molar_mass, {})
            for name, one in limits.stations[entry.id].channels.items()
        }
        for limit in limits.on(entry.id, day):
            reason = why_not(limit, measured)
            if reason is None and not limit.governs:
                reason = Words("another limit is stricter", "có giới hạn khác chặt hơn")
            yield LimitItem(entry.code_key, entry.code, day, limit, reason)
