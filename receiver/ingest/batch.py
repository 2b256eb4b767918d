"""From the journal to the store: one batch of arrivals, one transaction.

Everything a batch brings (ledger rows with the bytes, problems, readings, marks of what to count
again, the outbox) is committed together with the journal position it reaches. A crash before
the commit leaves nothing behind, a crash after it repeats nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

import structlog
from sqlalchemy import Connection

from parsers.records import ParsedFile, Problem
from parsers.station_file import parse
from receiver.ingest.reading_room import Upload, place, read
from receiver.ingest.standing import Standing
from receiver.journal.arrival import Arrival
from store.files import ledger
from store.files.ledger import KeptFile, Versions
from store.network.snapshot import Network, Station, load_network, network_revision, undeclared_parameter
from store.readings import written as readings
from store.relay.outbox import QueuedFile, queue
from store.relay.targets import QUIET_DOORS, active_targets
from store.service.interruption_marks import mark_arrivals

log = structlog.get_logger()


Moment = tuple[int, datetime | None]
"""A station's id and a file's time."""


class PositionMovedError(Exception):
    """Another watcher has read on in this journal; the batch is read anew from the position it left."""


class Incoming(NamedTuple):
    """A file that is to be stored: where it came from, what it says."""

    upload: Upload
    parsed: ParsedFile
    origin: dict[str, Any]
    """The ledger's columns that only the door knows."""


class Fate(NamedTuple):
    """What became of a file, as the ledger records it."""

    state: str
    reason: str | None
    notes: list[str]
    problems: list[Problem]
    station: Station | None
    news: bool


@dataclass
class Batch:
    """Files that are stored together, and what they share while that is done."""

    connection: Connection
    network: Network
    now: datetime
    came: tuple[set[Moment], set[Moment]] = field(default_factory=lambda: (set(), set()))
    """Times of this batch that came by quiet doors, and by others."""

    def store(self, files: Sequence[Incoming]) -> list[Fate]:
        """Stores files that the ledger does not have yet, in order of arrival."""
        ids = ledger.reserve_ids(self.connection, len(files))
        before = ledger.versions(self.connection, {(file.upload.account, file.upload.path) for file in files})
        standing = self._standing(files)
        fates: list[Fate] = []
        superseded: dict[int, None] = {}
        batch_files = dict(zip(ids, files, strict=True))
        for file_id, file in batch_files.items():
            path = (file.upload.account, file.upload.path)
            fate = self._decide(file, file_id, standing, before.get(path))
            fates.append(fate)
            if fate.state == "rejected":
                continue
            earlier = before.get(path)
            live = earlier.live_id if earlier else None
            if fate.state != "duplicate":
                if live is not None and self._repeats_all_of(file, live, batch_files):
                    superseded[live] = None
                live = file_id
            before[path] = Versions(file.origin["sha256"], fate.state, live)
        rows = [_ledger_row(*item) for item in zip(ids, files, fates, strict=True)]
        for row in rows:
            if row["id"] in superseded:
                row["state"] = "superseded"
        ledger.add_files(self.connection, rows)
        ledger.supersede(self.connection, [file_id for file_id in superseded if file_id not in batch_files])
        self._finish(standing, list(zip(ids, files, fates, strict=True)))
        return fates

    def store_again(self, files: Sequence[tuple[int, Incoming]]) -> list[Fate]:
        """Decides anew on files that the ledger has as rejected."""
        standing = self._standing([file for _, file in files])
        fates = [self._decide(file, file_id, standing, None) for file_id, file in files]
        for (file_id, file), fate in zip(files, fates, strict=True):
            row = _ledger_row(file_id, file, fate)
            kept = ("station_id", "state", "reason", "problems", "notes", "readings", "encoding")
            times = ("station_code", "measured_at", "first_at", "last_at")
            ledger.update_file(self.connection, file_id, **{name: row[name] for name in (*kept, *times)})
        self._finish(
            standing, [(file_id, file, fate) for (file_id, file), fate in zip(files, fates, strict=True)]
        )
        return fates

    def _standing(self, files: Sequence[Incoming]) -> Standing:
        moments = set()
        for upload, parsed, _ in files:
            station, problem = place(upload, parsed, self.network)
            if station is not None and problem is None:
                moments |= {(station.id, item.measured_at) for item in parsed.readings}

        def new_parameter(station_id: int, symbol: str) -> int:
            return undeclared_parameter(self.connection, self.network, station_id, symbol)

        rows = readings.in_force(self.connection, moments, for_update=True)
        return Standing(self.network, rows, new_parameter)

    def _decide(self, file: Incoming, file_id: int, standing: Standing, before: Versions | None) -> Fate:
        upload, parsed, origin = file
        station, misplaced = place(upload, parsed, self.network)
        problems, notes = list(parsed.problems), list[str](parsed.notes)
        if not parsed.readings:
            return Fate("rejected", problems[0].code, notes, problems, station, news=False)
        if misplaced is not None or station is None:
            problems[:0] = [misplaced] if misplaced else []
            return Fate("rejected", problems[0].code, notes, problems, station, news=False)
        notes += _missing_parameters(parsed, station, self.network)
        news, conflicts = False, list[Problem]()
        if before is None or before.newest_sha256 != origin["sha256"]:
            news, conflicts = standing.take(parsed, station, upload.received_at, file_id)
        news = self._says_it_first(upload.door, (station.id, _file_time(parsed)), news)
        state = "partial" if conflicts else parsed.state if news else "duplicate"
        return Fate(state, None, notes, problems + conflicts, station, news)

    def _says_it_first(self, door: str, moment: Moment, news: bool) -> bool:
        """Whether a file is news: also where all of its time came by quiet doors until now.

        What was seen on another server first and then came to us is ours to relay.
        """
        quiet, aloud = self.came
        if door in QUIET_DOORS:
            quiet.add(moment)
            return news
        known = moment in aloud
        aloud.add(moment)
        if news or known or moment[1] is None:
            return news
        return moment in quiet or ledger.only_quiet(self.connection, moment[0], moment[1], QUIET_DOORS)

    def _repeats_all_of(self, file: Incoming, earlier_id: int, batch_files: dict[int, Incoming]) -> bool:
        """Whether the newer version of a path says everything that the earlier one said."""
        if earlier_id in batch_files:
            earlier = batch_files[earlier_id].parsed
        else:
            kept = ledger.kept_files(self.connection, [earlier_id])
            if not kept:  # its bytes are in an archive: nothing is said of it that was not looked at
                return False
            earlier = parse(kept[0].content, kept[0].name)
        said = {(item.symbol, item.measured_at): item for item in file.parsed.readings}
        for item in earlier.readings:
            newer = said.get((item.symbol, item.measured_at))
            if newer is None or (newer.value, newer.unit, newer.status) != (
                item.value,
                item.unit,
                item.status,
            ):
                return False
        return True

    def _finish(self, standing: Standing, files: Sequence[tuple[int, Incoming, Fate]]) -> None:
        """Writes what the files brought: problems, readings, marks, outbox."""
        problems = [
            {"file_id": file_id, "position": position, **problem._asdict()}
            for file_id, _, fate in files
            for position, problem in enumerate(fate.problems)
        ]
        ledger.add_problems(self.connection, problems)
        readings.add(self.connection, list(standing.fresh.values()))
        readings.replace(self.connection, list(standing.changed.values()))
        readings.keep_beside(self.connection, standing.beside)
        touched = (*standing.fresh, *standing.changed)
        readings.mark_dirty(self.connection, {(station_id, moment) for station_id, moment, _ in touched})
        mark_arrivals(self.connection, _first_arrivals(files))
        relayed = [
            _queued(file_id, file, fate.station)
            for file_id, file, fate in files
            if fate.news and fate.station
        ]
        if relayed:
            queue(self.connection, active_targets(self.connection), relayed, self.now)
        for file_id, file, fate in files:
            if fate.state == "rejected":
                log.info("file_rejected", file=file_id, name=file.upload.name, reason=fate.reason)


def _first_arrivals(files: Sequence[tuple[int, Incoming, Fate]]) -> dict[int, datetime]:
    """The earliest arrival of each station, whatever became of the file: it shows that the station sends."""
    first: dict[int, datetime] = {}
    for _, file, fate in files:
        if fate.station is not None:
            at = file.upload.received_at
            first[fate.station.id] = min(at, first.get(fate.station.id, at))
    return first


def incoming(arrival: Arrival, journal_uuid: str, parsed: ParsedFile | None = None) -> Incoming:
    """Reads an arrival, unless what it says is given. Needs no database: done before the transaction."""
    received_at = _millis(arrival.arrived_at)
    upload = Upload(arrival.account, arrival.path, arrival.content, received_at, arrival.fate, arrival.door)
    origin = {
        "journal_uuid": journal_uuid,
        "journal_id": arrival.id,
        "door": arrival.door,
        "peer": arrival.peer,
        "sha256": arrival.sha256,
    }
    return Incoming(upload, read(upload) if parsed is None else parsed, origin)


def incoming_again(kept: KeptFile) -> Incoming:
    """Reads a file of the ledger again. What was cut by its door stays cut."""
    fate = kept.reason if kept.reason in ("too_large", "not_renamed") else "complete"
    upload = Upload(kept.account, kept.path, kept.content, kept.received_at, fate, kept.door)
    return Incoming(upload, read(upload), {})


def refresh(connection: Connection, network: Network | None) -> Network:
    """The newest network: the one given, or a new snapshot where that is out of date."""
    if network is None or network.revision != network_revision(connection):
        return load_network(connection)
    return network


def _ledger_row(file_id: int, file: Incoming, fate: Fate) -> dict[str, Any]:
    upload, parsed, origin = file
    times = [item.measured_at for item in parsed.readings]
    return {
        "id": file_id,
        **origin,
        "account": upload.account,
        "path": upload.path,
        "name": upload.name,
        "received_at": upload.received_at,
        "station_id": fate.station.id if fate.station else None,
        "station_code": parsed.station_code,
        "measured_at": _file_time(parsed),
        "first_at": min(times, default=None),
        "last_at": max(times, default=None),
        "size": len(upload.content),
        "encoding": parsed.encoding,
        "state": fate.state,
        "reason": fate.reason,
        "readings": len(parsed.readings),
        "problems": len(fate.problems),
        "notes": fate.notes,
        "content": upload.content,
    }


def _queued(file_id: int, file: Incoming, station: Station) -> QueuedFile:
    measured_at = file.parsed.name_time or file.parsed.readings[0].measured_at
    return QueuedFile(
        file_id,
        station.id,
        station.code,
        measured_at,
        station.release_at(file.upload.received_at),
        file.upload.door,
    )


def _file_time(parsed: ParsedFile) -> datetime | None:
    """The name's time, else the first reading's."""
    if parsed.name_time is not None:
        return parsed.name_time
    return parsed.readings[0].measured_at if parsed.readings else None


def _missing_parameters(parsed: ParsedFile, station: Station, network: Network) -> list[str]:
    declared = network.declared.get(station.id)
    if not declared:
        return []
    channels = network.channels[station.id]
    came = {
        channels[symbol].parameter_id
        for symbol in {item.symbol for item in parsed.readings} & channels.keys()
    }
    return ["parameters_missing"] if len(came) < len(declared) else []


def _millis(moment: datetime) -> datetime:
    """To the store's resolution, so that comparisons with stored moments are exact."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
