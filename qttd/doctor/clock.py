"""The clock. Whether a file was on time, and what is verified, is told by it; time zones do not matter.

The kernel is asked whether something keeps its clock in step, which chrony, ntpd and systemd-timesyncd
all tell it. A clock that went back is seen by files that arrived in the future.
"""

import ctypes
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Engine

from qttd.doctor.finding import Finding, failed, not_applicable, ok, warning
from qttd.output import local_time
from store.engine import reading
from store.health_view import newest_arrival

_TIMESYNC = Path("/run/systemd/timesync/synchronized")
_TIME_ERROR = 5  # adjtimex(2): the clock is not synchronised
_TIMEX_BYTES = 512
"""More than struct timex has anywhere; all zero means: change nothing."""
_BACK = timedelta(minutes=1)


def check_clock_is_kept(look: Path = _TIMESYNC) -> Finding:
    """Whether something keeps the clock in step."""
    libc = ctypes.CDLL(None, use_errno=True)
    state = libc.adjtimex(ctypes.create_string_buffer(_TIMEX_BYTES))
    if state < 0 and not look.exists():
        return not_applicable("clock", "the kernel does not tell whether the clock is kept in step")
    if state in (_TIME_ERROR, -1) and not look.exists():
        remedy = (
            "`apt install chrony`, or `timedatectl set-ntp true`; on a virtual machine its host may do it"
        )
        return warning("clock", "nothing keeps this machine's clock in step", remedy)
    return ok("clock", "is kept in step")


def check_clock_against_store(engine: Engine, now: datetime) -> Iterator[Finding]:
    """Whether files arrived later than now: then the clock was wrong, now or when they came."""
    with reading(engine) as connection:
        newest = newest_arrival(connection)
    if newest is None:
        yield not_applicable("clock_went_back", "no file has arrived yet")
    elif newest > now + _BACK:
        message = f"it is {local_time(now)} here, but a file arrived at {local_time(newest)}"
        yield failed(
            "clock_went_back", message, "set the clock right; `qttd files` shows what arrived meanwhile"
        )
    else:
        yield ok("clock_went_back", f"the newest file arrived at {local_time(newest)}")
