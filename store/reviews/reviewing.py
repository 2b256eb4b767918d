"""Reviewing (kiểm duyệt): a person accepts, rejects or corrects readings, or undoes that.

A review is added and never altered; undoing is another review. What it changed is kept per reading, before
and after. It runs alone with the store (store.engine.writing), so nothing arrives half-way: what stands
after it is settled by store/reviews/fold.py, counted anew, and issued again to every target.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Literal, NamedTuple

from sqlalchemy import Connection, insert, select, update

from quality.review import UNDECLARED, stands
from quality.review_order import Given, said_of
from quality.verdict import flags_from_json
from store import revisions
from store.audit import Act, record
from store.bulk import insert_rows
from store.files import ledger
from store.lists.csv_table import MOST
from store.network.snapshot import Station
from store.readings import written as readings
from store.readings.written import Key, ReadingRow, key_of
from store.relay.outbox import queue, wake
from store.relay.targets import active_targets
from store.reviews.closed_days import refuse_closed
from store.reviews.fold import Change, fold
from store.reviews.problem import ReviewProblemError
from store.reviews.reach import PIECE, Reach, count, pieces
from store.signs.days import look_again
from store.tables import reading_review, reading_version, review, review_attachment, station
from store.time_type import to_millis

MOST_READINGS = 100_000
"""Readings that one review may touch: a month of eleven parameters. Arrivals wait meanwhile."""
MOST_BYTES = 4 * 1024 * 1024
"""Of an attachment."""
LONGEST_REASON = 4000
_FILES = 1000
"""Files issued again at once."""

Tell = Callable[[float], None]
"""Told which part of the readings is done, where they are many."""


def _nobody(_share: float) -> None:
    return


Verb = Literal["accept", "reject", "correct"]
_STANDING = (
    "file_id", "line", "text", "unit", "status", "value", "valid", "release_at", "review", "reviewed_value",
)  # fmt: skip


class Attachment(NamedTuple):
    """A file that a reviewer adds: a calibration record, a letter."""

    name: str
    content: bytes


@dataclass(frozen=True)
class Wish:
    """What a reviewer asks for."""

    station_id: int
    verb: Verb
    from_at: datetime
    to_at: datetime
    """Not included."""
    parameter_ids: frozenset[int] | None
    """None: every parameter."""
    reason: str
    value: float | None = None
    """Of a correction: the number that counts, in the channel's unit. Else factor and shift say it."""
    factor: float | None = None
    shift: float | None = None
    file_id: int | None = None
    """Of an acceptance: the file whose value is to stand, where several came for one time."""
    attachment: Attachment | None = None


class Reviewed(NamedTuple):
    """A review that was given."""

    id: int
    readings: int
    """It speaks of so many."""
    passed_over: int
    """Readings of its range to which it could not apply: without a number, undeclared."""


def give(connection: Connection, wish: Wish, act: Act, tell: Tell = _nobody) -> Reviewed:
    """Gives a review. Raises ReviewProblemError for what cannot be meant, ClosedDayError on a closed day."""
    _check(wish)
    of = _station(connection, wish.station_id)
    refuse_closed(connection, of.id, wish.from_at, wish.to_at)
    reach = Reach(of.id, wish.from_at, wish.to_at, wish.parameter_ids)
    total = count(connection, reach, MOST_READINGS + 1)
    if total > MOST_READINGS:
        raise ReviewProblemError("to", f"more than {MOST_READINGS} readings at once; review it in parts")
    if wish.file_id is not None and not total:
        raise ReviewProblemError("at", "there is no reading of that parameter at that time")
    review_id = _add(connection, wish, act)
    work = _Work(connection, of, review_id, act)
    looked_at = 0
    for piece in pieces(connection, reach):
        rows = {key_of(row): row for row in piece}
        seen = rows if wish.file_id is None else _chosen(connection, rows, wish.file_id)
        meant = {key: row for key, row in seen.items() if wish.verb == "reject" or _can_stand(row, wish)}
        new = {key: _given(review_id, wish, row) for key, row in meant.items()}
        work.fold([rows[key] for key in meant], new)
        looked_at += len(piece)
        if total > PIECE:
            tell(looked_at / total)
    if not work.readings and wish.verb != "reject":
        raise ReviewProblemError("from", _nothing_meant(total, wish.verb))
    given = Reviewed(review_id, work.readings, total - work.readings)
    work.finish(given.passed_over)
    if wish.verb == "reject":
        # ingest carries rejections with the network: they hold for what comes later
        revisions.bump(connection, "network")
    detail = {"station": of.code, "review": review_id, "readings": given.readings, "reason": wish.reason}
    record(connection, act, f"review.{wish.verb}", of.code, detail)
    return given


def undo(connection: Connection, review_id: int, reason: str, act: Act, tell: Tell = _nobody) -> Reviewed:
    """Undoes a review, for good: to have it again it is given again. Raises as `give` does.

    However many readings it holds by now: a rejected stretch goes on taking in what comes.
    """
    _check_reason(reason)
    undone = connection.execute(select(review).where(review.c.id == review_id)).one_or_none()
    if undone is None:
        raise ReviewProblemError("id", f"there is no review {review_id}")
    if undone.action == "undo":
        raise ReviewProblemError("id", f"review {review_id} undoes another one; give that one again instead")
    if connection.scalar(select(review.c.id).where(review.c.undoes == review_id)) is not None:
        raise ReviewProblemError("id", f"review {review_id} is undone already")
    of = _station(connection, undone.station_id)
    refuse_closed(connection, of.id, undone.from_at, undone.to_at)
    undoing = connection.execute(
        insert(review)
        .values(
            station_id=of.id,
            action="undo",
            from_at=undone.from_at,
            to_at=undone.to_at,
            parameters=undone.parameters,
            undoes=review_id,
            who=act.who,
            at=act.at,
            reason=reason,
            readings=0,
            passed_over=0,
        )
        .returning(review.c.id)
    ).scalar_one()
    # a rejection was also carried by what came after it
    carried = undone.parameters if undone.action == "reject" else ()
    reach = Reach(of.id, undone.from_at, undone.to_at, carried, touched_by=review_id)
    total = count(connection, reach)
    work = _Work(connection, of, undoing, act)
    for piece in pieces(connection, reach):
        work.fold(piece, {})
        if total > PIECE:
            tell(work.readings / total)
    work.finish()
    if undone.action == "reject":
        revisions.bump(connection, "network")
    detail = {"station": of.code, "review": undoing, "undoes": review_id, "reason": reason}
    record(connection, act, "review.undo", of.code, detail)
    return Reviewed(undoing, work.readings, 0)


def follow(connection: Connection, station_id: int, moves: Collection[tuple[Key, Key]]) -> None:
    """Lets reviews follow readings whose symbol is now declared for another parameter."""
    to = dict(moves)
    moments = {key[1] for key in to}
    history = select(reading_review).where(
        reading_review.c.station_id == station_id,
        reading_review.c.measured_at.between(min(moments), max(moments)),
    )
    rows = []
    for row in connection.execute(history).mappings():
        new = to.get((row["station_id"], row["measured_at"], row["parameter_id"]))
        if new is not None:
            rows.append({**row, "parameter_id": new[2]})
    insert_rows(connection, reading_review, rows)
    moved = readings.in_force(connection, {key[:2] for key in to.values()})
    fold(connection, _station(connection, station_id), [moved[key] for key in to.values() if key in moved])


def _check(wish: Wish) -> None:
    _check_reason(wish.reason)
    if wish.from_at >= wish.to_at:
        raise ReviewProblemError("to", "must be later than `from`")
    if wish.parameter_ids is not None and not wish.parameter_ids:
        raise ReviewProblemError("parameters", "none is named; leave it out to mean all")
    numbers = {"value": wish.value, "factor": wish.factor, "offset": wish.shift}
    given = {name: number for name, number in numbers.items() if number is not None}
    for name, number in given.items():
        if not abs(number) <= MOST:
            raise ReviewProblemError(
                name, "must be a number of at most 10¹⁵, above which nothing is measured"
            )
    if wish.verb != "correct":
        if given:
            raise ReviewProblemError(next(iter(given)), f"has no meaning where readings are {wish.verb}ed")
    elif not given:
        raise ReviewProblemError("value", "a correction needs a number: `value`, or `factor` and `offset`")
    elif wish.value is not None and len(given) > 1:
        raise ReviewProblemError("value", "either `value`, or `factor` and `offset`")
    elif wish.factor is not None and abs(wish.factor) < 1 / MOST:
        raise ReviewProblemError("factor", "would turn every value into 0")
    if wish.file_id is not None:
        if wish.verb != "accept":
            raise ReviewProblemError("file_id", "chooses which value is accepted; nothing else")
        single = to_millis(wish.to_at) - to_millis(wish.from_at) == 1
        if not single or wish.parameter_ids is None or len(wish.parameter_ids) != 1:
            raise ReviewProblemError("file_id", "needs one time (`at`) and one parameter")
    attached = wish.attachment
    if attached is not None:
        if not attached.name.strip() or len(attached.name) > 255 or "\0" in attached.name:
            raise ReviewProblemError("attachment", "needs a name of at most 255 characters")
        if not attached.content or len(attached.content) > MOST_BYTES:
            raise ReviewProblemError("attachment", f"must have 1 to {MOST_BYTES} bytes")


def _check_reason(reason: str) -> None:
    if not reason.strip() or "\0" in reason or len(reason) > LONGEST_REASON:
        raise ReviewProblemError("reason", f"must say why, in at most {LONGEST_REASON} characters")


def _station(connection: Connection, station_id: int) -> Station:
    query = select(station.c.id, station.c.code, station.c.review).where(station.c.id == station_id)
    return Station(*connection.execute(query).one())


def _can_stand(row: ReadingRow, wish: Wish) -> bool:
    flags = flags_from_json(row["flags"])
    if any(flag.rule == UNDECLARED for flag in flags):
        return False
    word: Literal["accepted", "corrected"] = "accepted" if wish.verb == "accept" else "corrected"
    stand = stands(row["status"], row["value"], flags, word, _corrected(row, wish))
    return stand.valid and abs(stand.value or 0.0) <= MOST


def _corrected(row: ReadingRow, wish: Wish) -> float | None:
    if wish.verb != "correct" or wish.value is not None:
        return wish.value
    if row["value"] is None:
        return None
    return row["value"] * (1.0 if wish.factor is None else wish.factor) + (wish.shift or 0.0)


def _chosen(connection: Connection, rows: dict[Key, ReadingRow], file_id: int) -> dict[Key, ReadingRow]:
    """The reading in force as it would be with the value of that file; it is judged when it is settled."""
    ((key, row),) = rows.items()
    if row["file_id"] == file_id:
        return rows
    of = reading_version.c
    query = select(reading_version).where(
        of.station_id == row["station_id"],
        of.measured_at == row["measured_at"],
        of.parameter_id == row["parameter_id"],
        of.file_id == file_id,
    )
    other = connection.execute(query.order_by(of.line).limit(1)).mappings().one_or_none()
    if other is None:
        raise ReviewProblemError("file_id", f"file {file_id} brought no value for that time and parameter")
    taken = ("symbol", "text", "value", "unit", "status", "file_id", "line", "received_at")
    merged: Any = {**row, **{name: other[name] for name in taken}}
    chosen: ReadingRow = merged
    return {key: chosen}


def _nothing_meant(total: int, verb: str) -> str:
    if not total:
        return "there is no reading in this stretch of time"
    told = "the reading cannot be" if total == 1 else f"none of the {total} readings can be"
    return f"{told} {verb}ed: without a number, or of undeclared symbols"


def _add(connection: Connection, wish: Wish, act: Act) -> int:
    values: dict[str, Any] = {
        "station_id": wish.station_id,
        "action": wish.verb,
        "from_at": wish.from_at,
        "to_at": wish.to_at,
        "value": wish.value,
        "factor": wish.factor,
        "shift": wish.shift,
        "file_id": wish.file_id,
        "who": act.who,
        "at": act.at,
        "reason": wish.reason,
        "readings": 0,
        "passed_over": 0,
    }
    if wish.parameter_ids is not None:
        values["parameters"] = sorted(wish.parameter_ids)
    review_id: int = connection.execute(insert(review).values(values).returning(review.c.id)).scalar_one()
    attached = wish.attachment
    if attached is not None:
        connection.execute(
            insert(review_attachment).values(
                review_id=review_id,
                name=attached.name,
                size=len(attached.content),
                sha256=sha256(attached.content).hexdigest(),
                content=attached.content,
            )
        )
    return review_id


def _given(review_id: int, wish: Wish, row: ReadingRow) -> Given:
    if wish.verb == "reject":
        return Given(review_id, "reject", None)
    said = said_of(row["text"], row["unit"], row["status"])
    return Given(review_id, wish.verb, said, _corrected(row, wish))


class _Work:
    """What one review does, piece by piece: the readings brought to what stands now, the history of that, and
    in the end the files issued again."""

    def __init__(self, connection: Connection, of: Station, review_id: int, act: Act) -> None:
        self._connection, self._of, self._review_id, self._act = connection, of, review_id, act
        self._file_ids: set[int] = set()
        self.readings = 0
        """To so many it was given."""

    def fold(self, rows: Collection[ReadingRow], new: Mapping[Key, Given]) -> None:
        """Brings readings to what stands now, keeps what that changed, and has them counted anew."""
        changes = fold(self._connection, self._of, rows, new, self._act.at)
        insert_rows(
            self._connection, reading_review, [_history(self._review_id, change) for change in changes]
        )
        changed = [change for change in changes if change.before != change.after]
        readings.mark_dirty(self._connection, {key_of(change.after)[:2] for change in changed})
        if changed:
            moments = [change.after["measured_at"] for change in changed]
            look_again(self._connection, self._of.id, min(moments), max(moments) + timedelta(milliseconds=1))
        self._file_ids.update(row["file_id"] for change in changed for row in change)
        self.readings += len(rows)

    def finish(self, passed_over: int = 0) -> None:
        """Issues the files again, and says in the review what it reached; nobody has seen it yet."""
        connection, now = self._connection, self._act.at
        targets = active_targets(connection)
        ids = sorted(self._file_ids)
        for start in range(0, len(ids), _FILES):
            queued = ledger.queued_files(connection, ids[start : start + _FILES])
            files = [file._replace(release_at=now) for file in queued]
            queue(connection, targets, files, now)
            wake(connection, self._of.id, {file.measured_at for file in files}, now)
        reached = {"readings": self.readings, "passed_over": passed_over}
        connection.execute(update(review).where(review.c.id == self._review_id).values(reached))


def _history(review_id: int, change: Change) -> dict[str, Any]:
    station_id, measured_at, parameter_id = key_of(change.after)
    kept: dict[str, Any] = {
        "station_id": station_id,
        "measured_at": measured_at,
        "parameter_id": parameter_id,
        "review_id": review_id,
    }
    for prefix, row in (("before_", change.before), ("after_", change.after)):
        cells: Mapping[str, Any] = row
        kept |= {prefix + name: cells[name] for name in _STANDING}
    return kept
