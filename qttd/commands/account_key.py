"""`qttd account key`: the public keys that an account logs in with over SFTP."""

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated

import typer

from qttd.errors import BadDataError
from qttd.output import act_now, print_json, print_table, say
from qttd.public_key import read_public_key
from qttd.settings import load
from qttd.store_access import open_store
from store.access import account_keys
from store.engine import reading, writing

app = typer.Typer(rich_markup_mode=None, help="Add, list and remove the public keys of an account (SFTP).")
Name = Annotated[str, typer.Argument(metavar="NAME", help="The account's name.")]


@app.command()
def add(
    name: Name,
    file: Annotated[Path, typer.Argument(metavar="F.pub", help="The public key; - reads it from stdin.")],
) -> None:
    """Let an account log in with a key, beside its password."""
    try:
        text = sys.stdin.read() if str(file) == "-" else file.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise BadDataError(f"{file} is no public key") from error
    key = read_public_key(text)
    with open_store(load()) as engine, writing(engine) as connection:
        account_keys.add_key(connection, name, key, act_now())
    say(f"{name} can log in with {key.fingerprint}")


@app.command("list")
def list_keys(
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="An account; none: all of them.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON array.")] = False,
) -> None:
    """Print the keys of an account, or of all."""
    with open_store(load()) as engine, reading(engine) as connection:
        rows = [asdict(key) for key in account_keys.all_keys(connection, name)]
    if as_json:
        print_json(rows)
    else:
        print_table(list(account_keys.AccountKey.__dataclass_fields__), (row.values() for row in rows))


@app.command()
def remove(
    name: Name,
    fingerprint: Annotated[str, typer.Argument(metavar="SHA256:…", help="As `list` prints it.")],
) -> None:
    """Take a key from an account. Connections that are open stay open."""
    with open_store(load()) as engine, writing(engine) as connection:
        account_keys.remove_key(connection, name, fingerprint, act_now())
    say(f"{name} can no longer log in with {fingerprint}")
