"""`qttd check`: what the settings say, and where each value comes from. Tries nothing out."""

from typing import Annotated, Any

import typer
from pydantic import SecretStr

from qttd.output import print_json, print_table, say
from qttd.settings import keys, load, redact_url

app = typer.Typer(rich_markup_mode=None)


@app.command()
def check(as_json: Annotated[bool, typer.Option("--json", help="One JSON array.")] = False) -> None:
    """Check the settings; print each key's value and source (default, file or environment), no secrets."""
    settings = load()
    rows = [
        {"key": key, "value": _shown(key, value), "source": settings.sources[key]}
        for key, value in keys(settings).items()
    ]
    if as_json:
        print_json(rows)
    else:
        print_table(("key", "value", "source"), (row.values() for row in rows))
        say(f"{settings.file}: fine")


def _shown(key: str, value: Any) -> Any:
    if isinstance(value, SecretStr):
        return "***" if value.get_secret_value() else ""
    return redact_url(value) if key == "store.url" else value
