"""What a station is doing now, in one word, from its latest readings and arrivals.

Every screen, the interface and the alarms ask this one function, so that no two of them
disagree. It makes no green up: a station of which nothing is known is offline, and one whose
files arrive with old times (a clock that is off, a buffer being drained) is a warning.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Literal, NamedTuple, get_args

StationState = Literal["ok", "warning", "exceeding", "offline", "calibrating", "device_error"]
"""The outside contract's words. `exceeding` is said where a limit is set for the station."""
STATION_STATES: tuple[StationState, ...] = get_args(StationState)

OFFLINE_AFTER = timedelta(minutes=15)
"""Beyond its interval, how long a station may be silent (docs/rulebook.md, section 4)."""
FUTURE_TOLERANCE = timedelta(minutes=5)
"""How far a reading may be ahead of the clock and still say something about now."""


class Latest(NamedTuple):
    """A parameter's newest reading, as far as a state needs it."""

    status: str
    """00 measuring, 01 calibrating, 02 device error."""
    has_value: bool
    rules: frozenset[str]
    """Ids of the checks it did not pass."""


def station_state(
    interval_minutes: int,
    last_measured_at: datetime | None,
    last_arrival_at: datetime | None,
    latest: Iterable[Latest],
    now: datetime,
) -> StationState:
    """The station's state at `now` (aware).

    last_measured_at: newest measured time that is not ahead of the clock. last_arrival_at: when the
    newest file came. latest: one reading per parameter, of the newest slot. A parameter that is not
    declared counts only by its device status, because nobody has said what is right for it.
    """
    silence = timedelta(minutes=interval_minutes) + OFFLINE_AFTER
    arriving = last_arrival_at is not None and now - last_arrival_at <= silence
    current = last_measured_at is not None and now - last_measured_at <= silence
    if not (arriving or current):
        return "offline"
    readings = list(latest)
    statuses = {reading.status for reading in readings}
    if "02" in statuses:
        return "device_error"
    if "01" in statuses:
        return "calibrating"
    if not current or any(_doubtful(reading) for reading in readings):
        return "warning"
    return "ok"


def _doubtful(reading: Latest) -> bool:
    if "undeclared" in reading.rules:
        return False
    return bool(reading.rules) or not reading.has_value
