"""The parameters of a station as averages need them: their names, units, and how they are averaged."""

from dataclasses import dataclass

from sqlalchemy import Connection, and_, select

from quality.averages import Averaging, Part, Spread, of_hours
from quality.units import conversion
from store.tables import channel, parameter

_UNIT_OF_TOTAL = {"m3/h": "m3", "Nm3/h": "Nm3"}


@dataclass(frozen=True)
class Averaged:
    """A parameter at a station."""

    name: str
    unit: str
    averaging: Averaging
    total_factor: float | None
    """What turns unit x hours into `total_unit`."""
    total_unit: str | None

    def volume(self, total: float | None) -> float | None:
        """A total in `total_unit`, of one in unit x hours."""
        return None if total is None or self.total_factor is None else total * self.total_factor

    def total_of_hour(self, expected: int, spread: Spread) -> float | None:
        """What an hour of which so many slots were expected comes to, in unit x hours."""
        if self.averaging != "total":
            return None
        return of_hours([Part(expected, spread)], "total", 0).total


def averaged_parameters(connection: Connection, station_id: int) -> dict[int, Averaged]:
    """Every parameter by its id, with the station's own unit where it is declared."""
    own = and_(channel.c.parameter_id == parameter.c.id, channel.c.station_id == station_id)
    rows = connection.execute(
        select(
            parameter.c.id,
            parameter.c.code,
            parameter.c.averaging,
            channel.c.id.label("channel_id"),
            channel.c.unit,
            parameter.c.unit.label("usual"),
        ).outerjoin(channel, own)
    )
    found = {}
    for row in rows:
        # what nobody declared came in units that nobody knows
        unit = (row.unit or row.usual) if row.channel_id is not None else ""
        factor, total_unit = _total_of(unit) if row.averaging == "total" else (None, None)
        found[row.id] = Averaged(row.code, unit, row.averaging, factor, total_unit)
    return found


def _total_of(unit: str) -> tuple[float | None, str | None]:
    """What turns unit x hours into a volume, and the volume's unit; (None, None) where it is no flow."""
    for per_hour, volume in _UNIT_OF_TOTAL.items():
        known = conversion(unit, per_hour)
        if known is not None:
            return known.apply(1.0), volume
    return None, None
