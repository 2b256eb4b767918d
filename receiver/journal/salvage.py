"""What can still be read of a damaged intake journal, brought into a new one.

The file is not opened as a database: its pages are looked through one by one, with what the write-ahead log
had committed laid over them, for rows of the shape of an arrival. A row counts only where its bytes have the
SHA-256 that stands beside them, so nothing that was damaged is ever taken for what a logger sent. Pages are
read one at a time, so that a journal may be larger than the memory; one that the disk does not give is a
damaged one. What clients see of their files (`entry`, `folder`) and what drop folders remember (`taken`) is
not brought over: the first is a convenience, and of the second each file comes once more, as a duplicate.

The page format is SQLite's own, https://www.sqlite.org/fileformat2.html.
"""

import hashlib
import os
import re
import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing
from pathlib import Path
from typing import Any, NamedTuple

from receiver.journal.arrivals import Journal

_LEAF = 0x0D
_WAL_HEADER, _FRAME_HEADER = 32, 24
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_ARRIVAL, _WAITING = 11, 10
"""How many columns the two tables have; their sixth is the hash, their last the content."""
_HASH = 5
_DEEPEST = 1 << 20
"""Pages that one row's content may go over: 4 GiB; a longer chain is a circle."""


class Salvaged(NamedTuple):
    """What came of it."""

    uuid: str | None
    """Of the damaged journal; None where it could not be read, and the new one has its own."""
    arrivals: int
    waiting: int
    """Files that waited for their rename; they are taken as not renamed after a day."""
    last_id: int
    """The newest arrival that there is a trace of."""
    missing: list[tuple[int, int]]
    """Ids of which nothing was found, as spans with both ends, oldest first."""


class _Row(NamedTuple):
    id: int
    cells: tuple[Any, ...]


class _File:
    """A file of which pieces are read where they stand."""

    def __init__(self, path: Path) -> None:
        self._descriptor = os.open(path, os.O_RDONLY)
        self.size = os.fstat(self._descriptor).st_size

    def close(self) -> None:
        os.close(self._descriptor)

    def piece(self, at: int, length: int) -> bytes:
        """The bytes there; fewer at the end of the file, and none where the disk cannot read them."""
        try:
            return os.pread(self._descriptor, length, at)
        except OSError:  # a bad sector: the rows in it are missing, and are told as that
            return b""


class _Pages:
    """The database's pages, those of the committed write-ahead log over those of the file."""

    def __init__(self, file: _File, log: _File | None) -> None:
        self._file, self._log = file, log
        self.size = self._page_size()
        self._newer = {} if log is None else self._committed(log)

    def __iter__(self) -> Iterator[int]:
        return iter(range(1, max(self._file.size // self.size, max(self._newer, default=0)) + 1))

    def __getitem__(self, number: int) -> bytes:
        at = self._newer.get(number)
        if at is not None and self._log is not None:
            return self._log.piece(at, self.size)
        return self._file.piece((number - 1) * self.size, self.size)

    def _page_size(self) -> int:
        for found in (
            int.from_bytes(self._file.piece(16, 2), "big"),
            0 if self._log is None else int.from_bytes(self._log.piece(8, 4), "big"),
        ):
            if 512 <= found <= 65536 and found & (found - 1) == 0:
                return found
        return 4096

    def _committed(self, log: _File) -> dict[int, int]:
        """Where in the log each page's newest committed version lies; frames of an older log are left out."""
        salt = log.piece(16, 8)
        step = _FRAME_HEADER + self.size
        done: dict[int, int] = {}
        pending: dict[int, int] = {}
        for at in range(_WAL_HEADER, log.size - step + 1, step):
            head = log.piece(at, _FRAME_HEADER)
            if len(head) < _FRAME_HEADER or head[8:16] != salt:
                break
            pending[int.from_bytes(head[:4], "big")] = at + _FRAME_HEADER
            if any(head[4:8]):
                done |= pending
                pending = {}
        return done


def salvage(damaged: Path, new: Path, accounted: Mapping[str, int] | None = None) -> Salvaged:
    """Brings what can be read into a new journal file. Ids and uuid stay, so the store's position holds.

    `accounted`: up to which id the store accounts for each journal, by uuid: none of this one's may be given
    again. A journal whose uuid is unreadable begins anew. Raises FileExistsError where `new` is there,
    OSError, sqlite3.Error.
    """
    new.touch(mode=0o600, exist_ok=False)
    with ExitStack() as opened:
        file = opened.enter_context(closing(_File(damaged)))
        beside = damaged.with_name(damaged.name + "-wal")
        log = opened.enter_context(closing(_File(beside))) if beside.exists() else None
        return _salvage(_Pages(file, log), new, accounted or {})


def _salvage(pages: _Pages, new: Path, accounted: Mapping[str, int]) -> Salvaged:
    uuid: str | None = None
    last_id = waiting = 0
    found: set[int] = set()
    with Journal.open(new) as journal:
        connection = journal.connection
        connection.execute("BEGIN IMMEDIATE")
        for row in _rows(pages):
            if len(row.cells) == 1 and uuid is None and _UUID.fullmatch(str(row.cells[0])):
                uuid = str(row.cells[0])
            elif len(row.cells) == 2 and row.cells[0] == "arrival" and isinstance(row.cells[1], int):
                last_id = max(last_id, row.cells[1])
            elif _is_whole(row, _ARRIVAL) and row.id not in found:
                found.add(row.id)
                _put(connection, "arrival", row)
            elif _is_whole(row, _WAITING):
                waiting += _put(connection, "waiting", row)
        last_id = max([last_id, accounted.get(uuid or "", 0), *found])
        if uuid is not None:
            connection.execute("UPDATE journal SET uuid = ?", (uuid,))
        connection.execute("DELETE FROM sqlite_sequence WHERE name = 'arrival'")
        connection.execute("INSERT INTO sqlite_sequence (name, seq) VALUES ('arrival', ?)", (last_id,))
        connection.execute("COMMIT")
        journal.spool.folder.rmdir()  # the door makes its own beside the place where the file is put
    return Salvaged(uuid, len(found), waiting, last_id, _spans(found, last_id))


def _rows(pages: _Pages) -> Iterator[_Row]:
    """Every row of every table's leaf page that can be decoded, whichever table it is of."""
    for number in pages:
        page = pages[number]
        start = 100 if number == 1 else 0
        if len(page) < pages.size or page[start] != _LEAF:
            continue
        count = int.from_bytes(page[start + 3 : start + 5], "big")
        for at in range(start + 8, min(start + 8 + 2 * count, pages.size - 1), 2):
            try:
                yield _row(pages, page, int.from_bytes(page[at : at + 2], "big"))
            except (IndexError, ValueError, UnicodeDecodeError):
                continue  # this row is damaged: that it is missing is told by its id


def _row(pages: _Pages, page: bytes, at: int) -> _Row:
    length, at = _number(page, at)
    row_id, at = _number(page, at)
    payload = _payload(pages, page, at, length)
    head_end, at = _number(payload, 0)
    kinds = []
    while at < head_end:
        kind, at = _number(payload, at)
        kinds.append(kind)
    cells = []
    for kind in kinds:
        width = _width(kind)
        raw = payload[at : at + width]
        if len(raw) != width:
            raise ValueError("the row ends early")
        cells.append(_value(kind, raw))
        at += width
    return _Row(row_id, tuple(cells))


def _payload(pages: _Pages, page: bytes, at: int, length: int) -> bytes:
    """A row's bytes, the part on other pages too (section 1.6 of the file format)."""
    most = pages.size - 35
    if length <= most:
        return page[at : at + length]
    least = (pages.size - 12) * 32 // 255 - 23
    here = least + (length - least) % (pages.size - 4)
    here = here if here <= most else least
    parts = [page[at : at + here]]
    following = int.from_bytes(page[at + here : at + here + 4], "big")
    left, steps = length - here, 0
    while left > 0:
        steps += 1
        if following == 0 or steps > _DEEPEST:
            raise ValueError("the chain of pages ends early")
        over = pages[following]
        parts.append(over[4 : 4 + min(left, pages.size - 4)])
        left -= pages.size - 4
        following = int.from_bytes(over[:4], "big")
    return b"".join(parts)


def _number(data: bytes, at: int) -> tuple[int, int]:
    """SQLite's variable-length number, and where it ends."""
    value = 0
    for step in range(9):
        byte = data[at + step]
        if step == 8:
            return value << 8 | byte, at + 9
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, at + step + 1
    raise ValueError("no number ends here")


def _width(kind: int) -> int:
    if kind >= 12:
        return (kind - 12) // 2
    return (0, 1, 2, 3, 4, 6, 8, 8, 0, 0)[kind]


def _value(kind: int, raw: bytes) -> Any:
    if kind == 0:
        return None
    if kind <= 6:
        return int.from_bytes(raw, "big", signed=True)
    if kind in (8, 9):
        return kind - 8
    if kind == 7:
        raise ValueError("no table of the journal has such a number")
    return raw.decode("utf-8") if kind % 2 else raw


def _is_whole(row: _Row, columns: int) -> bool:
    """Whether it is a row of the table with so many columns, with its content as it came."""
    if len(row.cells) != columns or row.id < 1:
        return False
    content, digest = row.cells[-1], row.cells[_HASH]
    return (
        isinstance(content, bytes)
        and isinstance(digest, bytes)
        and row.cells[4] == len(content)
        and hashlib.sha256(content).digest() == digest
    )


def _put(connection: sqlite3.Connection, table: str, row: _Row) -> int:
    places = ", ".join("?" * len(row.cells))
    return connection.execute(
        f"INSERT OR IGNORE INTO {table} VALUES ({places})",  # noqa: S608 - our own names
        (row.id, *row.cells[1:]),
    ).rowcount


def _spans(found: set[int], last_id: int) -> list[tuple[int, int]]:
    """The ids that are not there, from the oldest that is there on: what is older was purged."""
    missing: list[tuple[int, int]] = []
    expected = min(found, default=last_id + 1)
    for present in [*sorted(found), last_id + 1]:
        if present > expected:
            missing.append((expected, present - 1))
        expected = present + 1
    return missing
