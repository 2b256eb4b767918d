"""Withholding lines from received files: literal bytes in, literal bytes out."""

from collections.abc import Callable

import pytest

from parsers.kept_lines import KeptLines, ReceivedFile, keep_lines
from parsers.records import Reading

T = "20260530101500"
PH = f"pH\t7.12\t\t{T}\t00\r\n".encode()
COD = f" COD \t41,8\tmg/L\t{T}\t0\t\t\r\n".encode()
TSS = f"TSS\t---\tmg/L\t{T}\t02\r\n".encode()


def everything(_: Reading) -> bool:
    return True


def nothing(_: Reading) -> bool:
    return False


def all_but(*symbols: str) -> Callable[[Reading], bool]:
    return lambda reading: reading.symbol not in symbols


def keep(data: bytes, may_go: Callable[[Reading], bool] = everything) -> KeptLines:
    return keep_lines([ReceivedFile(data, may_go)])


@pytest.mark.parametrize(
    "data",
    [
        PH + COD + TSS,
        b"\xef\xbb\xbf\n" + PH + b"\r\n  \r" + COD,
        PH + TSS[:-2],
        PH + PH,
        "\ufeff".encode("utf-16-le") + (PH + COD).decode().encode("utf-16-le"),
        f"Nhi\t28\t°C\t{T}\t00\n".encode("cp1258"),
        f"pH\t7\t\t{T}\t00\tCOD\t4\t\t{T}\t00\t\t\n".encode(),
    ],
)
def test_a_file_with_nothing_withheld_goes_byte_for_byte(data: bytes) -> None:
    kept = keep(data)
    assert kept.data is data
    assert (kept.withheld, kept.as_received) == (0, True)


def test_each_remaining_line_stands_as_it_was() -> None:
    assert keep(PH + COD + TSS, all_but("pH")) == KeptLines(COD + TSS, kept=2, withheld=1, as_received=False)
    assert keep(PH + COD + TSS, all_but("COD")) == KeptLines(PH + TSS, kept=2, withheld=1, as_received=False)
    assert keep(COD + PH + TSS[:-2], all_but("TSS")).data == COD + PH
    assert keep(COD + PH + TSS[:-2], all_but("COD")).data == PH + TSS[:-2]


def test_blank_lines_go_with_what_is_withheld() -> None:
    assert keep(b"\r\n" + PH + b" \r\n" + COD, all_but("pH")).data == COD


def test_a_line_that_is_no_reading_is_withheld() -> None:
    assert keep(b"Symbol\tValue\r\n" + PH) == KeptLines(PH, kept=1, withheld=1, as_received=False)
    assert keep(PH + b"COD\t4") == KeptLines(PH, kept=1, withheld=1, as_received=False)
    assert keep(PH + b"\0\0") == KeptLines(PH, kept=1, withheld=1, as_received=False)
    assert keep(PH + "Nhiệ".encode()[:-1]) == KeptLines(PH, kept=1, withheld=1, as_received=False)
    assert keep(PH + f"COD\t1.2.3\t\t{T}\t00\r\n".encode() + TSS).data == PH + TSS


@pytest.mark.parametrize("data", [b"", b"\r\n", b"\0\xff\0", b"rubbish\r\n", b"\xff\xfea"])
def test_what_holds_no_reading_leaves_nothing(data: bytes) -> None:
    kept = keep(data)
    assert (kept.data, kept.kept, kept.as_received) == (b"", 0, False)


def test_nothing_may_go() -> None:
    assert keep(PH + COD, nothing) == KeptLines(b"", kept=0, withheld=2, as_received=False)


def test_the_first_of_two_that_contradict_each_other_goes() -> None:
    later = f"pH\t7.13\t\t{T}\t00\r\n".encode()
    assert keep(PH + later + COD) == KeptLines(PH + COD, kept=2, withheld=1, as_received=False)
    assert keep(PH + later, lambda reading: reading.value == 7.13).data == later


def test_a_repeated_line_is_not_withheld() -> None:
    assert keep(PH + COD + PH, all_but("COD")) == KeptLines(PH + PH, kept=2, withheld=1, as_received=False)


def test_cells_are_cut_out_of_a_line_of_several_readings() -> None:
    ph, cod, tss = f"pH\t 7.1\t\t{T}\t00", f"COD\t41,8\tmg/L\t{T}\t", f"TSS\t9\tmg/L\t{T}\t02"
    line = f"{ph}\t{cod}\t{tss}\t\t\n".encode()
    assert keep(line, all_but("COD")).data == f"{ph}\t{tss}\t\t\n".encode()
    assert keep(line, all_but("pH")).data == f"{cod}\t{tss}\t\t\n".encode()
    assert keep(line, all_but("TSS")).data == f"{ph}\t{cod}\t\t\n".encode()
    assert keep(line, all_but("pH", "TSS")).data == f"{cod}\t\t\n".encode()
    assert keep(line.replace(b"41,8", b"4,1,8")).data == f"{ph}\t{tss}\t\t\n".encode()
    assert keep(line, nothing).data == b""


@pytest.mark.parametrize("codec", ["utf-16-le", "utf-16-be"])
def test_utf_16_stays_utf_16(codec: str) -> None:
    ph, nhiet = f"pH\t7.1\t\t{T}\t00\r\n".encode(codec), f"Nhiệtđộ\t28\t\t{T}\t00\r\n".encode(codec)
    bom = "\ufeff".encode(codec)
    assert keep(bom + ph + nhiet, all_but("pH")).data == bom + nhiet
    assert keep(bom + ph + nhiet[:-5]).data == bom + ph


def test_the_bom_stays_before_the_first_line_left() -> None:
    assert keep(b"\xef\xbb\xbf" + PH + COD, all_but("pH")).data == b"\xef\xbb\xbf" + COD


def test_files_appended_to_one_another_keep_the_inner_bom_as_written() -> None:
    inner = b"\xef\xbb\xbf" + COD
    assert keep(PH + inner + TSS, all_but("TSS")).data == PH + inner
    assert keep(PH + inner + TSS, all_but("COD")).data == PH + TSS
    wide = ["\ufeff" + line.decode() for line in (PH, COD, TSS)]
    assert keep("".join(wide).encode("utf-16-le"), all_but("TSS")).data == "".join(wide[:2]).encode(
        "utf-16-le"
    )


def test_windows_1258_stays_with_bytes_that_it_does_not_define() -> None:
    odd = b"Nhi\xea\xf2t\t28\t\x8dC\t20260530101500\t00\r\n"
    assert keep(PH + odd, all_but("pH")).data == odd


def test_split_uploads_become_one() -> None:
    kept = keep_lines([ReceivedFile(PH, everything), ReceivedFile(COD + TSS, all_but("COD"))])
    assert kept == KeptLines(PH + TSS, kept=2, withheld=1, as_received=False)


def test_what_is_said_already_is_not_said_twice() -> None:
    other_words = f"pH\t7.120\t\t{T}\t0\n".encode()
    kept = keep_lines([ReceivedFile(PH + b"COD\t4", everything), ReceivedFile(other_words + COD, everything)])
    assert kept.data == PH + COD
    assert kept.withheld == 1


def test_a_resent_file_leaves_the_first_as_received() -> None:
    first = PH + b"\r\n" + COD
    kept = keep_lines([ReceivedFile(first, everything), ReceivedFile(COD + PH, everything)])
    assert kept.data is first
    assert kept.as_received


def test_a_correction_that_may_go_replaces_a_line_that_may_not() -> None:
    corrected = f"pH\t7.2\t\t{T}\t00\r\n".encode()
    kept = keep_lines([ReceivedFile(PH + COD, all_but("pH")), ReceivedFile(corrected, everything)])
    assert kept.data == COD + corrected


def test_of_contradicting_uploads_the_first_goes() -> None:
    contradiction = f"pH\t7.2\t\t{T}\t00\r\n".encode()
    kept = keep_lines([ReceivedFile(PH, everything), ReceivedFile(contradiction, everything)])
    assert (kept.data, kept.withheld) == (PH, 1)


def test_a_line_without_an_end_gets_its_files_own_before_another_follows() -> None:
    ended = f"pH\t7.1\t\t{T}\t00\nDO\t5\t\t{T}\t00".encode()
    alone = f"DO\t5\t\t{T}\t00".encode()
    assert (
        keep_lines([ReceivedFile(ended, everything), ReceivedFile(TSS, everything)]).data
        == ended + b"\n" + TSS
    )
    assert (
        keep_lines([ReceivedFile(alone, everything), ReceivedFile(TSS, everything)]).data
        == alone + b"\r\n" + TSS
    )
    assert keep_lines([ReceivedFile(TSS, everything), ReceivedFile(alone, everything)]).data == TSS + alone
    first = f"pH\t7.1\t\t{T}\t00\n".encode()
    kept = keep_lines([ReceivedFile(ended, all_but("DO")), ReceivedFile(TSS, everything)])
    assert kept.data == first + TSS


def test_encodings_that_differ_become_utf_8() -> None:
    utf_8 = f"Ápsuất\t1\t\t{T}\t00\r\n".encode()
    windows = b"\xb0x\t28\t\xb0C\t20260530101500\t00\r\n"
    utf_16 = f"\ufeffĐộ\t2\t\t{T}\t00\r\n".encode("utf-16-le")
    files = [ReceivedFile(data, everything) for data in (b"\xef\xbb\xbf" + utf_8, windows, utf_16)]
    assert keep_lines(files).data.decode() == (
        f"Ápsuất\t1\t\t{T}\t00\r\n°x\t28\t°C\t{T}\t00\r\nĐộ\t2\t\t{T}\t00\r\n"
    )
    assert keep_lines(files[1:]).data.decode() == f"°x\t28\t°C\t{T}\t00\r\nĐộ\t2\t\t{T}\t00\r\n"

    assert keep_lines(files[:2]).data.decode() == f"Ápsuất\t1\t\t{T}\t00\r\n°x\t28\t°C\t{T}\t00\r\n"


def test_utf_16_fits_into_no_other_encoding() -> None:
    wide = b"\xff\xfe" + TSS.decode().encode("utf-16-le")
    both = [ReceivedFile(PH, everything), ReceivedFile(wide, everything)]
    assert keep_lines(both).data == PH + TSS
    assert keep_lines(both[::-1]).data == TSS + PH
    other = b"\xfe\xff" + PH.decode().encode("utf-16-be")
    assert keep_lines([ReceivedFile(other, everything), both[1]]).data == PH + TSS


def test_ascii_fits_into_windows_1258_as_it_is() -> None:
    windows = b"\xb0x\t28\t\xb0C\t20260530101500\t00\r\n"
    for ascii_file in (PH, b"\xef\xbb\xbf" + PH):
        kept = keep_lines([ReceivedFile(ascii_file, everything), ReceivedFile(windows, everything)])
        assert kept.data == PH + windows


def test_utf_16_files_joined_have_one_bom() -> None:
    one, two = (f"{symbol}\t1\t\t{T}\t00\r\n".encode("utf-16-le") for symbol in ("a", "b"))
    files = [ReceivedFile(b"\xff\xfe" + data, everything) for data in (one, two)]
    assert keep_lines(files).data == b"\xff\xfe" + one + two


def test_no_files() -> None:
    assert keep_lines([]) == KeptLines(b"", kept=0, withheld=0, as_received=False)


def corrected(symbol: str, number: str) -> Callable[[Reading], str | None]:
    return lambda reading: number if reading.symbol == symbol else None


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (b"pH\t7,10 \t\t20260530101500\t00\t\t\n", b"pH\t9.5\t\t20260530101500\t00\t\t\n"),
        (b"20260530101500\tpH\t---\t\t00\r\n", b"20260530101500\tpH\t9.5\t\t00\r\n"),
        (
            b"\xb0x\t28\t\xb0C\t20260530101500\t00\tpH\t7\t\t20260530101500\t00\tCOD\t1\t\t20260530101500\t00",
            b"\xb0x\t28\t\xb0C\t20260530101500\t00\tpH\t9.5\t\t20260530101500\t00\tCOD\t1\t\t20260530101500\t00",
        ),
    ],
)
def test_a_corrected_number_stands_in_its_line_and_all_else_as_written(data: bytes, expected: bytes) -> None:
    kept = keep_lines([ReceivedFile(data, everything, corrected("pH", "9.5"))])
    assert (kept.data, kept.as_received, kept.withheld) == (expected, False, 0)


def test_a_line_may_lose_one_reading_and_have_another_corrected() -> None:
    line = b"pH\t7\t\t20260530101500\t00\tCOD\t1\t\t20260530101500\t00\tTSS\t2\t\t20260530101500\t00\n"
    kept = keep_lines([ReceivedFile(line, lambda reading: reading.symbol != "pH", corrected("TSS", "2.5"))])
    assert kept.data == b"COD\t1\t\t20260530101500\t00\tTSS\t2.5\t\t20260530101500\t00\n"


def test_a_number_is_corrected_in_utf_16_too() -> None:
    wide = b"\xff\xfe" + "pH\t7\t\t20260530101500\t00\n".encode("utf-16-le")
    kept = keep_lines([ReceivedFile(wide, everything, corrected("pH", "7.25"))])
    assert kept.data.decode("utf-16") == "pH\t7.25\t\t20260530101500\t00\n"
