"""What the doctor asks of the store: where what was declared and what came do not fit together."""

from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, and_, false, func, select

from quality.slots import day_start
from store.slots.first_days import EARLIEST
from store.tables import account, audit_log, channel, data_file, parameter, reading, station

BACKUP_MADE = "backup.make"
"""What the audit log calls a backup; `qttd backup` writes it."""


class FirstReading(NamedTuple):
    """Where a station's account of slots begins, when nobody said where."""

    code: str
    measured_at: datetime
    arrived_at: datetime
    """When the station's first file came."""


class Declared(NamedTuple):
    """How much there is that could be wrong."""

    senders: int
    """Accounts that may send."""
    stations: int


def declared(connection: Connection) -> Declared:
    """How many accounts and stations there are."""
    senders = select(func.count()).where(account.c.reader == false(), account.c.disabled == false())
    stations = select(func.count()).select_from(station)
    return Declared(connection.scalar(senders) or 0, connection.scalar(stations) or 0)


def newest_arrival(connection: Connection) -> datetime | None:
    """When the latest file arrived, by the clock of that time."""
    newest: datetime | None = connection.scalar(select(func.max(data_file.c.received_at)))
    return newest


def newest_backup(connection: Connection) -> datetime | None:
    """When the latest backup was made with `qttd backup`."""
    # from the newest line back: with a backup each night few are looked at
    query = select(audit_log.c.at).where(audit_log.c.action == BACKUP_MADE)
    newest: datetime | None = connection.scalar(query.order_by(audit_log.c.id.desc()).limit(1))
    return newest


def accounts_that_never_sent(connection: Connection) -> list[str]:
    """Accounts that may send and of which no file ever came, by name."""
    sent = select(data_file.c.id).where(data_file.c.account == account.c.name).exists()
    query = select(account.c.name).where(account.c.reader == false(), account.c.disabled == false(), ~sent)
    return list(connection.scalars(query.order_by(account.c.name)))


def stations_without_channels(connection: Connection) -> list[str]:
    """Codes of stations of which no parameter is declared."""
    declared = select(channel.c.id).where(channel.c.station_id == station.c.id).exists()
    return list(connection.scalars(select(station.c.code).where(~declared).order_by(station.c.code_key)))


def first_readings(connection: Connection) -> list[FirstReading]:
    """Of each station that has readings and no in_service_from: the one its account begins with. By code."""
    measured = (
        select(func.min(reading.c.measured_at))
        .where(reading.c.station_id == station.c.id, reading.c.measured_at >= day_start(EARLIEST))
        .correlate(station)
        .scalar_subquery()
    )
    arrived = (
        select(func.min(data_file.c.received_at))
        .where(data_file.c.station_id == station.c.id)
        .correlate(station)
        .scalar_subquery()
    )
    query = select(station.c.code, measured.label("measured_at"), arrived.label("arrived_at")).where(
        station.c.in_service_from.is_(None)
    )
    rows = connection.execute(query.order_by(station.c.code_key))
    return [FirstReading(*row) for row in rows if row.measured_at is not None and row.arrived_at is not None]


def undeclared_parameters(connection: Connection, since: datetime) -> list[tuple[str, str]]:
    """(station, parameter) of readings measured since then whose parameter is no channel of the station."""
    query = (
        select(station.c.code, parameter.c.code)
        .join(reading, and_(reading.c.station_id == station.c.id, reading.c.measured_at >= since))
        .join(parameter, parameter.c.id == reading.c.parameter_id)
        .outerjoin(
            channel,
            and_(channel.c.station_id == station.c.id, channel.c.parameter_id == reading.c.parameter_id),
        )
        .where(channel.c.id.is_(None))
        .distinct()
        .order_by(station.c.code, parameter.c.code)
    )
    return [(row[0], row[1]) for row in connection.execute(query)]
