"""`qttd compare`: an export beside what came, from files to a record that can be signed."""

import hashlib
import os
import re
from datetime import datetime, timedelta
from html.parser import HTMLParser
from typing import Any, get_args

import pytest

from qttd.envisoft.words import EXPLANATIONS, UNKNOWN
from quality.comparison.reasons import Explanation

CODE = "QN_THUB_NUODAU"
FIRST = datetime.fromisoformat("2026-05-30T10:00:00+07:00")
EXPORT = (
    "Thời gian;pH;COD (mg/L);Ghi chú;Lạ\n"
    "30/05/2026 10:00;7,1;41,8;;1\n"
    "30/05/2026 10:05;7,1;0;;1\n"
    "30/05/2026 10:10;7,1;0;;1\n"
    "30/05/2026 10:20;7,1;41,8;;1\n"
    "30/05/2026 10:25;7,1;41,8;;1\n"
)
PERIOD = ("--station", CODE, "--from", "2026-05-30", "--to", "2026-05-30")


@pytest.fixture
def filled(ready: Any) -> Any:
    """Five files of one station: 02 at 10:05, no value at 10:10, and 10:15 came last."""
    assert (
        ready("station", "import", ready.write("s.csv", f"code,name,kind\n{CODE},Trạm <1>,wastewater\n")).code
        == 0
    )
    channels = f"station_code,symbol,parameter\n{CODE},pH,pH\n{CODE},COD,COD\n"
    assert ready("channel", "import", ready.write("c.csv", channels)).code == 0
    folder = ready.folder / "srv" / CODE
    folder.mkdir(parents=True)
    for minute in range(0, 25, 5):
        at = FIRST + timedelta(minutes=minute)
        cod = {5: "3\tmg/L\t{}\t02", 10: "---\tmg/L\t{}\t00"}.get(minute, "41.8\tmg/L\t{}\t00")
        stamp = f"{at:%Y%m%d%H%M%S}"
        path = folder / f"{CODE}_{stamp}.txt"
        path.write_text(f"pH\t7.1\t\t{stamp}\t00\nCOD\t{cod.format(stamp)}\n", encoding="utf-8")
        arrived = at.timestamp() + (3600 if minute == 15 else 60)
        os.utime(path, (arrived, arrived))
    assert ready("import-tree", "srv").code == 0
    ready.write("export.csv", EXPORT)
    return ready


def test_every_difference_is_told(filled: Any) -> None:
    done = filled("compare", "--envisoft", "export.csv", *PERIOD, "--json")
    assert done.code == 0, done.err
    columns = ("parameter", "theirs", "ours", "status", "explanation")
    assert [(one["at"][11:16], *(one[name] for name in columns))
            for one in done.json()] == [
        ("10:05", "COD", "0", "3", "02", "error_read_as_zero"),
        ("10:10", "COD", "0", "---", "00", "missing_read_as_zero"),
        ("10:15", "pH", "", "7.1", "00", "late_file_skipped"),
        ("10:15", "COD", "", "41.8", "00", "late_file_skipped"),
        ("10:25", "pH", "7,1", "", "", "not_received_here"),
        ("10:25", "COD", "41,8", "", "", "not_received_here"),
    ]  # fmt: skip
    assert done.json()[0]["at"] == "2026-05-30T10:05:00+07:00"
    assert "no parameter is known by the name of these columns: Lạ\n" in done.err
    assert "12 values compared: 6 the same, 6 different, of which 2 are not explained\n" in done.err
    table = filled("compare", "--envisoft", "export.csv", *PERIOD).out.splitlines()
    assert table[0].split() == [
        "parameter", "from", "to", "values", "envisoft", "ours", "explanation", "meaning",
    ]  # fmt: skip
    assert len(table) == 7
    assert EXPLANATIONS["error_read_as_zero"].en in table[1]


def test_the_meanings_are_told_in_the_language_that_is_asked_for(filled: Any) -> None:
    asked = ("compare", "--envisoft", "export.csv", *PERIOD)
    table = filled(*asked, "--lang", "vi", "--record", "bb.html").out.splitlines()
    assert EXPLANATIONS["error_read_as_zero"].vi in table[1]
    record = (filled.folder / "bb.html").read_text(encoding="utf-8")
    assert filled(*asked, "--lang", "en", "--record", "bb.html", "--force").code == 0
    english = (filled.folder / "bb.html").read_text(encoding="utf-8")
    assert EXPLANATIONS["error_read_as_zero"].vi in record
    assert EXPLANATIONS["error_read_as_zero"].vi in english
    assert filled(*asked, "--lang", "fr").code == 64


class Text(HTMLParser):
    """The text of a page, and whether it needs anything from elsewhere."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []
        self.asks: list[str] = []

    def handle_data(self, data: str) -> None:
        self.said.append(" ".join(data.split()))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.asks += [f"{tag} {name}" for name, _ in attrs if name in ("src", "href")]


def test_the_record(filled: Any) -> None:
    options = ("--record", "bb.html", "--authority", "UBND TỈNH X", "--office", "SỞ <NN&MT>", "--place", "X")
    done = filled("compare", "--envisoft", "export.csv", *PERIOD, *options)
    assert done.code == 0, done.err
    html = (filled.folder / "bb.html").read_text(encoding="utf-8")
    page = Text()
    page.feed(html)
    said = " ".join(filter(None, page.said))
    assert page.asks == []
    for words in (
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc", "UBND TỈNH X SỞ <NN&MT>",
        "BIÊN BẢN", f"Trạm: Trạm <1> (mã {CODE}).", "ngày 30/05/2026",
        hashlib.sha256(EXPORT.encode()).hexdigest(),
        "đối chiếu: 12; trùng khớp: 6 (50,00 %); khác nhau: 6, trong đó chưa rõ nguyên nhân: 2.",
        "COD 10:05 30/05/2026 1 0 3 " + EXPLANATIONS["error_read_as_zero"].vi,
        "Cột không xác định được thông số: Lạ.", "(Ký, ghi rõ họ tên, đóng dấu)",
    ):  # fmt: skip
        assert words in said, words
    assert "<1>" not in html
    assert "size: A4" in html
    again = filled("compare", "--envisoft", "export.csv", *PERIOD, *options)
    assert (again.code, "--force" in again.err) == (77, True)
    assert filled("compare", "--envisoft", "export.csv", *PERIOD, *options, "--force").code == 0


def test_no_difference_has_a_record_too(filled: Any) -> None:
    filled.write("same.csv", "time;pH\n30/05/2026 10:00;7.1\n")
    period = ("--station", CODE.lower(), "--from", "2026-05-30", "--to", "2026-05-30")
    done = filled("compare", "--envisoft", "same.csv", *period, "--record", "bb.html", "--json")
    assert {one["explanation"] for one in done.json()} == {"late_file_skipped", "absent_there"}
    done = filled("compare", "--envisoft", "same.csv", "--station", CODE, "--from", "2026-05-31", "--to",
                  "2026-05-31", "--record", "bb.html", "--force")  # fmt: skip
    assert "0 values compared" in done.err
    assert "Không có giá trị nào khác nhau." in (filled.folder / "bb.html").read_text(encoding="utf-8")


def test_what_is_wrong_is_said(filled: Any) -> None:
    filled.write("bad.csv", "a,b\n1,2\n")
    filled.write("foreign.csv", "time,X1\n30/05/2026,2\n")
    compare = ("compare", "--envisoft")
    for arguments, code, words in (
        (("bad.csv", *PERIOD), 65, "no header was found"),
        (("foreign.csv", *PERIOD), 65, "no column of the export is a parameter"),
        (("none.csv", *PERIOD), 74, "none.csv"),
        (("export.csv", *PERIOD[:-1], "2026-05-29"), 64, "is after"),
        (("export.csv", "--station", "X", *PERIOD[2:]), 65, "there is no station X"),
    ):
        done = filled(*compare, *arguments)
        assert (done.code, words in done.err) == (code, True), done.err


def test_every_explanation_has_its_words() -> None:
    assert set(EXPLANATIONS) == set(get_args(Explanation))
    assert set(EXPLANATIONS) >= UNKNOWN
    for words in EXPLANATIONS.values():
        assert re.fullmatch(r"[A-ZĐ].{20,}", words.vi)
        assert len(words.en) > 20
