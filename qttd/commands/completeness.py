"""`qttd completeness`: the slot account of a period, per channel and in all.

The same figures as REST gives and in the same words. What arrived within the last second is counted first,
so the account is never behind the ledger of files.
"""

import csv
import sys
from collections.abc import Iterable, Sequence
from typing import Annotated, Any

import typer

from qttd.chosen_stations import chosen_stations
from qttd.clock import clock_of_process
from qttd.errors import UsageError
from qttd.output import print_rest_list, print_table
from qttd.period import span
from qttd.settings import load
from qttd.store_access import open_store
from quality.periods import By
from quality.slot_state import SLOT_STATES
from store.engine import reading
from store.slots.completeness import CompletenessItem, completeness
from store.slots.completeness_groups import Group, GroupItem, grouped_completeness
from store.slots.settled import settle_all

app = typer.Typer(rich_markup_mode=None)
Item = CompletenessItem | GroupItem
_HEADS = ("station", "period", "parameter")
_GROUP_HEADS = ("group", "period", "stations")
_COLUMNS = (
    "expected",
    "received",
    "valid",
    "effective",
    "on time",
    "relayed",
    "longest gap",
    "slots",
)
_RATES = ("received_rate", "valid_rate", "effective_rate", "on_time_rate", "relayed_rate")


@app.command()
def account(
    from_: Annotated[
        str | None,
        typer.Option("--from", metavar="D", help="First day, or a time; else the first in service."),
    ] = None,
    to: Annotated[
        str | None, typer.Option("--to", metavar="D", help="Last day, or the time before which; else now.")
    ] = None,
    station: Annotated[
        list[str] | None, typer.Option(metavar="CODE", help="Only this station; may be repeated.")
    ] = None,
    by: Annotated[By | None, typer.Option(help="One account a period; else one in all.")] = None,
    group: Annotated[
        Group | None, typer.Option(help="Stations together, of a facility, a province or a kind.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="As REST gives it.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="One row a channel, comma separated.")] = False,
) -> None:
    """Account for every slot of a period: what was expected, what became of it, and the rates."""
    if as_json and as_csv:
        raise UsageError("--json or --csv, not both")
    begin, end = span(from_, to)
    now = clock_of_process()()
    with open_store(load()) as engine:
        with reading(engine) as connection:
            stations = chosen_stations(connection, station)
        settle_all(engine, now, [entry.id for entry in stations] if station else None)
        with reading(engine) as connection:
            items: Iterable[Item] = (
                completeness(connection, stations, begin, end, by, now)
                if group is None
                else grouped_completeness(connection, stations, group, begin, end, by, now)
            )
            heads = _HEADS if group is None else _GROUP_HEADS
            if as_json:
                print_rest_list(item._asdict() for item in items)
            elif as_csv:
                _print_csv(heads, items)
            else:
                print_table((*heads, *_COLUMNS), (_cells(heads, item) for item in items))


def _print_csv(heads: Sequence[str], items: Iterable[Item]) -> None:
    """Flat columns. The row of all channels together has no parameter; an empty rate has no divisor."""
    sheet = csv.writer(sys.stdout, lineterminator="\n")
    sheet.writerow(
        (*heads, "expected", *SLOT_STATES, *_RATES, "relayed", "longest_gap_minutes", "target_rate")
    )
    for item in items:
        sheet.writerow(
            (
                *_named(heads, item, ""),
                item.expected,
                *(item.states[state] for state in SLOT_STATES),
                *(_decimal(getattr(item, name)) for name in _RATES),
                ";".join(f"{target}={_decimal(rate)}" for target, rate in item.relayed.items()),
                item.longest_gap_minutes,
                _decimal(item.target_rate),
            )
        )


def _decimal(rate: float | None) -> str:
    return "" if rate is None else f"{rate:.6f}"


def _named(heads: Sequence[str], item: Item, all_parameters: str) -> tuple[Any, ...]:
    return tuple(
        all_parameters if value is None else value for value in (getattr(item, name) for name in heads)
    )


def _cells(heads: Sequence[str], item: Item) -> tuple[Any, ...]:
    low = item.received_rate is not None and item.received_rate < item.target_rate
    received, *rates = (_percent(getattr(item, name)) for name in _RATES)
    return (
        *_named(heads, item, "(all)"),
        item.expected,
        f"{received} (below {_percent(item.target_rate)})" if low else received,
        *rates,
        _hours(item.longest_gap_minutes),
        ", ".join(f"{state} {count}" for state, count in item.states.items() if count),
    )


def _percent(rate: float | None) -> str:
    """To a tenth, and never rounded up to a full hundred that it is not."""
    if rate is None:
        return "-"
    return "100 %" if rate == 1 else f"{min(rate * 100, 99.9):.1f} %"


def _hours(minutes: int) -> str:
    return f"{minutes // 60}:{minutes % 60:02}"
