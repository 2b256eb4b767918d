"""Makes a backup while everything goes on.

The store is looked at first and the journal right after it, and both views are held while they are copied:
so whatever the store does not account for yet is in the journal, and is read from it after a restore.
The other way round, files that were acknowledged in between would be in neither. The file gets its name
when it is complete, on the disk, and was read back.
"""

import os
import sqlite3
import tempfile
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

from qttd.backup.archive import (
    HOST_KEY,
    JOURNAL,
    KEY,
    SETTINGS,
    STORE,
    Manifest,
    read_manifest,
    verify,
    write_archive,
)
from qttd.backup.contents import Contents, DamagedError, contents_of
from qttd.backup.sides import StoreSide, store_side
from qttd.errors import BadDataError, InputOutputError, NotAllowedError, TryAgainError
from qttd.output import counted, local_time
from qttd.progress import Tell, tenths
from qttd.settings import Settings, host_key_of
from qttd.sqlite_file import copy, snapshot, sync_folder

_ATTEMPTS = 3


def make_backup(settings: Settings, target: Path, *, force: bool, now: datetime, tell: Tell) -> Manifest:
    """Writes the backup and returns its manifest. `tell` is told the progress, for a person.

    Raises NotAllowedError where the file exists, unless `force`; UnreachableError for a store that is not
    there; what the driver raises for a server that does not answer; InputOutputError; TryAgainError.
    """
    if target.exists() and not force:
        raise NotAllowedError(f"{target} exists; another name, or --force to replace it")
    with tempfile.TemporaryDirectory(prefix=f".{target.name}.", dir=target.absolute().parent) as name:
        room = Path(name)
        contents = _copies(settings, room, now, tell)
        sources = {STORE: room / STORE}
        if contents.journal is not None:
            sources[JOURNAL] = room / JOURNAL
        if (key := Path(settings.store.key_file)).is_file():
            sources[KEY] = key
        else:
            tell(f"WARNING: there is no key file {key}; relay passwords could not be opened after a restore")
        if (host_key := host_key_of(settings)).is_file():
            sources[HOST_KEY] = host_key
        sources[SETTINGS] = settings.file
        if elsewhere := [key for key, source in settings.sources.items() if source == "environment"]:
            tell(f"WARNING: not in the backup, because the environment sets them: {', '.join(elsewhere)}")
        manifest = _write(room / "archive", sources, _manifest(contents, now), tell)
        (room / "archive").replace(target)
        sync_folder(target.absolute().parent)
    return manifest


def _copies(settings: Settings, room: Path, now: datetime, tell: Tell) -> Contents:
    """store.db and intake.db in `room`, which fit together."""
    store = store_side(settings)
    journal = Path(settings.intake.journal)
    for _ in range(_ATTEMPTS):
        try:
            _copy_both(store, journal, room, now, tell)
            contents = contents_of(room / STORE, room / JOURNAL if (room / JOURNAL).exists() else None)
        except sqlite3.Error as error:
            raise InputOutputError(f"store or journal cannot be copied: {error}") from error
        except DamagedError as error:
            raise InputOutputError(f"{error}: `qttd doctor` looks at the original") from error
        if contents.fits:
            return contents
        tell("the journal was purged between the two copies; once more")
        for name in (STORE, JOURNAL):
            (room / name).unlink(missing_ok=True)
    raise TryAgainError(
        f"the journal lacks {counted(contents.missing, 'file')} that the store has not read; try again"
    )


def _copy_both(store: StoreSide, journal: Path, room: Path, now: datetime, tell: Tell) -> None:
    with store.view(now, tell) as copy_store:
        if journal.exists():
            # the small one is let go before the large one begins: a view that is held lets the log grow
            with snapshot(journal) as journal_view:
                copy(journal_view, room / JOURNAL, tenths("journal", tell))
        copy_store(room / STORE)


def _write(file: Path, sources: dict[str, Path], manifest: Manifest, tell: Tell) -> Manifest:
    tell("writing")
    with os.fdopen(os.open(file, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b") as archive:
        written = write_archive(archive, sources, manifest)
        archive.flush()
        os.fsync(archive.fileno())
    tell("reading it back")
    try:
        verify(file, read_manifest(file))
    except BadDataError as error:
        raise InputOutputError(f"what was written does not read back: {error}; is the disk sound?") from error
    return written


def _manifest(contents: Contents, now: datetime) -> Manifest:
    journal = contents.journal
    return Manifest(
        made_at=local_time(now),
        qttd=version("qttd"),
        schema=contents.schema,
        journal_uuid=None if journal is None else journal.uuid,
        position=contents.position,
        last_id=0 if journal is None else journal.last_id,
        rows={STORE: contents.store_rows, JOURNAL: {} if journal is None else journal.rows},
    )
