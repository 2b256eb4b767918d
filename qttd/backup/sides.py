"""The two kinds of store as a backup meets them: a file, or a database of a server's.

In a backup either is the same member, an SQLite file: it is read by any SQLite, needs no program of the
server's, and can be restored into the other kind. From and to a server the rows are copied one by one and
compared (store/copying.py), as of one moment.
"""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from datetime import datetime
from pathlib import Path
from typing import Protocol

from sqlalchemy import Engine
from sqlalchemy.exc import DatabaseError

from qttd.at_work import refuse_at_work
from qttd.errors import InputOutputError, NotAllowedError
from qttd.host_facts import store_file
from qttd.progress import Tell, tables, tenths
from qttd.settings import Settings, redact_url
from qttd.sqlite_file import copy, put_in_place, snapshot
from qttd.store_access import any_store, open_store, refuse_missing_file
from qttd.store_schema import migrate
from store.copying import CopyDiffersError, copy_all
from store.engine import open_engine, reading, writing
from store.row_counts import is_empty
from store.schema import NEWEST, present_schema
from store.setting_aside import bring_back, set_aside

CopyTo = Callable[[Path], None]
"""Writes what a view of the store sees into a new SQLite file."""


class StoreSide(Protocol):
    """Where the settings say that the store is."""

    folder: Path | None
    """The folder that must be there; None for a server's database."""

    def beside(self, journal: Path) -> Path:
        """Where a restored store's file is laid out before it is put."""

    def view(self, now: datetime, tell: Tell) -> AbstractContextManager[CopyTo]:
        """The store as it is when the block begins, to be copied while others go on."""

    def refuse_full(self) -> None:
        """Raises NotAllowedError where somebody has put anything into it."""

    def set_aside(self, now: datetime, tell: Tell) -> AbstractContextManager[None]:
        """The store that is there is kept under another name; it is back where the block raises."""

    def put(self, laid_out: Path, now: datetime, tell: Tell) -> None:
        """Makes the laid out file the store: whole, or nothing is changed."""


def store_side(settings: Settings) -> StoreSide:
    """The kind that store.url names."""
    file = store_file(settings)
    return ServerSide(settings) if file is None else FileSide(settings, file)


class FileSide:
    """An SQLite file: copied as pages, put by renaming."""

    def __init__(self, settings: Settings, path: Path) -> None:
        self._settings = settings
        self.path = path
        self.folder: Path | None = path.parent

    def beside(self, journal: Path) -> Path:
        return self.path.with_name(f".{self.path.name}.restoring")

    @contextmanager
    def view(self, now: datetime, tell: Tell) -> Iterator[CopyTo]:
        refuse_missing_file(self._settings)
        with snapshot(self.path) as seen:
            yield lambda target: copy(seen, target, tenths("store", tell))

    def refuse_full(self) -> None:
        if not self.path.exists() or self.path.stat().st_size == 0:
            return
        _refuse_full(self._settings, str(self.path))

    @contextmanager
    def set_aside(self, now: datetime, tell: Tell) -> Iterator[None]:
        if not self.path.exists():
            yield
            return
        self._refuse_at_work(now)
        files = [path for end in ("", "-wal", "-shm") if (path := Path(f"{self.path}{end}")).exists()]
        aside = self.path.with_name(_aside_name(now))
        aside.mkdir(mode=0o700)
        for file in files:
            file.rename(aside / file.name)
        try:
            yield
        except BaseException:
            for file in aside.iterdir():
                file.rename(self.path.with_name(file.name))
            aside.rmdir()
            raise
        tell(f"the store that was there is in {aside}")

    def _refuse_at_work(self, now: datetime) -> None:
        try:
            with any_store(self._settings) as engine, reading(engine) as connection:
                if present_schema(connection) is not None:
                    refuse_at_work(connection, now)
        except DatabaseError:
            # too damaged to be asked, which is what a restore is for; `qttd run` is locked out anyway
            return

    def put(self, laid_out: Path, now: datetime, tell: Tell) -> None:
        put_in_place(laid_out, self.path)


class ServerSide:
    """PostgreSQL: read in one REPEATABLE READ view, written in one transaction."""

    folder: Path | None = None

    def __init__(self, settings: Settings) -> None:
        self._settings = settings

    def beside(self, journal: Path) -> Path:
        return journal.with_name(".store.db.restoring")

    @contextmanager
    def view(self, now: datetime, tell: Tell) -> Iterator[CopyTo]:
        with open_store(self._settings) as engine, reading(engine) as seen:
            present_schema(seen)  # the view is taken by the first look

            def copy_to(target: Path) -> None:
                with writable_file(target) as file:
                    migrate(file, now, lambda _: None)
                    with writing(file) as into:
                        copy_all(seen, into, now, tables(tell))

            try:
                yield copy_to
            except CopyDiffersError as error:
                raise InputOutputError(f"the copy of the store is not what was read: {error}") from error

    def refuse_full(self) -> None:
        _refuse_full(self._settings, redact_url(self._settings.store.url))

    @contextmanager
    def set_aside(self, now: datetime, tell: Tell) -> Iterator[None]:
        schema = _aside_name(now).replace("-", "_")
        with any_store(self._settings) as engine:
            with writing(engine) as connection:
                if is_there := present_schema(connection) is not None:
                    refuse_at_work(connection, now)
                    set_aside(connection, schema)
            if not is_there:
                yield
                return
            try:
                yield
            except BaseException:
                with writing(engine) as connection:
                    bring_back(connection, schema)
                raise
        tell(f"the store that was there is in the database's schema {schema}")

    def put(self, laid_out: Path, now: datetime, tell: Tell) -> None:
        with writable_file(laid_out) as file, any_store(self._settings) as server:
            with reading(file) as seen:
                older = present_schema(seen) != NEWEST
            if older:
                migrate(file, now, lambda _: None)
            migrate(server, now, lambda _: None)
            try:
                with reading(file) as seen, writing(server) as into:
                    copy_all(seen, into, now, tables(tell))
            except CopyDiffersError as error:
                raise InputOutputError(f"nothing was restored: {error}") from error


@contextmanager
def writable_file(path: Path) -> Iterator[Engine]:
    """An SQLite store at a path; one file again when the block has ended."""
    engine = open_engine(f"sqlite:///{path}")
    try:
        yield engine
    finally:
        engine.dispose()
        with closing(sqlite3.connect(path, isolation_level=None)) as connection:
            connection.execute("PRAGMA journal_mode=DELETE")


def _refuse_full(settings: Settings, name: str) -> None:
    with any_store(settings) as engine, reading(engine) as connection:
        if present_schema(connection) is not None and not is_empty(connection):
            raise NotAllowedError(f"{name} is not empty, and nothing is overwritten; move it away first")


def _aside_name(now: datetime) -> str:
    return f"before-restore-{now:%Y%m%d-%H%M%S}"
