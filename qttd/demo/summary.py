"""The tables at the end: where every slot went, what the ministry received, and whether it is proven."""

from collections.abc import Sequence

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from parsers.vietnam_time import VN
from qttd.demo.department import Department
from qttd.demo.ministry import Ministry
from qttd.demo.proof import Check, Proof, StationProof
from qttd.demo.timing import Timing
from qttd.demo.words import Words

_STATES = (
    "valid",
    "suspect",
    "failed_check",
    "calibrating",
    "device_error",
    "rejected",
    "missing_value",
    "absent",
)
_COLUMNS = {"device_error": "device_error_column", "rejected": "rejected_column"}
"""States whose word is another's already."""
_WRONG_SHOWN = 8


def print_summary(console: Console, words: Words, timing: Timing, proof: Proof) -> None:
    """Prints the tables and the verdict."""
    console.print()
    console.print(_slots(words, timing, proof.stations))
    console.print(_ministry(words, proof.stations))
    for check in proof.checks:
        _print_check(console, words, check)
    wrong = sum(len(check.wrong) for check in proof.checks)
    if proof.holds:
        console.print(Text(words("proven_all"), style="bold green"))
    else:
        console.print(Text(words("not_proven", wrong=wrong), style="bold red"))


def print_hints(
    console: Console, words: Words, timing: Timing, department: Department, ministry: Ministry
) -> None:
    """Says where everything lies and how to look at it."""
    qttd = f"qttd --config {department.settings_file}"
    begin, end = (f"{moment.astimezone(VN):%Y-%m-%dT%H:%M}" for moment in (timing.begin, timing.end))
    hints = {
        "look.files": f"{qttd} files --state rejected",
        "look.events": f"{qttd} event list",
        "look.review": f"{qttd} review list",
        "look.completeness": f"{qttd} completeness --from {begin} --to {end}",
        "look.ministry": f"ls -R {ministry.folder}",
        "look.log": f"less {department.folder / 'qttd.log'}",
        "look.run": f"{qttd} run",
    }
    console.print()
    console.print(words("look"))
    for name, command in hints.items():
        console.print(f"  {words(name) + ':':<24} {command}", markup=False, highlight=False, soft_wrap=True)


def _slots(words: Words, timing: Timing, stations: Sequence[StationProof]) -> Table:
    table = _table(words("slots_title", begin=timing.begin, end=timing.end_text))
    table.add_column(words("station"), no_wrap=True)
    table.add_column(words("expected"), justify="right")
    for state in _STATES:
        table.add_column(words(_COLUMNS.get(state, state)), justify="right")
    table.add_column(words("received_rate"), justify="right")
    table.add_column(words("on_time_rate"), justify="right")
    for station in stations:
        table.add_row(
            station.plan.code,
            str(station.expected),
            *(str(station.states.get(state, 0) or "·") for state in _STATES),
            _percent(station.received_rate),
            _percent(station.on_time_rate),
        )
    table.add_section()
    table.add_row(
        words("total"),
        str(sum(station.expected for station in stations)),
        *(str(sum(station.states.get(state, 0) for station in stations)) for state in _STATES),
        "",
        "",
    )
    return table


def _ministry(words: Words, stations: Sequence[StationProof]) -> Table:
    table = _table(words("ministry_title"))
    table.add_column(words("station"), no_wrap=True)
    table.add_column(words("name"), no_wrap=True)
    for name in ("files_in", "files_due", "files_there"):
        table.add_column(words(name), justify="right")
    table.add_column(words("proven"), justify="center")
    for station in stations:
        table.add_row(
            station.plan.code,
            station.plan.name,
            str(station.files_in),
            str(station.files_due),
            str(station.files_there),
            _mark(station.proven),
        )
    table.add_section()
    table.add_row(
        words("total"),
        "",
        str(sum(station.files_in for station in stations)),
        str(sum(station.files_due for station in stations)),
        str(sum(station.files_there for station in stations)),
        _mark(all(station.proven for station in stations)),
    )
    return table


def _table(title: str) -> Table:
    return Table(
        title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0)
    )


def _print_check(console: Console, words: Words, check: Check) -> None:
    line = Text.assemble(_mark(not check.wrong), " ", words(f"proof.{check.name}", count=check.looked_at))
    console.print(line)
    for text in check.wrong[:_WRONG_SHOWN]:
        console.print(f"    {text}", markup=False, highlight=False, soft_wrap=True)
    if len(check.wrong) > _WRONG_SHOWN:
        console.print(f"    {words('and_more', count=len(check.wrong) - _WRONG_SHOWN)}")


def _mark(good: bool) -> Text:
    return Text("✔", style="bold green") if good else Text("✘", style="bold red")


def _percent(rate: float | None) -> str:
    """To a tenth, and never rounded up to a full hundred that it is not."""
    if rate is None:
        return "-"
    return "100" if rate == 1 else f"{min(rate * 100, 99.9):.1f}"
