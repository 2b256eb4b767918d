"""`qttd audit`: who did what, and whether the log of it is whole."""

import re
from collections.abc import Iterator
from email import message_from_bytes
from pathlib import Path
from typing import Annotated

import typer
from sqlalchemy import Engine

from qttd.errors import BadDataError, InputOutputError, UsageError
from qttd.output import counted, print_json, print_table, say
from qttd.period import span
from qttd.settings import load
from qttd.store_access import open_store
from store import audit, audit_heads
from store.engine import reading

app = typer.Typer(rich_markup_mode=None, help="Who did what, and whether the log of it is whole.")
_PAGE = 500
_COLUMNS = ("id", "at", "who", "action", "subject", "detail")
_HASH = re.compile(r"[0-9a-f]{64}")
_HEAD = re.compile(r"audit-head\s+\S+\s+([0-9]+)\s+([0-9a-f]{64})")
"""As the herald writes it (forwarder/audit_herald.py), wherever in a saved message it stands."""


@app.command("list")
def list_entries(
    who: Annotated[str | None, typer.Option(metavar="WHO", help="Only theirs: user:lan, cli:root.")] = None,
    action: Annotated[
        str | None, typer.Option(metavar="ACTION", help="Only these: station.add, or all of station.")
    ] = None,
    from_: Annotated[str | None, typer.Option("--from", metavar="D", help="Done from then on.")] = None,
    to: Annotated[str | None, typer.Option("--to", metavar="D", help="Done up to that day.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON array.")] = False,
) -> None:
    """Print the log, the first line first."""
    begin, end = span(from_, to)

    def lines(engine: Engine) -> Iterator[audit.Entry]:
        """Page by page, so that years of them are not held in memory."""
        after = None
        while True:
            with reading(engine) as connection:
                page = audit.entries(
                    connection, _PAGE, after=after, who=who, action=action, since=begin, until=end
                )
            yield from page
            if len(page) < _PAGE:
                return
            after = page[-1].id

    with open_store(load()) as engine:
        if as_json:
            print_json(line._asdict() for line in lines(engine))
        else:
            print_table(_COLUMNS, (line[:6] for line in lines(engine)))


@app.command()
def verify(
    head: Annotated[
        list[str] | None, typer.Option(metavar="HASH", help="A head that was sent out; may be repeated.")
    ] = None,
    head_file: Annotated[
        list[Path] | None,
        typer.Option(metavar="FILE", help="A saved message with heads in it; may be repeated."),
    ] = None,
) -> None:
    """Say whether the log is what was written; exit 65 naming every line where it is not.

    With heads that were sent out of the house it is also found when its end was cut off, or all of it made
    anew.
    """
    known = _heads(head or [], head_file or [])
    with open_store(load()) as engine, reading(engine) as connection:
        flaws = audit.verify(connection, known)
        last = audit.head(connection)
    if flaws:
        raise BadDataError("\n".join(f"line {flaw.id}: {flaw.what}" for flaw in flaws))
    if last is None:
        say("the log is empty")
        return
    proof = f", and holds the {len(known)} heads given" if known else ""
    say(f"the log is whole: {counted(last.id, 'line')}{proof}; the last one's hash:")
    typer.echo(last.hash)


@app.command()
def heads(as_json: Annotated[bool, typer.Option("--json", help="One JSON array.")] = False) -> None:
    """Print each day's head, the newest first, and whether it has left the house."""
    with open_store(load()) as engine, reading(engine) as connection:
        found = audit_heads.heads(connection)
    if as_json:
        print_json({**one._asdict(), "day": one.day.isoformat()} for one in found)
    else:
        print_table(audit_heads.AuditHead._fields, found)


def _heads(hashes: list[str], files: list[Path]) -> dict[str, int | None]:
    known: dict[str, int | None] = {}
    for text in hashes:
        if not _HASH.fullmatch(text.strip().lower()):
            raise UsageError(f"--head: {text!r} is no hash (64 hexadecimal digits)")
        known[text.strip().lower()] = None
    for file in files:
        try:
            content = file.read_bytes()
        except OSError as error:
            raise InputOutputError(f"{error.strerror}: {file}") from error
        found = _HEAD.findall(_text_of(content))
        if not found:
            raise BadDataError(f"{file} holds no head: a line `audit-head DAY ID HASH`")
        known |= {digest: int(number) for number, digest in found}
    return known


def _text_of(content: bytes) -> str:
    """What a file says: as it stands, and, where it is a saved message, what its parts say."""
    texts = [content.decode("utf-8", "replace")]
    for part in message_from_bytes(content).walk():
        payload = part.get_payload(decode=True)
        if isinstance(payload, bytes):
            texts.append(payload.decode("utf-8", "replace"))
    return "\n".join(texts)
