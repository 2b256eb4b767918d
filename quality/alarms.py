"""When a recipient is told of an event: pure rules over the event, the rule and the time.

Told are: that something began, that it became graver, that it ended, that it turned out not to have
happened, that it goes on after all; and, where the rule says so, that it still goes on and nobody has said
that they saw it. Quiet hours hold back everything below the level "alarm".
"""

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from typing import Literal, NamedTuple

from parsers.vietnam_time import VN
from quality.events import EVENT_LEVELS, EventKind, EventLevel

Channel = Literal["email", "webhook", "gateway"]
Language = Literal["vi", "en"]

MOMENTARY = frozenset({"self_test", "file_rejected", "wrong_address", "tamper"})
"""Kinds that are over as soon as they happen: their end is no news."""
STALE = timedelta(days=1)
"""What ended longer ago than this when it was found is history (a back-filled year, say): no alarm."""
LONGEST_PAUSE = timedelta(hours=1)
GIVE_UP = timedelta(days=7)
"""A notification that could not be delivered for so long is given up, and that is logged."""


class QuietHours(NamedTuple):
    """From one time of the day in Vietnam to another, over midnight where the second is earlier."""

    begin: time
    end: time

    def until(self, at: datetime) -> datetime | None:
        """When they end, in UTC, where `at` (aware) lies in them; else None."""
        local = at.astimezone(VN)
        clock = local.time()
        over_midnight = self.begin > self.end
        inside = clock >= self.begin or clock < self.end if over_midnight else self.begin <= clock < self.end
        if not inside:
            return None
        day = local.date() + timedelta(days=over_midnight and clock >= self.begin)
        return datetime.combine(day, self.end, VN).astimezone(UTC)


class Matter(NamedTuple):
    """What the rules need to know of an event."""

    kind: EventKind
    station: str | None
    """Its station's code."""
    level: EventLevel
    started_at: datetime
    ended_at: datetime | None
    withdrawn_at: datetime | None
    handled: bool
    """Somebody has acknowledged or solved it."""
    testing: bool = False
    """Its station was in the phase `testing` when it began: shown, and told to nobody."""


class AlarmRule(NamedTuple):
    """Who is told, by which channel, of what."""

    kinds: Sequence[EventKind]
    """Empty: all."""
    stations: Sequence[str]
    """Codes; empty: all, and what concerns no station."""
    min_level: EventLevel
    repeat: timedelta
    """Zero: no reminders."""
    quiet: QuietHours | None


def occasions(rule: AlarmRule, matter: Matter, told: Sequence[str], now: datetime) -> list[str]:
    """What is to be told now, given what was told (or queued) before, in that order; now: aware.

    `level:warning` tells that it began, or became as grave as that. An end or a withdrawal is told only to
    whom the beginning was; whoever was told of one hears `again` where it happens, or goes on, after all. The
    second of such an occasion is `ended:2`.
    """
    if not concerns(rule, matter):
        return []
    begun = [level for occasion in told if (level := occasion.removeprefix("level:")) != occasion]
    heard = next((one for one in map(_plainly, reversed(told)) if one in _HEARD), "")
    if matter.withdrawn_at is not None:
        return [_numbered("withdrawn", told)] if begun and heard != "withdrawn" else []
    if not begun:
        history = matter.ended_at is not None and now - matter.ended_at > STALE
        return [] if history else [f"level:{matter.level}"]
    found = []
    if _rank(matter.level) > max(map(_rank, begun)):
        found.append(f"level:{matter.level}")
    elif heard == "withdrawn" or (heard == "ended" and matter.ended_at is None):
        found.append(_numbered("again", told))
    if matter.ended_at is not None and heard != "ended" and matter.kind not in MOMENTARY:
        found.append(_numbered("ended", told))
    return found


_HEARD = frozenset({"level", "again", "ended", "withdrawn"})
"""After which a recipient believes that it goes on, is over, or never was."""


def _plainly(occasion: str) -> str:
    return occasion.partition(":")[0]


def _numbered(occasion: str, told: Sequence[str]) -> str:
    before = sum(_plainly(one) == occasion for one in told)
    return f"{occasion}:{before + 1}" if before else occasion


def concerns(rule: AlarmRule, matter: Matter) -> bool:
    """Whether the rule is about events like this one."""
    if matter.testing:
        return False
    if rule.kinds and matter.kind not in rule.kinds:
        return False
    if rule.stations and matter.station not in rule.stations:
        return False
    return _rank(matter.level) >= _rank(rule.min_level)


def not_before(rule: AlarmRule, matter: Matter, now: datetime) -> datetime:
    """When it may be told: now, or at the end of the rule's quiet hours."""
    if rule.quiet is None or matter.level == "alarm":
        return now
    return rule.quiet.until(now) or now


def reminder(
    rule: AlarmRule, matter: Matter, told: Sequence[str], last_sent: datetime, now: datetime
) -> str | None:
    """The next reminder's occasion, where one is due: it goes on, and nobody has said that they saw it."""
    over = matter.ended_at is not None or matter.withdrawn_at is not None or matter.handled
    if not rule.repeat or over or now - last_sent < rule.repeat:
        return None
    return f"reminder:{sum(occasion.startswith('reminder:') for occasion in told) + 1}"


def pause(attempts: int) -> timedelta:
    """How long after so many failed attempts the next one waits: a minute, two, four, an hour at most."""
    return min(timedelta(minutes=2 ** min(attempts - 1, 10)), LONGEST_PAUSE)


def _rank(level: str) -> int:
    return EVENT_LEVELS.index(level)
