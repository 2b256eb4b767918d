"""Which stations a command is about: those that --station names, or all."""

from collections.abc import Sequence

from sqlalchemy import Connection

from qttd.errors import BadDataError
from store.network.station_view import StationEntry, find_station, station_page


def chosen_stations(connection: Connection, codes: Sequence[str] | None) -> list[StationEntry]:
    """The stations by code or alias; all where none is named. Raises BadDataError for one that is none."""
    if not codes:
        return station_page(connection, None)
    found: dict[int, StationEntry] = {}
    for code in codes:
        entry = find_station(connection, code, None)
        if entry is None:
            raise BadDataError(f"there is no station {code}; `qttd station list` names them all")
        found[entry.id] = entry
    return list(found.values())
