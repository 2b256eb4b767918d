"""`qttd averages`: hours, 8 hours, days, months and years, as received and as reviewed side by side.

The same figures as REST gives and in the same words. What arrived within the last second is settled
first, so the averages are never behind the ledger of files.
"""

import csv
import sys
from collections.abc import Iterable
from typing import Annotated, Any

import typer

from api.averages import AverageOut, Label, average_out
from qttd.chosen_stations import chosen_stations
from qttd.clock import clock_of_process
from qttd.errors import BadDataError, UsageError
from qttd.output import print_rest_list, print_table
from qttd.period import span
from qttd.settings import load
from qttd.store_access import open_store
from quality.averages import By
from store.averages.view import averages
from store.engine import reading
from store.readings.reading_view import find_parameter
from store.slots.settled import settle_all

app = typer.Typer(rich_markup_mode=None)
_SIDES = ("as_received", "as_reviewed")
_OF_SIDE = ("mean", "count", "sufficient", "min", "min_at", "max", "max_at", "total")


@app.command()
def show(
    by: Annotated[By, typer.Option(help="The period.")] = "day",
    from_: Annotated[
        str | None, typer.Option("--from", metavar="D", help="First day, or a time; else from the first.")
    ] = None,
    to: Annotated[
        str | None, typer.Option("--to", metavar="D", help="Last day, or the time before which; else now.")
    ] = None,
    station: Annotated[
        list[str] | None, typer.Option(metavar="CODE", help="Only this station; may be repeated.")
    ] = None,
    parameter: Annotated[str | None, typer.Option(metavar="NAME", help="Only this parameter.")] = None,
    label: Annotated[Label, typer.Option(help="Name a period by its start or its end.")] = "start",
    as_json: Annotated[bool, typer.Option("--json", help="As REST gives it.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="One row a period, comma separated.")] = False,
) -> None:
    """Show averages. One with too little data has no number."""
    if as_json and as_csv:
        raise UsageError("--json or --csv, not both")
    begin, end = span(from_, to)
    now = clock_of_process()()
    with open_store(load()) as engine:
        with reading(engine) as connection:
            stations = chosen_stations(connection, station)
        settle_all(engine, now, [entry.id for entry in stations] if station else None)
        with reading(engine) as connection:
            parameter_id = None
            if parameter is not None:
                of_station = stations[0].id if len(stations) == 1 else None
                parameter_id = find_parameter(connection, parameter, of_station)
                if parameter_id is None:
                    raise BadDataError(f"there is no parameter {parameter}")
            items = (
                average_out(item, label, now)
                for item in averages(connection, stations, by, begin, end, parameter_id)
            )
            if as_json:
                print_rest_list(item.model_dump(mode="json") for item in items)
            elif as_csv:
                _print_csv(items)
            else:
                print_table(
                    ("station", "parameter", "time", "as received", "as reviewed", "min", "max", "unit"),
                    map(_cells, items),
                )


def _print_csv(items: Iterable[AverageOut]) -> None:
    """Flat columns: first what period, then each layer. An empty mean is too little for an average."""
    sheet = csv.writer(sys.stdout, lineterminator="\n")
    heads = ("station", "parameter", "unit", "by", "time", "start", "end", "over", "expected", "total_unit")
    sheet.writerow((*heads, *(f"{side}_{name}" for side in _SIDES for name in _OF_SIDE)))
    for item in items:
        values = item.model_dump(mode="json")
        sheet.writerow(
            (
                *(_plain(values[name]) for name in heads),
                *(_plain(values[side][name]) for side in _SIDES for name in _OF_SIDE),
            )
        )


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


def _cells(item: AverageOut) -> tuple[Any, ...]:
    reviewed = item.as_reviewed
    return (
        item.station,
        item.parameter,
        item.time,
        *(
            _number(side.mean) if side.sufficient else f"insufficient ({side.count}/{item.expected})"
            for side in (item.as_received, item.as_reviewed)
        ),
        _number(reviewed.min),
        _number(reviewed.max),
        item.unit,
    )


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.6g}"
