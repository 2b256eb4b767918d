"""Who is told of what, and when: literal cases; every time is Vietnam's (+07:00)."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest

from quality.alarms import AlarmRule, Matter, QuietHours, not_before, occasions, pause, reminder


def vn(text: str) -> datetime:
    return datetime.fromisoformat(f"2026-05-{text}+07:00")


NOW = vn("30 10:15")
ALL = AlarmRule((), (), "notice", timedelta(), None)


def matter(**changes: Any) -> Matter:
    values: dict[str, Any] = {
        "kind": "limit_exceeded", "station": "A", "level": "warning", "started_at": vn("30 09:00"),
        "ended_at": None, "withdrawn_at": None, "handled": False,
    }  # fmt: skip
    return Matter(**{**values, **changes})


CASES: list[tuple[dict[str, Any], dict[str, Any], list[str], list[str]]] = [
    ({}, {}, [], ["level:warning"]),
    ({}, {}, ["level:warning"], []),
    ({}, {"level": "alarm"}, ["level:warning"], ["level:alarm"]),
    ({}, {"level": "notice"}, ["level:warning"], []),
    ({}, {"ended_at": vn("30 10:00")}, [], ["level:warning"]),
    ({}, {"ended_at": vn("30 10:00")}, ["level:warning"], ["ended"]),
    ({}, {"ended_at": vn("30 10:00"), "level": "alarm"}, ["level:warning"], ["level:alarm", "ended"]),
    ({}, {"ended_at": vn("30 10:00")}, ["level:warning", "ended"], []),
    ({}, {"ended_at": vn("30 07:00"), "kind": "self_test"}, ["level:notice"], ["level:warning"]),
    ({}, {"ended_at": vn("29 10:15")}, [], ["level:warning"]),
    ({}, {"ended_at": vn("29 10:14")}, [], []),
    ({}, {"withdrawn_at": NOW}, [], []),
    ({}, {"withdrawn_at": NOW}, ["level:warning"], ["withdrawn"]),
    ({}, {"withdrawn_at": NOW}, ["level:warning", "withdrawn"], []),
    ({}, {}, ["level:warning", "ended"], ["again"]),
    ({}, {}, ["level:warning", "ended", "reminder:1"], ["again"]),
    ({}, {}, ["level:warning", "ended", "again"], []),
    ({}, {"ended_at": NOW}, ["level:warning", "ended", "again"], ["ended:2"]),
    ({}, {"ended_at": NOW}, ["level:warning", "ended", "again", "ended:2"], []),
    ({}, {}, ["level:warning", "ended", "again", "ended:2"], ["again:2"]),
    ({}, {"level": "alarm"}, ["level:warning", "ended"], ["level:alarm"]),
    ({}, {}, ["level:warning", "withdrawn"], ["again"]),
    ({}, {"ended_at": NOW}, ["level:warning", "withdrawn"], ["again", "ended"]),
    ({}, {"ended_at": NOW}, ["level:warning", "ended", "withdrawn"], ["again", "ended:2"]),
    ({}, {"withdrawn_at": NOW}, ["level:warning", "withdrawn", "again"], ["withdrawn:2"]),
    ({"kinds": ("interrupted",)}, {}, [], []),
    ({"kinds": ("limit_exceeded",)}, {}, [], ["level:warning"]),
    ({"stations": ("B",)}, {}, [], []),
    ({"stations": ("A", "B")}, {}, [], ["level:warning"]),
    ({"stations": ("A",)}, {"station": None}, [], []),
    ({"min_level": "alarm"}, {}, [], []),
    ({"min_level": "warning"}, {}, [], ["level:warning"]),
    ({}, {"testing": True}, [], []),
]


@pytest.mark.parametrize(("rule", "event", "told", "expected"), CASES)
def test_occasions(rule: dict[str, Any], event: dict[str, Any], told: list[str], expected: list[str]) -> None:
    assert occasions(ALL._replace(**rule), matter(**event), told, NOW) == expected


@pytest.mark.parametrize(
    ("begin", "end", "at", "until"),
    [
        ("22:00", "06:00", "30 21:59", None),
        ("22:00", "06:00", "30 22:00", "31 06:00"),
        ("22:00", "06:00", "31 05:59", "31 06:00"),
        ("22:00", "06:00", "31 06:00", None),
        ("12:00", "13:30", "30 12:00", "30 13:30"),
        ("12:00", "13:30", "30 13:30", None),
    ],
)
def test_quiet_hours(begin: str, end: str, at: str, until: str | None) -> None:
    quiet = QuietHours(time.fromisoformat(begin), time.fromisoformat(end))
    found = quiet.until(vn(at).astimezone(UTC))
    assert found == (None if until is None else vn(until))
    rule = ALL._replace(quiet=quiet)
    assert not_before(rule, matter(), vn(at)) == (found or vn(at))
    assert not_before(rule, matter(level="alarm"), vn(at)) == vn(at)


def test_reminders() -> None:
    rule = ALL._replace(repeat=timedelta(hours=4))
    told = ["level:warning"]
    assert reminder(rule, matter(), told, vn("30 06:15"), NOW) == "reminder:1"
    assert reminder(rule, matter(), [*told, "reminder:1"], vn("30 06:00"), NOW) == "reminder:2"
    assert reminder(rule, matter(), told, vn("30 06:16"), NOW) is None
    assert reminder(ALL, matter(), told, vn("30 06:15"), NOW) is None
    for over in ({"handled": True}, {"ended_at": NOW}, {"withdrawn_at": NOW}):
        assert reminder(rule, matter(**over), told, vn("30 06:15"), NOW) is None


def test_pauses_grow_to_an_hour() -> None:
    assert [pause(attempts) // timedelta(minutes=1) for attempts in (1, 2, 3, 6, 7, 100)] == [
        1,
        2,
        4,
        32,
        60,
        60,
    ]
