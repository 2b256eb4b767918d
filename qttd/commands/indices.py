"""`qttd aqi` and `qttd wqi`: the ministry's indices of hours and days; `qttd variant`: which VN_WQI counts.

The same figures as REST gives and in the same words. What arrived within the last second is settled
first.
"""

from collections.abc import Callable, Iterator
from typing import Annotated, Any, TypeVar

import typer

from api.indices import AqiOut, WqiOut, aqi_out, wqi_out
from qttd.chosen_stations import chosen_stations
from qttd.clock import clock_of_process
from qttd.errors import UsageError
from qttd.output import act_now, print_json, print_rest_list, print_table, remark, say
from qttd.period import day_named, span
from qttd.settings import load
from qttd.store_access import open_store
from quality.indices.aqi import AqiBy
from quality.indices.wqi import WQI_VARIANTS
from quality.slots import day_of
from store.averages.index_view import aqi_items, wqi_items
from store.averages.wqi_confirmations import confirm as write_confirmation
from store.averages.wqi_confirmations import confirmations
from store.engine import reading, writing
from store.slots.settled import settle_all

aqi_app = typer.Typer(rich_markup_mode=None)
wqi_app = typer.Typer(rich_markup_mode=None)
variant_app = typer.Typer(rich_markup_mode=None, help="Say which variant of VN_WQI may be published.")

By = Annotated[AqiBy, typer.Option(help="The period.")]
From = Annotated[
    str | None, typer.Option("--from", metavar="D", help="First day, or a time; else from the first.")
]
To = Annotated[
    str | None, typer.Option("--to", metavar="D", help="Last day, or the time before which; else now.")
]
Stations = Annotated[
    list[str] | None, typer.Option(metavar="CODE", help="Only this station; may be repeated.")
]
AsJson = Annotated[bool, typer.Option("--json", help="As REST gives it.")]
Variant = Annotated[str, typer.Argument(metavar="VARIANT", help="envisoft or 1460.")]
ValidFrom = Annotated[
    str | None, typer.Option("--from", metavar="DATE", help="First day that it is about; else today.")
]
Note = Annotated[str, typer.Option(metavar="TEXT", help="On what grounds; kept with your name.")]
Out = TypeVar("Out", AqiOut, WqiOut)


@aqi_app.command()
def aqi(
    by: By = "hour",
    from_: From = None,
    to: To = None,
    station: Stations = None,
    as_json: AsJson = False,
) -> None:
    """Show VN_AQI of ambient air stations, and what decided it."""
    _show(aqi_items, aqi_out, by, from_, to, station, as_json, ("station", "time", "VN_AQI", "band", "why"))


@wqi_app.command()
def wqi(
    by: By = "hour",
    from_: From = None,
    to: To = None,
    station: Stations = None,
    as_json: AsJson = False,
) -> None:
    """Show VN_WQI of surface water stations in both variants, and whether each is confirmed."""
    heads = ("station", "time", "variant", "VN_WQI", "band", "why")
    _show(wqi_items, wqi_out, by, from_, to, station, as_json, heads)


@variant_app.command()
def confirm(variant: Variant, note: Note, from_: ValidFrom = None) -> None:
    """Confirm that a variant is the one that the department publishes."""
    _say_of(variant, from_, True, note)


@variant_app.command()
def withdraw(variant: Variant, note: Note, from_: ValidFrom = None) -> None:
    """Take a confirmation back from a day on."""
    _say_of(variant, from_, False, note)


@variant_app.command("list")
def list_confirmations(
    as_json: Annotated[bool, typer.Option("--json", help="One JSON array.")] = False,
) -> None:
    """Show what was confirmed and withdrawn, by whom and when."""
    with open_store(load()) as engine, reading(engine) as connection:
        said = confirmations(connection)
    if as_json:
        print_json({**one._asdict(), "valid_from": one.valid_from.isoformat()} for one in said)
    else:
        print_table(("variant", "valid_from", "confirmed", "who", "at", "note"), said)


def _say_of(text: str, from_: str | None, confirmed: bool, note: str) -> None:
    variant = next((known for known in WQI_VARIANTS if known == text), None)
    if variant is None:
        raise UsageError(f"{text} is no variant of VN_WQI; there are {' and '.join(WQI_VARIANTS)}")
    if not remark("--note", note).strip():
        raise UsageError("--note says on what grounds; it may not be empty")
    day = None if from_ is None else day_named(from_, "--from")
    act = act_now()
    with open_store(load()) as engine, writing(engine) as connection:
        write_confirmation(connection, variant, day or day_of(act.at), confirmed, note.strip(), act)
    say(f"VN_WQI, variant {variant}: {'confirmed' if confirmed else 'no longer confirmed'}")


def _show(
    items: Callable[..., Iterator[Any]],
    out: Callable[..., Out],
    by: AqiBy,
    from_: str | None,
    to: str | None,
    station: list[str] | None,
    as_json: bool,
    heads: tuple[str, ...],
) -> None:
    begin, end = span(from_, to)
    now = clock_of_process()()
    with open_store(load()) as engine:
        with reading(engine) as connection:
            stations = chosen_stations(connection, station)
        settle_all(engine, now, [entry.id for entry in stations] if station else None)
        with reading(engine) as connection:
            found = (out(item, now) for item in items(connection, stations, by, begin, end))
            if as_json:
                print_rest_list(item.model_dump(mode="json") for item in found)
            else:
                print_table(heads, map(_cells, found))


def _cells(item: AqiOut | WqiOut) -> tuple[Any, ...]:
    variant: tuple[str, ...] = ()
    if isinstance(item, WqiOut):
        variant = (item.variant if item.confirmed else f"{item.variant} (not confirmed)",)
    band = "" if item.band is None else f"{item.band.name_vi} / {item.band.name_en}"
    value = "none" if item.value is None else item.value
    why = ", ".join(item.deciding) if item.value is not None else item.why_not
    return (item.station, item.start, *variant, value, band, why)
