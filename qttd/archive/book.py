"""A month archive's file: a zip that any program opens, with a manifest of every member's SHA-256.

    files.csv          the ledger: what came, when, from whom, and what became of it
    files/ID_NAME      each file's bytes, as received
    readings.csv       the readings in force, with their flags and reviews
    other_values.csv   values that contradicted one in force
    manifest.json      station, month, counts, and the size and SHA-256 of each member

Times are ISO 8601 with +07:00. The same store gives the same bytes: no time of making stands in it. Here it
is written and checked; what goes into it is the business of making.py.
"""

import csv
import hashlib
import io
import json
import zipfile
import zlib
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import IO, Any

from qttd.errors import BadDataError

FORMAT, VERSION = "qttd-month-archive", 1
MANIFEST, FILES, READINGS, OTHER_VALUES = "manifest.json", "files.csv", "readings.csv", "other_values.csv"
FOLDER = "files/"
_EARLIEST = (1980, 1, 1, 0, 0, 0)
"""What a zip can say of a time that is none."""
_LARGEST_MANIFEST = 64 << 20
_CHUNK = 1 << 20
BROKEN = (zipfile.BadZipFile, zlib.error, KeyError, EOFError, NotImplementedError)
"""What reading a zip raises that is none, or not a whole one."""


@dataclass(frozen=True)
class Member:
    """A member as it must come out again."""

    size: int
    sha256: str


@dataclass
class Manifest:
    """What stands in manifest.json beside `format` and `version`."""

    station: str | None
    """Its code; None: files that belong to no station."""
    name: str
    month: str
    """YYYY-MM, of Vietnam's calendar."""
    files: int = 0
    readings: int = 0
    other_values: int = 0
    members: dict[str, Member] = field(default_factory=dict)


class Book:
    """An archive while it is written. Members come in the order in which they are added."""

    def __init__(self, file: IO[bytes], manifest: Manifest) -> None:
        self.manifest = manifest
        self._zip = zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=6)

    def add(self, name: str, content: bytes) -> None:
        """A member from its bytes."""
        self._zip.writestr(_entry(name), content, zipfile.ZIP_DEFLATED, 6)
        self.manifest.members[name] = Member(len(content), hashlib.sha256(content).hexdigest())

    def add_table(self, name: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> int:
        """A member as CSV in UTF-8, with the mark by which Excel knows that; how many rows it has."""
        count = 0
        with self._counted(name) as target:
            text = io.TextIOWrapper(target, encoding="utf-8-sig", newline="", errors="surrogatepass")
            writer = csv.writer(text, lineterminator="\r\n")
            writer.writerow(columns)
            for row in rows:
                writer.writerow(row)
                count += 1
            text.flush()
            text.detach()
        return count

    def close(self) -> None:
        """Writes the manifest."""
        text = {"format": FORMAT, "version": VERSION, **asdict(self.manifest)}
        content = json.dumps(text, ensure_ascii=False, indent=1).encode()
        self._zip.writestr(_entry(MANIFEST), content, zipfile.ZIP_DEFLATED, 6)
        self._zip.close()

    @contextmanager
    def _counted(self, name: str) -> Iterator[Any]:
        with self._zip.open(_entry(name), "w", force_zip64=True) as target:
            counted = _Counted(target)
            yield counted
        self.manifest.members[name] = Member(counted.size, counted.digest.hexdigest())


class _Counted(io.BufferedIOBase):
    """Passes bytes on, and knows how many and which."""

    def __init__(self, target: IO[bytes]) -> None:
        self._target = target
        self.size, self.digest = 0, hashlib.sha256()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        content = bytes(data)
        self.size += len(content)
        self.digest.update(content)
        self._target.write(content)
        return len(content)


def read_manifest(path: Path) -> Manifest:
    """The manifest of an archive. Raises BadDataError for any other file, and OSError."""
    try:
        with zipfile.ZipFile(path) as archive:
            if archive.getinfo(MANIFEST).file_size > _LARGEST_MANIFEST:
                raise BadDataError(f"{path} is no month archive of qttd's: its manifest is too large")
            text = json.loads(archive.read(MANIFEST))
            names = sorted(archive.namelist())
        if text.pop("format") != FORMAT:
            raise BadDataError(f"{path} is no month archive of qttd's")
        if text.pop("version") != VERSION:
            raise BadDataError(f"{path} was made by a newer qttd; update this one")
        members = {name: Member(**member) for name, member in text.pop("members").items()}
        manifest = Manifest(**text, members=members)
    except (*BROKEN, TypeError, ValueError, AttributeError) as error:
        raise BadDataError(f"{path} is no month archive of qttd's, or not a whole one: {error}") from error
    if names != sorted([*members, MANIFEST]):
        raise BadDataError(f"{path} does not hold what its manifest names")
    return manifest


def verify(path: Path) -> Manifest:
    """Reads every member and compares it with the manifest, and the files with their ledger rows.

    Raises BadDataError, naming what differs, and OSError.
    """
    manifest = read_manifest(path)
    try:
        with zipfile.ZipFile(path) as archive:
            for name, member in manifest.members.items():
                if _found(archive, name) != member:
                    raise BadDataError(f"{path}: {name} is not what the manifest says")
            counts = {name: _count(archive, name) for name in (FILES, READINGS, OTHER_VALUES)}
            ledger = _rows(archive, FILES)
    except (*BROKEN, csv.Error, UnicodeDecodeError) as error:
        raise BadDataError(f"{path} is damaged: {error}") from error
    said = {FILES: manifest.files, READINGS: manifest.readings, OTHER_VALUES: manifest.other_values}
    if counts != said:
        raise BadDataError(f"{path} does not hold as many rows as its manifest says")
    kept = {row["member"]: row["sha256"] for row in ledger}
    there = {name: member.sha256 for name, member in manifest.members.items() if name.startswith(FOLDER)}
    if kept != there:
        raise BadDataError(f"{path}: the files in it are not those that files.csv names")
    return manifest


def file_hashes(path: Path) -> dict[int, tuple[str, str]]:
    """The ledger's id of each file in an archive -> its member and the SHA-256 of its bytes."""
    with zipfile.ZipFile(path) as archive:
        return {int(row["id"]): (row["member"], row["sha256"]) for row in _rows(archive, FILES)}


def rows_of(path: Path, table: str) -> Iterator[list[str]]:
    """The rows of READINGS or OTHER_VALUES, one after the other: measured_at, parameter, and the rest."""
    with zipfile.ZipFile(path) as archive, _text(archive, table) as text:
        lines = csv.reader(text)
        next(lines)
        yield from lines


def row_digests(path: Path, table: str) -> set[bytes]:
    """A digest of each row of READINGS or OTHER_VALUES, as `row_digest` makes them."""
    return {row_digest(line) for line in rows_of(path, table)}


def row_digest(cells: Sequence[Any]) -> bytes:
    """What a row of a table is known by, read from an archive or about to be written into one."""
    line = "\0".join("" if cell is None else str(cell) for cell in cells)
    return hashlib.blake2b(line.encode("utf-8", "surrogatepass"), digest_size=16).digest()


def _found(archive: zipfile.ZipFile, name: str) -> Member:
    digest, size = hashlib.sha256(), 0
    with archive.open(name) as source:
        while chunk := source.read(_CHUNK):
            digest.update(chunk)
            size += len(chunk)
    return Member(size, digest.hexdigest())


def _rows(archive: zipfile.ZipFile, name: str) -> list[dict[str, str]]:
    with _text(archive, name) as text:
        return list(csv.DictReader(text))


def _count(archive: zipfile.ZipFile, name: str) -> int:
    with _text(archive, name) as text:
        return sum(1 for _ in csv.reader(text)) - 1


def _text(archive: zipfile.ZipFile, name: str) -> io.TextIOWrapper:
    source = archive.open(name)
    return io.TextIOWrapper(source, encoding="utf-8-sig", newline="", errors="surrogatepass")


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, _EARLIEST)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o100600 << 16
    return entry
