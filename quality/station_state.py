"""What a station is doing now, in one word, from its latest readings and arrivals.

Every screen, the interface and the alarms ask this one function, so that no two of them
disagree. It makes no green up: a station of which nothing is known is offline, and one whose
files arrive with old times (a clock that is off, a buffer being drained) is a warning.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Literal, NamedTuple, get_args

from quality.stretches import Stretch, covered

StationState = Literal["ok", "warning", "exceeding", "offline", "calibrating", "device_error"]
"""The outside contract's words. `exceeding` is said where a limit is set for the station."""
STATION_STATES: tuple[StationState, ...] = get_args(StationState)

ConnectionState = Literal["online", "late", "clock_off", "offline"]
"""late: files come, with old times that draw nearer. clock_off: with times that stay wrong."""

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
    *,
    exceeding: bool = False,
    warned: bool = False,
    offline_after: timedelta = OFFLINE_AFTER,
    outages: Sequence[Stretch] = (),
) -> StationState:
    """The station's state at `now` (aware).

    last_measured_at: newest measured time that is not ahead of the clock. last_arrival_at: when the
    newest file came. latest: one reading per parameter, of the newest slot. A parameter that is not
    declared counts only by its device status, because nobody has said what is right for it. exceeding,
    warned: a limit is exceeded, or nearly, by the newest average that is compared with it.
    offline_after: the dated figure of now. outages: ours; a silence in them is none.
    """
    silence = timedelta(minutes=interval_minutes) + offline_after
    arriving = _within(last_arrival_at, silence, outages, now)
    current = _within(last_measured_at, silence, outages, now)
    if not (arriving or current):
        return "offline"
    readings = list(latest)
    statuses = {reading.status for reading in readings}
    if "02" in statuses:
        return "device_error"
    if exceeding:
        return "exceeding"
    if "01" in statuses:
        return "calibrating"
    if not current or warned or any(_doubtful(reading) for reading in readings):
        return "warning"
    return "ok"


def connection_state(
    interval_minutes: int,
    last_measured_at: datetime | None,
    arrivals: Sequence[tuple[datetime, datetime | None]],
    now: datetime,
    offline_after: timedelta = OFFLINE_AFTER,
    outages: Sequence[Stretch] = (),
) -> ConnectionState:
    """Whether a station sends in time, late, with a clock that is off, or not at all.

    arrivals: its newest files, oldest first: when each came, and the newest time measured in it.
    """
    silence = timedelta(minutes=interval_minutes) + offline_after
    if _within(last_measured_at, silence, outages, now):
        return "online"
    if not arrivals or not _within(arrivals[-1][0], silence, outages, now):
        return "offline"
    told = [(at, measured) for at, measured in arrivals if measured is not None]
    if not told:
        return "late"
    (began, first), (ended, last) = told[0], told[-1]
    if last > ended + FUTURE_TOLERANCE:
        return "clock_off"
    # a buffer that is drained comes nearer to now with every file
    newest = max(measured for _, measured in told)
    stays = newest - first <= ended - began + timedelta(minutes=interval_minutes)
    return "clock_off" if ended - began >= silence and stays else "late"


def _within(moment: datetime | None, silence: timedelta, outages: Sequence[Stretch], now: datetime) -> bool:
    return moment is not None and now - moment - covered(outages, moment, now) <= silence


def _doubtful(reading: Latest) -> bool:
    if "undeclared" in reading.rules:
        return False
    return bool(reading.rules) or not reading.has_value
