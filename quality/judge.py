"""The automatic checks that need nothing but the reading itself, its channel and its arrival.

missing, device_error, calibrating, status_unknown, undeclared, unit_mismatch, gross_range, clock_future,
and zero and negative where the channel has them on (docs/rulebook.md, section 2). Checks against neighbours
in time (quality/checks/), and the conflict of two values for one key, need the store's other readings and
are not here. Every reading that arrives passes through `judge` while its file waits, so one without a fault
takes the short way out.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import lru_cache
from math import isfinite

from parsers.records import Reading
from quality.channel import Channel
from quality.checks.negative import negative
from quality.checks.zero import zero
from quality.units import conversion
from quality.verdict import Flag, Verdict

_NO_FLAGS: tuple[Flag, ...] = ()
_FAILING = (4, 9)


def judge(
    reading: Reading, channel: Channel | None, received_at: datetime, future_tolerance: timedelta
) -> Verdict:
    """The reading's value in its channel's unit, and every check it did not pass.

    channel: None where the symbol is not declared for the station. received_at: aware. A limit's own
    value passes: a value equal to device_max, a time exactly `future_tolerance` ahead of arrival.
    An empty unit, in the file or of the channel, never mismatches.
    """
    value = reading.value
    mismatch = False
    if channel is not None:
        unit = reading.unit
        if unit and unit != channel.unit and channel.unit:
            known = conversion(unit, channel.unit, channel.molar_mass)
            mismatch = known is None
            if known is not None and value is not None:
                value = known.apply(value)
        if value is not None:
            value *= channel.factor
            if (
                not mismatch
                and reading.status == "00"
                and not _too_early(reading.measured_at, received_at, future_tolerance)
                and (value > 0 or not (channel.checks.zero or channel.checks.negative))
                and ((limit := channel.device_min) is None or value >= limit)
                and ((limit := channel.device_max) is None or value <= limit)
                and ((limit := channel.usual_min) is None or value >= limit)
                and ((limit := channel.usual_max) is None or value <= limit)
                and isfinite(value)
            ):
                return Verdict(value, _NO_FLAGS, True)
    flags = (
        *_value_flags(reading, channel, value, mismatch),
        *_time_flags(reading, received_at, future_tolerance),
    )
    return Verdict(
        value if value is not None and isfinite(value) else None,
        flags,
        not any(flag.code in _FAILING for flag in flags),
    )


def _value_flags(
    reading: Reading, channel: Channel | None, value: float | None, mismatch: bool
) -> list[Flag]:
    """What is to be said of the value, the status and the unit. `value` is already converted."""
    flags: list[Flag] = []
    missing = reading.value is None or not isfinite(reading.value)
    if missing:
        flags.append(Flag("missing", 9, "a number", reading.text))
    if reading.status == "02":
        flags.append(Flag("device_error", 4, "status 00", "02"))
    elif reading.status == "01":
        flags.append(Flag("calibrating", 4, "status 00", "01"))
    elif reading.status != "00":
        flags.append(Flag("status_unknown", 4, "status 00, 01 or 02", reading.status))
    if channel is None:
        flags.append(Flag("undeclared", 4, "a symbol declared for the station", reading.symbol))
    elif mismatch:
        # A number in an unknown unit is neither inside nor outside a range: the range is not asked.
        flags.append(Flag("unit_mismatch", 4, channel.unit, reading.unit))
    elif value is not None and not missing:
        flags.extend(_range_flags(value, channel))
        if reading.status == "00":
            flags.extend(_sign_flags(value, channel))
    return flags


def _sign_flags(value: float, channel: Channel) -> Iterator[Flag]:
    """zero and negative, of a measurement: what a device in calibration or error writes may well be 0."""
    checks = channel.checks
    flag = zero(value, checks.zero) if checks.zero else None
    flag = negative(value, checks.negative) if checks.negative and flag is None else flag
    if flag is not None:
        yield flag


def _range_flags(value: float, channel: Channel) -> list[Flag]:
    """One flag at most: outside the device's range it fails, and the usual range is not asked."""
    if not isfinite(value):
        return [Flag("gross_range", 4, "a number that can be kept", "beyond every range")]
    for code, low, high in (
        (4, channel.device_min, channel.device_max),
        (3, channel.usual_min, channel.usual_max),
    ):
        if (low is not None and value < low) or (high is not None and value > high):
            return [Flag("gross_range", 4 if code == 4 else 3, _span(low, high), f"{value:.10g}")]
    return []


def _span(low: float | None, high: float | None) -> str:
    """A range in words: "0 … 14", or one-sided "≥ 0", "≤ 14"."""
    if low is None:
        return f"≤ {high:.10g}"
    if high is None:
        return f"≥ {low:.10g}"
    return f"{low:.10g} … {high:.10g}"


@lru_cache(maxsize=256)
def _too_early(measured_at: datetime, received_at: datetime, tolerance: timedelta) -> bool:
    """Remembered: the readings of a file share both times, and comparing across zones costs a microsecond."""
    return measured_at - received_at > tolerance


def _time_flags(reading: Reading, received_at: datetime, tolerance: timedelta) -> list[Flag]:
    """Late is never a fault, by years either; early by more than the tolerance is a wrong clock."""
    if not _too_early(reading.measured_at, received_at, tolerance):
        return []
    ahead = reading.measured_at - received_at
    return [Flag("clock_future", 4, f"at most {_minutes(tolerance)} ahead", f"{_minutes(ahead)} ahead")]


def _minutes(span: timedelta) -> str:
    return f"{span.total_seconds() / 60:.10g} min"
