"""`qttd recheck`: what the present settings would change in data that is there, and changing it.

The dry run does all of it to a copy of the period (store/readings/recheck_copy.py); --apply then does it to
the store, day by day, beside everything else that runs.
"""

import sys
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Annotated, Any

import typer
from sqlalchemy import Engine

from qttd.chosen_stations import chosen_stations
from qttd.clock import clock_of_process
from qttd.errors import BadDataError, UsageError
from qttd.output import act_now, local_time, print_json, print_table, say
from qttd.period import span
from qttd.settings import load
from qttd.store_access import open_store
from store.audit import record
from store.engine import reading, retried, writing, writing_along
from store.network.snapshot import load_network
from store.readings.reading_view import find_parameter
from store.readings.recheck import Period, Report, judge_period, whole_of
from store.readings.recheck_copy import try_out
from store.slots.settled import settle_all

app = typer.Typer(rich_markup_mode=None)


@app.command()
def recheck(
    station: Annotated[str, typer.Option(metavar="CODE", help="The station, by code or alias.")],
    from_: Annotated[
        str | None, typer.Option("--from", metavar="D", help="First day; else the first reading.")
    ] = None,
    to: Annotated[
        str | None, typer.Option("--to", metavar="D", help="Last day; else the last reading.")
    ] = None,
    parameter: Annotated[
        list[str] | None, typer.Option(metavar="NAME", help="Only this parameter; may be repeated.")
    ] = None,
    apply: Annotated[bool, typer.Option("--apply", help="Change it, after saying what changes.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="As one JSON array of one object.")] = False,
) -> None:
    """Judge stored data anew by the settings of its time; say what would change, or change it."""
    settings = load()
    now = clock_of_process()
    begin, end = span(from_, to)
    with open_store(settings) as engine:
        period = _period(engine, station, begin, end, parameter)
        settle_all(engine, now(), [period.station_id])
        with TemporaryDirectory(prefix="qttd-recheck-") as folder, reading(engine) as connection:
            report = try_out(connection, Path(folder) / "copy.db", period, now(), _tell)
        _tell("", 1.0)
        if as_json:
            print_json([_json(station, period, report, applied=apply)])
        else:
            _print(report)
        if apply:
            _apply(engine, station, period, report, now())


def _period(
    engine: Engine, code: str, begin: datetime | None, end: datetime | None, names: list[str] | None
) -> Period:
    with reading(engine) as connection:
        (found,) = chosen_stations(connection, [code])
        ids = None
        if names:
            known = {name: find_parameter(connection, name, found.id) for name in names}
            if missing := [name for name, number in known.items() if number is None]:
                raise BadDataError(f"there is no parameter {', '.join(missing)}")
            ids = frozenset(number for number in known.values() if number is not None)
        whole = whole_of(connection, found.id)
    if whole is None:
        raise BadDataError(f"{code} has no readings")
    first, last = max(begin or whole[0], whole[0]), min(end or whole[1], whole[1])
    if first >= last:
        raise UsageError(f"{code} has no readings in this period")
    return Period(found.id, first, last, ids)


def _apply(engine: Engine, station: str, period: Period, report: Report, now: datetime) -> None:
    act = act_now()
    detail: dict[str, Any] = {
        "from": local_time(period.begin),
        "to": local_time(period.end),
        "changed": report.changed,
        "flags": {change.rule: [change.added, -change.removed] for change in report.flags},
    }
    with writing(engine) as connection:
        record(connection, act, "recheck.apply", station, detail)
        network = load_network(connection)
    for chunk in period.chunks():
        _tell("changing", (chunk.begin - period.begin) / (period.end - period.begin))

        def work(chunk: Period = chunk) -> None:
            with writing_along(engine) as connection:
                judge_period(connection, network, chunk, now)

        retried(work)
    _tell("settling", 1.0)
    settle_all(engine, now, [period.station_id])
    _tell("", 1.0)
    say(f"{station} is judged anew; what was cut off on the way is done by giving the command again")


def _tell(what: str, part: float) -> None:
    """Progress, where a person sits there."""
    if sys.stderr.isatty():
        sys.stderr.write(f"\r\x1b[K{what and f'{what} {part:.0%}'}")
        sys.stderr.flush()


def _print(report: Report) -> None:
    print_table(
        ("", "count"),
        [
            ("readings in the period", report.readings),
            ("readings that change", report.changed),
            ("of them in their value", report.values),
            ("become valid", report.became_valid),
            ("become invalid", report.became_invalid),
            ("hourly averages that change", report.hours),
            ("days of a parameter whose slots change", len(report.days)),
            ("exceedances that come, go or change", len(report.exceedances)),
            ("files to be issued again", report.files),
        ],
    )
    if report.flags:
        print_table(("rule", "added", "removed"), report.flags)
    if report.days:
        rows = [(day.day, day.parameter, _states(day.before), _states(day.after)) for day in report.days]
        print_table(("day", "parameter", "before", "after"), rows)
    if report.exceedances:
        print_table(("change", "kind", "parameter", "started"), report.exceedances)


def _states(counts: dict[str, int]) -> str:
    return ", ".join(f"{state} {count}" for state, count in counts.items())


def _json(station: str, period: Period, report: Report, *, applied: bool) -> dict[str, Any]:
    return {
        "station": station,
        "from": period.begin,
        "to": period.end,
        "applied": applied,
        **report._asdict(),
        "flags": {change.rule: {"added": change.added, "removed": change.removed} for change in report.flags},
        "days": [{**day._asdict(), "day": str(day.day)} for day in report.days],
        "exceedances": [
            {**item._asdict(), "started_at": local_time(item.started_at)} for item in report.exceedances
        ],
    }
