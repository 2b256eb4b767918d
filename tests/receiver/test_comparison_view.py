"""What a comparison is told of readings: which file they came in, how, and what else came."""

from datetime import datetime, timedelta

from sqlalchemy import Engine

from parsers.vietnam_time import VN
from quality.comparison.sides import OurReading
from store.engine import reading
from store.readings.comparison_view import names_of_parameters, our_side

from .house import House

DAY = datetime(2026, 5, 30, tzinfo=VN)


def line(symbol: str, text: str, unit: str, clock: str, status: str = "00") -> bytes:
    return f"{symbol}\t{text}\t{unit}\t20260530{clock}\t{status}\r\n".encode()


def test_a_day_as_a_comparison_sees_it(house: House, engine: Engine) -> None:
    house.take(line("COD", "41.8", "mg/L", "101500"), "QN_THUB_NUODAU_20260530101500.txt")
    # sent late, behind a file with a later name; and sent again with another value
    house.clock[0] += timedelta(minutes=1)
    house.take(line("COD", "40", "mg/L", "101007", "02"), "QN_THUB_NUODAU_20260530101007.txt")
    house.take(line("COD", "43", "mg/L", "101500"), "again/QN_THUB_NUODAU_20260530101500.txt")
    house.take(
        line("pH", "7,1", "", "102000") + line("pH", "7.2", "", "102500"),
        "QN_THUB_NUODAU_20260530102500.txt",
    )
    house.take(b"COD\tx1\tmg/L\t20260530103000\t00\r\n", "QN_THUB_NUODAU_20260530103000.txt")
    with reading(engine) as connection:
        names = names_of_parameters(connection, 1)
        side = our_side(connection, 1, DAY, DAY + timedelta(days=1))
        assert our_side(connection, 1, DAY - timedelta(days=1), DAY).readings == {}
    assert {(f"{at:%H:%M}", name): one for (at, name), one in side.readings.items()} == {
        ("10:10", "COD"): OurReading("COD", "40", 40.0, 40.0, "mg/L", "02", False, True, False),
        ("10:15", "COD"): OurReading("COD", "41.8", 41.8, 41.8, "mg/L", "00", True, False, False, (43.0,)),
        ("10:20", "pH"): OurReading("pH", "7,1", 7.1, 7.1, "", "00", True, False, True),
        ("10:25", "pH"): OurReading("pH", "7.2", 7.2, 7.2, "", "00", True, False, True),
    }
    assert next(iter(side.readings))[0].utcoffset() == timedelta(hours=7)
    assert {f"{at:%H:%M}" for at in side.unread} >= {"10:30"}
    assert (names["COD"], names["pH"], names["TSS"]) == ("COD", "pH", "TSS")
