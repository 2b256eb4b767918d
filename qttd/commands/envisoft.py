"""`qttd envisoft`: what EnviSoft's own tables say, brought in at once."""

from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from qttd.commands.account import new_hashes
from qttd.envisoft.importing import Lists, Outcome, TablesError, bring_in, lists_of, permits_csv
from qttd.envisoft.tables import read_tables
from qttd.errors import BadDataError, UsageError
from qttd.output import act_now, counted, print_json, say
from qttd.settings import load
from qttd.store_access import open_store
from store.lists.cells import KINDS

app = typer.Typer(rich_markup_mode=None, help="Bring in EnviSoft's stations, parameters and accounts.")


@app.callback()
def _group() -> None:
    """Keeps `import` a command of its own, as there may be others."""


@app.command("import")
def import_tables(
    files: Annotated[
        list[Path], typer.Argument(metavar="DIR|FILE...", help="mongoexport's JSON, or CSV; see the docs.")
    ],
    kind: Annotated[
        list[str] | None,
        typer.Option(metavar="N=KIND", help="What a number of a station's kind means; repeat for each."),
    ] = None,
    no_accounts: Annotated[bool, typer.Option("--no-accounts", help="Leave FTP accounts out.")] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be done, and do nothing.")
    ] = False,
    limits: Annotated[
        Path | None, typer.Option(metavar="F.csv", help="Write its limits as a list to look through.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON array with the outcome.")] = False,
) -> None:
    """Add or update stations, channels and accounts from EnviSoft's tables, all or nothing."""
    kinds = _kinds(kind or [])
    lists = lists_of(read_tables(files), kinds, not no_accounts)
    try:
        with open_store(load()) as engine:
            outcome = bring_in(engine, lists, new_hashes, act_now(), dry_run)
    except TablesError as error:
        raise BadDataError(str(error)) from error
    if limits is not None:
        limits.write_text(permits_csv(lists), encoding="utf-8", newline="")
        say(f"limits are in {limits}: look through them, then `qttd limit permit import {limits}`")
    if as_json:
        print_json([_json(lists, outcome, dry_run)])
    _tell(lists, outcome, dry_run)


def _kinds(texts: list[str]) -> dict[str, str]:
    found = {}
    for text in texts:
        number, equals, word = text.partition("=")
        if not equals or word not in KINDS:
            raise UsageError(f"--kind: {text!r} is not N=KIND with a kind of {', '.join(KINDS)}")
        found[number.strip()] = word
    return found


def _json(lists: Lists, outcome: Outcome, dry_run: bool) -> dict[str, object]:
    return {
        "dry_run": dry_run,
        **{name: part._asdict() for name, part in vars(outcome).items() if name != "new_parameters"},
        "new_parameters": list(outcome.new_parameters),
        "limits": [limit._asdict() for limit in lists.limits],
        "layouts": lists.layouts,
        "not_taken": [
            {"table": table, "field": name, "records": records}
            for (table, name), records in sorted(lists.not_taken.items())
        ],
    }


def _tell(lists: Lists, outcome: Outcome, dry_run: bool) -> None:
    for name in ("stations", "channels", "accounts"):
        counts = asdict(outcome)[name]
        say(f"{name}: {counts[0]} added, {counts[1]} changed, {counts[2]} as they were")
    if outcome.new_parameters:
        say(f"warning: parameters that were not known, perhaps misspelt: {', '.join(outcome.new_parameters)}")
    for limit in lists.limits:
        bounds = ", ".join(f"{name} {text}" for name, text in limit._asdict().items() if text)
        say(f"limit, not taken: {bounds}")
    for (table, name), records in sorted(lists.not_taken.items()):
        say(f"not taken: {table}: {name} ({counted(records, 'record')})")
    if lists.accounts:
        say("the tables hold passwords in the clear: delete them")
    if dry_run:
        say("a dry run: nothing was changed")
