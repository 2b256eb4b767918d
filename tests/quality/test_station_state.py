"""The one word for what a station is doing now."""

from datetime import UTC, datetime, timedelta

import pytest

from quality.station_state import Latest, Patience, station_state

NOW = datetime(2026, 5, 30, 3, 20, tzinfo=UTC)
USUAL = Patience(timedelta(minutes=15), timedelta(minutes=5))
FINE = Latest("00", True, frozenset())


def ago(minutes: float) -> datetime:
    return NOW - timedelta(minutes=minutes)


@pytest.mark.parametrize(
    ("interval", "measured", "arrived", "expected"),
    [
        (5, None, None, "offline"),
        (5, ago(20), None, "ok"),
        (5, ago(20.01), None, "offline"),
        (5, ago(20.01), ago(20.01), "offline"),
        (5, ago(20.01), ago(20), "warning"),
        (5, None, ago(1), "warning"),
        (60, ago(75), ago(75), "ok"),
        (60, ago(75.01), ago(75.01), "offline"),
        (5, ago(-4), ago(0), "ok"),
    ],
)
def test_silence(interval: int, measured: datetime | None, arrived: datetime | None, expected: str) -> None:
    assert station_state(interval, measured, arrived, [FINE], NOW, USUAL) == expected


@pytest.mark.parametrize(
    ("readings", "expected"),
    [
        ([], "ok"),
        ([FINE, FINE], "ok"),
        ([FINE, Latest("01", True, frozenset({"calibrating"}))], "calibrating"),
        ([Latest("01", True, frozenset()), Latest("02", False, frozenset())], "device_error"),
        ([Latest("02", True, frozenset({"undeclared"}))], "device_error"),
        ([Latest("00", False, frozenset())], "warning"),
        ([FINE, Latest("00", True, frozenset({"gross_range"}))], "warning"),
        ([Latest("00", False, frozenset({"undeclared", "missing"}))], "ok"),
    ],
)
def test_readings(readings: list[Latest], expected: str) -> None:
    assert station_state(5, ago(3), ago(2), readings, NOW, USUAL) == expected


def test_an_offline_station_is_offline_whatever_it_last_said() -> None:
    assert station_state(5, ago(60), ago(60), [Latest("02", False, frozenset())], NOW, USUAL) == "offline"
