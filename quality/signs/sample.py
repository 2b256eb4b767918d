"""What signs are looked for in, and what they are: plain tuples, because a channel's month has 8,928.

Moments are milliseconds since 1970-01-01T00:00Z.
"""

from collections.abc import Mapping
from typing import Any, Literal, NamedTuple, get_args

HOUR = 3_600_000
DAY = 24 * HOUR
LOOK_BACK = 30 * DAY
"""How much before the judged time is looked at: what a channel usually does."""

SignRule = Literal[
    "tamper_capped", "tamper_frozen", "tamper_replayed", "tamper_calibrating", "tamper_rewritten",
    "tamper_clock",
]  # fmt: skip
SIGN_RULES: tuple[SignRule, ...] = get_args(SignRule)


class Sample(NamedTuple):
    """A reading in force."""

    at: int
    value: float | None
    """In the channel's unit."""
    status: str
    received: int


class Arrival(NamedTuple):
    """A file of a station: the newest moment measured in it, and when it came."""

    measured: int
    received: int


class Rewrite(NamedTuple):
    """A second, different value that came for a moment; the first stays in force."""

    at: int
    first: float
    second: float
    received: int
    """When the second one came."""


class Judged(NamedTuple):
    """The time that signs are looked for in: from `begin` up to `end`, not included."""

    begin: int
    end: int


class Sign(NamedTuple):
    """Something for a person to look at."""

    rule: SignRule
    begin: int
    end: int
    """The stretch in which it shows."""
    score: int
    """0 to 100: how far the data are from what honest data does. No probability of anything."""
    evidence: Mapping[str, Any]
    """Figures that can be looked up in the data; what JSON can hold."""


def joined(signs: list[Sign], gap: int) -> list[Sign]:
    """Signs of one rule in the order of time, those within `gap` as one, in the strongest's words."""
    found: list[Sign] = []
    for sign in sorted(signs, key=lambda one: one.begin):
        if found and sign.begin - found[-1].end <= gap:
            last = found[-1]
            stronger = max(last, sign, key=lambda one: one.score)
            found[-1] = stronger._replace(begin=last.begin, end=max(last.end, sign.end))
        else:
            found.append(sign)
    return found
