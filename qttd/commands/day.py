"""`qttd day`: closing station-days (chốt ngày), opening them again, and who closed how many."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any

import typer
from sqlalchemy import Connection, Engine

from qttd.errors import BadDataError, UsageError
from qttd.output import act_now, counted, print_json, print_table, remark, say
from qttd.period import day_named
from qttd.settings import load
from qttd.store_access import open_store
from store.engine import reading, writing
from store.network.station_view import StationEntry, find_station
from store.reviews import closed_days, closing_view
from store.slots.settling import settle

app = typer.Typer(rich_markup_mode=None, help="Close station-days, open them again, list and count them.")
_PAGE = 500
_CLOSED = ("station", "day", "who", "at", "changed_at")
_CLOSINGS = ("id", "at", "who", "action", "station", "day", "reason")
_COUNTS = ("who", "closed", "reopened", "first_at", "last_at")

Station = Annotated[str, typer.Argument(metavar="STATION", help="Code or alias.")]
First = Annotated[str, typer.Option("--from", metavar="DAY", help="First day, as 2026-05-30.")]
Last = Annotated[str | None, typer.Option("--to", metavar="DAY", help="Last day; else the one day.")]
Begin = Annotated[str | None, typer.Option("--from", metavar="DAY", help="First day.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON array.")]


@app.command()
def close(
    station: Station,
    from_: First,
    to: Last = None,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="What is to be said of it.")] = "",
) -> None:
    """Close days that are over: their readings take no review any more."""
    days = _days(from_, to)
    with open_store(load()) as engine:
        with reading(engine) as connection:
            found = _station(connection, station)
        while settle(engine, 1000, datetime.now(UTC), [found.id]):
            pass
        with writing(engine) as connection:
            closed = closed_days.close(connection, found.id, days, remark("--reason", reason), act_now())
    say(f"{counted(len(closed), 'day')} of {found.code} closed; already so: {len(days) - len(closed)}")


@app.command()
def reopen(
    station: Station,
    from_: First,
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why; needed.")],
    to: Last = None,
) -> None:
    """Open closed days again."""
    days = _days(from_, to)
    with open_store(load()) as engine, writing(engine) as connection:
        found = _station(connection, station)
        opened = closed_days.reopen(connection, found.id, days, remark("--reason", reason), act_now())
    say(f"{counted(len(opened), 'day')} of {found.code} open again; never closed: {len(days) - len(opened)}")


@app.command("list")
def list_days(
    station: Annotated[str | None, typer.Option(metavar="CODE", help="Only this station's.")] = None,
    from_: Begin = None,
    to: Last = None,
    history: Annotated[bool, typer.Option("--history", help="Every closing and reopening.")] = False,
    as_json: Json = False,
) -> None:
    """Print the days that are closed, and since when one is not what was closed."""
    first, last = _day(from_, "--from"), _day(to, "--to")
    with open_store(load()) as engine:
        with reading(engine) as connection:
            station_id = None if station is None else _station(connection, station).id
        columns = _CLOSINGS if history else _CLOSED
        items = (_closings if history else _closed)(engine, station_id, first, last)
        if as_json:
            print_json({name: _plain(item[name]) for name in columns} for item in items)
        else:
            print_table(columns, ([item[name] for name in columns] for item in items))


@app.command()
def count(from_: Begin = None, to: Last = None, as_json: Json = False) -> None:
    """Print how many station-days each person closed and reopened, for the report."""
    first, last = _day(from_, "--from"), _day(to, "--to")
    with open_store(load()) as engine, reading(engine) as connection:
        counts = closing_view.closing_counts(connection, None, first, last)
    if as_json:
        print_json(one._asdict() for one in counts)
    else:
        print_table(_COUNTS, counts)


def _closed(
    engine: Engine, station_id: int | None, first: date | None, last: date | None
) -> Iterator[dict[str, Any]]:
    after: tuple[int, date] | None = None
    while True:
        with reading(engine) as connection:
            page = closing_view.closed_page(connection, None, station_id, first, last, after, _PAGE)
        yield from (one._asdict() for one in page)
        if len(page) < _PAGE:
            return
        after = page[-1].station_id, page[-1].day


def _closings(
    engine: Engine, station_id: int | None, first: date | None, last: date | None
) -> Iterator[dict[str, Any]]:
    after: int | None = None
    while True:
        with reading(engine) as connection:
            page = closing_view.closing_page(connection, None, station_id, first, last, after, _PAGE)
        yield from (one._asdict() for one in page)
        if len(page) < _PAGE:
            return
        after = page[-1].id


def _days(from_: str, to: str | None) -> list[date]:
    first, last = _day(from_, "--from"), _day(to, "--to")
    if first is None:
        raise UsageError("--from needs a day")
    # one more than may be named is enough for it to be refused
    number = min(((last or first) - first).days + 1, closed_days.MOST_DAYS + 1)
    return [first + timedelta(days=ahead) for ahead in range(number)]


def _day(text: str | None, option: str) -> date | None:
    return day_named(text, option) if text else None


def _station(connection: Connection, code: str) -> StationEntry:
    found = find_station(connection, code, None)
    if found is None:
        raise BadDataError(f"there is no station {code}; `qttd station list` names them all")
    return found


def _plain(value: Any) -> Any:
    return value.isoformat() if type(value) is date else value
