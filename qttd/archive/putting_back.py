"""Bytes that retention removed come back from their archive, each held against its hash."""

import zipfile
from collections.abc import Iterator
from hashlib import sha256
from pathlib import Path

from sqlalchemy import Engine

from qttd.archive.book import file_hashes
from qttd.archive.checking import check, known_at
from qttd.errors import BadDataError
from store.audit import Act, record
from store.engine import reading, retried, writing_along
from store.files.archives import Archive
from store.files.retention import put_bytes_back, removed_ids

_FILES = 500


def put_back(engine: Engine, path: Path, act: Act) -> int:
    """Gives the ledger's files that rely on the archive their bytes again; how many. Raises BadDataError."""
    path = path.absolute()
    archive = known_at(engine, path)
    if archive is None:
        raise BadDataError(f"{path} is no archive that this store made")
    damage = check(engine, archive, path, act)
    if damage is not None:
        raise BadDataError(damage)
    with reading(engine) as connection:
        ids = removed_ids(connection, archive.id)
    return sum(_put(engine, archive, contents, act) for contents in _chunks(path, ids))


def one_file(path: Path, file_id: int) -> bytes | None:
    """The bytes of a file from an archive; None where it has no such id. Raises BadDataError, OSError."""
    found = next(_chunks(path, [file_id]), {})
    return found.get(file_id)


def _chunks(path: Path, ids: list[int]) -> Iterator[dict[int, bytes]]:
    held = file_hashes(path)
    wanted = [file_id for file_id in ids if file_id in held]
    with zipfile.ZipFile(path) as archive:
        for start in range(0, len(wanted), _FILES):
            contents = {}
            for file_id in wanted[start : start + _FILES]:
                member, digest = held[file_id]
                contents[file_id] = archive.read(member)
                if sha256(contents[file_id]).hexdigest() != digest:
                    raise BadDataError(f"{path}: {member} is not what it should be")
            yield contents


def _put(engine: Engine, archive: Archive, contents: dict[int, bytes], act: Act) -> int:
    def once() -> int:
        with writing_along(engine) as connection:
            count = put_bytes_back(connection, archive.id, contents)
            detail = {"sha256": archive.sha256, "files": count}
            record(connection, act, "archive.put_back", archive.path, detail)
            return count

    return retried(once)
