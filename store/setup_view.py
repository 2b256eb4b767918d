"""What has been set up so far, as the page shows it to whoever has just installed the system."""

from typing import NamedTuple

from sqlalchemy import Connection, Table, exists, false, select

from store.tables import account, channel, data_file, relay_target, station


class Setup(NamedTuple):
    """Whether there is any of each, in the order in which they are set up."""

    stations: bool
    channels: bool
    accounts: bool
    """That may send."""
    files: bool
    targets: bool

    @property
    def done(self) -> bool:
        """Whether files can come, and have come. Without a target there is no relay, which may be meant."""
        return all(self[:4])


def setup_so_far(connection: Connection) -> Setup:
    """What there is."""

    def any_of(table: Table) -> bool:
        # by the key: the ledger is never scanned
        return bool(connection.scalar(select(exists().where(table.c.id > 0))))

    sending = select(exists().where(account.c.reader == false()))
    return Setup(
        stations=any_of(station),
        channels=any_of(channel),
        accounts=bool(connection.scalar(sending)),
        files=any_of(data_file),
        targets=any_of(relay_target),
    )
