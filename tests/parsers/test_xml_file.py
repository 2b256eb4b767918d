"""Station files in XML: the same readings as from text, and nothing that a hostile file could win."""

import tracemalloc
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from xml.sax.saxutils import quoteattr

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from lxml import etree

from parsers import xml_file
from parsers.records import ParsedFile
from parsers.station_file import parse
from parsers.station_writer import station_text
from parsers.xml_file import MOST_BYTES, is_xml

SAMPLES = Path(__file__).parents[1] / "samples"
NAME = "QN_THUB_NUODAU_20260530101500.xml"


def document(*readings: str, root: str = 'time="20260530101500"') -> bytes:
    inside = "".join(f"<reading {reading}/>" for reading in readings)
    return f"<stationFile {root}>{inside}</stationFile>".encode()


def codes(parsed: ParsedFile) -> list[str]:
    return [problem.code for problem in parsed.problems]


@pytest.mark.parametrize(
    ("data", "xml"),
    [
        (b"<a/>", True), (b"\xef\xbb\xbf <?xml", True), (b"\r\n\t <stationFile", True), (b"<!--x-->", True),
        ("\ufeff <a>".encode("utf-16-le"), True), ("\ufeff<a>".encode("utf-16-be"), True),
        (b"<", False), (b"< 5\t1", False), (b"<5\t1\t\t20260530101500\t00\r\n", False), (b"", False),
        (b"pH\t7", False), ("\ufeffpH".encode("utf-16-le"), False), (b"\xff\xfe<", False),
    ],
)  # fmt: skip
def test_what_counts_as_xml(data: bytes, xml: bool) -> None:
    assert is_xml(data) is xml


@pytest.mark.parametrize(
    ("written", "utc"),
    [
        ("2026-05-30T10:15:00+07:00", "03:15:00"), ("2026-05-30T03:15:00Z", "03:15:00"),
        ("2026-05-30T10:15:00", "03:15:00"), ("2026-05-30T10:15", "03:15:00"),
        ("2026-05-29T20:15:00-07:00", "03:15:00"), ("20260530101500", "03:15:00"),
        ("202605301015", "03:15:00"),
        ("2026-05-30T10:15:00.5", None), ("2026-05-30", None), ("2026-05-30T10:15:00+0700", None),
        ("2026-02-30T10:15:00", None), ("0001-01-01T00:00:00+07:00", None), ("", None), ("now", None),
        ("2026-05-30T10:15:00+25:00", None), ("٢026-05-30T10:15:00", None),
    ],
)  # fmt: skip
def test_times(written: str, utc: str | None) -> None:
    data = document(f'symbol="pH" value="1" time="{written}"', root="")
    parsed = parse(data, "x.xml")
    if utc is None:
        assert codes(parsed) == ["bad_time"]
        return
    (reading,) = parsed.readings
    assert reading.measured_at == datetime.fromisoformat(f"2026-05-30T{utc}+00:00")
    assert reading.measured_at.utcoffset() == timedelta(hours=7)


def test_the_same_as_the_text_says() -> None:
    sample = SAMPLES / "QN_THUB_NUODAU_20260530111500.xml"
    parsed = parse(sample.read_bytes(), sample.name)
    as_text = parse(station_text(sample.read_bytes()), sample.name)
    assert [reading[1:7] for reading in as_text.readings] == [reading[1:7] for reading in parsed.readings]
    assert (
        station_text(sample.read_bytes())
        == (
            "pH\t7.12\t\t20260530111500\t00\r\nCOD\t41.8\tmg/L\t20260530111500\t00\r\n"
            "NH4+\t1.25\tmg/L\t20260530111500\t01\r\nNhiệt độ\t\t°C\t20260530111500\t02\r\n"
        ).encode()
    )


def test_text_stays_as_it_is() -> None:
    assert station_text(b"pH\t7,10\t\t202605301015\t0\n") == b"pH\t7,10\t\t202605301015\t0\n"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "windows-1258", "us-ascii"])
def test_encodings(encoding: str) -> None:
    declared = encoding.removesuffix("-sig")
    data = f'<?xml version="1.0" encoding="{declared}"?>'.encode(encoding) if encoding != "utf-16" else b""
    symbol = "pH" if encoding == "us-ascii" else "Đo"
    body = document(f'symbol="{symbol}" value="1"').decode()
    data += body.encode(declared) if data else body.encode("utf-16")
    parsed = parse(data, NAME)
    assert (parsed.state, parsed.encoding, parsed.readings[0].symbol) == ("accepted", declared, symbol)
    assert ("bom" in parsed.notes) == (encoding in ("utf-16", "utf-8-sig"))


def test_the_namespace_may_be_left_out_but_not_be_another() -> None:
    ours = document('symbol="pH" value="1"', root=f'xmlns="{xml_file.NAMESPACE}" time="20260530101500"')
    assert parse(ours, NAME).state == "accepted"
    other = document('symbol="pH" value="1"', root='xmlns="urn:other" time="20260530101500"')
    assert (parse(other, NAME).readings, codes(parse(other, NAME))) == ((), ["bad_columns"])


def test_whose_file_it_is() -> None:
    data = document('symbol="pH" value="1"', root='station="qn_thub_nuodau" time="20260530101500"')
    assert parse(data, "x.xml").station_code == "qn_thub_nuodau"
    assert parse(data, NAME).station_code == "QN_THUB_NUODAU"
    other = parse(data, "QN_HLON_KHIONG_20260530101500.xml")
    assert (other.state, other.readings, codes(other)) == ("rejected", (), ["conflict"])


@pytest.mark.parametrize(
    "reading",
    [
        'value="1"', 'symbol="" value="1"', 'symbol="pH" value="1" stauts="02"', 'symbol="pH&#9;x" value="1"',
        'symbol="pH" value="1" unit="a&#10;b"', f'symbol="{"p" * 513}" value="1"',
    ],
)  # fmt: skip
def test_a_reading_that_could_be_misread_is_none(reading: str) -> None:
    parsed = parse(document(reading, 'symbol="COD" value="2"'), NAME)
    assert ([one.symbol for one in parsed.readings], codes(parsed)) == (["COD"], ["bad_columns"])


@pytest.mark.parametrize("value", ["", "---", "NaN", "null", "   "])
def test_missing_is_never_a_number(value: str) -> None:
    (reading,) = parse(document(f'symbol="pH" value="{value}"'), NAME).readings
    assert reading.value is None
    (absent,) = parse(document('symbol="pH"'), NAME).readings
    assert (absent.value, absent.text) == (None, "")


# --- hostile files

BOMB = b'<!DOCTYPE a [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;">]>'


@pytest.mark.parametrize(
    "data",
    [
        BOMB + document('symbol="&b;" value="1"'),
        b'<?xml version="1.0"?>' + BOMB + document('symbol="x" value="1"'),
        b'<!DOCTYPE stationFile SYSTEM "http://127.0.0.1:9/x.dtd">' + document('symbol="x" value="1"'),
        ("\ufeff" + (BOMB + document('symbol="&b;" value="1"')).decode()).encode("utf-16-le"),
        b'<?xml version="1.0" encoding="utf-7"?>+ADwAIQ-DOCTYPE a>' + document('symbol="x" value="1"'),
        b'<?xml version="1.0" encoding="UCS-4"?>' + document('symbol="x" value="1"'),
    ],
)
def test_no_document_type_is_read(data: bytes) -> None:
    parsed = parse(data, NAME)
    assert (parsed.state, parsed.readings, codes(parsed)) == ("rejected", (), ["not_text"])


@pytest.mark.parametrize("reading", ['symbol="&xxe;" value="1"', 'symbol="pH" value="&#0;"'])
def test_an_entity_that_is_not_xmls_own_ends_the_file(reading: str) -> None:
    parsed = parse(document('symbol="COD" value="2"', reading), NAME)
    assert ([one.symbol for one in parsed.readings], codes(parsed)) == (["COD"], ["bad_columns"])


def test_includes_and_instructions_do_nothing() -> None:
    data = (
        b'<?xml-stylesheet href="file:///etc/passwd"?><stationFile time="20260530101500"'
        b' xmlns:xi="http://www.w3.org/2001/XInclude"><xi:include href="/etc/passwd" parse="text"/>'
        b'<reading symbol="pH" value="1"/></stationFile>'
    )
    parsed = parse(data, NAME)
    assert (len(parsed.readings), codes(parsed)) == (1, ["bad_columns"])
    assert "root:" not in str(parsed)


def test_depth_and_size_are_bounded() -> None:
    deep = b'<stationFile time="20260530101500">' + b"<reading>" * 100_000
    assert parse(deep, NAME).state == "rejected"
    long = document('symbol="pH" value="1"') + b" " * MOST_BYTES
    assert codes(parse(long, NAME)) == ["too_large"]
    attributes = " ".join(f'a{number}="1"' for number in range(20_000))
    assert codes(parse(document(f'symbol="x" value="1" {attributes}'), NAME)) == ["bad_columns"]


def test_many_readings_are_not_held_as_elements() -> None:
    data = document(*(f'symbol="s{number % 50}" value="1"' for number in range(20_000)))
    tracemalloc.start()
    parsed = parse(data, NAME)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(parsed.readings) == 50
    assert peak < 20 * len(data)


@given(st.binary(max_size=300))
@example(b"\xff\xfe<\x00")
@example(b"<stationFile>\x00")
def test_no_bytes_raise(rest: bytes) -> None:
    for start in (b"<", b"<stationFile>", b'<stationFile time="20260530101500"><reading ', b"\xff\xfe<\x00"):
        parse(start + rest, NAME)
        station_text(start + rest)


@given(st.integers(min_value=0))
def test_a_cut_file_never_says_what_the_whole_does_not(where: int) -> None:
    sample = SAMPLES / "QN_THUB_NUODAU_20260530111500.xml"
    whole = sample.read_bytes()
    cut = whole[: where % (len(whole.rstrip()))]
    parsed, complete = parse(cut, sample.name), parse(whole, sample.name)
    assert parsed.readings == complete.readings[: len(parsed.readings)]
    assert parsed.state != "accepted"


texts = st.text(
    st.characters(exclude_categories=("Cs", "Cc", "Zs", "Zl", "Zp", "Cn", "Co")), min_size=1, max_size=20
)
moments = st.integers(946_684_800, 4_102_444_800).map(lambda seconds: datetime.fromtimestamp(seconds, UTC))
zones = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


@given(texts, st.decimals(-1_000_000, 1_000_000, places=3), texts, moments, zones, st.sampled_from("012"))
def test_what_is_written_is_read(
    symbol: str, value: object, unit: str, moment: datetime, zone: timezone, status: str
) -> None:
    time = moment.astimezone(zone)
    cells = {
        "symbol": symbol,
        "value": str(value),
        "unit": unit,
        "time": time.isoformat(),
        "status": "0" + status,
    }
    data = document(" ".join(f"{name}={quoteattr(cell)}" for name, cell in cells.items()), root="")
    (reading,) = parse(data, NAME).readings
    assert (reading.text, reading.unit, reading.measured_at) == (str(value), unit.strip(), time)
    (again,) = parse(station_text(data), NAME).readings
    assert again[1:7] == reading[1:7]


# --- the schema


def test_samples_are_as_the_schema_says_they_are() -> None:
    schema = etree.XMLSchema(etree.parse(Path(xml_file.__file__).with_name("station_file.xsd")))
    good = etree.fromstring((SAMPLES / "QN_THUB_NUODAU_20260530111500.xml").read_bytes())
    schema.assertValid(good)
    bad = (
        (SAMPLES / "logger-42.xml")
        .read_bytes()
        .replace(b"<stationFile ", f'<stationFile xmlns="{xml_file.NAMESPACE}" '.encode())
    )
    assert not schema.validate(etree.fromstring(bad))
    assert len(schema.error_log) == 4
