"""Quotas of senders, as administration sets them; receiver/admission/quotas.py counts what was sent."""

from typing import NamedTuple

from sqlalchemy import Connection, delete, select

from store import revisions
from store.access.accounts import AccountProblemError
from store.audit import Act, record
from store.tables import account, api_key, upload_quota
from store.upsert import insert_for

KEY = "key:"
"""Begins the name of a sender that is a key of `qttd apikey`."""


class SenderQuota(NamedTuple):
    """How much a sender may upload on a day in Vietnam; None: without end."""

    files: int | None
    bytes: int | None


def quotas(connection: Connection) -> dict[str, SenderQuota]:
    """Every sender that has one, by the name that the ledger gives it."""
    rows = connection.execute(select(upload_quota.c.sender, upload_quota.c.files, upload_quota.c.bytes))
    return {row.sender: SenderQuota(row.files, row.bytes) for row in rows}


def put_quota(connection: Connection, sender: str, quota: SenderQuota, act: Act) -> None:
    """Sets a sender's quota; one without any limit is none. Raises AccountProblemError for nobody's name."""
    known = (
        select(api_key.c.id).where(api_key.c.name == sender.removeprefix(KEY))
        if sender.startswith(KEY)
        else select(account.c.id).where(account.c.name == sender)
    )
    if connection.scalar(known) is None:
        raise AccountProblemError(f"there is no account {sender}; `qttd account list` names them all")
    values = quota._asdict()
    if quota.files is None and quota.bytes is None:
        connection.execute(delete(upload_quota).where(upload_quota.c.sender == sender))
    else:
        statement = insert_for(connection, upload_quota).values(sender=sender, **values)
        connection.execute(statement.on_conflict_do_update(index_elements=["sender"], set_=values))
    record(connection, act, "account.quota", sender, values)
    revisions.bump(connection, "accounts")
