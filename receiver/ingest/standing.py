"""What stands under each key while a batch is worked off: the store's readings and the batch's own.

Each reading that comes is compared with the one that stands under its key: none there, it is
new; the same, it is said twice; another, a conflict, in which the earlier arrival stands and
the other is kept beside it (docs/rulebook.md, "conflict"). So whatever the order in which the
same files are read, the store ends up the same. Nothing is written here: the rows are collected.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from parsers.records import ParsedFile, Problem, Reading
from quality.conflict import contradicted, is_contradicted
from quality.judge import judge
from quality.review import pins, stands
from quality.verdict import flags_from_json, flags_to_json
from store.network.snapshot import Network, Station
from store.readings.written import Key, ReadingRow

NewParameter = Callable[[int, str], int]
"""Gives the parameter under which an undeclared symbol of a station is kept."""


@dataclass
class Standing:
    """The readings in force under the keys that a batch touches."""

    network: Network
    rows: dict[Key, ReadingRow]
    """What the store holds; grows and changes with the batch."""
    new_parameter: NewParameter
    fresh: dict[Key, ReadingRow] = field(default_factory=dict)
    """Readings under keys that were free."""
    changed: dict[Key, ReadingRow] = field(default_factory=dict)
    """Readings that replace what the store holds."""
    beside: list[ReadingRow] = field(default_factory=list)
    """Values that are not in force."""

    def take(
        self, parsed: ParsedFile, station: Station, received_at: datetime, file_id: int
    ) -> tuple[bool, list[Problem]]:
        """Takes a file's readings: whether one of them came into force, and the conflicts they met.

        Values that the file itself contradicts follow its readings; the parser has reported them.
        """
        channels = self.network.channels.get(station.id, {})
        rejected = self.network.rejections.get(station.id)
        release_at = station.release_at(received_at)
        ahead = self.network.believed_ahead(received_at)
        news = False
        conflicts: list[Problem] = []
        for item in (*parsed.readings, *parsed.conflicts):
            entry = channels.get(item.symbol)
            if entry is None:
                channel, parameter_id = None, self.new_parameter(station.id, item.symbol)
            else:
                channel, parameter_id = entry.at(item.measured_at), entry.parameter_id
            verdict = judge(item, channel, received_at, ahead)
            key = (station.id, item.measured_at, parameter_id)
            standing = self.rows.get(key)
            same = standing is not None and _same(standing, item, verdict.value)
            if standing is not None and same and not _before(received_at, file_id, standing):
                continue
            row: ReadingRow = {
                "station_id": station.id,
                "measured_at": item.measured_at,
                "parameter_id": parameter_id,
                "symbol": item.symbol,
                "text": item.text,
                "value": verdict.value,
                "unit": item.unit,
                "status": item.status,
                "file_id": file_id,
                "line": item.line,
                "received_at": received_at,
                "valid": verdict.valid,
                "flags": flags_to_json(verdict.flags),
                "release_at": release_at,
                "review": None,
                "reviewed_value": None,
            }
            if standing is None:
                if rejected and any(one.covers(item.measured_at, parameter_id) for one in rejected):
                    row["review"], row["valid"] = "rejected", False
                self.rows[key] = self.fresh[key] = row
                news = True
            elif same:
                if is_contradicted(standing["flags"]):
                    row["flags"] = contradicted(row["flags"])
                self._replace(key, still_reviewed(row, standing))
            else:
                if standing["file_id"] != file_id:
                    conflicts.append(_conflict(row, standing))
                news |= self._contradict(key, standing, row)
        return news, conflicts

    def _contradict(self, key: Key, standing: ReadingRow, row: ReadingRow) -> bool:
        """Decides which of two values stands, by arrival; whether it is the one that came now.

        A value that a person accepted or corrected stands, whatever came before it.
        """
        earlier = _before(row["received_at"], row["file_id"], standing) and not pins(standing["review"])
        first, second = (still_reviewed(row, standing), standing) if earlier else (standing, row)
        self.beside.append(second)
        self._replace(key, {**first, "flags": contradicted(first["flags"])})
        return earlier

    def _replace(self, key: Key, row: ReadingRow) -> None:
        self.rows[key] = row
        (self.fresh if key in self.fresh else self.changed)[key] = row


def still_reviewed(row: ReadingRow, standing: ReadingRow) -> ReadingRow:
    """The row that takes the place of a standing one, with what a person said of that one.

    What that person released stays released.
    """
    if standing["review"] is None:
        return row
    review, reviewed_value = standing["review"], standing["reviewed_value"]
    release_at = row["release_at"]
    if pins(review) and standing["release_at"] is not None:
        release_at = min(release_at or standing["release_at"], standing["release_at"])
    flags = flags_from_json(row["flags"])
    return {
        **row,
        "review": review,
        "reviewed_value": reviewed_value,
        "release_at": release_at,
        "valid": stands(row["status"], row["value"], flags, review, reviewed_value).valid,
    }


def _before(received_at: datetime, file_id: int, standing: ReadingRow) -> bool:
    return (received_at, file_id) < (standing["received_at"], standing["file_id"])


def _same(standing: ReadingRow, item: Reading, value: float | None) -> bool:
    """The same parameter and time with the same value, unit and status is said twice, not contradicted.

    The same text is the same value, even where the channel's factor became another one meanwhile.
    """
    if standing["status"] != item.status or standing["unit"] != item.unit:
        return False
    return standing["value"] == value or standing["text"] == item.text


def _conflict(row: ReadingRow, standing: ReadingRow) -> Problem:
    detail = (
        f"{row['symbol']}: {row['text']!r} {row['unit']} {row['status']} here, but "
        f"{standing['text']!r} {standing['unit']} {standing['status']} in file {standing['file_id']}"
    )
    return Problem(row["line"], "conflict", detail)
