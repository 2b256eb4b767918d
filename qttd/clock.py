"""The clocks: the machine's own, and a quickened one that a demonstration runs under.

Every role is given its clock as `now`, a function that returns an aware UTC moment. The quickened
clock is the same in every process of a demonstration, because all of them count from one real moment.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Self

from qttd.environment import DEMO_CLOCK_VARIABLE
from qttd.errors import BadSettingsError


def system_now() -> datetime:
    """The machine's clock, in UTC."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class QuickClock:
    """A clock that showed `start` at the real moment `since`, and goes `speed` times as fast."""

    start: datetime
    speed: float
    since: datetime

    def __call__(self) -> datetime:
        return self.start + (system_now() - self.since) * self.speed

    def real_seconds(self, shown_seconds: float) -> float:
        """How long a span of this clock takes."""
        return shown_seconds / self.speed

    def variable(self) -> str:
        """The text from which `of` makes the same clock in another process."""
        return f"{self.start.isoformat()} {self.speed!r} {self.since.isoformat()}"

    @classmethod
    def of(cls, text: str) -> Self:
        """The clock that `variable` wrote down; raises ValueError for any other text."""
        start, speed, since = text.split(" ")
        clock = cls(datetime.fromisoformat(start), float(speed), datetime.fromisoformat(since))
        if clock.start.tzinfo is None or clock.since.tzinfo is None or not clock.speed > 0:
            raise ValueError(f"not a clock: {text!r}")
        return clock


def clock_of_process() -> Callable[[], datetime]:
    """The machine's clock, unless QTTD_DEMO_CLOCK gives this process a quickened one."""
    text = os.environ.get(DEMO_CLOCK_VARIABLE)
    if text is None:
        return system_now
    try:
        return QuickClock.of(text)
    except ValueError as error:
        raise BadSettingsError(f"{DEMO_CLOCK_VARIABLE}: {error}") from error
