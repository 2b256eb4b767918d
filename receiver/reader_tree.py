"""What a reader account sees: STATION/dated folder/CODE_yyyyMMddHHmmss.txt, looked up in the store.

Nothing is kept here: each look answers what one command asks, from indexed queries, and runs in a
thread of its own (ftp_reader). A folder of any of the last days can be entered before its first file has
come, so that a program that polls meets no error at midnight; listings name only folders with files.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from sqlalchemy import Connection, Engine

from parsers.vietnam_time import VN
from receiver.admission.accounts import Account
from receiver.file_tree import Node
from receiver.journal.arrival import to_microseconds
from receiver.path_text import split_path
from store.engine import reading
from store.files.folder_layouts import dated_folder, day_of_folder, depth, file_name
from store.files.reader_files import (
    ReaderFile,
    ReaderStation,
    content_of,
    files_arrived,
    files_at,
    files_measured,
    reader_stations,
)
from store.network.keys import code_key

_NAME = re.compile(r"(.+)_([0-9]{14})\.txt", re.ASCII | re.IGNORECASE)


@dataclass
class Look:
    """What was found for one command, by absolute path."""

    nodes: dict[str, Node] = field(default_factory=dict)
    children: dict[str, list[Node]] = field(default_factory=dict)
    content: bytes | None = None


class ReaderTree:
    """The trees of all reader accounts of one store."""

    def __init__(self, engine: Engine, days: int, now: Callable[[], datetime]) -> None:
        """Files that arrived within the last `days` days are seen; `now` gives aware UTC."""
        self._engine = engine
        self._days = days
        self._now = now

    def look(self, account: Account, path: str, *, listing: bool, content: bool) -> Look:
        """The file or folder at a path, with what a folder holds, or a file's bytes, where asked for.

        With `listing` a pattern as the last part finds the folder that it stands in. Raises what the
        database driver raises.
        """
        look = Look()
        self._find(look, account, path, listing=listing, content=content)
        folder, name = split_path(path)
        if listing and path not in look.nodes and any(sign in name for sign in "*?["):
            self._find(look, account, folder or "/", listing=True, content=False)
        return look

    def _find(self, look: Look, account: Account, path: str, *, listing: bool, content: bool) -> None:
        parts = path.strip("/").split("/") if path != "/" else []
        with reading(self._engine) as connection:
            stations = reader_stations(connection, account.stations)
        today = self._midnight(self._now().astimezone(VN).date())
        if not parts:
            look.nodes[path] = _folder("", today)
            look.children[path] = [_folder(one.code, today) for one in stations]
            return
        station = next((one for one in stations if code_key(one.code) == code_key(parts[0])), None)
        if station is None:
            return
        below = parts[1:]
        levels = depth(account.layout)
        if len(below) == levels + 1:
            self._find_file(look, account, station, path, content)
        if len(below) == levels:
            self._find_day(look, account, station, path, listing)
        elif len(below) < levels:
            self._find_above(look, account, station, path, listing)

    def _find_file(
        self, look: Look, account: Account, station: ReaderStation, path: str, content: bool
    ) -> None:
        folders, name = split_path(path)
        found = _NAME.fullmatch(name)
        if found is None or code_key(found[1]) != code_key(station.code):
            return
        try:
            moment = datetime.strptime(found[2], "%Y%m%d%H%M%S").replace(tzinfo=VN)
        except ValueError:  # digits that are no time
            return
        if folders.split("/", 2)[2:] != [
            folder for folder in [dated_folder(account.layout, moment)] if folder
        ]:
            return
        with reading(self._engine) as connection:
            for file in files_at(connection, station.id, moment, self._arrived_since()):
                look.nodes[path] = _file(station, file)
                if content:
                    look.content = content_of(connection, file.id)

    def _find_day(
        self, look: Look, account: Account, station: ReaderStation, path: str, listing: bool
    ) -> None:
        folder = "/".join(path.strip("/").split("/")[1:])
        if not folder:  # the layout without folders: everything lies in the station's own
            look.nodes[path] = _folder(station.code, self._now())
            if listing:
                newest = {file.measured_at: file for file in self._arrived(station)}
                look.children[path] = [_file(station, newest[moment]) for moment in sorted(newest)]
            return
        day = day_of_folder(account.layout, folder)
        if day is None:
            return
        start = self._midnight(day)
        with reading(self._engine) as connection:
            files = self._of_day(connection, station, start)
        if files or self._is_recent(day):
            look.nodes[path] = _folder(split_path(path)[1], start)
            look.children[path] = [_file(station, file) for file in files]

    def _find_above(
        self, look: Look, account: Account, station: ReaderStation, path: str, listing: bool
    ) -> None:
        above = path.strip("/").split("/")[1:]
        today = self._now().astimezone(VN).date()
        recent = (today - timedelta(days=back) for back in range(self._days + 1))
        exists = not above or bool(_next_parts(account.layout, above, recent))
        names: dict[str, date] = {}
        if listing or not exists:
            days = {file.measured_at.astimezone(VN).date() for file in self._arrived(station)}
            names = _next_parts(account.layout, above, sorted(days))
        if exists or names:
            look.nodes[path] = _folder(split_path(path)[1], self._midnight(today))
            look.children[path] = [_folder(name, self._midnight(names[name])) for name in sorted(names)]

    def _of_day(self, connection: Connection, station: ReaderStation, start: datetime) -> list[ReaderFile]:
        end = start + timedelta(days=1)
        return files_measured(connection, station.id, start, end, self._arrived_since())

    def _arrived(self, station: ReaderStation) -> Iterable[ReaderFile]:
        return files_arrived(self._engine, station.id, self._arrived_since())

    def _arrived_since(self) -> datetime:
        return self._now() - timedelta(days=self._days)

    def _is_recent(self, day: date) -> bool:
        today = self._now().astimezone(VN).date()
        return today - timedelta(days=self._days) <= day <= today

    @staticmethod
    def _midnight(day: date) -> datetime:
        return datetime.combine(day, time(), VN)


def _next_parts(layout: int, above: list[str], days: Iterable[date]) -> dict[str, date]:
    """Names of the folders below `above` that lead to these days, each with its last day."""
    found = {}
    for day in days:
        parts = dated_folder(layout, datetime.combine(day, time(), VN)).split("/")
        if parts[: len(above)] == above:
            found[parts[len(above)]] = day
    return found


def _folder(name: str, modified: datetime) -> Node:
    return Node(name, True, 0, to_microseconds(modified))


def _file(station: ReaderStation, file: ReaderFile) -> Node:
    name = file_name(station.code, file.measured_at)
    return Node(name, False, file.size, to_microseconds(file.received_at))
