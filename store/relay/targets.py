"""Relay targets: where verified files go, under which names, and since when.

A target's password is kept encrypted and is opened only by the sender that logs in with it. Every
change is audited and moves the revision "targets", by which the forwarder notices it. Station
maps are in store/relay/maps.py, what a new target has to catch up with in store/relay/backfill.py.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal, NamedTuple

from sqlalchemy import Connection, RowMapping, func, insert, select, update

from quality.relay_policy import StatusLines
from store.audit import Act, record
from store.revisions import bump
from store.tables import data_file, relay_item, relay_target

Send = Literal["verified", "as_received"]
Upload = Literal["rename", "direct"]

QUIET_DOORS = ("shadow", "import")
"""Doors of files that another server has received, and has relayed or will: no target gets them unasked."""


class TargetNameTakenError(Exception):
    """A target of this name exists; names are unique, and a disabled target keeps its own."""


class UnknownTargetError(Exception):
    """No target has this name."""


class TargetSettings(NamedTuple):
    """What an operator decides about a target."""

    url: str
    """Scheme, user, host, port and path; never a password."""
    layout: int = 0
    """EnviSoft's number of the dated folder, 0-9 (store/files/folder_layouts.py)."""
    send: Send = "verified"
    every_minutes: int | None = None
    """Files wait for the next multiple of so many minutes of the Vietnam day; None: each goes at once."""
    from_at: datetime | None = None
    """Files measured from then on; None: what arrives from the target's creation on."""
    upload: Upload = "rename"
    status_lines: StatusLines = "keep"
    also: str = ""
    """Quiet doors whose files it gets too, separated by `;`."""
    trust: str = ""
    """By what it proves that it is the target (forwarder/target_trust.py); nothing secret."""


@dataclass(frozen=True)
class Target:
    """A target as it is in the store."""

    id: int
    name: str
    url: str
    secret: str | None = field(repr=False)
    """The password or private key, encrypted; None where none is needed."""
    trust: str
    layout: int
    send: Send
    every_minutes: int | None
    from_at: datetime | None
    upload: Upload
    status_lines: StatusLines
    also: str
    mapped: bool
    """Only stations of its map go there."""
    disabled: bool
    created_at: datetime
    after_file: int
    """The ledger's newest id when the target was made: no clock can be set wrong on that."""

    def takes(self, file_id: int, measured_at: datetime, door: str) -> bool:
        """Whether a file came in the target's time (TargetSettings.from_at), and by a door it takes from."""
        if door in QUIET_DOORS and door not in self.also.split(";"):
            return False
        if self.from_at is not None:
            return measured_at >= self.from_at
        return file_id > self.after_file


_COLUMNS = [relay_target.c[name] for name in Target.__dataclass_fields__]


def all_targets(connection: Connection) -> list[Target]:
    """Every target, disabled ones too, by name."""
    rows = connection.execute(select(*_COLUMNS).order_by(relay_target.c.name)).mappings()
    return [_target(row) for row in rows]


def active_targets(connection: Connection) -> list[Target]:
    """The targets that files are queued for, oldest first."""
    query = select(*_COLUMNS).where(~relay_target.c.disabled).order_by(relay_target.c.id)
    return [_target(row) for row in connection.execute(query).mappings()]


def target_named(connection: Connection, name: str) -> Target:
    """The target of this name. Raises UnknownTargetError."""
    row = connection.execute(select(*_COLUMNS).where(relay_target.c.name == name)).mappings().one_or_none()
    if row is None:
        raise UnknownTargetError(f"there is no target {name!r}; `qttd target list` names them")
    return _target(row)


def add_target(
    connection: Connection, act: Act, name: str, settings: TargetSettings, secret: str | None
) -> Target:
    """Adds a target; secret is the password, already encrypted.

    With a start date it first catches up with what the ledger already holds from that date on.
    Raises TargetNameTakenError.
    """
    if connection.scalar(select(relay_target.c.id).where(relay_target.c.name == name)) is not None:
        raise TargetNameTakenError(f"a target named {name!r} exists already; choose another name")
    newest = connection.scalar(select(func.max(data_file.c.id))) or 0
    values: dict[str, Any] = {
        **settings._asdict(),
        "name": name,
        "secret": secret,
        "created_at": act.at,
        "after_file": newest,
    }
    connection.execute(insert(relay_target).values(**values))
    target = target_named(connection, name)
    if settings.from_at is not None:
        ask_backfill(connection, target.id)
    detail = {**settings._asdict(), "from_at": settings.from_at.isoformat() if settings.from_at else None}
    record(connection, act, "target.add", name, detail)
    bump(connection, "targets")
    return target


def disable_target(connection: Connection, act: Act, name: str) -> None:
    """Stops relaying to a target. What waits for it stays, and goes when it is enabled again."""
    _change(connection, act, name, "target.disable", disabled=True)


def enable_target(connection: Connection, act: Act, name: str) -> None:
    """Relays to a disabled target again, beginning with what came in between."""
    _change(connection, act, name, "target.enable", disabled=False)
    ask_backfill(connection, target_named(connection, name).id)


def change_secret(connection: Connection, act: Act, name: str, secret: str) -> None:
    """Gives a target a new password, already encrypted. The log says that it changed, and no more."""
    _change(connection, act, name, "target.passwd", secret=secret)


def change_target(
    connection: Connection, act: Act, name: str, changes: Mapping[str, str], secret: str | None
) -> None:
    """Moves a target: `changes` may hold url, trust and upload; a secret, already encrypted, where it is new.

    Its outbox stays as it is: what was sent counts as sent, what waits goes to the new place.
    """
    values = dict(changes) if secret is None else {**changes, "secret": secret}
    _change(connection, act, name, "target.change", {**changes, "secret": secret is not None}, **values)


def ask_backfill(connection: Connection, target_id: int) -> None:
    """Has the forwarder look through the ledger as it is now for files that are due to the target.

    Files that come later are queued as they come, so the two together miss none.
    """
    newest = connection.scalar(select(func.max(data_file.c.id))) or 0
    connection.execute(
        update(relay_target)
        .where(relay_target.c.id == target_id)
        .values(backfill_after=0, backfill_until=newest)
    )


def _change(
    connection: Connection,
    act: Act,
    name: str,
    action: str,
    detail: Mapping[str, Any] | None = None,
    **values: Any,
) -> None:
    target = target_named(connection, name)
    connection.execute(update(relay_target).where(relay_target.c.id == target.id).values(**values))
    # What failed before the change is no reason to wait after it.
    paused = (relay_item.c.target_id == target.id, relay_item.c.next_try_at.is_not(None))
    connection.execute(
        update(relay_item).where(*paused, relay_item.c.state == "waiting").values(next_try_at=None)
    )
    record(connection, act, action, name, detail)
    bump(connection, "targets")


def _target(row: RowMapping) -> Target:
    return Target(**row)
