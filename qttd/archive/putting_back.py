"""What retention removed comes back from its archive: files' bytes here, readings by `returning`."""

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from sqlalchemy import Engine

from qttd.archive.checking import check, known_at
from qttd.archive.held_bytes import HeldBytes
from qttd.archive.returning import return_readings
from qttd.errors import BadDataError
from qttd.progress import Tell
from store.audit import Act, record
from store.engine import reading, retried, writing_along
from store.files.archives import Archive
from store.files.retention import put_bytes_back, removed_ids

_FILES = 500


class PutBack(NamedTuple):
    """What came back."""

    files: int
    """Files that have their bytes again."""
    readings: int


def put_back(engine: Engine, path: Path, act: Act, tell: Tell) -> PutBack:
    """Gives the ledger's files that rely on the archive their bytes again, and the month its readings.

    Raises BadDataError, and TryAgainError where somebody removes readings meanwhile; what is back then stays.
    """
    path = path.absolute()
    archive = known_at(engine, path)
    if archive is None:
        raise BadDataError(f"{path} is no archive that this store made")
    damage = check(engine, archive, path, act)
    if damage is not None:
        raise BadDataError(damage)
    with reading(engine) as connection:
        ids = removed_ids(connection, archive.id)
    files = sum(_put(engine, archive, contents, act) for contents in _chunks(path, ids))
    return PutBack(files, return_readings(engine, archive, act, tell))


def _chunks(path: Path, ids: list[int]) -> Iterator[dict[int, bytes]]:
    with HeldBytes(path) as held:
        wanted = [file_id for file_id in ids if file_id in held]
        for start in range(0, len(wanted), _FILES):
            yield {file_id: held.of(file_id) for file_id in wanted[start : start + _FILES]}


def _put(engine: Engine, archive: Archive, contents: dict[int, bytes], act: Act) -> int:
    def once() -> int:
        with writing_along(engine) as connection:
            count = put_bytes_back(connection, archive.id, contents)
            detail = {"sha256": archive.sha256, "files": count}
            record(connection, act, "archive.put_back", archive.path, detail)
            return count

    return retried(once)
