"""Times at the edge: what is understood, and how it is written."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.vietnam_time import TimeError, in_vietnam, since, until


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc, arg-type]  # the parts are a date and a time


@pytest.mark.parametrize(
    ("text", "begin", "end"),
    [
        ("2026-05-30", utc(2026, 5, 29, 17), utc(2026, 5, 30, 17)),
        ("20260530", utc(2026, 5, 29, 17), utc(2026, 5, 30, 17)),
        ("2024-02-29", utc(2024, 2, 28, 17), utc(2024, 2, 29, 17)),
        (" 2026-05-30 ", utc(2026, 5, 29, 17), utc(2026, 5, 30, 17)),
        ("2026-05-30T10:15", utc(2026, 5, 30, 3, 15), None),
        ("2026-05-30T10:15:30", utc(2026, 5, 30, 3, 15, 30), None),
        ("2026-05-30 10:15:30", utc(2026, 5, 30, 3, 15, 30), None),
        ("2026-05-30T10:15:30+07:00", utc(2026, 5, 30, 3, 15, 30), None),
        ("2026-05-30T10:15:30 07:00", utc(2026, 5, 30, 3, 15, 30), None),
        ("2026-05-30 10:15:30 07:00", utc(2026, 5, 30, 3, 15, 30), None),
        ("2026-05-30T10:15 0700", utc(2026, 5, 30, 3, 15), None),
        ("2026-05-30T10:15:30.250 07:00", utc(2026, 5, 30, 3, 15, 30, 250000), None),
        ("2026-05-30T03:15:30Z", utc(2026, 5, 30, 3, 15, 30), None),
        ("2026-05-29T22:15:30-05:00", utc(2026, 5, 30, 3, 15, 30), None),
        ("2026-05-30T00:00:00", utc(2026, 5, 29, 17), None),
        ("20260530T101530", utc(2026, 5, 30, 3, 15, 30), None),
    ],
)
def test_what_is_understood(text: str, begin: datetime, end: datetime | None) -> None:
    assert since(text) == begin
    assert until(text) == (end or begin)


@pytest.mark.parametrize("text", ["", None])
def test_nothing_is_no_limit(text: str | None) -> None:
    assert since(text) is None
    assert until(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "yesterday", "2026", "2026-5-30", "30/05/2026", "2026-02-30", "2026-05-30T24:01",
        "2026-05-30T10:15:61",
        "9999-12-31", "0001-01-01", "2026-05-30T10:15:30+25:00", "1779000000", "2026-05-30T",
        "２０２６-05-30",
    ],
)  # fmt: skip
def test_what_is_not(text: str) -> None:
    with pytest.raises(TimeError, match="is not a time"):
        since(text)
    with pytest.raises(TimeError, match="is not a time"):
        until(text)


@given(st.datetimes(datetime(1990, 1, 1), datetime(2200, 1, 1)), st.integers(-720, 840))  # noqa: DTZ001 - zoned below
def test_what_is_written_is_understood_even_with_the_plus_lost(naive: datetime, minutes: int) -> None:
    moment = naive.replace(
        microsecond=naive.microsecond // 1000 * 1000, tzinfo=timezone(timedelta(minutes=minutes))
    )
    text = in_vietnam(moment)
    assert text.endswith("+07:00")
    assert since(text) == since(text.replace("+", " ")) == moment
