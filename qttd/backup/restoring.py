"""Puts a backup into the configured places, the store's empty or set aside, while qttd does not run.

The store may be of the other kind than the one that was backed up (sides.py).

The store comes last: until it stands there, the same command can be given again. A journal that survived is
newer than the backup's and is kept: what the restored store does not have is read from it again.
"""

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path

from qttd.backup.archive import (
    HOST_KEY,
    JOURNAL,
    KEY,
    SETTINGS,
    STORE,
    Manifest,
    extract,
    read_manifest,
    verify,
)
from qttd.backup.contents import Contents, DamagedError, contents_of
from qttd.backup.sides import StoreSide, store_side
from qttd.errors import BadDataError, NotAllowedError
from qttd.output import counted
from qttd.process_ties import only_one
from qttd.progress import Tell
from qttd.settings import Settings, host_key_of, load, place
from qttd.sqlite_file import put_in_place
from receiver.journal.copying import held, missing_after, take_over
from receiver.journal.schema import connect
from store.schema import NEWEST


def restore(backup: Path, now: datetime, tell: Tell, *, aside: bool = False) -> Settings:
    """Restores everything and returns the settings in force, which are the backup's where there were none.

    aside: a store that is there is kept under another name, and is back where anything fails.

    Raises BadDataError for a file that is no whole backup, NotAllowedError where something would be
    overwritten, TryAgainError where qttd runs. Nothing is changed then.
    """
    manifest = read_manifest(backup)
    tell("checking the backup")
    verify(backup, manifest)
    if manifest.schema > NEWEST:
        raise BadDataError(
            f"{backup} holds schema {manifest.schema}, newer than this qttd's {NEWEST}; update it"
        )
    with _settings(backup, manifest, tell) as settings:
        store, journal = store_side(settings), Path(settings.intake.journal)
        for folder in {store.folder or journal.parent, journal.parent, Path(settings.store.key_file).parent}:
            folder.mkdir(parents=True, exist_ok=True)
        with only_one(journal):
            if aside:
                with store.set_aside(now, tell):
                    _restore(backup, manifest, settings, now, tell)
            else:
                store.refuse_full()
                _restore(backup, manifest, settings, now, tell)
    return settings


def _restore(backup: Path, manifest: Manifest, settings: Settings, now: datetime, tell: Tell) -> None:
    store, journal = store_side(settings), Path(settings.intake.journal)
    with _laid_out(backup, manifest, store, settings) as laid_out:
        contents = _checked(laid_out, manifest)
        kept = _keeps_journal(journal, contents)
        if KEY in laid_out:
            _put_key(laid_out[KEY], Path(settings.store.key_file), now, tell)
        if HOST_KEY in laid_out:
            _put_key(laid_out[HOST_KEY], host_key_of(settings), now, tell)
        if kept:
            _go_on_with(journal, laid_out[JOURNAL], contents.position, tell)
        elif JOURNAL in laid_out:
            put_in_place(laid_out[JOURNAL], journal)
        store.put(laid_out[STORE], now, tell)
    tell(f"the store is as it was at {manifest.made_at}: {counted(contents.store_rows['data_file'], 'file')}")


@contextmanager
def _settings(backup: Path, manifest: Manifest, tell: Tell) -> Iterator[Settings]:
    """The settings in force: where there are none the backup's, taken away again if nothing comes of it."""
    file = place()
    if file.exists():
        settings = load(file)
        yield settings
        beside = file.with_name(f"{file.name}.from-backup")
        _extract(backup, manifest, SETTINGS, beside)
        if beside.read_bytes() == file.read_bytes():
            beside.unlink()
        else:
            tell(f"{file} is kept; the backup's settings are beside it as {beside.name}")
        return
    file.parent.mkdir(parents=True, exist_ok=True)
    _extract(backup, manifest, SETTINGS, file)
    try:
        yield load(file)
    except BaseException:
        file.unlink()
        raise
    tell(f"{file} is written")


@contextmanager
def _laid_out(
    backup: Path, manifest: Manifest, store: StoreSide, settings: Settings
) -> Iterator[dict[str, Path]]:
    """The members beside the places they belong to, under temporary names until the block ends."""
    journal, key = Path(settings.intake.journal), Path(settings.store.key_file)
    places = {STORE: store.beside(journal), JOURNAL: _hidden(journal), KEY: _hidden(key)}
    places[HOST_KEY] = _hidden(host_key_of(settings))
    laid_out = {name: path for name, path in places.items() if name in manifest.members}
    try:
        for name, path in laid_out.items():
            _clear(path)
            _extract(backup, manifest, name, path)
        yield laid_out
    finally:
        for path in laid_out.values():
            _clear(path)


def _hidden(path: Path) -> Path:
    return path.with_name(f".{path.name}.restoring")


def _clear(path: Path) -> None:
    """Takes a laid out file away, with the logs and the copy that bringing it to a newer schema leaves."""
    for each in path.parent.glob(f"{path.name}*"):
        each.unlink()


def _checked(laid_out: dict[str, Path], manifest: Manifest) -> Contents:
    """What lies there is whole, is what the manifest counted, and fits together."""
    try:
        contents = contents_of(laid_out[STORE], laid_out.get(JOURNAL))
    except (DamagedError, sqlite3.Error) as error:
        raise BadDataError(f"the backup cannot be used: {error}") from error
    journal_rows = {} if contents.journal is None else contents.journal.rows
    if {STORE: contents.store_rows, JOURNAL: journal_rows} != manifest.rows:
        raise BadDataError("the backup does not hold as many rows as its manifest says")
    if not contents.fits:
        raise BadDataError(
            "the backup's journal does not reach as far as its store; it was not made by qttd backup"
        )
    return contents


def _keeps_journal(journal: Path, contents: Contents) -> bool:
    """Whether the journal that is there stays. Raises NotAllowedError for another one with files in it."""
    if not journal.exists() or journal.stat().st_size == 0:
        return False
    try:
        with closing(connect(journal)) as connection:
            present = held(connection)
    except sqlite3.Error as error:
        raise NotAllowedError(
            f"{journal} is there and cannot be read ({error}); move it away first"
        ) from error
    if present.is_empty:
        return False
    copied = contents.journal
    if copied is not None and present.uuid == copied.uuid and present.last_id >= copied.last_id:
        return True
    raise NotAllowedError(
        f"{journal} holds files and is not what the backup's journal became; move it away first"
    )


def _go_on_with(journal: Path, copied: Path, position: int, tell: Tell) -> None:
    """Has the journal hold all there still is after the position, and says what there is no more."""
    with closing(connect(journal)) as connection:
        taken = take_over(connection, copied, position)
        lost = missing_after(connection, position, held(connection).last_id)
    tell(f"{journal} is newer than the backup's and is kept; {counted(taken, 'file')} put back into it")
    if lost:
        tell(
            f"WARNING: {counted(lost, 'file')} came after the backup, before intake.keep_days, and in neither"
            " journal is any of that left. `qttd completeness` shows the holes; have the facilities send"
            " those days again"
        )


def _put_key(laid_out: Path, key: Path, now: datetime, tell: Tell) -> None:
    """Puts the key there; another one that stands there is never thrown away."""
    if key.exists() and key.read_bytes() != laid_out.read_bytes():
        old = key.with_name(f"{key.name}.before-restore-{now:%Y%m%d-%H%M%S}")
        key.rename(old)
        tell(f"the key that was there is now {old}")
    laid_out.replace(key)


def _extract(backup: Path, manifest: Manifest, name: str, path: Path) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        extract(backup, manifest, name, file)
        file.flush()
        os.fsync(file.fileno())
