"""What an item says: the content that goes to a target, composed when it goes.

An item is made of all files of a station that carry its time. Which of their lines may go is
quality/relay_policy.py's rule over the readings in force; how a file is written without a line is
parsers/kept_lines.py's. Here the two are brought together. Pure: files and readings in, bytes out.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import partial
from types import MappingProxyType
from typing import NamedTuple

from parsers.kept_lines import ReceivedFile, keep_lines
from parsers.number import is_missing, number_of
from parsers.records import ParsedFile, Reading
from parsers.station_file import parse
from parsers.station_writer import station_text
from quality.channel import Channel
from quality.measure import as_written
from quality.relay_policy import RelayLine, StatusLines, Withheld, withheld_because
from quality.verdict import flags_from_json
from store.network.snapshot import ChannelEntry
from store.readings.written import Key, ReadingRow
from store.relay.outbox_work import RelayedFile
from store.relay.receipts import Emptiness
from store.service.phases import NEVER_TESTING, TestingTimes

_Said = tuple[str, datetime, float | None, str, str]
"""Symbol, time, number, unit, status: two lines that agree in these say the same."""


_AS_IT_IS = Channel("")


class Content(NamedTuple):
    """What may go of an item now."""

    data: bytes | None
    """None: nothing."""
    empty_because: Emptiness | None = None
    more_at: datetime | None = None
    """When further lines of it are released by themselves; None: at no known time."""


class ReadFile(NamedTuple):
    """A file of an item, and what it says."""

    file: RelayedFile
    parsed: ParsedFile

    @property
    def moments(self) -> set[tuple[int, datetime]]:
        """(station, measured time) of its readings."""
        return {(self.file.station_id, reading.measured_at) for reading in self.parsed.readings}


class Evidence:
    """The readings in force that files are held against."""

    def __init__(
        self,
        in_force: Mapping[Key, ReadingRow],
        declared: Mapping[tuple[int, str], int],
        channels: Mapping[int, Mapping[str, ChannelEntry]] = MappingProxyType({}),
        testing: TestingTimes = NEVER_TESTING,
    ) -> None:
        """declared: the parameter that a station's symbol stands for. channels: of the stations of which
        a line was corrected, per symbol.

        testing: of what goes nowhere.
        """
        self.testing = testing
        self._in_force = in_force
        self._declared = declared
        self._channels = channels
        self._by_symbol = {(key[0], key[1], row["symbol"]): row for key, row in in_force.items()}

    def row_for(self, station_id: int, reading: Reading) -> ReadingRow | None:
        """The reading in force under this one's parameter and time, if it says the same as this one.

        None where another value stands: then this one is a conflict, kept beside and not relayed.
        """
        moment = reading.measured_at
        parameter_id = self._declared.get((station_id, reading.symbol))
        row = None if parameter_id is None else self._in_force.get((station_id, moment, parameter_id))
        row = row or self._by_symbol.get((station_id, moment, reading.symbol))
        if row is None or (row["unit"], row["status"]) != (reading.unit, reading.status):
            return None
        number = None if is_missing(row["text"]) else number_of(row["text"])
        return row if number == reading.value else None

    def channel_of(self, station_id: int, reading: Reading) -> Channel:
        """The settings by which the reading's number was kept: those of its own time."""
        entry = self._channels.get(station_id, {}).get(reading.symbol)
        return _AS_IT_IS if entry is None else entry.at(reading.measured_at)


def read(files: Iterable[RelayedFile]) -> list[ReadFile]:
    """Reads the bytes of an item's files again: what each line says is not stored, only what it led to."""
    return [ReadFile(file, parse(file.content, file.name)) for file in files]


def compose_as_received(files: Sequence[ReadFile], testing: TestingTimes = NEVER_TESTING) -> Content:
    """Everything: the file's bytes; of several, the newest that says what all say, else all their lines.

    But nothing of a testing phase: a file that lies in one with a part goes without that.
    """
    tested = [
        testing.hold(file.station_id, one.measured_at) for file, parsed in files for one in parsed.readings
    ]
    if any(tested):
        if all(tested):
            return Content(None, "testing_phase")

        def goes(file: RelayedFile, item: Reading) -> bool:
            return not testing.hold(file.station_id, item.measured_at)

        received = [ReceivedFile(station_text(file.content), partial(goes, file)) for file, _ in files]
        return Content(keep_lines(received).data)
    everything = {_said(reading) for _, parsed in files for reading in parsed.readings}
    for file, parsed in reversed(files):
        if len(files) == 1 or {_said(reading) for reading in parsed.readings} == everything:
            return Content(file.content)
    return Content(
        keep_lines([ReceivedFile(station_text(file.content), lambda _: True) for file, _ in files]).data
    )


def compose_verified(
    files: Sequence[ReadFile], evidence: Evidence, now: datetime, status_lines: StatusLines
) -> Content:
    """What the relay policy lets go at `now` (aware). Files in order of arrival.

    A file that holds all that may go, and nothing else, goes byte for byte. Of several files each
    reading goes once, as the first of them wrote it; one that a person corrected, with that number.
    """
    review = _Review(evidence, now, status_lines)
    going = [
        {_said(item) for item in parsed.readings if review.lets_go(file, item)} for file, parsed in files
    ]
    everything: set[_Said] = set().union(*going)
    if not everything:
        if review.waits:
            return Content(None, "not_released", review.more_at)
        return Content(None, "testing_phase" if review.tested else "nothing_to_send")
    whole = [at for at, said in enumerate(going) if said == everything]
    for at in whole:
        file, parsed = files[at]
        whole_file = not parsed.problems and len(parsed.readings) == len(going[at])
        if whole_file and not any(review.number_of(file, item) for item in parsed.readings):
            return Content(station_text(file.content), None, review.more_at)
    chosen = whole[:1] or [at for at, said in enumerate(going) if said]
    received = [
        ReceivedFile(
            station_text(file.content), partial(review.lets_go, file), partial(review.number_of, file)
        )
        for file, _ in (files[at] for at in chosen)
    ]
    return Content(keep_lines(received).data, None, review.more_at)


class _Review:
    """The policy's answers on the lines of one item."""

    def __init__(self, evidence: Evidence, now: datetime, status_lines: StatusLines) -> None:
        self._evidence, self._now, self._status_lines = evidence, now, status_lines
        self.waits = False
        """A line is withheld only because it is not released yet."""
        self.more_at: datetime | None = None
        """When the next such line is released, where that is known."""
        self.tested = False
        """A line is withheld because it is of the testing phase."""

    def lets_go(self, file: RelayedFile, reading: Reading) -> bool:
        if self._evidence.testing.hold(file.station_id, reading.measured_at):
            self.tested = True
            return False
        row = self._evidence.row_for(file.station_id, reading)
        if row is None:
            return False
        reason = self._reason(row)
        if reason == "not_released":
            self.waits = True
            if row["release_at"] is not None:
                self.more_at = min(row["release_at"], self.more_at or row["release_at"])
        return reason is None

    def number_of(self, file: RelayedFile, reading: Reading) -> str | None:
        """The corrected number in the unit of the reading's line; None where the line says what counts."""
        row = self._evidence.row_for(file.station_id, reading)
        if row is None or row["review"] != "corrected" or row["reviewed_value"] is None:
            return None
        channel = self._evidence.channel_of(file.station_id, reading)
        text = as_written(row["reviewed_value"], channel, reading.unit)
        return text.replace(".", ",") if "decimal_comma" in reading.notes else text

    def _reason(self, row: ReadingRow) -> Withheld | None:
        line = RelayLine(
            row["status"],
            row["value"],
            flags_from_json(row["flags"]),
            row["release_at"],
            row["review"],
            row["reviewed_value"],
        )
        return withheld_because(line, self._now, self._status_lines)


def _said(reading: Reading) -> _Said:
    return reading.symbol, reading.measured_at, reading.value, reading.unit, reading.status
