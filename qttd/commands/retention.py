"""`qttd retention`: what would leave the store because an archive holds it, and having it leave."""

from itertools import groupby
from typing import Annotated, Any

import typer
from sqlalchemy import Engine

from qttd.errors import BadDataError
from qttd.output import act_now, counted, print_json, print_table, say
from qttd.retention.plan import MonthPlan, plan
from qttd.retention.removing import Remover
from qttd.sections.retention import RetentionSettings
from qttd.settings import load
from qttd.store_access import open_store

app = typer.Typer(
    rich_markup_mode=None, help="Say what would leave the store because an archive holds it; have it leave."
)

_COLUMNS = (
    "station", "month", "archive", "files", "bytes", "kept_files", "readings", "kept_readings",
)  # fmt: skip
Json = Annotated[bool, typer.Option("--json", help="One JSON array.")]


@app.command("plan")
def show_plan(as_json: Json = False) -> None:
    """Say what would go by the settings, and what stays and why. Nothing is changed."""
    settings = load()
    _warn_if_off(settings.retention)
    with open_store(settings) as engine:
        _print(_planned(engine, settings.retention), as_json)


@app.command("apply")
def apply_plan(
    yes: Annotated[bool, typer.Option("--yes", help="Really remove; else only the plan is shown.")] = False,
    as_json: Json = False,
) -> None:
    """Remove what would go, each archive being read again; exit 65 where one does not hold what it should."""
    settings = load()
    _warn_if_off(settings.retention)
    with open_store(settings) as engine:
        planned = _planned(engine, settings.retention)
        if not yes:
            _print(planned, as_json)
            say("nothing was removed: --yes does it")
            return
        remover = Remover(engine, act_now, say)
        for one in planned:
            remover.remove_files(one)
        by_month = sorted((one for one in planned if one.readings), key=lambda one: one.month)
        for _, months in groupby(by_month, key=lambda one: one.month):
            remover.remove_readings(list(months))
    done = remover.removed
    if as_json:
        print_json([{"files": done.files, "bytes": done.bytes, "readings": done.readings}])
    gone = f"{counted(done.files, 'file')} ({done.bytes} bytes), {counted(done.readings, 'reading')}"
    say(f"removed: the bytes of {gone}")
    if done.problems:
        raise BadDataError("\n".join(f"qttd: {line}" for line in done.problems))


def _warn_if_off(settings: RetentionSettings) -> None:
    if not settings.raw_months and not settings.readings_months:
        say("retention.raw_months and retention.readings_months are 0: nothing is ever removed")


def _planned(engine: Engine, settings: RetentionSettings) -> list[MonthPlan]:
    return plan(engine, settings, act_now().at, say)


def _print(planned: list[MonthPlan], as_json: bool) -> None:
    lines = [_line(one) for one in planned]
    if as_json:
        print_json(lines)
        return
    for line in lines:
        for name in ("kept_files", "kept_readings"):
            line[name] = ", ".join(f"{count} {reason}" for reason, count in sorted(line[name].items()))
    print_table(_COLUMNS, [[line[name] for name in _COLUMNS] for line in lines])
    say(
        f"would go: the bytes of {counted(sum(one.files for one in planned), 'file')}"
        f" ({sum(one.bytes for one in planned)} bytes),"
        f" {counted(sum(one.readings for one in planned), 'reading')}"
    )


def _line(one: MonthPlan) -> dict[str, Any]:
    return {
        "station": one.code,
        "month": f"{one.month:%Y-%m}",
        "archive": None if one.archive is None else one.archive.path,
        "files": one.files,
        "bytes": one.bytes,
        "kept_files": one.kept_files,
        "readings": one.readings,
        "kept_readings": one.kept_readings,
    }
