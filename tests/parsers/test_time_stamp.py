"""Times of 14 and 12 digits, and back."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers.time_stamp import digits_of, looks_like_time, vietnam_time
from parsers.vietnam_time import VN


def test_fourteen_and_twelve_digits() -> None:
    assert vietnam_time("20260530101559") == datetime(2026, 5, 30, 3, 15, 59, tzinfo=UTC)
    assert vietnam_time("202605301015") == datetime(2026, 5, 30, 3, 15, tzinfo=UTC)


@pytest.mark.parametrize("cell", ["20260530101500", "202605301015", "99999999999999"])
def test_looks_like_a_time(cell: str) -> None:
    assert looks_like_time(cell)


@pytest.mark.parametrize(
    "cell",
    [
        "",
        "2026053010150",
        "20260530",
        "202605301015000",
        "2026-05-30",
        "２０２６０５３０１０１５",
        "20260530101500\n",
        "+2026053010150",
    ],
)
def test_does_not_look_like_a_time(cell: str) -> None:
    assert not looks_like_time(cell)
    assert vietnam_time(cell) is None


@pytest.mark.parametrize(
    "digits",
    [
        "20261330101500", "20260031101500", "20260631101500", "20260229101500", "20260530240000",
        "20260530106000", "20260530101560", "00000101000000", "00010101065959", "99999999999999",
        "202613301015",
    ],
)  # fmt: skip
def test_times_that_do_not_exist(digits: str) -> None:
    assert vietnam_time(digits) is None


def test_every_time_that_is_read_has_a_twin_in_utc() -> None:
    earliest, latest = vietnam_time("00010101070000"), vietnam_time("99991231235959")
    assert earliest is not None
    assert latest is not None
    assert earliest.astimezone(UTC) == datetime(1, 1, 1, tzinfo=UTC)
    assert latest.astimezone(UTC).hour == 16


FIRST = datetime(1, 1, 2)  # noqa: DTZ001 - hypothesis takes bounds without a zone
LAST = datetime(9999, 12, 30)  # noqa: DTZ001 - as above


@given(st.datetimes(FIRST, LAST, timezones=st.timezones()))
def test_round_trip(time: datetime) -> None:
    assert vietnam_time(digits_of(time)) == time.astimezone(VN).replace(microsecond=0)


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="no zone"):
        digits_of(datetime(2026, 5, 30))  # noqa: DTZ001 - a time without a zone is what is tested
