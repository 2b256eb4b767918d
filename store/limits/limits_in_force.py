"""The limits in force at stations on a day, as quality/limits derives them from what the store holds."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date
from functools import lru_cache

from sqlalchemy import Connection, select

from quality.figures import Figures
from quality.intervals import Intervals
from quality.limits.in_force import limits_in_force
from quality.limits.records import Binding, InForce, Permit, TableLimit
from store.limits.figures import load_figures
from store.limits.limit_tables import limit_rows
from store.limits.station_limits import bindings_of, permits_of
from store.network.intervals import load_intervals
from store.tables import channel, parameter, station


@dataclass(frozen=True)
class Measures:
    """A declared channel, as limits need it."""

    parameter_id: int
    unit: str
    molar_mass: float | None


@dataclass(frozen=True)
class LimitedStation:
    """A station with everything that limits it."""

    id: int
    code: str
    kind: str
    intervals: Intervals
    channels: dict[str, Measures]
    """By the parameter's name."""
    bindings: tuple[Binding, ...]
    permits: tuple[Permit, ...]


class Limits:
    """The limits of some stations, to be asked by day; each day is derived once."""

    def __init__(self, stations: Iterable[LimitedStation], rows: list[TableLimit], figures: Figures) -> None:
        self.stations = {one.id: one for one in stations}
        self.figures = figures
        self._rows = rows
        self._on = lru_cache(maxsize=4096)(self._derive)

    def on(self, station_id: int, day: date) -> tuple[InForce, ...]:
        """The limits of a station on a day, those that do not govern too."""
        return self._on(station_id, day)

    def _derive(self, station_id: int, day: date) -> tuple[InForce, ...]:
        one = self.stations[station_id]
        return tuple(
            limits_in_force(
                self._rows,
                one.bindings,
                one.permits,
                self.figures,
                day,
                kind=one.kind,
                molar_masses={name: measures.molar_mass for name, measures in one.channels.items()},
            )
        )


def load_limits(connection: Connection, station_ids: Collection[int]) -> Limits:
    """The limits of the stations; one that is gone, or that nothing limits, has none."""
    bindings = bindings_of(connection, station_ids)
    permits = permits_of(connection, station_ids)
    channels: dict[int, dict[str, Measures]] = {}
    query = select(
        channel.c.station_id,
        channel.c.parameter_id,
        channel.c.unit,
        parameter.c.code,
        parameter.c.unit.label("usual"),
        parameter.c.molar_mass,
    ).join(parameter, parameter.c.id == channel.c.parameter_id)
    for row in connection.execute(query.where(channel.c.station_id.in_(station_ids))):
        measures = Measures(row.parameter_id, row.unit or row.usual, row.molar_mass)
        channels.setdefault(row.station_id, {})[row.code] = measures
    rows = connection.execute(
        select(station.c.id, station.c.code, station.c.kind).where(station.c.id.in_(station_ids))
    )
    intervals = load_intervals(connection, station_ids)
    stations = [
        LimitedStation(
            row.id,
            row.code,
            row.kind,
            intervals[row.id],
            channels.get(row.id, {}),
            tuple(bindings.get(row.id, ())),
            tuple(permits.get(row.id, ())),
        )
        for row in rows
    ]
    columns = {(one.code, one.column) for known in bindings.values() for one in known}
    return Limits(stations, limit_rows(connection, columns) if columns else [], load_figures(connection))
