"""`qttd rules`: every rule by which this version judges, as the rulebook has them."""

from typing import Annotated

import typer

from qttd.output import print_json, print_table
from qttd.rulebook import Language, rule_columns
from quality.rules import RULES

app = typer.Typer(rich_markup_mode=None)


@app.command()
def rules(
    language: Annotated[Language, typer.Option(help="en or vi.")] = "vi",
    as_json: Annotated[bool, typer.Option("--json", help="One JSON array.")] = False,
) -> None:
    """Print the rules: id, name, formula, severity, default and source."""
    rows = [rule_columns(rule, language) for rule in RULES]
    if as_json:
        print_json(rows)
    else:
        print_table(tuple(rows[0]), (row.values() for row in rows))
