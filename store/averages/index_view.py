"""VN_AQI and VN_WQI of stations, computed from the reviewed averages when somebody looks.

Nothing is kept: an index follows its averages, so a late file or a review changes it by itself. A walk goes
station by station in the order of time and holds a day at most. Only hours and days of which there is an
average have an item; VN_AQI is of ambient air, VN_WQI of surface water.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from itertools import groupby
from typing import NamedTuple, TypeVar

from sqlalchemy import Connection, select

from quality.indices.aqi import Aqi, AqiBy, day_aqi, hour_aqi
from quality.indices.series import Series
from quality.indices.wqi import WQI_VARIANTS, Mean, Wqi, wqi
from quality.slots import day_of
from store.averages.items import AverageItem
from store.averages.view import averages
from store.averages.wqi_confirmations import confirmations, is_confirmed
from store.network.station_view import StationEntry
from store.tables import parameter

AQI_KIND = "ambient_air"
WQI_KIND = "surface_water"
_NOWCAST_HOURS = timedelta(hours=11)
_BEFORE_A_DAY = timedelta(hours=7)
"""What running eight hours that end in a day reach back."""


class AqiItem(NamedTuple):
    """The index of one station's hour or day."""

    code_key: str
    station: str
    start: datetime
    """In UTC."""
    end: datetime
    aqi: Aqi


class WqiItem(NamedTuple):
    """The index of one station's hour or day in one variant."""

    code_key: str
    station: str
    start: datetime
    """In UTC."""
    end: datetime
    wqi: Wqi
    confirmed: bool
    """Whether a person has confirmed the variant for that day."""


Item = TypeVar("Item", AqiItem, WqiItem)
_Walk = Callable[[Connection, StationEntry, AqiBy, datetime | None, datetime | None], Iterator[Item]]


def aqi_items(
    connection: Connection,
    stations: Iterable[StationEntry],
    by: AqiBy,
    since: datetime | None,
    until: datetime | None,
    after: datetime | None = None,
) -> Iterator[AqiItem]:
    """VN_AQI of the ambient air stations among these, in their order, then of time.

    since, until: aware; hours or days that lie at least partly in that stretch. after: of the first station,
    only what begins later than this.
    """
    walks: dict[AqiBy, _Walk[AqiItem]] = {"hour": _hours, "day": _days}
    return _of_stations(connection, stations, AQI_KIND, walks[by], by, since, until, after)


def wqi_items(
    connection: Connection,
    stations: Iterable[StationEntry],
    by: AqiBy,
    since: datetime | None,
    until: datetime | None,
    after: datetime | None = None,
) -> Iterator[WqiItem]:
    """VN_WQI of the surface water stations among these, each hour or day in every variant; as aqi_items."""
    return _of_stations(connection, stations, WQI_KIND, _waters, by, since, until, after)


def _of_stations(
    connection: Connection,
    stations: Iterable[StationEntry],
    kind: str,
    walk: _Walk[Item],
    by: AqiBy,
    since: datetime | None,
    until: datetime | None,
    after: datetime | None,
) -> Iterator[Item]:
    for entry in stations:
        begin = since
        if after is not None and (begin is None or after > begin):
            begin = after
        if entry.kind == kind:
            for item in walk(connection, entry, by, begin, until):
                if after is None or item.start > after:
                    yield item
        after = None


def _hours(
    connection: Connection,
    entry: StationEntry,
    _by: AqiBy,
    since: datetime | None,
    until: datetime | None,
) -> Iterator[AqiItem]:
    masses = _molar_masses(connection)
    known: dict[str, dict[datetime, float]] = {}
    units: dict[str, str] = {}
    first = None if since is None else since.astimezone(UTC).replace(minute=0, second=0, microsecond=0)
    reach = None if first is None else first - _NOWCAST_HOURS
    for start, items in _by_start(averages(connection, [entry], "hour", reach, until)):
        for hours in known.values():
            for old in [hour for hour in hours if hour < start - _NOWCAST_HOURS]:
                del hours[old]
        for item in items:
            units[item.parameter] = item.unit
            if item.as_reviewed.mean is not None:
                known.setdefault(item.parameter, {})[start] = item.as_reviewed.mean
        if first is None or start >= first:
            series = {
                name: Series(units[name], masses.get(name), hours) for name, hours in known.items() if hours
            }
            yield AqiItem(
                entry.code_key, entry.code, start, start + timedelta(hours=1), hour_aqi(series, start)
            )


def _days(
    connection: Connection,
    entry: StationEntry,
    _by: AqiBy,
    since: datetime | None,
    until: datetime | None,
) -> Iterator[AqiItem]:
    masses = _molar_masses(connection)
    for start, items in _by_start(averages(connection, [entry], "day", since, until)):
        end = start + timedelta(days=1)
        hours: dict[str, dict[datetime, float]] = {}
        for hour in averages(connection, [entry], "hour", start - _BEFORE_A_DAY, end):
            if hour.as_reviewed.mean is not None:
                hours.setdefault(hour.parameter, {})[hour.start.astimezone(UTC)] = hour.as_reviewed.mean
        series = {
            item.parameter: Series(
                item.unit,
                masses.get(item.parameter),
                hours.get(item.parameter, {}),
                item.as_reviewed.mean,
            )
            for item in items
        }
        yield AqiItem(entry.code_key, entry.code, start, end, day_aqi(series, day_of(start)))


def _waters(
    connection: Connection,
    entry: StationEntry,
    by: AqiBy,
    since: datetime | None,
    until: datetime | None,
) -> Iterator[WqiItem]:
    masses = _molar_masses(connection)
    said = confirmations(connection)
    for start, items in _by_start(averages(connection, [entry], by, since, until)):
        means = {
            item.parameter: Mean(item.as_reviewed.mean, item.unit, masses.get(item.parameter))
            for item in items
            if item.as_reviewed.mean is not None
        }
        end = items[0].end.astimezone(UTC)
        day = day_of(start)
        for variant in WQI_VARIANTS:
            found = wqi(variant, means, day)
            confirmed = is_confirmed(said, variant, day)
            yield WqiItem(entry.code_key, entry.code, start, end, found, confirmed)


def _by_start(items: Iterator[AverageItem]) -> Iterator[tuple[datetime, list[AverageItem]]]:
    for start, those in groupby(items, lambda item: item.start):
        yield start.astimezone(UTC), list(those)


def _molar_masses(connection: Connection) -> Mapping[str, float]:
    chosen = select(parameter.c.code, parameter.c.molar_mass).where(parameter.c.molar_mass.is_not(None))
    return dict(connection.execute(chosen).all())
