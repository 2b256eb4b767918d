"""Since when the values of a station's channels are checked by anything, as their dated settings have it.

For whoever shows readings that no check spoke of: that one passed, or that none was on (quality/qartod.py).
"""

from collections import defaultdict
from collections.abc import Mapping
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, select

from quality.checks.cell import read_checks
from quality.qartod import Result, look_at_values, result
from quality.verdict import flags_from_json
from store.tables import channel, channel_setting


class Checked(NamedTuple):
    """Whether a channel's values are looked at, and were before."""

    newest: bool
    earlier: tuple[tuple[datetime, bool], ...]
    """Before: the moment until which it was so, ascending."""

    def at(self, moment: datetime) -> bool:
        """Whether what was measured at a moment (aware) is looked at."""
        for until, looked_at in self.earlier:
            if moment < until:
                return looked_at
        return self.newest


def checked_channels(connection: Connection, station_id: int) -> dict[int, Checked]:
    """By parameter: the declared channels of a station."""
    before: dict[int, list[tuple[datetime, bool]]] = defaultdict(list)
    history = select(channel_setting).join(channel, channel.c.id == channel_setting.c.channel_id)
    own = history.where(channel.c.station_id == station_id).order_by(channel_setting.c.valid_until)
    for row in connection.execute(own):
        before[row.channel_id].append((row.valid_until, _looked_at(row)))
    rows = connection.execute(select(channel).where(channel.c.station_id == station_id))
    return {row.parameter_id: Checked(_looked_at(row), tuple(before[row.id])) for row in rows}


def code_of(row: Any, checked: Mapping[int, Checked]) -> Result:
    """QARTOD's code of a row of `reading`. checked: of its station."""
    of_channel = checked.get(row.parameter_id)
    return result(
        row.status,
        row.value,
        flags_from_json(row.flags),
        row.review,
        row.reviewed_value,
        looked_at=of_channel is not None and of_channel.at(row.measured_at),
    )


def _looked_at(row: Any) -> bool:
    ranges = (row.device_min, row.device_max, row.usual_min, row.usual_max)
    return look_at_values(ranges, read_checks(row.checks))
