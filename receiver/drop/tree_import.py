"""Brings an existing folder tree into the store: the files of another server, by the door `import`.

The tree is read through a journal of its own beside the intake journal, by the same committer and watcher
as everything else: so the doors go on untouched, what is in hand never takes more room than one batch,
and an end at any moment (kill -9 too) leaves what was taken taken and the rest to the next run. Nothing in
the tree is written; links are not followed. What a shadow of the same tree took already is passed over.
"""

import os
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine

from parsers.file_name import read_name
from quality.dated_rules import DatedRules
from quality.slots import day_of
from receiver.disk_space import DiskSpace
from receiver.drop.folder import arrival_of, read_into
from receiver.drop.memory import Mark, TakenMemory
from receiver.ingest.watcher import Watcher
from receiver.journal.arrival import waits_for_rename
from receiver.journal.arrivals import Journal
from receiver.journal.committer import Committer
from receiver.path_text import BadPathError, absolute_path, decode_path
from receiver.upload_body import MemoryBudget, UploadBuffer
from store.engine import reading
from store.files import ledger
from store.files.folder_layouts import LAYOUTS, day_of_folder, depth
from store.network.snapshot import Network, Station, load_network

FILES_PER_BATCH = 512


@dataclass(frozen=True, slots=True)
class TreeOptions:
    """What of a tree is taken."""

    root: Path
    """Absolute."""
    layout: int | None = None
    """EnviSoft's number of the dated folders (store/files/folder_layouts.py); None: whichever fits."""
    first: date | None = None
    last: date | None = None
    """Days in Vietnam of the measured times, both included."""
    station: str | None = None
    """A station's code or alias."""
    max_file_bytes: int = 1024 * 1024
    min_free_bytes: int = 256 * 1024 * 1024
    again: bool = False
    """What was taken before is taken again; the ledger calls it a duplicate where it is one."""


@dataclass
class TreeTally:
    """What became of the files of a tree so far."""

    found: int = 0
    """Files that were asked for."""
    taken: int = 0
    known: int = 0
    """Taken before, by an earlier run or by a shadow."""
    passed: int = 0
    """Temporary names, links and what is no file."""
    unreadable: list[tuple[str, str]] = field(default_factory=list)
    """(path, why): tried again by the next run."""
    on_time: int = 0
    early: int = 0
    """Whose own time is before the measured one: their clock, or a copy that lost the times, is wrong."""
    day_late: int = 0
    """Whose own time is more than a day after the measured one."""

    def judge_arrival(self, measured_at: datetime | None, arrived_at: datetime, rules: DatedRules) -> None:
        """Counts how a file's own time stands to the time in its name."""
        if measured_at is None:
            return
        earliest = measured_at - rules.minutes("future_minutes", arrived_at)
        latest = measured_at + rules.minutes("on_time_minutes", measured_at)
        self.early += arrived_at < earliest
        self.on_time += earliest <= arrived_at <= latest
        self.day_late += arrived_at > measured_at + timedelta(days=1)


class DiskFullError(Exception):
    """Too little room is left beside the journal; the next run goes on from here."""


class UnknownStationError(Exception):
    """No station has the code."""


class TreeImport:
    """One run over a tree. `journal` is the import's own; `beside` the intake journal, if there is one."""

    def __init__(
        self,
        options: TreeOptions,
        engine: Engine,
        journal: Journal,
        beside: Journal | None,
        now: Callable[[], datetime],
    ) -> None:
        """Raises UnknownStationError."""
        self.options = options
        self.tally = TreeTally()
        self._engine = engine
        self._journal = journal
        self._now = now
        self._root = os.fspath(options.root)
        self._key = decode_path(os.fsencode(self._root))
        self._memories = [TakenMemory(one, self._key) for one in (journal, beside) if one is not None]
        self._budget = MemoryBudget()
        self._disk = DiskSpace(journal.path.parent, options.min_free_bytes)
        self._watcher = Watcher(engine, journal, now, timedelta())
        with reading(engine) as connection:
            self._network: Network = load_network(connection)
        self._station: Station | None = None
        if options.station is not None:
            self._station = self._network.station_of(options.station)
            if self._station is None:
                raise UnknownStationError(f"there is no station {options.station!r}")

    def run(self, told: Callable[[TreeTally, str], None]) -> TreeTally:
        """Takes all that is asked for; `told` hears of each batch and of the file it reached.

        Raises DiskFullError and CommitError; whatever ends it, the next run goes on from there.
        """
        self._forget_what_the_store_lost()
        self._bring_in()
        committer = Committer(self._journal)
        try:
            for batch in _batches(self._wanted(), FILES_PER_BATCH):
                if self._disk.nearly_full():
                    raise DiskFullError(f"the disk of {self._journal.path.parent} is nearly full")
                self._take(committer, batch)
                self._bring_in()
                told(self.tally, batch[-1])
        finally:
            committer.close()
        return self.tally

    def _forget_what_the_store_lost(self) -> None:
        """A store that was put back from a backup lacks what this memory believes to be in it: begin anew."""
        with reading(self._engine) as connection:
            position = ledger.position(connection, self._journal.uuid)
        oldest = self._journal.after(0, 1, max_bytes=0)
        in_hand_from = oldest[0].id if oldest else self._journal.last_id() + 1
        if position + 1 < in_hand_from:
            self._journal.connection.execute("DELETE FROM taken")
            self._journal.renew_uuid()

    def _wanted(self) -> Iterator[str]:
        """Every file that is asked for, folder by folder in the order of their names."""
        waiting = [self._root]
        while waiting:
            folder = waiting.pop()
            files: list[str] = []
            folders: list[str] = []
            try:
                with os.scandir(folder) as entries:
                    for entry in entries:
                        if entry.is_dir(follow_symlinks=False):
                            folders.append(entry.path)
                        elif not entry.is_file(follow_symlinks=False) or waits_for_rename(entry.name):
                            self.tally.passed += 1
                        else:
                            files.append(entry.path)
            except OSError as error:
                self._unreadable(folder, error)
                continue
            waiting += sorted(folders, reverse=True)
            yield from (path for path in sorted(files) if self._is_wanted(path))

    def _is_wanted(self, path: str) -> bool:
        options = self.options
        below = decode_path(os.fsencode(path[len(self._root) :]))
        if self._station is not None and self._station_of(below) != self._station:
            return False
        if options.first is None and options.last is None:
            return True
        day = self._day_of(path, below)
        return (options.first is None or options.first <= day) and (
            options.last is None or day <= options.last
        )

    def _station_of(self, below: str) -> Station | None:
        *folders, name = below.split("/")
        code, _ = read_name(name)
        if code is not None:
            return self._network.station_of(code)
        named = (self._network.station_of(folder) for folder in reversed(folders) if folder)
        return next((one for one in named if one is not None), None)

    def _day_of(self, path: str, below: str) -> date:
        """The day of the name's time; else of the dated folder; else of the file's own time."""
        *folders, name = below.split("/")
        _, time = read_name(name)
        if time is not None:
            return day_of(time)
        for layout in LAYOUTS if self.options.layout is None else (self.options.layout,):
            deep = depth(layout)
            day = day_of_folder(layout, "/".join(folders[-deep:])) if deep else None
            if day is not None:
                return day
        try:
            return day_of(arrival_of(os.lstat(path), self._now()))
        except OSError:  # gone, or unreadable: whoever takes it says so
            return self.options.first or self.options.last or day_of(self._now())

    def _take(self, committer: Committer, paths: list[str]) -> None:
        self.tally.found += len(paths)
        keys = {path: decode_path(os.fsencode(path)) for path in paths}
        known: dict[str, Mark] = {}
        for memory in () if self.options.again else self._memories:
            known |= memory.marks_of(list(keys.values()))
        taking = []
        for path, key in keys.items():
            buffer = UploadBuffer(self._budget, self._journal.spool)
            try:
                status = os.lstat(path)
                if known.get(key) == Mark(status.st_size, status.st_mtime_ns) and stat.S_ISREG(
                    status.st_mode
                ):
                    self.tally.known += 1
                    continue
                place = absolute_path("/", key[len(self._key) :])
                _, after, fate = read_into(buffer, path, self.options.max_file_bytes)
            except (OSError, BadPathError) as error:
                buffer.discard()
                self._unreadable(path, error)
                continue
            arrived_at = arrival_of(after, self._now())
            mark = Mark(after.st_size, after.st_mtime_ns)
            future = committer.submit(
                "", place, buffer.body(), arrived_at=arrived_at, peer=self._key, door="import",
                fate=fate, taken=(key, *mark),
            )  # fmt: skip
            taking.append((place, key, mark, arrived_at, buffer, future))
        for place, key, mark, arrived_at, buffer, future in taking:
            try:
                future.result()  # a journal that takes nothing more ends the run: the next one goes on
            finally:
                buffer.discard()
            self._memories[0].keep(key, mark)
            self.tally.taken += 1
            self.tally.judge_arrival(read_name(place)[1], arrived_at, self._network.rules)

    def _bring_in(self) -> None:
        """Has the watcher store what is in hand, and lets it go."""
        while self._watcher.take_arrivals():
            pass
        self._journal.purge(self._journal.last_id(), self._now() + timedelta(days=1))

    def _unreadable(self, path: str, error: Exception) -> None:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else str(error)
        self.tally.unreadable.append((decode_path(os.fsencode(path)), reason))


def _batches(paths: Iterator[str], size: int) -> Iterator[list[str]]:
    batch: list[str] = []
    for path in paths:
        batch.append(path)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch
