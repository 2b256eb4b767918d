"""`qttd exceedances`: what exceeded a limit or came near it, judged by the averages as they are now."""

from collections.abc import Iterator
from typing import Annotated, Any

import typer
from sqlalchemy import Engine

from api.exceedances import ExceedanceOut, Kind, exceedance_out
from qttd.chosen_stations import chosen_stations
from qttd.clock import clock_of_process
from qttd.output import local_time, print_json, print_table
from qttd.period import span
from qttd.settings import load
from qttd.store_access import open_store
from store.engine import reading
from store.limits.exceedance_view import ExceedanceFilter, exceedance_page
from store.limits.exceedances import judge_due
from store.slots.settled import settle_all

app = typer.Typer(rich_markup_mode=None)
_PAGE = 500
_DAYS = 64


@app.command()
def show(
    from_: Annotated[str | None, typer.Option("--from", metavar="D", help="From that day on.")] = None,
    to: Annotated[str | None, typer.Option("--to", metavar="D", help="Up to and with that day.")] = None,
    station: Annotated[
        list[str] | None, typer.Option(metavar="CODE", help="Only this station; may be repeated.")
    ] = None,
    kind: Annotated[Kind | None, typer.Option(help="Only excesses, or only warnings.")] = None,
    withdrawn: Annotated[
        bool, typer.Option("--withdrawn", help="Also those that the data no longer say.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON array, each as REST gives it.")] = False,
) -> None:
    """Print excesses of limits and warnings of them, in the order in which they began."""
    begin, end = span(from_, to)
    now = clock_of_process()()
    with open_store(load()) as engine:
        with reading(engine) as connection:
            chosen = chosen_stations(connection, station) if station else None
        ids = None if chosen is None else [entry.id for entry in chosen]
        settle_all(engine, now, ids)
        while judge_due(engine, now, _DAYS, ids) == _DAYS:
            pass
        items = _all(engine, ExceedanceFilter(ids, begin, end, kind, withdrawn))
        if as_json:
            print_json(item.model_dump(mode="json") for item in items)
        else:
            columns = (
                "id", "station", "parameter", "level", "basis", "from", "until", "peak", "limit", "times",
                "note",
            )  # fmt: skip
            print_table(columns, map(_cells, items))


def _all(engine: Engine, wanted: ExceedanceFilter) -> Iterator[ExceedanceOut]:
    after = None
    while True:
        with reading(engine) as connection:
            entries = exceedance_page(connection, wanted, after, _PAGE)
        yield from map(exceedance_out, entries)
        if len(entries) < _PAGE:
            return
        after = (entries[-1].event.started_at, entries[-1].event.id)


def _cells(item: ExceedanceOut) -> tuple[Any, ...]:
    notes = [
        word
        for word, holds in (
            ("goes on", item.ended_at is None and item.withdrawn_at is None),
            ("unconfirmed limit", not item.confirmed),
            ("withdrawn", item.withdrawn_at is not None),
        )
        if holds
    ]
    return (
        item.id,
        item.station,
        item.parameter,
        item.level,
        item.basis,
        local_time(item.started_at),
        local_time(item.until),
        f"{item.peak:.6g} {item.unit}".rstrip(),
        item.formula.en,
        "" if item.multiple is None else f"{item.multiple:.3g}",
        ", ".join(notes),
    )
