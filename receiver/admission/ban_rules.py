"""When failed logins become a ban, and for how long: pure rules, with time as an argument.

Three things can be banned, each by its own count of failures. An *address*, by failures of accounts that
never logged in from it. A *login*, one account from one address, where that account did log in from
there before: so one logger with a stale password does not shut out the others behind the same router.
And an *account*, by failures from several strange addresses; that ban only counts for such addresses, so that
guessing from elsewhere never locks a factory's logger out. Each further ban within a day of
the last lasts twice as long.
"""

from ipaddress import ip_address, ip_network
from typing import NamedTuple

WINDOW_SECONDS = 3600.0
"""Failures further apart than this do not add up."""
MEMORY_SECONDS = 86_400.0
"""A ban that ended longer ago no longer doubles the next one."""
LONGEST_SECONDS = 86_400.0
ACCOUNT_FACTOR = 3
"""An account is banned by so many times the failures of an address: never by one address alone."""


class BanPolicy(NamedTuple):
    """Settings: after how many failures, and for how long the first time. 0 failures: no bans."""

    after: int = 10
    seconds: float = 600.0


class Subject(NamedTuple):
    """What is counted: an address, an account (its name), or an account at an address."""

    address: str
    account: str


class Record(NamedTuple):
    """What is known of a subject. Times are seconds since 1970."""

    failures: int
    failed_at: float
    bans: int
    """Bans that still make the next one longer."""
    banned_until: float


def after_failure(record: Record | None, now: float, threshold: int, policy: BanPolicy) -> Record:
    """The record after one more failed login. A ban that is in force is not made longer."""
    if record is None:
        record = Record(0, now, 0, 0.0)
    if record.banned_until > now:
        return record
    failures = 1 if now - record.failed_at > WINDOW_SECONDS else record.failures + 1
    if failures < threshold:
        return record._replace(failures=failures, failed_at=now)
    bans = 0 if now - record.banned_until > MEMORY_SECONDS else record.bans
    # no ban is longer than a day: beyond ten doublings the power only grows
    seconds = min(policy.seconds * 2.0 ** min(bans, 10), LONGEST_SECONDS)
    return Record(0, now, bans + 1, now + seconds)


def still_matters(record: Record, now: float) -> bool:
    """False for a record that could as well be forgotten."""
    return now - record.failed_at <= WINDOW_SECONDS or now - record.banned_until <= MEMORY_SECONDS


def banned_address(peer: str) -> str:
    """What is counted for a peer's address: itself, or in IPv6 its /64, which is what one customer has."""
    text = peer.partition("%")[0]
    if ":" not in text:
        return text
    return str(ip_network((ip_address(text), 64), strict=False))
