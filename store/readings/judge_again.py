"""Which readings are to be judged anew, because their symbol was declared or its channel changed.

Of a station that has none yet there is nothing to do: what comes is judged by its channels as they are then.
"""

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, delete, exists, select

from store.tables import judge_again, reading, reading_version
from store.upsert import insert_for


class Job(NamedTuple):
    """All readings of a station that came under a symbol."""

    station_id: int
    symbol: str
    asked_at: datetime


def ask(connection: Connection, station_id: int, symbols: Collection[str], now: datetime) -> None:
    """Asks for the readings that came under the symbols. Asking again starts from the beginning.

    In a transaction that writes alone: no reading of the station may come in before the channels are changed.
    """
    if not _any_reading(connection, station_id):
        return
    rows = [{"station_id": station_id, "symbol": symbol, "asked_at": now} for symbol in set(symbols)]
    if rows:
        statement = insert_for(connection, judge_again)
        connection.execute(
            statement.on_conflict_do_update(
                index_elements=["station_id", "symbol"], set_={"asked_at": statement.excluded.asked_at}
            ),
            rows,
        )


def jobs(connection: Connection) -> list[Job]:
    """What is asked for, in the order of asking."""
    query = select(judge_again.c.station_id, judge_again.c.symbol, judge_again.c.asked_at)
    return [Job(*row) for row in connection.execute(query.order_by(judge_again.c.asked_at))]


def done(connection: Connection, job: Job) -> None:
    """Takes a job off the list, unless it was asked for anew meanwhile."""
    connection.execute(
        delete(judge_again).where(
            judge_again.c.station_id == job.station_id,
            judge_again.c.symbol == job.symbol,
            judge_again.c.asked_at == job.asked_at,
        )
    )


def _any_reading(connection: Connection, station_id: int) -> bool:
    """Whether the station has readings, in force or kept beside."""
    kept = (exists().where(table.c.station_id == station_id) for table in (reading, reading_version))
    return any(connection.scalar(select(one)) for one in kept)
