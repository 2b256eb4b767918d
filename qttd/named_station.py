"""The station, channel or moment that a command line names."""

from datetime import datetime

from sqlalchemy import Connection

from qttd.errors import BadDataError
from qttd.output import told_as_usage
from store.lists import cells
from store.network.station_view import StationEntry, find_station
from store.readings.reading_view import find_parameter


def station_named(connection: Connection, code: str) -> StationEntry:
    """The station of a code or alias. Raises BadDataError."""
    found = find_station(connection, code, None)
    if found is None:
        raise BadDataError(f"there is no station {code}; `qttd station list` names them all")
    return found


def parameter_named(connection: Connection, station: StationEntry, name: str) -> int:
    """The id of a station's parameter, by its name or a symbol. Raises BadDataError."""
    found = find_parameter(connection, name, station.id)
    if found is None:
        raise BadDataError(f"{station.code} has no parameter {name}; `qttd channel list` names them all")
    return found


def moment_named(text: str) -> datetime:
    """A moment; a bare day is its midnight in Vietnam. Raises UsageError."""
    with told_as_usage():
        return cells.moment(text)
