"""What stands under keys after a review was given or undone, from all values that came and all reviews.

Which value stands is quality/review_order.py's rule; here its two sets are collected, and the readings
that are to change are written. Nothing is thrown away: a value that no longer stands is kept beside.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any, NamedTuple

from sqlalchemy import Connection, bindparam, delete, select

from parsers.number import is_missing, number_of
from parsers.records import Reading
from quality.conflict import contradicted
from quality.judge import judge
from quality.review import stands
from quality.review_order import Given, Ruling, Value, rule, said_of
from quality.verdict import flags_from_json, flags_to_json
from store.network.snapshot import Network, Station, load_network
from store.readings import written as readings
from store.readings.written import Key, ReadingRow, key_of
from store.reviews.rejections import Rejection, in_force, rejections
from store.tables import reading_review, reading_version, review

_FileLine = tuple[Key, int, int]
_BEFORE = ("before_review", "before_file_id", "before_line", "before_release_at")
_AFTER = ("after_text", "after_unit", "after_status", "after_reviewed_value")


class Change(NamedTuple):
    """A reading as it stood and as it stands."""

    before: ReadingRow
    after: ReadingRow


class _Known(NamedTuple):
    """What the store knows of keys beside the readings in force."""

    versions: dict[Key, list[dict[str, Any]]]
    given: dict[Key, list[Given]]
    given_at: dict[int, datetime]
    """When each review was given."""
    policy_release: dict[_FileLine, datetime | None]
    """From when the policy let a value go, before any review released it."""
    rejected: tuple[Rejection, ...]


def fold(
    connection: Connection,
    station: Station,
    rows: Collection[ReadingRow],
    new: Mapping[Key, Given] = MappingProxyType({}),
    given_at: datetime | None = None,
) -> list[Change]:
    """Brings readings of one station to what stands under the reviews in force.

    rows: as they are in force. new: a review that is being given, by key, and when; its history is kept by
    the caller. Returns every row with what became of it, changed or not.
    """
    if not rows:
        return []
    known = _known(connection, station.id, rows)
    for key, given in new.items():
        known.given[key].append(given)
        if given_at is not None:
            known.given_at[given.review_id] = given_at
    network: Network | None = None
    changes: list[Change] = []
    for row in rows:
        key = key_of(row)
        lines = {(one["file_id"], one["line"]): one for one in (row, *known.versions.get(key, ()))}
        values = [_value(one) for one in lines.values()]
        ruling = rule(values, _reviews(known, key))
        chosen = lines[ruling.value.file_id, ruling.value.line]
        if chosen is row:
            standing = row
        else:
            network = network or load_network(connection)
            standing = _judged(network, station, key, chosen)
        flags = standing["flags"]
        if len({value.said for value in values}) > 1:
            flags = contradicted(flags)
        release_at = _release(known, station, row, standing, ruling)
        after = _under(ruling, standing, flags, release_at)
        changes.append(Change(row, after))
    _write(connection, [one for one in changes if one.before != one.after])
    return changes


def _under(
    ruling: Ruling, standing: ReadingRow, flags: str | None, release_at: datetime | None
) -> ReadingRow:
    corrected = ruling.given.reviewed_value if ruling.given is not None else None
    stand = stands(standing["status"], standing["value"], flags_from_json(flags), ruling.review, corrected)
    return {
        **standing,
        "flags": flags,
        "valid": stand.valid,
        "release_at": release_at,
        "review": ruling.review,
        "reviewed_value": corrected,
    }


def _known(connection: Connection, station_id: int, rows: Collection[ReadingRow]) -> _Known:
    moments = [row["measured_at"] for row in rows]
    first, last = min(moments), max(moments)
    versions: dict[Key, list[dict[str, Any]]] = defaultdict(list)
    beside = select(reading_version).where(
        reading_version.c.station_id == station_id, reading_version.c.measured_at.between(first, last)
    )
    for other in connection.execute(beside).mappings():
        versions[other["station_id"], other["measured_at"], other["parameter_id"]].append(dict(other))
    given: dict[Key, list[Given]] = defaultdict(list)
    given_at: dict[int, datetime] = {}
    policy_release: dict[_FileLine, datetime | None] = {}
    history = (
        select(
            reading_review.c.measured_at,
            reading_review.c.parameter_id,
            reading_review.c.review_id,
            review.c.action,
            review.c.at,
            in_force().label("counts"),
            *(reading_review.c[name] for name in _BEFORE + _AFTER),
        )
        .join(review, review.c.id == reading_review.c.review_id)
        .where(reading_review.c.station_id == station_id, reading_review.c.measured_at.between(first, last))
        .order_by(reading_review.c.review_id)
    )
    for moment, parameter_id, review_id, action, at, counts, *told in connection.execute(history).all():
        key = (station_id, moment, parameter_id)
        stood, file_id, line, release_at, text, unit, status, reviewed_value = told
        given_at[review_id] = at
        if stood in (None, "rejected"):
            policy_release.setdefault((key, file_id, line), release_at)
        if not counts or action == "undo":
            continue
        if action == "reject":
            given[key].append(Given(review_id, "reject", None))
        else:
            given[key].append(Given(review_id, action, said_of(text, unit, status), reviewed_value))
    rejected = rejections(connection, [station_id]).get(station_id, ())
    return _Known(versions, given, given_at, policy_release, rejected)


def _reviews(known: _Known, key: Key) -> list[Given]:
    covering = [one.review_id for one in known.rejected if one.covers(key[1], key[2])]
    return [*known.given.get(key, ()), *(Given(review_id, "reject", None) for review_id in covering)]


def _value(row: Mapping[str, Any]) -> Value:
    said = said_of(row["text"], row["unit"], row["status"])
    return Value(said, row["received_at"], row["file_id"], row["line"])


def _release(
    known: _Known, station: Station, before: ReadingRow, standing: ReadingRow, ruling: Ruling
) -> datetime | None:
    """From when it may go: when the policy says, or earlier, when a person accepted or corrected it."""
    said_by_policy = (key_of(standing), standing["file_id"], standing["line"])
    if said_by_policy in known.policy_release:
        release_at = known.policy_release[said_by_policy]
    elif standing is before and before["review"] in (None, "rejected"):
        release_at = before["release_at"]
    else:
        release_at = station.release_at(standing["received_at"])
    if ruling.given is None or ruling.given.action == "reject":
        return release_at
    given_at = known.given_at[ruling.given.review_id]
    return given_at if release_at is None else min(release_at, given_at)


def _judged(network: Network, station: Station, key: Key, row: Mapping[str, Any]) -> ReadingRow:
    """A value that was kept beside, as ingest would have put it in force. The checks against its
    neighbours follow when its hour is settled."""
    text = row["text"]
    entry = network.channels.get(station.id, {}).get(row["symbol"])
    value = None if is_missing(text) else number_of(text)
    item = Reading(row["line"], row["symbol"], text, value, row["unit"], row["measured_at"], row["status"])
    channel = None if entry is None else entry.at(row["measured_at"])
    verdict = judge(item, channel, row["received_at"], network.believed_ahead(row["received_at"]))
    return {
        "station_id": key[0],
        "measured_at": key[1],
        "parameter_id": key[2],
        "symbol": row["symbol"],
        "text": text,
        "value": verdict.value,
        "unit": row["unit"],
        "status": row["status"],
        "file_id": row["file_id"],
        "line": row["line"],
        "received_at": row["received_at"],
        "valid": verdict.valid,
        "flags": flags_to_json(verdict.flags),
        "release_at": station.release_at(row["received_at"]),
        "review": None,
        "reviewed_value": None,
    }


def _write(connection: Connection, changes: Collection[Change]) -> None:
    swapped = [one for one in changes if _line(one.before) != _line(one.after)]
    readings.keep_beside(connection, [one.before for one in swapped])
    if swapped:
        of = reading_version.c
        gone = delete(reading_version).where(
            of.station_id == bindparam("of_station"),
            of.measured_at == bindparam("of_moment"),
            of.parameter_id == bindparam("of_parameter"),
            of.file_id == bindparam("of_file"),
            of.line == bindparam("of_line"),
        )
        names = ("of_station", "of_moment", "of_parameter", "of_file", "of_line")
        keys = [(*key_of(one.after), *_line(one.after)) for one in swapped]
        connection.execute(gone, [dict(zip(names, key, strict=True)) for key in keys])
    readings.replace(connection, [one.after for one in changes])


def _line(row: ReadingRow) -> tuple[int, int]:
    return row["file_id"], row["line"]
