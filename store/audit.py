"""The audit log: who changed what, and when. Written with the change, never altered, chained by hash.

Each row carries the hash of the row before it and its own, over everything it says, so that a row which
was altered, removed or put in is found (`verify`). Whoever owns the database could compute the whole chain
anew; against that the day's last hash leaves the house (store/audit_heads.py). Writers take turns, because
a chain has one end. `detail` holds no secret: a changed password is recorded as changed, and no more.
"""

import json
from collections.abc import Iterator, Mapping
from datetime import datetime
from hashlib import sha256
from typing import Any, NamedTuple

from sqlalchemy import Connection, insert, select

from store.postgres import AUDITING, take_lock
from store.tables import audit_log
from store.time_type import to_millis

BEGINNING = "0" * 64
"""What stands before the first row."""
_NUL_SHOWN = "\u2400"
_CHUNK = 1000


class Act(NamedTuple):
    """Who acts, and when: every administrative change is told both."""

    who: str
    """A person or program, by where it came from: `cli:root`, `user:lan`, `key:phongmt`."""
    at: datetime
    """Aware."""


class Entry(NamedTuple):
    """One line of the log."""

    id: int
    at: datetime
    """UTC."""
    who: str
    action: str
    """A noun and a verb: `station.add`, `account.disable`."""
    subject: str
    detail: dict[str, Any]
    prev: str
    """The hash of the line before."""
    hash: str


class Head(NamedTuple):
    """A line and its hash: the log as it was when that line was its last."""

    id: int
    hash: str


class Flaw(NamedTuple):
    """Where the log is not what was written."""

    id: int
    """Of the line at which it shows."""
    what: str


def record(
    connection: Connection, act: Act, action: str, subject: str, detail: Mapping[str, Any] | None = None
) -> None:
    """Adds one line. Call it in the transaction of the change it records."""
    take_lock(connection, AUDITING)
    last = head(connection)
    # as it will be read back: keys are texts, tuples are lists, a NUL is its picture (store/postgres.py)
    said = json.loads(json.dumps(dict(detail or {}), default=str).replace("\\u0000", _NUL_SHOWN))
    who, action, subject = (text.replace("\0", _NUL_SHOWN) for text in (act.who, action, subject))
    number, prev = (1, BEGINNING) if last is None else (last.id + 1, last.hash)
    connection.execute(
        insert(audit_log).values(
            id=number,
            at=act.at,
            who=who,
            action=action,
            subject=subject,
            detail=said,
            prev=prev,
            hash=hash_of(number, act.at, who, action, subject, said, prev),
        )
    )


def hash_of(
    number: int, at: datetime, who: str, action: str, subject: str, detail: Mapping[str, Any], prev: str
) -> str:
    """SHA-256, hexadecimal, over the canonical JSON of everything that a line says.

    An array of id, milliseconds since 1970 UTC, who, action, subject, detail with sorted keys, and the hash
    before, in UTF-8 without spaces: any language can compute it again.
    """
    told = [number, to_millis(at), who, action, subject, detail, prev]
    text = json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def head(connection: Connection) -> Head | None:
    """The last line; None where nothing was recorded yet."""
    query = select(audit_log.c.id, audit_log.c.hash).order_by(audit_log.c.id.desc()).limit(1)
    row = connection.execute(query).one_or_none()
    return None if row is None else Head(*row)


def verify(connection: Connection, heads: Mapping[str, int | None] | None = None) -> list[Flaw]:
    """Every place at which the log is not what was written; empty: it is whole.

    heads: hashes that were sent out of the house, each with its line's id where that is known. One that the
    log does not hold (there) shows that its end was cut off, or that all of it was made anew.
    """
    flaws: list[Flaw] = []
    missing = dict(heads or {})
    before = Head(0, BEGINNING)
    for line in walk(connection):
        if line.id != before.id + 1:
            flaws.append(Flaw(line.id, f"lines {before.id + 1} to {line.id - 1} are not there"))
        elif line.prev != before.hash:
            flaws.append(Flaw(line.id, f"it does not follow line {before.id}: one of them was replaced"))
        if line.hash != hash_of(*line[:7]):
            flaws.append(Flaw(line.id, "it is not what was written"))
        if line.hash in missing and missing[line.hash] in (None, line.id):
            del missing[line.hash]
        before = Head(line.id, line.hash)
    for digest, number in missing.items():
        at = before.id if number is None else number
        flaws.append(Flaw(at, f"the log does not hold the head {digest}: it was cut off or made anew"))
    return flaws


def walk(connection: Connection) -> Iterator[Entry]:
    """Every line, the first one first, a chunk at a time."""
    after = None
    while True:
        page = entries(connection, _CHUNK, after=after)
        yield from page
        if len(page) < _CHUNK:
            return
        after = page[-1].id


def entries(
    connection: Connection,
    limit: int = 1000,
    *,
    after: int | None = None,
    newest_first: bool = False,
    who: str | None = None,
    action: str | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
) -> list[Entry]:
    """Lines in order, from the one after the id `after` on (before it, with the newest first).

    action: a whole one, or a noun with all its verbs. since <= at < until.
    """
    query = select(*(audit_log.c[name] for name in Entry._fields))
    if who is not None:
        query = query.where(audit_log.c.who == who)
    if action is not None:
        query = query.where((audit_log.c.action == action) | audit_log.c.action.startswith(f"{action}."))
    if since is not None:
        query = query.where(audit_log.c.at >= since)
    if until is not None:
        query = query.where(audit_log.c.at < until)
    if after is not None:
        query = query.where(audit_log.c.id < after if newest_first else audit_log.c.id > after)
    order = audit_log.c.id.desc() if newest_first else audit_log.c.id
    return [Entry(*row) for row in connection.execute(query.order_by(order).limit(limit))]
