"""Readings to the bytes of a canonical file."""

from datetime import UTC, datetime

import pytest

from parsers.records import Reading
from parsers.station_writer import canonical_bytes
from parsers.vietnam_time import VN

AT = datetime(2026, 5, 30, 10, 15, tzinfo=VN)


def test_canonical_bytes() -> None:
    readings = [
        Reading(1, "pH", "7.120", 7.12, "", AT, "00"),
        Reading(2, "Nhiệtđộ", "24,19", 24.19, "oC", AT.astimezone(UTC), "01"),
        Reading(3, "COD", "---", None, "mg/L", AT, "02"),
        Reading(4, "m,p-Xylene", "", None, "ppb", AT, "03"),
    ]
    assert canonical_bytes(readings) == (
        b"pH\t7.120\t\t20260530101500\t00\r\n"
        b"Nhi\xe1\xbb\x87t\xc4\x91\xe1\xbb\x99\t24.19\toC\t20260530101500\t01\r\n"
        b"COD\t---\tmg/L\t20260530101500\t02\r\n"
        b"m,p-Xylene\t\tppb\t20260530101500\t03\r\n"
    )


def test_nothing_to_write() -> None:
    assert canonical_bytes([]) == b""


@pytest.mark.parametrize(
    "reading",
    [
        Reading(1, "", "7", 7.0, "", AT, "00"),
        Reading(1, "pH", "7", 7.0, "", AT, ""),
        Reading(1, "p\tH", "7", 7.0, "", AT, "00"),
        Reading(1, "pH", "7\r", 7.0, "", AT, "00"),
        Reading(1, "pH", "7", 7.0, "a\nb", AT, "00"),
        Reading(1, "pH ", "7", 7.0, "", AT, "00"),
        Reading(1, "pH", "7", 7.0, "", AT, "0\x000"),
        Reading(1, "p\udce9", "7", 7.0, "", AT, "00"),
        Reading(1, "pH", "7", 7.0, "", AT.replace(tzinfo=None), "00"),
    ],
)
def test_what_no_line_can_carry_is_refused(reading: Reading) -> None:
    with pytest.raises(ValueError, match=r"needs a symbol|cannot stand|no zone"):
        canonical_bytes([reading])
