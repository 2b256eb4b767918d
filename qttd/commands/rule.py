"""`qttd rule`: figures that a province decides, each from a day on."""

from typing import Annotated

import typer

from qttd.errors import BadDataError
from qttd.named_station import moment_named
from qttd.output import act_now, print_json, print_table, say
from qttd.settings import load
from qttd.store_access import open_store
from quality.dated_rules import RULES, RuleName
from store.engine import reading, writing
from store.limits.dated_rules import remove_rule, rule_lines, set_rule

app = typer.Typer(rich_markup_mode=None, help="Set, list and take back dated figures.")

Name = Annotated[RuleName, typer.Argument(help="As `list` shows it.")]


@app.command("list")
def list_rules(as_json: Annotated[bool, typer.Option("--json", help="One JSON array.")] = False) -> None:
    """Print every figure with its default and its values."""
    with open_store(load()) as engine, reading(engine) as connection:
        lines = rule_lines(connection)
    if as_json:
        print_json({**line._asdict(), "what": RULES[line.name].what} for line in lines)
    else:
        print_table(("name", "valid_from", "value"), lines)


@app.command("set")
def set_one(
    name: Name,
    value: Annotated[str, typer.Argument(help="What it is to be.")],
    from_: Annotated[str, typer.Option("--from", metavar="D", help="From when on; what was before stays.")],
) -> None:
    """Say what a figure is from a day on."""
    begins = moment_named(from_, "--from")
    with open_store(load()) as engine, writing(engine) as connection:
        set_rule(connection, name, value, begins, act_now())
    say(f"{name} is {value} from {from_} on")


@app.command()
def remove(
    name: Name, from_: Annotated[str, typer.Option("--from", metavar="D", help="The value's date.")]
) -> None:
    """Take back a value that was said wrongly."""
    begins = moment_named(from_, "--from")
    with open_store(load()) as engine, writing(engine) as connection:
        if not remove_rule(connection, name, begins, act_now()):
            raise BadDataError(f"{name} has no value from {from_}; `qttd rule list` names them all")
    say(f"{name} has no value from {from_} any more")
