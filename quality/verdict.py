"""What the automatic checks say of one reading: flags, each with its limit and its evidence.

The store keeps flags as JSON, a list of [rule, code, limit, evidence]; both directions are here,
so that nobody else knows that shape. Which rule raises which flag is in quality/judge.py.
"""

import json
from typing import Literal, NamedTuple

Code = Literal[2, 3, 4, 9]
"""QARTOD's codes without 1, pass: 2 not evaluated, 3 suspect, 4 fail, 9 missing."""


class Flag(NamedTuple):
    """One rule that a reading did not pass."""

    rule: str
    """The rule's id, as in docs: gross_range, unit_mismatch."""
    code: Code
    limit: str = ""
    """What was demanded, in words a person can check: "0 … 14"."""
    evidence: str = ""
    """What was found: "17.2"."""


class Verdict(NamedTuple):
    """A reading's value in the channel's unit, and what the checks found."""

    value: float | None
    """In the channel's unit where it could be converted; None where it is missing."""
    flags: tuple[Flag, ...]
    valid: bool
    """Has a number, status 00 and no failing flag (docs/rulebook.md, section 1). Suspect is still valid."""


def flags_to_json(flags: tuple[Flag, ...]) -> str | None:
    """The flags as the store keeps them; None, which is stored as null, where every check passed."""
    if not flags:
        return None
    return json.dumps(flags, ensure_ascii=False, separators=(",", ":"))


def flags_from_json(text: str | None) -> tuple[Flag, ...]:
    """The flags of a stored reading, in the order in which they were raised."""
    if text is None:
        return ()
    return tuple(Flag(*flag) for flag in json.loads(text))
