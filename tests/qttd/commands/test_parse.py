"""`qttd parse` as a person or a program calls it."""

import json
import os
from pathlib import Path
from typing import get_args

import pytest
from click.testing import Result
from typer.testing import CliRunner

from parsers.records import NoteCode, ProblemCode
from qttd.commands.parse import MAX_FILE_BYTES, app
from qttd.commands.parse_words import NOTES, PROBLEMS

LINE = b"pH\t7.12\t\t20260530101500\t00\r\n"
NAME = "QN_THUB_NUODAU_20260530101500.txt"


def qttd_parse(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, [str(argument) for argument in arguments])


def written(folder: Path, data: bytes, name: str = NAME) -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


def test_one_object_per_file_on_a_line_each(tmp_path: Path) -> None:
    good = written(tmp_path, LINE + b"COD\t---\tmg/L\t20260530101500\t02\r\n")
    partial = written(tmp_path, "Nhiệtđộ\t1,5\t\t20260530101500\t00\nCOD\t4".encode(), "x.lsi")
    result = qttd_parse("--json", good, partial)
    assert result.exit_code == 0
    assert [json.loads(line) for line in result.stdout.splitlines()] == [
        {
            "file": NAME,
            "state": "accepted",
            "station_code": "QN_THUB_NUODAU",
            "name_time": "2026-05-30T10:15:00+07:00",
            "encoding": "utf-8",
            "notes": [],
            "readings": [
                {"line": 1, "symbol": "pH", "text": "7.12", "value": 7.12, "unit": "",
                 "measured_at": "2026-05-30T10:15:00+07:00", "status": "00", "notes": []},
                {"line": 2, "symbol": "COD", "text": "---", "value": None, "unit": "mg/L",
                 "measured_at": "2026-05-30T10:15:00+07:00", "status": "02", "notes": ["missing_value"]},
            ],
            "problems": [],
        },
        {
            "file": "x.lsi",
            "state": "partial",
            "station_code": None,
            "name_time": None,
            "encoding": "utf-8",
            "notes": [],
            "readings": [
                {"line": 1, "symbol": "Nhiệtđộ", "text": "1,5", "value": 1.5, "unit": "",
                 "measured_at": "2026-05-30T10:15:00+07:00", "status": "00", "notes": ["decimal_comma"]},
            ],
            "problems": [
                {"line": 2, "code": "cut_line",
                 "detail": "The file ends inside a line: 'COD\\t4' has no line end."},
            ],
        },
    ]  # fmt: skip


def test_a_rejected_file_ends_with_65_and_the_others_are_read(tmp_path: Path) -> None:
    rubbish = written(tmp_path, b"\0\1\2", "rubbish.txt")
    result = qttd_parse("--json", rubbish, written(tmp_path, LINE))
    assert result.exit_code == 65
    first, second = map(json.loads, result.stdout.splitlines())
    assert (first["state"], first["encoding"], first["problems"][0]["code"]) == ("rejected", None, "not_text")
    assert first["problems"][0]["line"] is None
    assert second["state"] == "accepted"


@pytest.mark.parametrize("as_json", [True, False])
def test_an_unreadable_file_ends_with_74_says_which_and_the_others_are_read(
    tmp_path: Path, as_json: bool
) -> None:
    good, empty = written(tmp_path, LINE), written(tmp_path, b"", "empty.txt")
    flags = ("--json",) if as_json else ()
    result = qttd_parse(*flags, tmp_path / "missing.txt", tmp_path, empty, good)
    assert result.exit_code == 74
    assert "missing.txt: cannot be read: No such file or directory" in result.stderr
    assert f"{tmp_path}: cannot be read: Is a directory" in result.stderr
    assert "missing.txt" not in result.stdout
    assert NAME in result.stdout
    assert "empty_file" in result.stdout


def test_a_file_beyond_the_limit_is_rejected_and_never_held(tmp_path: Path) -> None:
    limit = written(tmp_path, LINE.ljust(MAX_FILE_BYTES, b"\n"), "limit.txt")
    beyond = written(tmp_path, LINE.ljust(MAX_FILE_BYTES + 1, b"\n"), "beyond.txt")
    vast = tmp_path / "vast.txt"
    vast.touch()
    os.truncate(vast, 1 << 40)
    result = qttd_parse("--json", limit, beyond, vast, "/dev/zero")
    assert result.exit_code == 65
    objects = [json.loads(line) for line in result.stdout.splitlines()]
    assert [(o["file"], o["state"], o["encoding"], [p["code"] for p in o["problems"]]) for o in objects] == [
        ("limit.txt", "accepted", "utf-8", []),
        ("beyond.txt", "rejected", None, ["too_large"]),
        ("vast.txt", "rejected", None, ["too_large"]),
        ("zero", "rejected", None, ["too_large"]),
    ]


def test_a_person_is_told_what_it_says_and_how_to_mend_it(tmp_path: Path) -> None:
    path = written(
        tmp_path, LINE + b"COD\t\tmg/L\t20260530101500\t\r\nTSS\t1,2,3\tmg/L\t20260530101500\t00\r\n"
    )
    result = qttd_parse(path)
    assert result.exit_code == 0
    assert f"{NAME}: partial" in result.stdout
    assert "station QN_THUB_NUODAU, time 2026-05-30 10:15:00 (+07:00), encoding utf-8" in result.stdout
    assert "7.12" in result.stdout
    assert "missing" in result.stdout
    assert f"note missing_value: {NOTES['missing_value']}" in result.stdout
    assert f"note status_assumed: {NOTES['status_assumed']}" in result.stdout
    assert "line 3: bad_number: '1,2,3' is not a number." in result.stdout
    assert f"to mend bad_number: {PROBLEMS['bad_number']}" in result.stdout


def test_a_remedy_fits_a_file_in_xml_too(tmp_path: Path) -> None:
    path = tmp_path / NAME.replace(".txt", ".xml")
    path.write_text(
        '<stationFile><reading symbol="pH" statis="00"/><reading symbol="COD" time="x"/></stationFile>'
    )
    result = qttd_parse(path)
    for code in ("bad_columns", "bad_time"):
        assert f"to mend {code}: {PROBLEMS[code]}" in result.stdout  # type: ignore[index]
        assert "in XML" in PROBLEMS[code]  # type: ignore[index]


def test_no_name_or_content_reaches_the_terminal_raw(tmp_path: Path) -> None:
    odd = Path(os.fsdecode(os.fsencode(tmp_path) + b"/\x1b[31m\xff_20260530101500.txt"))
    odd.write_bytes("[b]\u202eH\t7\t\t20260530101500\t00\r\n".encode())
    result = qttd_parse(odd)
    assert result.exit_code == 0
    assert "\\x1b[31m\\udcff_20260530101500.txt: accepted" in result.stdout
    assert "[b]\\u202eH" in result.stdout
    assert json.loads(qttd_parse("--json", odd).stdout)["file"] == odd.name


def test_every_code_has_its_words() -> None:
    assert set(NOTES) == set(get_args(NoteCode))
    assert set(PROBLEMS) == set(get_args(ProblemCode))
