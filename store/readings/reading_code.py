"""QARTOD's code of readings as they stand in their rows (quality/qartod.py has its meaning)."""

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from quality.qartod import Result, look_at_values, result
from quality.verdict import flags_from_json
from store.network.snapshot import ChannelEntry, channel_entries


def channels_by_parameter(connection: Connection, station_id: int) -> dict[int, ChannelEntry]:
    """The declared channels of a station."""
    symbols = channel_entries(connection, [station_id]).get(station_id, {})
    return {entry.parameter_id: entry for entry in symbols.values()}


def code_of(row: Any, channels: Mapping[int, ChannelEntry]) -> Result:
    """The code of a row of `reading`. channels: of its station; their settings at its time count."""
    entry = channels.get(row.parameter_id)
    settings = None if entry is None else entry.at(row.measured_at)
    return result(
        row.status,
        row.value,
        flags_from_json(row.flags),
        row.review,
        row.reviewed_value,
        looked_at=settings is not None and look_at_values(settings.ranges, settings.checks),
    )
