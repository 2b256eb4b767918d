"""Opens the store for a command or a role, and refuses one whose schema is not the code's."""

from collections.abc import Iterator
from contextlib import contextmanager

import structlog
from sqlalchemy import Engine

from qttd.errors import BadSettingsError, UnreachableError
from qttd.host_facts import store_file
from qttd.settings import Settings, redact_url, store_url
from store.engine import STORE_AWAY, open_engine, reading
from store.schema import NEWEST, present_schema

log = structlog.get_logger()


@contextmanager
def any_store(settings: Settings, statement_seconds: int | None = None) -> Iterator[Engine]:
    """The store whatever its schema, also one that is yet to be made; for init and migrate.

    statement_seconds: as in store.engine.open_engine.
    """
    try:
        engine = open_engine(store_url(settings), statement_seconds)
    except ImportError as error:
        message = (
            f"store.url: {redact_url(settings.store.url)} needs a driver that is not installed ({error.name})"
        )
        raise BadSettingsError(message) from error
    try:
        yield engine
    finally:
        engine.dispose()


@contextmanager
def open_store(settings: Settings, statement_seconds: int | None = None) -> Iterator[Engine]:
    """The store at the newest schema. Raises UnreachableError, with the remedy, where it is not that."""
    refuse_missing_file(settings)
    with any_store(settings, statement_seconds) as engine:
        check_schema(engine)
        yield engine


def refuse_missing_file(settings: Settings) -> None:
    """Raises UnreachableError where an SQLite store is not there: to open it would make an empty one."""
    file = store_file(settings)
    if file is not None and not file.is_file():
        raise UnreachableError(
            f"there is no store at {file}; `qttd restore BACKUP` brings a lost one back,"
            " `qttd migrate` makes a new one"
        )


def refuse_wrong_schema(settings: Settings) -> None:
    """As open_store refuses, except that a store which does not answer is waited for: the doors can open."""
    try:
        with open_store(settings):
            pass
    except STORE_AWAY as error:
        log.warning("store_away", error=str(error.orig))


def check_schema(engine: Engine) -> None:
    """Raises UnreachableError where the store's schema is not the one this code is written for."""
    with reading(engine) as connection:
        present = present_schema(connection)
    if present is None:
        raise UnreachableError("the store is empty; `qttd migrate` creates its tables")
    if present < NEWEST:
        raise UnreachableError(
            f"the store has schema {present}, this qttd needs {NEWEST}; `qttd migrate` brings it there"
        )
    if present > NEWEST:
        raise UnreachableError(
            f"the store has schema {present}, newer than this qttd ({NEWEST}); update qttd"
        )
