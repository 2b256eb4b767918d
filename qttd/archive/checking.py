"""Whether an archive is still the one that was made: all of it is read, and what is found is put down."""

from pathlib import Path

from sqlalchemy import Engine

from qttd.archive.book import verify
from qttd.archive.making import sha256_of
from qttd.errors import BadDataError
from store.audit import Act, record
from store.engine import reading, writing_along
from store.files import archives
from store.files.archives import Archive


def damage_of(path: Path, sha256: str) -> str | None:
    """What is wrong with the archive of this hash at that place; None: it is whole."""
    try:
        verify(path)
        if sha256_of(path) != sha256:
            return f"{path} is not the archive that was made: its hash is another"
    except BadDataError as error:
        return str(error)
    except OSError as error:
        return f"{path} cannot be read: {error.strerror or error}"
    return None


def check(engine: Engine, archive: Archive, path: Path, act: Act) -> str | None:
    """Reads an archive that the store knows, at a place, and puts down what was found; what is wrong with it.

    A whole one lies there from now on.
    """
    damage = damage_of(path, archive.sha256)
    with writing_along(engine) as connection:
        if damage is None:
            archives.seen_whole(connection, archive.id, str(path), act)
        else:
            archives.seen_damaged(connection, archive.id, damage, act)
        if damage != archive.damage:
            detail = {"sha256": archive.sha256, "damage": damage}
            record(connection, act, "archive.verify", str(path), detail)
    return damage


def known_at(engine: Engine, path: Path) -> Archive | None:
    """The archive that lies there, by its hash wherever it was before; else the one that should."""
    try:
        digest = sha256_of(path)
    except OSError:
        digest = ""
    with reading(engine) as connection:
        return archives.by_hash(connection, digest) or archives.at_path(connection, str(path))
