"""`qttd stage`: how far each station has come on the way from another server to this one."""

from collections import Counter
from datetime import timedelta
from typing import Annotated

import typer

from qttd.clock import clock_of_process
from qttd.output import counted, print_json, print_table, say
from qttd.settings import Settings, load
from qttd.store_access import open_store
from store.engine import reading
from store.network.stage_view import Stage, StationStage, readers, stages

app = typer.Typer(rich_markup_mode=None)

NEXT: dict[Stage, tuple[str, str]] = {
    "silent": ('watch its folder ([[drop]] mode = "shadow"), or have its logger send here', ""),
    "shadow": (
        "import the old server's accounts, and give qttd its address",
        "take the [[drop]] section out: the old server never noticed",
    ),
    "front": (
        "put it into a target's map (qttd target map), and stop EnviSoft's relay of it",
        "give the old server its address back; then import-tree here, or copy there, what came in between",
    ),
    "relay": ("", "take it out of the target's map, and start EnviSoft's relay of it again"),
}
"""For each stage the next step, and the way back."""


@app.command()
def stage(
    hours: Annotated[int, typer.Option(min=1, max=8760, help="Look at the files of so many hours.")] = 24,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON array.")] = False,
) -> None:
    """Say of each station who receives and who relays it, what comes next, and the way back."""
    settings = load()
    now = clock_of_process()()
    with open_store(settings) as engine, reading(engine) as connection:
        found = stages(connection, now - timedelta(hours=hours), now)
        pollers = readers(connection)
    if as_json:
        print_json(
            {**one._asdict(), "next": NEXT[one.stage][0], "way_back": NEXT[one.stage][1]} for one in found
        )
    else:
        print_table(StationStage._fields, found)
    _tell(settings, found, pollers)


def _tell(settings: Settings, found: list[StationStage], pollers: list[str]) -> None:
    shadows = [drop.path for drop in settings.drop if drop.mode == "shadow"]
    say(f"shadows: {', '.join(shadows) or 'none'}; reader accounts: {', '.join(pollers) or 'none'}")
    counts = Counter(one.stage for one in found)
    for name, (after, back) in NEXT.items():
        if counts[name]:
            say(f"{name}: {counted(counts[name], 'station')}")
            for title, text in (("next", after), ("way back", back)):
                if text:
                    say(f"  {title}: {text}")
    twice = [one.station for one in found if one.shadow_files and one.own_files]
    if twice:
        say(f"by both ways, counted once: {', '.join(twice)}")
    if counts["front"] and not pollers:
        say("warning: stations are in front, and there is no reader account for EnviSoft to poll by")
