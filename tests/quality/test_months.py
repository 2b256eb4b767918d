"""Months of Vietnam's calendar: where they begin and end, and which one comes later."""

from datetime import UTC, date, datetime, timedelta, timezone

from quality.months import month_of, month_span, months_later, next_month

VN = timezone(timedelta(hours=7))


def test_months_follow_one_another() -> None:
    assert [next_month(date(2026, month, 1)) for month in (1, 11, 12)] == [
        date(2026, 2, 1), date(2026, 12, 1), date(2027, 1, 1),
    ]  # fmt: skip
    assert months_later(date(2026, 3, 1), -3) == date(2025, 12, 1)
    assert months_later(date(2026, 3, 1), 0) == date(2026, 3, 1)


def test_a_month_begins_at_vietnams_midnight() -> None:
    assert month_span(date(2026, 5, 1)) == (
        datetime(2026, 5, 1, tzinfo=VN), datetime(2026, 6, 1, tzinfo=VN),
    )  # fmt: skip
    assert month_of(datetime(2026, 4, 30, 17, tzinfo=UTC)) == date(2026, 5, 1)
    assert month_of(datetime(2026, 4, 30, 16, 59, tzinfo=UTC)) == date(2026, 4, 1)
    assert month_of(datetime(9999, 12, 31, 23, tzinfo=UTC)) == date(9999, 12, 1)
