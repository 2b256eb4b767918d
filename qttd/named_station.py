"""The station, channel or moment that a command line names."""

from datetime import datetime

from sqlalchemy import Connection

from qttd.errors import BadDataError, UsageError
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


def bound_to(stations: str | None) -> tuple[str, ...]:
    """The codes of --stations; none where it was left out. An empty one binds to nothing: UsageError."""
    with told_as_usage("--stations"):
        codes = cells.codes(stations or "")
    if stations is not None and not codes:
        raise UsageError("--stations names no station; leave it out to bind to none")
    return codes


def parameter_named(connection: Connection, station: StationEntry, name: str) -> int:
    """The id of a station's parameter, by its name or a symbol. Raises BadDataError."""
    found = find_parameter(connection, name, station.id)
    if found is None:
        raise BadDataError(f"{station.code} has no parameter {name}; `qttd channel list` names them all")
    return found


def moment_named(text: str, option: str) -> datetime:
    """A moment; a bare day is its midnight in Vietnam. Raises UsageError, naming the option."""
    with told_as_usage(option):
        return cells.moment(text)
