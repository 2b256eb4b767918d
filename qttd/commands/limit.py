"""`qttd limit`: the standards' limits, which of them bind which station, permits, and dated figures."""

import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlalchemy import Connection

from api.limits import limit_out
from qttd.chosen_stations import chosen_stations
from qttd.clock import clock_of_process
from qttd.errors import BadDataError, UsageError
from qttd.output import act_now, counted, print_json, print_table, say
from qttd.period import day_named
from qttd.settings import load
from qttd.store_access import open_store
from quality.slots import day_of
from store.engine import reading, writing
from store.limits.dated_rows import Changes
from store.limits.figures import all_figures, confirm_figures, put_figures
from store.limits.limit_tables import all_limits, confirm_limits, put_limits
from store.limits.limit_view import LimitItem, limits_shown
from store.limits.station_limits import all_permits, all_station_limits, put_permits, put_station_limits
from store.lists.figures_csv import figure_columns, read_figures, write_figures
from store.lists.limits_csv import COLUMNS, limit_columns, read_limits, write_limits
from store.lists.permits_csv import permit_columns, write_permits
from store.lists.station_limits_csv import station_limit_columns, write_station_limits

app = typer.Typer(rich_markup_mode=None, help="Limits: list, import, export, confirm; what holds where.")
of_stations = typer.Typer(rich_markup_mode=None, help="Which standard binds a station, with its factors.")
of_permits = typer.Typer(rich_markup_mode=None, help="Values of environmental permits.")
figures = typer.Typer(rich_markup_mode=None, help="Dated figures: least shares, warning steps, factors.")
app.add_typer(of_stations, name="station", help="Which standard binds a station, with its factors.")
app.add_typer(of_permits, name="permit", help="Values of environmental permits.")
app.add_typer(figures, name="figure", help="Dated figures: least shares, warning steps, factors.")

File = Annotated[Path, typer.Argument(metavar="F.csv", help="The list; see docs/commands.md.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON array.")]


@app.command("import")
def import_limits(file: File) -> None:
    """Add or update the limits of a list, all or nothing; every bad line is reported (exit 65)."""
    lines = read_limits(file.read_bytes())
    _say("limits", _changed(lambda connection: put_limits(connection, lines, act_now())))


@app.command("list")
def list_limits(
    code: Annotated[str | None, typer.Option(metavar="CODE", help="Only this standard's.")] = None,
    unconfirmed: Annotated[
        bool, typer.Option("--unconfirmed", help="Only those that no person confirmed.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Print the limits of all standards."""
    with open_store(load()) as engine, reading(engine) as connection:
        entries = all_limits(connection)
    rows = [
        limit_columns(entry)
        for entry in entries
        if (code is None or entry.code == code)
        and not (unconfirmed and entry.confidence not in ("single_source", "recalled"))
    ]
    _print(rows, COLUMNS, as_json)


@app.command("export")
def export_limits() -> None:
    """Print all limits as CSV, in the columns that `import` reads."""
    with open_store(load()) as engine, reading(engine) as connection:
        sys.stdout.write(write_limits(all_limits(connection)))


@app.command()
def confirm(
    code: Annotated[str, typer.Argument(metavar="CODE", help="The standard, as `list` shows it.")],
    column: Annotated[str | None, typer.Option(metavar="C", help="Only this column.")] = None,
    parameter: Annotated[str | None, typer.Option(metavar="P", help="Only this parameter.")] = None,
) -> None:
    """Say that you compared a standard's unconfirmed limits with its text, and they are right."""
    confirmed = _changed(lambda connection: confirm_limits(connection, code, column, parameter, act_now()))
    if not confirmed:
        raise BadDataError(f"{code} has no such unconfirmed limit; `qttd limit list --unconfirmed` names all")
    for title in confirmed:
        say(f"confirmed: {title}")


@app.command()
def show(
    station: Annotated[
        list[str] | None, typer.Option(metavar="CODE", help="Only this station; may be repeated.")
    ] = None,
    day: Annotated[str | None, typer.Option(metavar="D", help="A day in Vietnam; else today.")] = None,
    language: Annotated[str, typer.Option("--lang", metavar="vi|en", help="Of the derivation.")] = "en",
    as_json: Annotated[bool, typer.Option("--json", help="As REST gives it.")] = False,
) -> None:
    """Print the limits in force at stations on a day, and how each is derived."""
    if language not in ("vi", "en"):
        raise UsageError("--lang is vi or en")
    on = day_of(clock_of_process()()) if day is None else day_named(day, "--day")
    with open_store(load()) as engine, reading(engine) as connection:
        items = list(limits_shown(connection, chosen_stations(connection, station), on))
    if as_json:
        print_json(limit_out(item).model_dump(mode="json") for item in items)
    else:
        columns = ("station", "parameter", "basis", "limit", "confirmed", "judged", "derivation")
        print_table(columns, (_cells(item, language) for item in items))


@of_stations.command("import")
def import_station_limits(file: File) -> None:
    """Say which standard binds which stations; all or nothing, every bad line is reported (exit 65)."""
    data = file.read_bytes()
    changes = _changed(lambda connection: put_station_limits(connection, data, act_now()))
    _say("limits of stations", changes)


@of_stations.command("list")
def list_station_limits(as_json: AsJson = False) -> None:
    """Print what binds each station."""
    _print(_station_limits(), None, as_json)


@of_stations.command("export")
def export_station_limits() -> None:
    """Print it as CSV, in the columns that `import` reads."""
    with open_store(load()) as engine, reading(engine) as connection:
        sys.stdout.write(write_station_limits(all_station_limits(connection)))


@of_permits.command("import")
def import_permits(file: File) -> None:
    """Add or update permit values; all or nothing, every bad line is reported (exit 65)."""
    data = file.read_bytes()
    _say("permit values", _changed(lambda connection: put_permits(connection, data, act_now())))


@of_permits.command("list")
def list_permits(as_json: AsJson = False) -> None:
    """Print the permit values of all stations."""
    with open_store(load()) as engine, reading(engine) as connection:
        rows = [permit_columns(code, values) for code, values in all_permits(connection)]
    _print(rows, None, as_json)


@of_permits.command("export")
def export_permits() -> None:
    """Print them as CSV, in the columns that `import` reads."""
    with open_store(load()) as engine, reading(engine) as connection:
        sys.stdout.write(write_permits(all_permits(connection)))


@figures.command("import")
def import_figures(file: File) -> None:
    """Add or update figures; all or nothing, every bad line is reported (exit 65)."""
    lines = read_figures(file.read_bytes())
    _say("figures", _changed(lambda connection: put_figures(connection, lines, act_now())))


@figures.command("list")
def list_figures(as_json: AsJson = False) -> None:
    """Print the dated figures of the rules."""
    with open_store(load()) as engine, reading(engine) as connection:
        rows = [figure_columns(values) for values in all_figures(connection)]
    _print(rows, None, as_json)


@figures.command("export")
def export_figures() -> None:
    """Print them as CSV, in the columns that `import` reads."""
    with open_store(load()) as engine, reading(engine) as connection:
        sys.stdout.write(write_figures(all_figures(connection)))


@figures.command("confirm")
def confirm_figure(
    name: Annotated[str, typer.Argument(metavar="NAME", help="As `list` shows it: Kq, Kf, Kp, Kv.")],
) -> None:
    """Say that you compared a table of figures with the standard, and it is right."""
    count = _changed(lambda connection: confirm_figures(connection, name, act_now()))
    if not count:
        raise BadDataError(f"there is no unconfirmed figure {name}; `qttd limit figure list` names all")
    say(f"confirmed: {counted(count, 'figure')} of {name}")


def _changed(change: Callable[[Connection], Any]) -> Any:
    with open_store(load()) as engine, writing(engine) as connection:
        return change(connection)


def _say(what: str, changes: Changes) -> None:
    added, changed = len(changes.added), len(changes.changed)
    say(f"{what}: {added} added, {changed} changed, {changes.unchanged} as they were")


def _station_limits() -> list[dict[str, str]]:
    with open_store(load()) as engine, reading(engine) as connection:
        return [station_limit_columns(code, values) for code, values in all_station_limits(connection)]


def _print(rows: list[dict[str, str]], columns: Iterable[str] | None, as_json: bool) -> None:
    """Rows in the list's own columns; as JSON a number is one, and an empty cell is null."""
    if as_json:
        print_json(_json(row) for row in rows)
    else:
        shown = tuple(columns or (rows[0] if rows else ()))
        used = [name for name in shown if any(row[name] for row in rows)]
        if used:
            print_table(used, ([row[name] for name in used] for row in rows))


_NUMBERS = frozenset(
    {"min", "max", "above", "up_to", "value", "kq", "kf", "kp", "kv", "river_flow_m3s", "lake_volume_m3"}
    | {"discharge_m3_day", "gas_flow_m3_h", "o2ref"}
)


def _json(row: Mapping[str, str]) -> dict[str, Any]:
    return {
        name: None if not cell else float(cell) if name in _NUMBERS else cell for name, cell in row.items()
    }


def _cells(item: LimitItem, language: str) -> tuple[Any, ...]:
    limit = item.limit
    reason = item.not_judged
    return (
        item.station,
        limit.parameter,
        limit.basis,
        "?" if limit.problem is not None else getattr(limit.formula, language),
        limit.confirmed,
        reason is None,
        getattr(limit.derivation, language) + ("" if reason is None else f" [{getattr(reason, language)}]"),
    )
