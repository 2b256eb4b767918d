"""`qttd event`: what happened that a person must hear of, and what people do about it."""

from collections.abc import Iterator
from typing import Annotated, Any

import typer
from sqlalchemy import Engine

from qttd.errors import BadDataError
from qttd.output import act_now, print_json, print_table, remark, say
from qttd.period import span
from qttd.settings import load
from qttd.store_access import open_store
from quality.events import EventKind, EventState
from store.engine import reading, writing
from store.events.handling import acknowledge, set_state
from store.events.view import EventEntry, EventFilter, event_page, find_event
from store.network.station_view import find_station

app = typer.Typer(rich_markup_mode=None, help="List events, acknowledge them, say how far they are.")
_PAGE = 500
_COLUMNS = (
    "id",
    "kind",
    "station",
    "parameter",
    "subject",
    "level",
    "started_at",
    "ended_at",
    "state",
)

EventId = Annotated[int, typer.Argument(metavar="ID", help="As `list` shows it.", min=1, max=2**63 - 1)]
Note = Annotated[str, typer.Option(metavar="TEXT", help="What is to be said of it.")]


@app.command("list")
def list_events(
    station: Annotated[str | None, typer.Option(metavar="CODE", help="Only this station's.")] = None,
    kind: Annotated[EventKind | None, typer.Option(help="Only of this kind.")] = None,
    state: Annotated[EventState | None, typer.Option(help="Only in this state.")] = None,
    from_: Annotated[str | None, typer.Option("--from", metavar="D", help="Begun from then on.")] = None,
    to: Annotated[str | None, typer.Option("--to", metavar="D", help="Begun up to that day.")] = None,
    going_on: Annotated[bool, typer.Option("--going-on", help="Only what has not ended.")] = False,
    withdrawn: Annotated[bool, typer.Option("--withdrawn", help="Also what was withdrawn.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON array.")] = False,
) -> None:
    """Print events, in the order in which they began."""
    begin, end = span(from_, to)
    with open_store(load()) as engine:
        station_id = None
        if station is not None:
            with reading(engine) as connection:
                found = find_station(connection, station, None)
            if found is None:
                raise BadDataError(f"there is no station {station}; `qttd station list` names them all")
            station_id = found.id
        wanted = EventFilter(None, station_id, kind, state, going_on or None, begin, end, withdrawn)
        items = (_json(entry) for entry in _all(engine, wanted))
        if as_json:
            print_json(items)
        else:
            print_table(_COLUMNS, ([item[name] for name in _COLUMNS] for item in items))


@app.command()
def show(
    event_id: EventId, as_json: Annotated[bool, typer.Option("--json", help="A list of one.")] = False
) -> None:
    """Print all that is known of an event."""
    with open_store(load()) as engine, reading(engine) as connection:
        entry = find_event(connection, event_id, None)
    if entry is None:
        raise BadDataError(f"there is no event {event_id}; `qttd event list` names them all")
    item = _json(entry)
    if as_json:
        print_json([item])
    else:
        detail = item.pop("detail")
        print_table(("", ""), [*item.items(), *((f"detail.{name}", value) for name, value in detail.items())])


@app.command()
def ack(event_id: EventId, note: Note = "") -> None:
    """Say that somebody has seen it."""
    with open_store(load()) as engine, writing(engine) as connection:
        acknowledge(connection, event_id, remark("--note", note), act_now())
    say(f"event {event_id} is acknowledged")


@app.command("state")
def change_state(
    event_id: EventId,
    state: Annotated[EventState, typer.Argument(help="How far people are with it.")],
    note: Note = "",
) -> None:
    """Say how far people are with it; that acknowledges it too."""
    with open_store(load()) as engine, writing(engine) as connection:
        set_state(connection, event_id, state, remark("--note", note), act_now())
    say(f"event {event_id} is {state}")


def _all(engine: Engine, wanted: EventFilter) -> Iterator[EventEntry]:
    """Page by page, so that years of them are neither held in memory nor in one long transaction."""
    after = None
    while True:
        with reading(engine) as connection:
            page = event_page(connection, wanted, after, _PAGE)
        yield from page
        if len(page) < _PAGE:
            return
        after = page[-1].event.started_at, page[-1].event.id


def _json(entry: EventEntry) -> dict[str, Any]:
    values = entry.event._asdict()
    for hidden in ("station_id", "parameter_id"):
        del values[hidden]
    return {"station": entry.station, "parameter": entry.parameter, **values}
