"""`qttd outage`: when no door of ours was open, as the roles' signs of life show it."""

from typing import Annotated, Any

import typer

from qttd.clock import clock_of_process
from qttd.output import print_json, print_table
from qttd.period import span
from qttd.settings import load
from qttd.store_access import open_store
from store.engine import reading
from store.service.outages import outages, present_outage

app = typer.Typer(rich_markup_mode=None, help="List when our own server could not receive.")


@app.command("list")
def list_outages(
    from_: Annotated[str | None, typer.Option("--from", metavar="D", help="That reach beyond it.")] = None,
    to: Annotated[str | None, typer.Option("--to", metavar="D", help="Begun up to that day.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON array.")] = False,
) -> None:
    """Print our own outages; slots that never came later are charged to us, and to no station."""
    begin, end = span(from_, to)
    now = clock_of_process()()
    with open_store(load()) as engine, reading(engine) as connection:
        found = outages(connection, begin, end)
        present = present_outage(connection, now)
    items: list[dict[str, Any]] = [{"from_at": one.from_at, "to_at": one.to_at} for one in found]
    if present is not None and (end is None or present.from_at < end) and (begin is None or now > begin):
        items.append({"from_at": present.from_at, "to_at": None})
    for item in items:
        item["minutes"] = int(((item["to_at"] or now) - item["from_at"]).total_seconds() // 60)
    if as_json:
        print_json(items)
    else:
        print_table(("from_at", "to_at", "minutes"), (item.values() for item in items))


@app.callback()
def _group() -> None:
    """Keeps `list` a subcommand of its own."""
