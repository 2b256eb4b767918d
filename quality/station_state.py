"""What a station is doing now, in one word, from its latest readings and arrivals.

Every screen, the interface and the alarms ask this one function, so that no two of them
disagree. It makes no green up: a station of which nothing is known is offline, and one whose
files arrive with old times (a clock that is off, a buffer being drained) is a warning.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Literal, NamedTuple, get_args

from quality.dated_rules import DatedRules
from quality.stretches import Stretch, covered

StationState = Literal["ok", "warning", "exceeding", "offline", "calibrating", "device_error"]
"""The outside contract's words. `exceeding` is said where a limit is set for the station."""
STATION_STATES: tuple[StationState, ...] = get_args(StationState)

ConnectionState = Literal["online", "late", "clock_off", "offline"]
"""late: files come, with old times that draw nearer. clock_off: with times that stay wrong."""


class Patience(NamedTuple):
    """The dated figures of now by which a state is told (quality/dated_rules.py)."""

    offline_after: timedelta
    """Beyond its interval, how long a station may be silent."""
    ahead: timedelta
    """How far a measured time may be ahead of the clock and still say something about now."""

    @classmethod
    def at(cls, rules: DatedRules, now: datetime) -> "Patience":
        """The figures in force at a moment (aware)."""
        return cls(rules.minutes("offline_minutes", now), rules.minutes("future_minutes", now))


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
    patience: Patience,
    *,
    exceeding: bool = False,
    warned: bool = False,
    outages: Sequence[Stretch] = (),
) -> StationState:
    """The station's state at `now` (aware).

    last_measured_at: newest measured time that is not ahead of the clock. last_arrival_at: when the
    newest file came. latest: one reading per parameter, of the newest slot. A parameter that is not
    declared counts only by its device status, because nobody has said what is right for it. exceeding,
    warned: a limit is exceeded, or nearly, by the newest average that is compared with it.
    outages: ours; a silence in them is none.
    """
    silence = timedelta(minutes=interval_minutes) + patience.offline_after
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
    patience: Patience,
    outages: Sequence[Stretch] = (),
) -> ConnectionState:
    """Whether a station sends in time, late, with a clock that is off, or not at all.

    arrivals: its newest files, oldest first: when each came, and the newest time measured in it.
    """
    silence = timedelta(minutes=interval_minutes) + patience.offline_after
    if _within(last_measured_at, silence, outages, now):
        return "online"
    if not arrivals or not _within(arrivals[-1][0], silence, outages, now):
        return "offline"
    told = [(at, measured) for at, measured in arrivals if measured is not None]
    if not told:
        return "late"
    (began, first), (ended, last) = told[0], told[-1]
    if last > ended + patience.ahead:
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
