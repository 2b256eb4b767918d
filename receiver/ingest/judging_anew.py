"""Readings judged anew, because their symbol was declared or its channel changed.

What came before a channel was declared stands under the symbol's own parameter, flagged
undeclared. Declaring the channel moves it to the channel's parameter, in the channel's unit,
and lets it go to the ministry. It is done a chunk a transaction, oldest first; a crash starts
the job from its beginning, which changes nothing that was done already.
"""

from datetime import datetime

from sqlalchemy import Connection

from quality.conflict import contradicted
from quality.review import pins
from store.files import ledger
from store.network.snapshot import Network
from store.readings import written as readings
from store.readings.judge_again import Job
from store.readings.rejudging import judged as judged_now
from store.readings.written import Key, ReadingRow, key_of
from store.relay.outbox import queue
from store.relay.targets import active_targets
from store.reviews import reviewing as reviews

CHUNK = 2000
"""Readings judged in one transaction: a fraction of a second, so that arrivals do not wait."""


def judge_chunk(
    connection: Connection,
    network: Network,
    job: Job,
    after: datetime | None,
    now: datetime,
) -> datetime | None:
    """Judges the next readings of a job; the time reached, or None when none is left."""
    rows = readings.with_symbol(connection, job.station_id, job.symbol, after, CHUNK)
    entry = network.channels.get(job.station_id, {}).get(job.symbol)
    if not rows or entry is None:
        return None
    if len(rows) == CHUNK:
        # the next chunk begins after this one's last time, which may hold a reading more
        last = rows[-1]["measured_at"]
        rows = [row for row in rows if row["measured_at"] < last]
    readings.move_beside(connection, job.station_id, job.symbol, entry.parameter_id)
    moved_from: list[Key] = []
    followed: list[tuple[Key, Key]] = []
    rejections = network.rejections.get(job.station_id, ())
    in_force: dict[Key, ReadingRow] = {}
    beside: list[ReadingRow] = []
    touched: list[ReadingRow] = []
    changed = [(row, judged) for row in rows if (judged := judged_now(row, entry, network)) != row]
    moments = {(row["station_id"], row["measured_at"]) for row, _ in changed}
    standing = readings.in_force(connection, moments, for_update=True)
    for row, judged in changed:
        touched.append(judged)
        key = key_of(judged)
        other = standing.get(key)
        if key == key_of(row) or other is None:
            winner = judged
        else:
            winner, loser = _by_arrival(judged, other)
            if _differ(winner, loser):
                beside.append(loser)
                winner = {**winner, "flags": contradicted(winner["flags"])}
        if key != key_of(row):
            moved_from.append(key_of(row))
            if row["review"] is not None:
                followed.append((key_of(row), key))
            elif other is None and any(one.covers(*key[1:]) for one in rejections):
                winner = {**winner, "review": "rejected", "valid": False}
        standing[key] = in_force[key] = winner
    readings.remove(connection, moved_from)
    readings.replace(connection, list(in_force.values()))
    readings.keep_beside(connection, beside)
    if followed:
        reviews.follow(connection, job.station_id, followed)
    readings.mark_dirty(connection, {(row["station_id"], row["measured_at"]) for row in touched})
    files = ledger.queued_files(connection, {row["file_id"] for row in touched})
    if files:
        queue(connection, active_targets(connection), files, now)
    return rows[-1]["measured_at"]


def _by_arrival(one: ReadingRow, other: ReadingRow) -> tuple[ReadingRow, ReadingRow]:
    """The one that stands, then the one that is kept beside: what a person accepted or corrected stands."""
    if pins(one["review"]) != pins(other["review"]):
        return (one, other) if pins(one["review"]) else (other, one)
    first, second = sorted((one, other), key=lambda row: (row["received_at"], row["file_id"], row["line"]))
    return first, second


def _differ(one: ReadingRow, other: ReadingRow) -> bool:
    return any(one[name] != other[name] for name in ("value", "unit", "status"))
