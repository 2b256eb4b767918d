"""`qttd store`: a running department moves to another database, or its readings into a hypertable."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from time import monotonic
from typing import Annotated

import typer
from sqlalchemy import Engine

from qttd.at_work import refuse_at_work
from qttd.backup.sides import writable_file
from qttd.errors import BadDataError, InputOutputError, NotAllowedError, UnreachableError, UsageError
from qttd.host_facts import store_file
from qttd.output import act_now, counted, print_json, print_table, say
from qttd.progress import tables
from qttd.settings import Settings, load, redact_url
from qttd.sqlite_file import put_in_place
from qttd.store_access import any_store, open_store
from qttd.store_schema import migrate
from store.audit import Act, record
from store.copying import CopyDiffersError, Summary, copy_all
from store.engine import reading, writing
from store.hypertable import (
    NoExtensionError,
    ReadingsDifferError,
    extension_version,
    is_hypertable,
    make_hypertable,
)
from store.row_counts import is_empty
from store.schema import present_schema

app = typer.Typer(rich_markup_mode=None, help="Move the whole store to another database, or make it larger.")


@app.command("hypertable")
def hypertable(
    compress_after: Annotated[
        int, typer.Option(min=0, metavar="MONTHS", help="Compress months that old; 0: none.")
    ] = 13,
) -> None:
    """Put the readings of a PostgreSQL store into a TimescaleDB hypertable; whole, or nothing is changed."""
    settings, act, begun = load(), act_now(), monotonic()
    with open_store(settings) as engine, writing(engine) as connection:
        try:
            version = extension_version(connection)
            if is_hypertable(connection):
                say("the readings are no partitioned table of ours any more: nothing to do")
                return
            refuse_at_work(connection, act.at)
            rows = make_hypertable(connection, compress_after, say)
        except NoExtensionError as error:
            raise UnreachableError(str(error)) from error
        except ReadingsDifferError as error:
            raise InputOutputError(f"nothing was changed: {error}") from error
        record(connection, act, "store.hypertable", f"TimescaleDB {version}", {"readings": rows})
    say(f"{counted(rows, 'reading')}, the same as before, in {monotonic() - begun:.0f} s")


@app.command("copy")
def copy_store(
    source_url: Annotated[str, typer.Argument(metavar="FROM", help="sqlite:///FILE or postgresql://…")],
    target_url: Annotated[str, typer.Argument(metavar="TO", help="The same; must be empty.")],
    as_json: Annotated[bool, typer.Option("--json", help="One JSON array.")] = False,
) -> None:
    """Copy every table and compare counts and checksums on both sides; whole, or nothing is changed."""
    settings = load()
    source_settings, target_settings = (_with_url(settings, url) for url in (source_url, target_url))
    if source_settings.store.url == target_settings.store.url:
        raise UsageError("FROM and TO are the same store")
    act, begun = act_now(), monotonic()
    with open_store(source_settings) as source:
        with reading(source) as connection:
            refuse_at_work(connection, act.at)
        found = _copy(source, target_settings, act, redact_url(source_url), redact_url(target_url))
    rows = sum(part.rows for part in found.values())
    _print(found, as_json)
    seconds = monotonic() - begun
    all_ = f"{counted(rows, 'row')} in {counted(len(found), 'table')}"
    say(f"{all_}, the same on both sides, in {seconds:.0f} s")
    say(f'next: set store.url = "{redact_url(target_url)}" in {settings.file}, then start qttd')


def _with_url(settings: Settings, url: str) -> Settings:
    """The settings with another store; one on PostgreSQL gets the password that they have."""
    scheme = url.partition(":")[0]
    if scheme not in ("sqlite", "postgresql", "postgresql+psycopg"):
        raise UsageError(f"{redact_url(url)}: should begin with sqlite:/// or postgresql://")
    if url.startswith("sqlite:///"):
        url = f"sqlite:///{settings.file.parent / url.removeprefix('sqlite:///')}"
    elif redact_url(url) != url:
        raise UsageError(
            "no password in a URL, where others read it: QTTD_STORE__PASSWORD, or store.password_file"
        )
    changed = settings.store.model_copy(update={"url": url})
    return settings.model_copy(update={"store": changed})


def _copy(source: Engine, settings: Settings, act: Act, from_: str, to: str) -> dict[str, Summary]:
    """Fills the store that the settings name. Whatever fails before all of it is there leaves nothing."""
    with _empty_store(settings, to, act.at) as target:
        migrate(target, act.at, say)
        # nobody writes into the source meanwhile: what is compared at the end is the whole of it
        with writing(source) as seen, writing(target) as into:
            refuse_at_work(seen, act.at)
            try:
                found = copy_all(seen, into, act.at, tables(say))
            except CopyDiffersError as error:
                raise BadDataError(f"nothing was copied: {error}") from error
            detail = {"from": from_, "rows": sum(part.rows for part in found.values())}
            record(into, act, "store.copy", to, detail)
    return found


@contextmanager
def _empty_store(settings: Settings, name: str, now: datetime) -> Iterator[Engine]:
    """The store to be filled; a file gets its name when the block has ended well."""
    file = store_file(settings)
    if file is None or (file.exists() and file.stat().st_size):
        with any_store(settings) as there:
            _refuse_full(there, name, now)
            if file is None:
                yield there
                return
    with TemporaryDirectory(prefix=f".{file.name}.", dir=file.parent) as room:
        laid_out = Path(room) / file.name
        with writable_file(laid_out) as engine:
            yield engine
        put_in_place(laid_out, file)


def _refuse_full(target: Engine, name: str, now: datetime) -> None:
    with reading(target) as connection:
        present = present_schema(connection)
        # a file of somebody else's would give way to ours, the tables of a database would not
        foreign = present is None and target.dialect.name == "sqlite"
        if foreign or (present is not None and not is_empty(connection)):
            raise NotAllowedError(f"{name} is not empty, and nothing is overwritten")
        if present is not None:
            refuse_at_work(connection, now)


def _print(found: dict[str, Summary], as_json: bool) -> None:
    if as_json:
        print_json(
            {"table": name, "rows": part.rows, "checksum": part.digest} for name, part in found.items()
        )
    else:
        print_table(
            ("table", "rows", "checksum"), [(name, part.rows, part.digest) for name, part in found.items()]
        )
