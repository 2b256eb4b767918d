"""Figures that a province sets and dates: which there are, what they hold, and what holds without a word.

A figure judges what happened while it was in force, so each value has a day from which on it counts and
is never overwritten by the next one. Where the values are kept is store/limits/dated_rules.py.
"""

from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Literal, NamedTuple, get_args

from quality import rate_formula

RuleName = Literal[
    "calibrating_minutes",
    "effective_rate",
    "future_minutes",
    "offline_minutes",
    "on_time_minutes",
    "reportable_hours",
    "target_percent",
    "verification_days",
]
RULE_NAMES: tuple[RuleName, ...] = get_args(RuleName)


class RuleError(ValueError):
    """A value that the rule cannot have; the message says what it may be."""


class RuleKind(NamedTuple):
    """A dated figure."""

    default: str
    what: str
    checked: Callable[[str], str]
    """The value as it is kept; raises RuleError."""


def _whole_number(least: int, most: int) -> Callable[[str], str]:
    def check(text: str) -> str:
        plain = text.strip()
        if not (plain.isascii() and plain.isdigit() and len(plain) < 10 and least <= int(plain) <= most):
            raise RuleError(f"{text[:50]!r} is not a whole number from {least} to {most}")
        return str(int(plain))

    return check


def _formula(text: str) -> str:
    try:
        return rate_formula.checked(text)
    except rate_formula.FormulaError as error:
        raise RuleError(str(error)) from error


RULES: Mapping[RuleName, RuleKind] = {
    "calibrating_minutes": RuleKind(
        "240", "minutes above which people are told that a device calibrates", _whole_number(1, 43200)
    ),
    "effective_rate": RuleKind(rate_formula.DEFAULT, "formula of the effective rate", _formula),
    "future_minutes": RuleKind(
        "5", "minutes after its arrival until which a measured time is believed", _whole_number(0, 1440)
    ),
    "offline_minutes": RuleKind(
        "15", "minutes beyond its interval after which a silent station is offline", _whole_number(1, 1440)
    ),
    "on_time_minutes": RuleKind(
        "5", "minutes after its measured time until which a reading is on time", _whole_number(1, 1440)
    ),
    "reportable_hours": RuleKind(
        "12", "hours above which an interruption is reportable", _whole_number(1, 720)
    ),
    "target_percent": RuleKind(
        "80", "per cent that the rates of a period are to reach", _whole_number(1, 100)
    ),
    "verification_days": RuleKind(
        "30", "days before its end from which on a verification is said to expire", _whole_number(0, 3650)
    ),
}
"""The table; docs/rulebook.md shows it."""


class RuleValue(NamedTuple):
    """A value and the moment (aware) from which on it counts."""

    valid_from: datetime
    value: str


class DatedRules:
    """All values of all rules."""

    def __init__(self, values: Mapping[RuleName, Sequence[RuleValue]] | None = None) -> None:
        """values: by name, in the order of their dates; a rule that is missing has its default."""
        self._values = values or {}

    def at(self, name: RuleName, moment: datetime) -> str:
        """What was in force at a moment (aware)."""
        values = self._values.get(name)
        if not values:
            return RULES[name].default
        place = bisect_right(values, moment, key=lambda one: one.valid_from)
        return values[place - 1].value if place else RULES[name].default

    def number(self, name: RuleName, moment: datetime) -> int:
        """The same, of a rule that is a whole number."""
        return int(self.at(name, moment))

    def minutes(self, name: RuleName, moment: datetime) -> timedelta:
        """The same, of a rule that counts minutes. Quick: asked for each reading that is judged anew."""
        return _span(self.at(name, moment))

    def numbers(self, name: RuleName) -> list[tuple[datetime | None, int]]:
        """All values of a rule that is a whole number, each with its beginning: for loops over many moments.

        The first one's is None: it held from ever.
        """
        said: list[tuple[datetime | None, int]] = [
            (one.valid_from, int(one.value)) for one in self._values.get(name, ())
        ]
        return [(None, int(RULES[name].default)), *said]


@lru_cache(maxsize=64)
def _span(minutes: str) -> timedelta:
    return timedelta(minutes=int(minutes))
