"""`qttd stop`: announced maintenance of stations and channels."""

from typing import Annotated

import typer

from qttd.errors import UsageError
from qttd.named_station import moment_named, parameter_named, station_named
from qttd.output import act_now, print_json, print_table, remark, say
from qttd.period import span
from qttd.settings import load
from qttd.store_access import open_store
from store.engine import reading, writing
from store.service.planned_stops import Announcement, StopEntry, announce, cancel, stop_page

app = typer.Typer(rich_markup_mode=None, help="Add, list and cancel announced stops.")


@app.command()
def add(
    station: Annotated[str, typer.Argument(metavar="STATION", help="The station's code or alias.")],
    from_: Annotated[str, typer.Option("--from", metavar="TIME", help="When it begins.")],
    to: Annotated[str, typer.Option("--to", metavar="TIME", help="When it is over.")],
    reason: Annotated[str, typer.Option(metavar="TEXT", help="Why.")],
    by: Annotated[str, typer.Option(metavar="TEXT", help="Who told the department.")] = "",
    announced: Annotated[str | None, typer.Option(metavar="TIME", help="When; else now.")] = None,
    parameter: Annotated[
        str | None, typer.Option(metavar="NAME", help="Only this channel; else the whole station.")
    ] = None,
) -> None:
    """Write down that a station, or a channel, is not to send for a while."""
    begins, ends = moment_named(from_, "--from"), moment_named(to, "--to")
    act = act_now()
    told_at = act.at if announced is None else moment_named(announced, "--announced")
    if told_at > act.at:
        raise UsageError("--announced is yet to come")
    with open_store(load()) as engine, writing(engine) as connection:
        entry = station_named(connection, station)
        channel = None if parameter is None else parameter_named(connection, entry, parameter)
        told = Announcement(
            entry.id,
            channel,
            begins,
            ends,
            remark("--reason", reason),
            remark("--by", by) or act.who,
            told_at,
        )
        number = announce(connection, told, act)
    say(f"planned stop {number} of {entry.code} is written down")


@app.command("list")
def list_stops(
    station: Annotated[str | None, typer.Option(metavar="CODE", help="Only this station's.")] = None,
    from_: Annotated[str | None, typer.Option("--from", metavar="D", help="That reach beyond it.")] = None,
    to: Annotated[str | None, typer.Option("--to", metavar="D", help="Begun up to that day.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON array.")] = False,
) -> None:
    """Print the announced stops; cancelled ones say so."""
    begin, end = span(from_, to)
    with open_store(load()) as engine, reading(engine) as connection:
        station_id = None if station is None else station_named(connection, station).id
        entries = stop_page(connection, None, station_id, begin, end)
    if as_json:
        print_json({**entry._asdict(), "announced_before": entry.announced_before} for entry in entries)
    else:
        print_table(StopEntry._fields, entries)


@app.command("cancel")
def cancel_one(
    stop_id: Annotated[int, typer.Argument(metavar="ID", help="As `list` shows it.", min=1, max=2**63 - 1)],
) -> None:
    """Say that a stop was not, or is not to be."""
    with open_store(load()) as engine, writing(engine) as connection:
        cancel(connection, stop_id, act_now())
    say(f"planned stop {stop_id} is cancelled")
