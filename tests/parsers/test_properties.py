"""What must hold for every file, found by search: nothing raises, and no cut makes a wrong value."""

import random
import re
import unicodedata
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parsers.canonical_lines import canonical_readings
from parsers.kept_lines import ReceivedFile, keep_lines
from parsers.line_reading import parts_of
from parsers.number import is_missing
from parsers.records import ParsedFile, Reading
from parsers.station_file import parse
from parsers.station_writer import canonical_bytes
from parsers.text_decoding import decode
from parsers.text_lines import lines_of
from parsers.time_stamp import digits_of, looks_like_time
from parsers.vietnam_time import VN

PLAIN_NUMBER = re.compile(r"[+-]?[0-9]{1,15}(\.[0-9]{0,15})?")
NAME = "QN_THUB_NUODAU_20260530101500.txt"
SAMPLES = sorted(
    path
    for path in (Path(__file__).parents[1] / "samples").iterdir()
    if path.suffix in (".txt", ".csv", ".lsi")
)


def is_symbol(cell: str) -> bool:
    return bool(cell) and cell == cell.strip() and not looks_like_time(cell)


letters = st.characters(exclude_categories=("Cc", "Cs"), exclude_characters="\ufeff")
cells = st.text(letters, max_size=12).map(str.strip)
symbols = st.one_of(
    st.sampled_from(["pH", "COD", "PM2,5", "Vinyl chloride", "Nhiệtđộ", "Ápsuất"]), cells.filter(is_symbol)
).map(lambda symbol: unicodedata.normalize("NFC", symbol))
units = st.sampled_from(["", "mg/L", "%V", "°C", "µg/m3", "oC"])
times = st.datetimes(
    min_value=datetime(2016, 1, 1),  # noqa: DTZ001 - hypothesis takes bounds without a zone
    max_value=datetime(2036, 1, 1),  # noqa: DTZ001 - as above
    timezones=st.just(VN),
).map(lambda time: time.replace(microsecond=0))
numbers = st.one_of(
    st.floats(allow_nan=False, allow_infinity=False).map(repr),
    st.decimals(-1000, 100000, places=3).map(str),
    st.sampled_from(["0", "0.00", "7.1", ".5", "5."]),
)
values = st.one_of(
    numbers.map(lambda text: (text, float(text))),
    st.sampled_from(["", "---", "-", "NaN", "NULL", "None"]).map(lambda text: (text, None)),
)


@st.composite
def readings(draw: st.DrawFn) -> Reading:
    text, value = draw(values)
    status = draw(st.sampled_from(["00", "01", "02", "03"]))
    return Reading(1, draw(symbols), text, value, draw(units), draw(times), status)


files = st.lists(readings(), min_size=1, max_size=8, unique_by=lambda r: (r.symbol, r.measured_at))


def said(parsed: ParsedFile) -> list[tuple[object, ...]]:
    return [(r.symbol, r.text, r.value, r.unit, r.measured_at, r.status) for r in parsed.readings]


def check(parsed: ParsedFile) -> None:
    """What holds for the reading of any bytes whatever."""
    keys = [(reading.symbol, reading.measured_at) for reading in parsed.readings]
    assert len(keys) == len(set(keys))
    assert parsed.state == ("rejected" if not keys else "partial" if parsed.problems else "accepted")
    assert parsed.readings or parsed.problems
    for reading in parsed.readings:
        assert (reading.value is None) == is_missing(reading.text)
        assert reading.symbol == unicodedata.normalize("NFC", reading.symbol.strip())
        assert reading.measured_at.utcoffset() == timedelta(hours=7)
        for cell in (reading.symbol, reading.text, reading.unit, reading.status):
            assert not {"\t", "\r", "\n", "\0"} & set(cell)
            assert cell.encode().decode() == cell


@given(files)
def test_what_is_written_is_read_back(written: list[Reading]) -> None:
    parsed = parse(canonical_bytes(written), NAME)
    assert said(parsed) == [(r.symbol, r.text, r.value, r.unit, r.measured_at, r.status) for r in written]
    assert [r.line for r in parsed.readings] == list(range(1, len(written) + 1))
    assert parsed.state == "accepted"


@given(files, st.sampled_from(["\n", "\r"]))
def test_line_ends_make_no_difference(written: list[Reading], end: str) -> None:
    data = canonical_bytes(written)
    assert parse(data.replace(b"\r\n", end.encode()), NAME) == parse(data, NAME)


@given(files, st.randoms(use_true_random=False))
def test_the_order_of_lines_makes_no_difference(written: list[Reading], dice: random.Random) -> None:
    shuffled = dice.sample(written, len(written))
    assert sorted(said(parse(canonical_bytes(shuffled), NAME)), key=repr) == sorted(
        said(parse(canonical_bytes(written), NAME)), key=repr
    )


@given(files)
def test_the_quick_way_reads_as_the_slow_one(written: list[Reading]) -> None:
    data = canonical_bytes(written)
    decoded = decode(data)
    assert decoded is not None
    quick = canonical_readings(decoded.text)
    slow = tuple(part.outcome for part in parts_of(decoded))
    assert quick is None or quick == slow
    plain = all(r.status != "03" and PLAIN_NUMBER.fullmatch(r.text) for r in written)
    assert (quick is not None) == plain


@settings(max_examples=300)
@given(st.binary(max_size=300), st.text(st.characters(), max_size=30))
def test_no_bytes_raise(data: bytes, name: str) -> None:
    check(parse(data, name))


WORDS = [
    "pH", "\t", "\t\t", "20260530101500", "202605301015", "00", "0", "", " ",
    "7,1", "7.1", "---", "\r\n", "\n", "\r", "\0", "\ufeff", "é",
]  # fmt: skip


@settings(max_examples=300)
@given(
    st.lists(st.sampled_from(WORDS), max_size=40),
    st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1258"]),
)
def test_no_order_of_the_right_words_raises(words: list[str], codec: str) -> None:
    check(parse("".join(words).encode(codec, "ignore"), NAME))
    data = ("".join(words) + "\r\n").encode(codec, "ignore")
    parsed = parse(data, NAME)
    check(parsed)
    kept = keep_lines([ReceivedFile(data, lambda _: True)])
    assert said(parse(kept.data, NAME)) == said(parsed)
    assert kept.as_received == (parsed.state == "accepted")
    assert (kept.withheld == 0) == (not parsed.problems or parsed.problems[0].code == "empty_file")


# --- Cuts ------------------------------------------------------------------------------------------


def canonical(r: Reading) -> str:
    return f"{r.symbol}\t{r.text}\t{r.unit}\t{digits_of(r.measured_at)}\t{r.status}"


DIALECTS = {
    "canonical": canonical,
    "short_status": lambda r: f"{r.symbol}\t{r.text}\t{r.unit}\t{digits_of(r.measured_at)}\t{r.status[1]}",
    "empty_status": lambda r: f"{r.symbol}\t{r.text}\t{r.unit}\t{digits_of(r.measured_at)}\t",
    "no_status": lambda r: f"{r.symbol}\t{r.text}\t{r.unit}\t{digits_of(r.measured_at)}",
    "no_seconds": lambda r: f"{r.symbol}\t{r.text}\t{r.unit}\t{digits_of(r.measured_at)[:12]}\t{r.status}",
    "no_unit": lambda r: f"{r.symbol}\t{r.text}\t{digits_of(r.measured_at)}\t{r.status}",
    "time_first": lambda r: f"{digits_of(r.measured_at)}\t{r.symbol}\t{r.text}\t{r.unit}\t{r.status}",
    "time_first_no_status": lambda r: f"{digits_of(r.measured_at)}\t{r.symbol}\t{r.text}\t{r.unit}",
    "time_first_no_unit": lambda r: f"{digits_of(r.measured_at)}\t{r.symbol}\t{r.text}",
    "comma_and_tabs": lambda r: canonical(r._replace(text=r.text.replace(".", ","))) + "\t\t",
}
CODECS = {"utf-8": b"", "utf-8-sig": b"", "utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}
cut_files = st.lists(
    readings().filter(lambda r: r.status != "03"),
    min_size=1,
    max_size=3,
    unique_by=lambda r: (r.symbol, r.measured_at.replace(second=0)),
)


def assert_no_cut_makes_a_wrong_value(data: bytes) -> None:
    whole = set(parse(data, NAME).readings)
    assert whole
    for end in range(len(data)):
        parsed = parse(data[:end], NAME)
        assert set(parsed.readings) <= whole, data[:end]
        assert not parsed.conflicts


@pytest.mark.parametrize("dialect", DIALECTS)
@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_no_cut_makes_a_wrong_value(dialect: str, data: st.DataObject) -> None:
    written = data.draw(cut_files)
    codec = data.draw(st.sampled_from(sorted(CODECS)))
    end = data.draw(st.sampled_from(["\r\n", "\n", "\r"]))
    text = "".join(DIALECTS[dialect](reading) + end for reading in written)
    assert_no_cut_makes_a_wrong_value(CODECS[codec] + text.encode(codec))


@settings(max_examples=20, deadline=None)
@given(cut_files, st.sampled_from(["", "\t", "\r\n"]))
def test_no_cut_of_one_line_makes_a_wrong_value(written: list[Reading], end: str) -> None:
    assert_no_cut_makes_a_wrong_value(("\t".join(map(canonical, written)) + end).encode())


@pytest.mark.parametrize(
    "sample", [path for path in SAMPLES if path.stat().st_size < 700], ids=lambda path: path.name
)
def test_no_cut_of_a_sample_makes_a_wrong_value(sample: Path) -> None:
    data = sample.read_bytes()
    parsed = parse(data, sample.name)
    whole = {*parsed.readings, *parsed.conflicts}
    for end in range(len(data)):
        part = parse(data[:end], sample.name)
        check(part)
        assert sample.name in NOTHING_TO_TELL_BY or set(part.readings) <= whole, data[:end]


NOTHING_TO_TELL_BY = {
    # Statuses of one and two digits in one file: after a line with `0`, a cut `0` of `02` looks whole.
    "TB_MAUX_NUOSTA_20260530101500.txt",
    # No text, or cut, as they are: their beginnings may be whole files.
    "TB_MAUX_NUOESC_20260530101500.txt",
    "TB_MAUX_NUONU3_20260530101500.txt",
    "TB_MAUX_NUOON3_20260530101500.txt",
}


# --- Withholding lines -----------------------------------------------------------------------------


@settings(deadline=None)
@given(files, st.data(), st.sampled_from(["canonical", "time_first", "comma_and_tabs", "one_line"]))
def test_what_is_left_is_what_may_go_as_it_was_written(
    written: list[Reading], data: st.DataObject, dialect: str
) -> None:
    rows = [DIALECTS.get(dialect, canonical)(reading) for reading in written]
    text = "\t".join(rows) if dialect == "one_line" else "\r\n".join(rows)
    received = (text + "\r\n").encode()
    parsed = parse(received, NAME)
    chosen = data.draw(st.sets(st.sampled_from(parsed.readings)))
    kept = keep_lines([ReceivedFile(received, lambda reading: reading in chosen)])
    left = parse(kept.data, NAME)
    assert said(left) == said(parsed._replace(readings=tuple(r for r in parsed.readings if r in chosen)))
    assert (kept.kept, kept.withheld) == (len(chosen), len(parsed.readings) - len(chosen))
    if dialect != "one_line":
        lines = [line for _, line, _ in lines_of(received.decode())]
        assert [line for _, line, _ in lines_of(kept.data.decode())] == [
            line for line, reading in zip(lines, parsed.readings, strict=True) if reading in chosen
        ]


@settings(deadline=None)
@given(files, st.data())
def test_split_uploads_say_together_what_the_whole_said(written: list[Reading], data: st.DataObject) -> None:
    whole = canonical_bytes(written)
    ends = [at + 2 for at in range(len(whole)) if whole[at : at + 2] == b"\r\n"]
    cut = data.draw(st.sampled_from([0, *ends]))
    overlap = data.draw(st.sampled_from([0, *[end for end in ends if end <= cut]]))
    parts = [ReceivedFile(part, lambda _: True) for part in (whole[:cut], whole[overlap:])]
    assert keep_lines(parts).data == whole


# --- Mutation fuzz ---------------------------------------------------------------------------------

PIECES = [
    b"\t", b"\r", b"\n", b"\r\n", b"\0", b"\xef\xbb\xbf", b"\xff\xfe", b"20260530101500", b"202605301015",
    b"0", b"00", b",", b".", b"-", b"---", b"e", b"\xe1\xbb", b"\xf2", b"\x8d", b" ", b"\xc2\xa0", b"1e999",
]  # fmt: skip


@pytest.mark.parametrize("seed", range(4))
def test_mutated_samples(seed: int) -> None:
    """Some 10,000 files: samples with bytes turned, cut out, doubled and strewn in."""
    dice = random.Random(seed)
    corpus = [path.read_bytes() for path in SAMPLES]
    for _ in range(2500):
        data = bytearray(dice.choice(corpus))
        for _ in range(dice.randint(1, 6)):
            at = dice.randint(0, len(data))
            match dice.randint(0, 4):
                case 0:
                    data[at:at] = dice.choice(PIECES)
                case 1:
                    del data[at : at + dice.randint(1, 20)]
                case 2:
                    data[at : at + 1] = dice.randbytes(1)
                case 3:
                    data[at:at] = data[at : at + dice.randint(1, 60)]
                case _:
                    data += dice.choice(corpus)[: dice.randint(0, 80)]
        parsed = parse(bytes(data), NAME)
        check(parsed)
        allowed = frozenset(reading.symbol for reading in parsed.readings if dice.random() < 0.7)
        kept = keep_lines([ReceivedFile(bytes(data), lambda reading, may=allowed: reading.symbol in may)])
        left = parse(kept.data, NAME)
        assert left.encoding != parsed.encoding or {reading.symbol for reading in left.readings} <= allowed
        assert (kept.data == b"") == (kept.kept == 0)
        assert kept.as_received == (kept.data == bytes(data) != b"")
