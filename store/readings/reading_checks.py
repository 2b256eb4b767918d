"""Every check of one reading with QARTOD's code, also those that passed and those that were not evaluated.

For whoever asks why a reading counts or does not. Lists of readings only tell what was not passed.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, select

from quality.channel import Channel
from quality.check_results import Around, CheckResult, results
from quality.checks.eras import Eras
from quality.checks.neighbours import takes_part
from quality.review import told_flags
from quality.verdict import flags_from_json
from store.network.intervals import load_intervals
from store.network.snapshot import channel_entries
from store.readings.check_plans import ChannelPlan, plan_of_channels
from store.tables import reading
from store.time_type import to_millis

_COLUMNS = [reading.c[name] for name in ("parameter_id", "measured_at", "value", "status", "flags", "review")]


def checks_of(
    connection: Connection, station_id: int, parameter_id: int, measured_at: datetime
) -> list[CheckResult]:
    """The checks of the reading in force; empty where there is none."""
    at_once = connection.execute(
        select(*_COLUMNS).where(reading.c.station_id == station_id, reading.c.measured_at == measured_at)
    ).all()
    own = next((row for row in at_once if row.parameter_id == parameter_id), None)
    if own is None:
        return []
    symbols = channel_entries(connection, [station_id]).get(station_id, {})
    entry = next((one for one in symbols.values() if one.parameter_id == parameter_id), None)
    settings = None if entry is None else entry.at(measured_at)
    plan = plan_of_channels(symbols, load_intervals(connection, [station_id])[station_id])
    asked = plan.channels.get(parameter_id)
    around = Around()
    if settings is not None and asked is not None:
        before, after = _neighbours(connection, station_id, own, asked.eras)
        around = Around(before, after, *_beside(own, settings, asked, at_once))
    flags = told_flags(flags_from_json(own.flags), own.review)
    return results(settings, own.status, own.value, flags, around)


def _neighbours(connection: Connection, station_id: int, own: Any, eras: Eras) -> tuple[bool, bool]:
    """Whether it has a neighbour before it, and one after it."""
    here = to_millis(own.measured_at)
    reach = timedelta(milliseconds=eras.reach(here, here))
    near = select(*_COLUMNS).where(
        reading.c.station_id == station_id,
        reading.c.parameter_id == own.parameter_id,
        reading.c.measured_at.between(own.measured_at - reach, own.measured_at + reach),
    )
    times = [to_millis(row.measured_at) for row in connection.execute(near) if _takes_part(row)]
    return (
        any(here - eras.at(here).gap <= time < here for time in times),
        any(here < time <= here + eras.at(time).gap for time in times),
    )


def _beside(own: Any, settings: Channel, asked: ChannelPlan, at_once: Sequence[Any]) -> tuple[bool, bool]:
    """Whether all that it is compared with, and all that it goes with, has what these checks need.

    One that names no channel of the station, or whose unit does not convert, is not in the plan.
    """
    since = asked.eras.at(to_millis(own.measured_at)).since
    compared = {one.parameter_id for one in asked.comparisons if one.since == since}
    along = {one.parameter_id for one in asked.companions if one.since == since}
    checks = settings.checks
    return (
        len(compared) == len({one.parameter for one in checks.comparisons})
        and compared <= {row.parameter_id for row in at_once if _takes_part(row)},
        len(along) == len(checks.companions)
        and along <= {row.parameter_id for row in at_once if row.value is not None},
    )


def _takes_part(row: Any) -> bool:
    return takes_part(row.status, row.value, flags_from_json(row.flags))
