"""What each check that a channel has on says of one reading: QARTOD's codes, one by one.

The store keeps only what was not passed (the flags); that a check passed, or could not be evaluated, follows
from the channel's settings and from what stands round the reading. All of a reading's codes in one is
quality/qartod.py.
"""

from collections.abc import Iterable
from typing import NamedTuple

from quality.channel import Channel
from quality.checks.neighbours import takes_part
from quality.qartod import NOT_EVALUATED, PASS, Result
from quality.verdict import Flag

_OF_ANY = (
    "missing",
    "device_error",
    "calibrating",
    "status_unknown",
    "undeclared",
    "clock_future",
    "conflict",
)
"""Checks that every line is put through, whatever it says."""
_ORDER = (
    *_OF_ANY, "unit_mismatch", "gross_range", "zero", "negative",
    "flat_line", "rate_of_change", "spike", "compare", "companion",
)  # fmt: skip


class CheckResult(NamedTuple):
    """What one check says of the reading."""

    rule: str
    code: Result
    limit: str = ""
    evidence: str = ""


class Around(NamedTuple):
    """What stands round a reading, at most the gap of neighbours away."""

    before: bool = False
    """A reading before it takes part in the checks."""
    after: bool = False
    compared: bool = False
    """Every parameter that it is compared with has a number of the same time, in a unit that converts."""
    accompanied: bool = False
    """Every parameter that it goes with has a number of the same time."""


def results(
    channel: Channel | None,
    status: str,
    value: float | None,
    flags: Iterable[Flag],
    around: Around,
) -> list[CheckResult]:
    """Every check that is on, with its code; one that was not passed says its limit and evidence.

    channel: its settings at the measured time; None where the symbol is not declared. value: in the
    channel's unit. flags: of the checks, and a person's rejection, which comes first.
    """
    told = tuple(flags)
    around = around if takes_part(status, value, told) else Around()
    raised: dict[str, list[CheckResult]] = {}
    for flag in told:
        raised.setdefault(flag.rule, []).append(CheckResult(*flag))
    found = [result for rule, all_of_it in raised.items() if rule not in _ORDER for result in all_of_it]
    for rule in _ORDER:
        if rule in raised:
            found += raised[rule]
        elif rule in _OF_ANY:
            found.append(CheckResult(rule, PASS))
        elif channel is not None and _is_on(rule, channel):
            judged = _is_evaluated(rule, status, value, raised.keys(), around)
            found.append(CheckResult(rule, PASS if judged else NOT_EVALUATED))
    return found


def _is_on(rule: str, channel: Channel) -> bool:
    if rule == "unit_mismatch":
        return bool(channel.unit)
    if rule == "gross_range":
        return any(end is not None for end in channel.ranges)
    return rule in channel.checks.rules


def _is_evaluated(rule: str, status: str, value: float | None, raised: Iterable[str], around: Around) -> bool:
    if rule == "unit_mismatch":
        return True
    known = value is not None and "unit_mismatch" not in raised
    if rule == "gross_range":
        return known
    if rule in ("zero", "negative"):
        return known and status == "00"
    return {
        "flat_line": around.before or around.after,
        "rate_of_change": around.before,
        "spike": around.before and around.after,
        "compare": around.compared,
        "companion": around.accompanied,
    }[rule]
