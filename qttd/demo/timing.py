"""How much of a day the demonstration shows, and how quickly.

A slot of five minutes takes 0.3125 seconds at least, so that a real FTP session, a commit and a relay fit
into it: a whole day from 90 seconds on, fewer hours in less. The day is yesterday in Vietnam: all of it
is due when the tables are looked at later, with the machine's own clock.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from parsers.vietnam_time import VN
from qttd.clock import QuickClock
from quality.slots import day_start

SLOT = timedelta(minutes=5)
DAY_SLOTS = 288
LEAST_SECONDS = 15
_LEAST_SLOT_SECONDS = 0.3125
_HOUR_SLOTS = 12
"""The shown time ends with an hour, so that it holds whole slots of every station's interval."""


@dataclass(frozen=True)
class Timing:
    """The shown time: `slots` slots from the midnight of `day`, each taking `slot_seconds`."""

    day: date
    slots: int
    slot_seconds: float

    @property
    def begin(self) -> datetime:
        """Midnight in Vietnam."""
        return day_start(self.day)

    @property
    def end(self) -> datetime:
        """The end of the last slot."""
        return self.at(self.slots)

    @property
    def end_text(self) -> str:
        """The end as a time of the day; the last is 24:00."""
        return "24:00" if self.slots == DAY_SLOTS else f"{self.end:%H:%M}"

    def at(self, slot: int) -> datetime:
        """The start of a slot, counted from 0; beyond the last one too."""
        return self.begin + slot * SLOT

    @property
    def speed(self) -> float:
        """How many times as fast as the machine's clock."""
        return SLOT.total_seconds() / self.slot_seconds

    def clock(self, begins_at: datetime) -> QuickClock:
        """The clock that shows `begin` at the real moment `begins_at`."""
        return QuickClock(self.begin, self.speed, begins_at)


def timing_for(seconds: float, real_now: datetime) -> Timing:
    """The timing for a demonstration that is to show its day in about so many seconds."""
    fitting = int(seconds / _LEAST_SLOT_SECONDS)
    slots = min(DAY_SLOTS, fitting - fitting % _HOUR_SLOTS)
    yesterday = (real_now.astimezone(VN) - timedelta(days=1)).date()
    return Timing(yesterday, slots, seconds / slots)
