"""What the proof looks at, collected when all is quiet: the ledger, the slot account, the outbox."""

from collections.abc import Mapping
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, Engine

from qttd.demo.expectation import KeptFile
from qttd.demo.timing import Timing
from store.engine import reading
from store.events.notifications import anything_to_do
from store.events.view import EventFilter, event_page
from store.files.file_view import FileFilter, FileKey, file_bytes, file_page
from store.files.read_again import waiting
from store.network.snapshot import load_network
from store.network.station_view import station_page
from store.readings.judge_again import jobs
from store.relay.view import targets_now
from store.slots.completeness import CompletenessItem, completeness
from store.slots.settling import anything_to_settle

_PAGE = 500


class Evidence(NamedTuple):
    """One consistent view of the store."""

    files: list[KeptFile]
    """The ledger, in order of arrival."""
    slots: Mapping[tuple[str, str | None], CompletenessItem]
    """By station and symbol, the account of the shown time; symbol None: the station as a whole."""
    exceeding: list[tuple[int, str]]
    """Each excess of a limit: the event, and its station."""
    unsent: int
    """Outbox items that wait or are blocked."""


def collect(engine: Engine, timing: Timing) -> Evidence:
    """Reads everything."""
    with reading(engine) as connection:
        files = _ledger(connection)
        stations = station_page(connection, None)
        accounts = completeness(connection, stations, timing.begin, timing.end, None, timing.end)
        symbols = _symbols(connection)
        slots = {
            (item.station, None if item.parameter is None else symbols[item.station, item.parameter]): item
            for item in accounts
        }
        unsent = sum(target.waiting + target.blocked for target in targets_now(connection))
        wanted = EventFilter(None, kind="limit_exceeded")
        exceeding = [
            (entry.event.id, entry.station or "") for entry in event_page(connection, wanted, None, _PAGE)
        ]
    return Evidence(files, slots, exceeding, unsent)


def still_moving(engine: Engine, now: datetime) -> bool:
    """Whether something is left to be read, judged, counted, relayed or told. now: the shown time."""
    with reading(engine) as connection:
        return bool(
            waiting(connection, 1)
            or jobs(connection)
            or anything_to_settle(connection, now)
            or any(target.waiting for target in targets_now(connection))
            or anything_to_do(connection, now)
        )


def _ledger(connection: Connection) -> list[KeptFile]:
    files: list[KeptFile] = []
    after: FileKey | None = None
    while True:
        page = file_page(connection, FileFilter(), after, _PAGE)
        files += [
            KeptFile(
                entry.account,
                entry.path.lstrip("/"),
                entry.received_at,
                entry.sha256,
                entry.state,
                file_bytes(connection, entry.id),
            )
            for entry in page
        ]
        if len(page) < _PAGE:
            return sorted(files, key=lambda file: file.received_at)
        after = FileKey(page[-1].measured_at, page[-1].id)


def _symbols(connection: Connection) -> dict[tuple[str, str], str]:
    """(station, parameter's own name) -> the symbol that stands for it."""
    network = load_network(connection)
    names = {number: name for name, number in network.parameters.items()}
    return {
        (network.by_id[station_id].code, names[entry.parameter_id]): symbol
        for station_id, channels in network.channels.items()
        for symbol, entry in channels.items()
    }
