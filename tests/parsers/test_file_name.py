"""Station code and time out of names."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers.file_name import canonical_name, read_name
from parsers.vietnam_time import VN

AT = datetime(2026, 5, 30, 10, 15, tzinfo=VN)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("QN_THUB_NUODAU_20260530101500.txt", "QN_THUB_NUODAU"),
        ("qn_thub_nuodau_20260530101500.TXT", "qn_thub_nuodau"),
        ("GLHN_KHINVC_20260530101500.txt", "GLHN_KHINVC"),
        ("KCNDiemThuy20260530101500.txt", "KCNDiemThuy"),
        ("KHILO120260530101500.txt", "KHILO1"),
        ("QN_THUB_NUODAU_20260530101500.csv", "QN_THUB_NUODAU"),
        ("QN_THUB_NUODAU_20260530101500.lsi", "QN_THUB_NUODAU"),
        ("QN_THUB_NUODAU_20260530101500", "QN_THUB_NUODAU"),
        ("QN.THUB_20260530101500", "QN.THUB"),
        ("QN.THUB_20260530101500.txt", "QN.THUB"),
        ("A__20260530101500.txt", "A_"),
        ("A b_20260530101500 .txt", "A b"),
        ("QN_1_120260530101500.txt", "QN_1_1"),
        ("2026/05/30/QN_THUB_NUODAU_20260530101500.txt", "QN_THUB_NUODAU"),
        ("C:\\data\\QN_THUB_NUODAU_20260530101500.txt", "QN_THUB_NUODAU"),
        ("Trạm_20260530101500.txt", "Trạm"),
        ("20260530101500.txt", None),
        ("_20260530101500.txt", None),
        ("a/_20260530101500.txt", None),
    ],
)
def test_names_with_a_time(name: str, code: str | None) -> None:
    assert read_name(name) == (code, AT)


@pytest.mark.parametrize(
    "name",
    [
        "", ".", ".txt", "readme.txt", "01_06_2023 00_06.lsi", "QN_THUB_NUODAU_202605301015.txt",
        "202605301015.txt",
        "QN_THUB_NUODAU_20260530101500_1.txt", "QN_20260530101500.txt.txt", "QN_٢٠٢٦٠٥٣٠١٠١٥٠٠.txt",
        "QN_20260530101500/x.txt", "QN_20260530101500.d/x", "QN_2026053010150.txt", "QN_20260530101500/",
    ],
)  # fmt: skip
def test_names_without_fourteen_digits_say_neither(name: str) -> None:
    assert read_name(name) == (None, None)


def test_digits_that_are_no_time_still_end_the_code() -> None:
    assert read_name("QN_THUB_NUODAU_20261330101500.txt") == ("QN_THUB_NUODAU", None)


def test_a_code_can_be_looked_up_in_any_store() -> None:
    assert read_name("A\0B\udce9\n_20260530101500.txt") == ("A\ufffdB\ufffd\ufffd", AT)


@given(
    st.text(st.characters(), max_size=50),
    st.sampled_from(["", ".txt", "_20260530101500.txt", "20260530101500"]),
)
def test_no_name_raises(name: str, tail: str) -> None:
    code, _ = read_name(name + tail)
    assert code is None or code.encode()


def test_a_name_of_four_kilobytes() -> None:
    assert read_name("9" * 4096 + ".txt")[0] == "9" * 4082


def test_canonical_name() -> None:
    assert canonical_name("QN_THUB_NUODAU", AT) == "QN_THUB_NUODAU_20260530101500.txt"
