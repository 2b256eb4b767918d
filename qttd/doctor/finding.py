"""What looking at one thing found. Nothing is called fine that was not looked at: that is not applicable."""

from dataclasses import dataclass
from typing import Literal

from qttd.failures import BAD_SETTINGS, UNREACHABLE

State = Literal["ok", "warning", "failed", "not applicable"]


@dataclass(frozen=True)
class Finding:
    """One line of the doctor's, and what to do about it."""

    check: str
    """What was looked at: a stable name for programs."""
    state: State
    message: str
    remedy: str = ""
    """What to do, with the command where there is one; empty where nothing is to be done."""
    exit_code: int = 0
    """What a failed one means for the whole: 69 or 78."""


def ok(check: str, message: str) -> Finding:
    """It was looked at, and is as it should be."""
    return Finding(check, "ok", message)


def warning(check: str, message: str, remedy: str) -> Finding:
    """It works now, but will not for long, or not for everybody."""
    return Finding(check, "warning", message, remedy)


def failed(check: str, message: str, remedy: str) -> Finding:
    """Something that a running system needs is not there."""
    return Finding(check, "failed", message, remedy, UNREACHABLE)


def wrong_setting(check: str, message: str, remedy: str) -> Finding:
    """A setting that cannot be as it is; the message or the remedy names its key."""
    return Finding(check, "failed", message, remedy, BAD_SETTINGS)


def not_applicable(check: str, message: str) -> Finding:
    """It is switched off, or could not be looked at; the message says which."""
    return Finding(check, "not applicable", message)


def named(names: list[str], most: int = 8) -> str:
    """A list in a sentence: the first names, and how many more there are."""
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return ", ".join(names[:most]) + more
