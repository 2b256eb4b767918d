"""`qttd account`: who may send and who may read, and from where."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from sqlite3 import DatabaseError, OperationalError
from typing import Annotated

import typer
from sqlalchemy import Connection, Engine

from qttd.commands import account_key
from qttd.errors import InputOutputError, TryAgainError
from qttd.output import act_now, print_json, print_table, read_password, say, told_as_usage
from qttd.settings import load
from qttd.store_access import open_store
from receiver.admission.ban_file import Ban, BanFile, ban_path
from receiver.admission.quotas import Use, used_today
from store.access import accounts
from store.access.quotas import SenderQuota, put_quota, quotas
from store.access.secrets import hash_password, verify_password
from store.engine import reading, writing
from store.files.folder_layouts import LAYOUTS
from store.lists import cells
from store.lists.accounts_csv import AccountLine, read_account_list
from store.network.keys import code_key
from store.network.stations import station_keys

app = typer.Typer(
    rich_markup_mode=None, help="Add, import, list and disable accounts of loggers and readers."
)
app.add_typer(account_key.app, name="key")
Name = Annotated[str, typer.Argument(metavar="NAME", help="The account's name.")]


@app.command()
def add(
    name: Name,
    stations: Annotated[str, typer.Option(metavar="CODE[,CODE]", help="Stations it sends for.")] = "",
    allow: Annotated[
        list[str] | None,
        typer.Option(metavar="CIDR", help="Address or range it may come from; repeat for more."),
    ] = None,
    reader: Annotated[
        bool,
        typer.Option("--reader", help="Sees the stations' files (all, where none is named), sends none."),
    ] = False,
    layout: Annotated[
        int | None,
        typer.Option(min=LAYOUTS[0], max=LAYOUTS[-1], help="EnviSoft's dated folders that a reader sees."),
    ] = None,
) -> None:
    """Add an account. The password comes from stdin, or is asked for."""
    with told_as_usage():
        cells.account_name(name)
    with told_as_usage("--stations"):
        codes = cells.codes(stations)
    with told_as_usage("--allow"):
        ranges = [cells.address_range(text) for text in allow or ()]
    if not codes and not reader:
        raise typer.BadParameter("a sending account needs at least one station", param_hint="--stations")
    if layout is not None and not reader:
        raise typer.BadParameter("only a reader has a layout; loggers use any folder", param_hint="--layout")
    hashed = hash_password(read_password(f"password of {name}"))
    with open_store(load()) as engine, writing(engine) as connection:
        accounts.add_account(connection, name, hashed, codes, ranges, reader, act_now(), layout or 0)
        _warn_of_unknown(connection, codes)
    say(f"account {name} is added")


@app.command("import")
def import_list(
    file: Annotated[Path, typer.Argument(metavar="F.csv", help="name,password,stations,allow")],
) -> None:
    """Add or update the accounts of a list, all or nothing; every bad line is reported (exit 65)."""
    lines = read_account_list(file.read_bytes())
    with open_store(load()) as engine:
        hashes = new_hashes(engine, lines)
        with writing(engine) as connection:
            added, changed, same = accounts.put_accounts(connection, lines, hashes.get, act_now())
            _warn_of_unknown(connection, [code for line in lines for code in line.stations or ()])
    say(f"accounts: {added} added, {changed} changed, {same} as they were")
    say("the list holds passwords in the clear: delete it")


@app.command()
def passwd(name: Name) -> None:
    """Change an account's password. The new one comes from stdin, or is asked for."""
    hashed = hash_password(read_password(f"new password of {name}"))
    with open_store(load()) as engine, writing(engine) as connection:
        accounts.set_password(connection, name, hashed, act_now())
    say(f"the password of {name} is changed")


@app.command()
def quota(
    name: Annotated[str, typer.Argument(metavar="NAME", help="The account's name, or key:NAME of a key.")],
    files: Annotated[int | None, typer.Option(min=1, help="Files a day; without it: any number.")] = None,
    mib: Annotated[int | None, typer.Option(min=1, help="MiB a day; without it: any number.")] = None,
) -> None:
    """Set how much may be uploaded on a day in Vietnam; without a number, without end."""
    limit = SenderQuota(files, None if mib is None else mib << 20)
    with open_store(load()) as engine, writing(engine) as connection:
        put_quota(connection, name, limit, act_now())
    say(f"{name}: {'no quota' if files is mib is None else 'the quota is set'}")


@app.command()
def disable(
    name: Name, undo: Annotated[bool, typer.Option("--undo", help="Open a disabled account again.")] = False
) -> None:
    """Close an account: it can log in no more. Its files stay."""
    with open_store(load()) as engine, writing(engine) as connection:
        accounts.set_disabled(connection, name, not undo, act_now())
    say(f"account {name} is {'open again' if undo else 'disabled'}")


@app.command("list")
def list_accounts(as_json: Annotated[bool, typer.Option("--json", help="One JSON array.")] = False) -> None:
    """Print all accounts, without their passwords."""
    settings = load()
    with open_store(settings) as engine, reading(engine) as connection:
        entries = accounts.all_accounts(connection)
        limits = quotas(connection)
    used = used_today(Path(settings.intake.journal), datetime.now(UTC))
    rows = [{**asdict(entry), **_today(limits.get(entry.name), used.get(entry.name))} for entry in entries]
    if as_json:
        print_json(rows)
    else:
        columns = [*accounts.AccountEntry.__dataclass_fields__, *_today(None, None)]
        print_table(columns, (row.values() for row in rows))


@app.command("bans")
def list_bans(as_json: Annotated[bool, typer.Option("--json", help="One JSON array.")] = False) -> None:
    """Print the addresses and accounts that are shut out after failed logins, on this host."""
    with _ban_file() as file:
        found = file.bans(datetime.now(UTC)) if file is not None else []
    if as_json:
        print_json(ban._asdict() for ban in found)
    else:
        print_table(Ban._fields, found)


@app.command()
def unban(
    which: Annotated[
        str | None, typer.Argument(metavar="[NAME|ADDRESS]", help="An account or an address; none: all.")
    ] = None,
) -> None:
    """Let an address, or an account and the addresses it failed from, log in again at once."""
    with _ban_file() as file:
        lifted = file.lift(which, datetime.now(UTC)) if file is not None else []
    for ban in lifted:
        say(f"lifted: {' at '.join(filter(None, (ban.account, ban.address)))}")
    if not lifted:
        say("nothing was banned" if which is None else f"{which} was not banned")


@contextmanager
def _ban_file() -> Iterator[BanFile | None]:
    """The bans beside this host's journal; None where no door was ever open."""
    journal = Path(load().intake.journal)
    if not ban_path(journal).is_file():
        yield None
        return
    try:
        with closing(BanFile(journal)) as file:
            yield file
    except OperationalError as error:  # locked for long: the door is writing
        raise TryAgainError(f"{ban_path(journal)} can not be used now: {error}") from error
    except DatabaseError as error:
        raise InputOutputError(
            f"{ban_path(journal)} can not be read ({error}); it may be deleted while qttd is stopped"
        ) from error


def new_hashes(engine: Engine, lines: list[AccountLine]) -> dict[str, str]:
    """Hashes of the passwords that differ from the present ones; on all cores, since each takes its time."""
    with reading(engine) as connection:
        present = accounts.password_hashes(connection)

    def hashed(line: AccountLine) -> str | None:
        known = present.get(line.name)
        if not line.password or (known is not None and verify_password(line.password, known)):
            return None
        return hash_password(line.password)

    with ThreadPoolExecutor() as threads:
        found = zip(lines, threads.map(hashed, lines), strict=True)
        return {line.name: text for line, text in found if text is not None}


def _today(limit: SenderQuota | None, use: Use | None) -> dict[str, int | None]:
    """A quota, and what was done of it today on this host."""
    files, size = limit or (None, None)
    done = use or Use(0, 0, 0)
    return {
        "quota_files": files,
        "quota_bytes": size,
        "files_today": done.files if limit else None,
        "bytes_today": done.bytes if limit else None,
        "refused_today": done.refused if limit else None,
    }


def _warn_of_unknown(connection: Connection, codes: list[str] | tuple[str, ...]) -> None:
    known = station_keys(connection)
    unknown = [code for code in codes if code_key(code) not in known]
    if unknown:
        say(f"warning: not declared yet: {', '.join(unknown)}; their files are kept and read once they are")
