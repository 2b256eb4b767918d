"""`qttd signs`: the signs of manipulation that were found; and looking a period through again."""

import json
import sys
from datetime import timedelta
from typing import Annotated

import typer

from api.signs import sign_out
from qttd.chosen_stations import chosen_stations
from qttd.clock import clock_of_process
from qttd.errors import UsageError
from qttd.output import counted, print_table, say
from qttd.period import span
from qttd.settings import load
from qttd.store_access import open_store
from quality.slots import day_of
from store.engine import reading
from store.events.view import EventFilter, event_page
from store.signs.looking import look_at

app = typer.Typer(rich_markup_mode=None)
_PAGE = 500


@app.command()
def signs(
    from_: Annotated[
        str | None, typer.Option("--from", metavar="D", help="Begun from this day, or time, on.")
    ] = None,
    to: Annotated[
        str | None, typer.Option("--to", metavar="D", help="Begun until the end of this day.")
    ] = None,
    station: Annotated[
        list[str] | None, typer.Option(metavar="CODE", help="Only this station; may be repeated.")
    ] = None,
    look: Annotated[
        bool,
        typer.Option("--look", help="First look the period's days through again; needs --from and --to."),
    ] = False,
    withdrawn: Annotated[
        bool, typer.Option("--withdrawn", help="Also those that the data no longer show.")
    ] = False,
    as_json: Annotated[bool, typer.Option("--json", help="As REST gives it.")] = False,
) -> None:
    """Show signs of manipulation. They are for a person to look at, and prove nothing."""
    begin, end = span(from_, to)
    with open_store(load()) as engine:
        with reading(engine) as connection:
            stations = chosen_stations(connection, station)
        if look:
            if begin is None or end is None:
                raise UsageError("--look needs --from and --to: which days to look through")
            first, today = day_of(begin), day_of(clock_of_process()())
            following = min(day_of(end - timedelta(microseconds=1)) + timedelta(days=1), today)
            days = {first + timedelta(days=number) for number in range((following - first).days)}
            for entry in stations:
                found_now = look_at(engine, entry.id, days, clock_of_process()())
                say(f"{entry.code}: looked through, {counted(found_now, 'sign')}")
        with reading(engine) as connection:
            visible = frozenset(entry.id for entry in stations)
            found = []
            after = None
            wanted = EventFilter(visible, kind="tamper", since=begin, until=end, withdrawn=withdrawn)
            while page := event_page(connection, wanted, after, _PAGE):
                found += [sign_out(entry) for entry in page]
                after = page[-1].event.started_at, page[-1].event.id
    items = [item.model_dump(mode="json") for item in found]
    if as_json:
        sys.stdout.write(json.dumps({"items": items, "next": None}, ensure_ascii=False, indent=1) + "\n")
        return
    print_table(
        ("event", "station", "parameter", "rule", "name", "from", "to", "score", "state"),
        (
            (
                item.event_id,
                item.station,
                item.parameter,
                item.rule,
                item.name.vi,
                values["started_at"],
                values["ended_at"],
                item.score,
                item.state if item.withdrawn_at is None else "withdrawn",
            )
            for item, values in zip(found, items, strict=True)
        ),
    )
    for item in found:
        sys.stdout.write(f"\n{item.event_id}: {item.told.vi}\n")
        if item.withdrawn_because is not None:
            sys.stdout.write(f"   {item.withdrawn_because.vi}\n")
