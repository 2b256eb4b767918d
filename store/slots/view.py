"""A day's slot lines as a page shows them: one per declared channel, of all stations at once."""

from collections.abc import Mapping
from datetime import date
from typing import NamedTuple

from sqlalchemy import Connection, and_, select

from store.tables import channel, slot_day


class ChannelDay(NamedTuple):
    """What is known of a declared channel's day."""

    parameter_id: int
    interval: int
    """Minutes a slot; 0 where nothing came."""
    states: str
    """Letters as in quality/slot_line.py; empty where nothing came."""


def channel_days(connection: Connection, day: date) -> Mapping[int, list[ChannelDay]]:
    """By station id, every declared channel's line of that day in Vietnam."""
    query = select(
        channel.c.station_id, channel.c.parameter_id, slot_day.c.interval_minutes, slot_day.c.states
    ).outerjoin(
        slot_day,
        and_(
            slot_day.c.station_id == channel.c.station_id,
            slot_day.c.day == day,
            slot_day.c.parameter_id == channel.c.parameter_id,
        ),
    )
    found: dict[int, list[ChannelDay]] = {}
    for station_id, parameter_id, interval, states in connection.execute(query).all():
        found.setdefault(station_id, []).append(ChannelDay(parameter_id, interval or 0, states or ""))
    return found
