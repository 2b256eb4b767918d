"""The guides say nothing that is not so: commands, settings, lists, answers and codes are held to the code.

Prose cannot be tested, but what a reader copies can: every `qttd …` command line is parsed by the real
command, every list is read by the real reader, every FTP answer stands in the door's code. The Vietnamese
guides must name the same things as the English ones.
"""

import importlib.util
import re
import shlex
from functools import cache
from pathlib import Path
from typing import Any, get_args

import pytest
from typer.main import get_command

from forwarder.outcome import Outcome
from parsers.records import NoteCode, ProblemCode
from qttd import command_line
from qttd.envisoft.fields import ACCOUNT, CHANNEL, STATION, all_names
from qttd.settings_model import SECTIONS
from quality.comparison.reasons import Explanation
from store.lists.accounts_csv import read_account_list
from store.lists.alarms_csv import read_alarm_list
from store.lists.channels_csv import read_channels
from store.lists.csv_table import problems_of
from store.lists.relay_map_csv import read_relay_map
from store.lists.stations_csv import read_stations

ROOT = Path(__file__).parents[2]
ADMIN = ("admin-guide.md", "admin-guide.vi.md")
HTTP_ANSWERS = {"facility-guide.md": "**By HTTP** the", "facility-guide.vi.md": "**Qua HTTP**, câu"}
FACILITY = ("facility-guide.md", "facility-guide.vi.md")
BESIDE = ("beside-envisoft.md", "beside-envisoft.vi.md")
GUIDES = (*ADMIN, *FACILITY, *BESIDE, "security.md")
LEDGER_NOTES = {"parameters_missing", "nothing_to_relay"}
"""Notes that the ledger adds to the parser's."""
READINGS_FLAGS = {"clock_future", "unit_mismatch", "undeclared"}
"""Flags of readings that the facility's table of logger faults names beside the notes."""
OPERATORS = re.compile(r"\|\||&&|[|;>]|\$\(")


def guide(name: str) -> str:
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


def blocks(name: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", guide(name), re.MULTILINE | re.DOTALL)


def spans(text: str) -> list[str]:
    """What stands between backticks, outside of blocks."""
    return re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL))


def commands(lines: list[str]) -> list[list[str]]:
    """The words after `qttd` of each command line in them."""
    found = []
    for line in lines:
        for part in OPERATORS.split(line):
            match = re.match(r"\s*(?:sudo )?(?:/opt/qttd/bin/)?qttd ([^…]*[^….])$", part)
            if match:
                found.append(shlex.split(match[1].rstrip(")")))
    return found


def parse(words: list[str]) -> str:
    """How the real command takes the words: `fine`, or the name and text of its complaint."""
    group = get_command(command_line.app)
    try:
        context = group.make_context("qttd", words)
        command: Any = group
        while hasattr(command, "get_command"):
            name, command, words = command.resolve_command(context, words)
            context = command.make_context(name, words, parent=context)
            words = [*context._protected_args, *context.args] if hasattr(command, "get_command") else []
    except Exception as error:  # noqa: BLE001 - typer's own classes are private; the text is what is compared
        return f"{type(error).__name__}: {error}"
    return "fine"


def rows_after(name: str, heading: str) -> list[list[str]]:
    """The cells of the first table behind the line that holds `heading`."""
    _, _, rest = guide(name).partition(heading)
    lines = rest[rest.index("\n|") + 1 :].splitlines()
    table = []
    for line in lines:
        if not line.startswith("|"):
            break
        table.append([cell.strip() for cell in line.strip("|").split(" | ")])
    return table[2:]


def codes_of(rows: list[list[str]], column: int = 0) -> set[str]:
    return {code for row in rows for code in re.findall(r"`([a-z_]+)`", row[column])}


def door_answers() -> set[tuple[str, str]]:
    """Every (code, text) with which the FTP door refuses, up to the first thing that it fills in."""
    found: set[tuple[str, str]] = set()
    for file in sorted((ROOT / "receiver").rglob("*.py")):
        code = file.read_text(encoding="utf-8")
        for number, text in re.findall(r'"([2-5]\d\d) ([^"]+)"', code):
            found |= {(number, part) for part in re.split(r" \(?\{.*\}\)?[;,]? ?", text)}
        found |= {("550", f"{text}.") for text in re.findall(r'RefusedError\("([^"]+)"\)', code)}
        found |= {("553", f"{text.split('{')[0]}") for text in re.findall(r'BadPathError\(f?"([^"]+)"', code)}
    place = importlib.util.find_spec("pyftpdlib")  # its own answers to these
    assert place is not None
    sources = sorted(Path(str(place.origin)).parent.rglob("handlers/**/*.py"))
    code = "".join(source.read_text(encoding="utf-8") for source in sources)
    for method in re.findall(r"def ftp_(?:TYPE|STRU|MODE|PORT|EPRT)\b.*?(?=\n    def )", code, re.DOTALL):
        told = re.findall(r"""['"](50[14]|522) ([A-Z][A-Za-z .]+)""", method)
        found |= {(number, text.strip()) for number, text in told}
    return found


@pytest.mark.filterwarnings("ignore:The asyn(core|chat) module:DeprecationWarning")  # pyftpdlib's
@pytest.mark.parametrize("name", GUIDES)
def test_every_command_line_is_one(name: str) -> None:
    copied = commands([line for block in blocks(name, "sh") for line in block.splitlines()])
    complaints = {" ".join(words): parse(words) for words in copied}
    # in a sentence a command may stand without what it needs
    complaints |= {
        " ".join(words): said
        for words in commands(spans(guide(name)))
        if not (said := parse(words)).startswith(("Missing", "Exit"))
    }
    assert {line: said for line, said in complaints.items() if said != "fine"} == {}
    assert copied or name == "security.md"


def test_a_wrong_command_line_is_found() -> None:
    assert commands(["KEY=$(sudo qttd apikey ad x)", "a && sudo qttd files --stat"]) == [
        ["apikey", "ad", "x"], ["files", "--stat"],
    ]  # fmt: skip
    for words in (
        ["apikey", "ad", "x"],
        ["files", "--stat"],
        ["account", "unbann"],
        ["files", "--state", "x"],
    ):
        assert parse(words) != "fine"


@pytest.mark.parametrize("name", GUIDES)
def test_every_setting_is_one(name: str) -> None:
    known = {f"{section}.{key}" for section, model in SECTIONS.items() for key in model.model_fields}
    named = {
        match[0]
        for span in spans(guide(name))
        if (match := re.match(rf"({'|'.join(SECTIONS)})\.(?!(?:db|key|pem)\b)[a-z_]+\b", span))
    }
    assert named - known == set()


@pytest.mark.parametrize("name", ADMIN)
def test_every_list_can_be_imported(name: str) -> None:
    lists = blocks(name, "csv")
    read = []
    for text in lists:
        columns = set(text.splitlines()[0].split(";"))
        reader: Any = (
            read_stations if "code" in columns
            else read_channels if "symbol" in columns
            else read_relay_map if "remote_code" in columns
            else read_alarm_list if "channel" in columns
            else read_account_list
        )  # fmt: skip
        lines = reader(text.encode("utf-8-sig"))
        assert problems_of(line.row for line in lines) == []
        read.append(len(lines))
    assert len(lists) == 5
    assert min(read) == 2


@pytest.mark.parametrize("name", FACILITY)
def test_every_answer_of_the_door_is_explained_as_it_is_given(name: str) -> None:
    answers = door_answers()
    documented = [(row[0], spans(row[1])) for row in rows_after(name, "## 5.")]
    for code, texts in documented:
        known = [said for number, said in answers if number == code and len(said) >= 8]
        for text in texts:
            assert any(text in said or text.startswith(said) for said in known), (code, text)
    told = {(code, text) for code, texts in documented for text in texts}
    refusals = {
        (code, said) for code, said in answers if code[0] in "45" and len(said) >= 8 and "{" not in said
    }
    assert {
        (code, said) for code, said in refusals
        if not any(code == of and (text in said or said in text) for of, text in told)
    } == set()  # fmt: skip


@pytest.mark.parametrize("name", FACILITY)
def test_every_refusal_of_the_http_door_is_explained(name: str) -> None:
    code = (ROOT / "receiver" / "http_door.py").read_text(encoding="utf-8")
    said = re.findall(r'_later\("([^"]+)"\)', code)
    said += re.findall(r'HTTPException\(HTTPStatus\.[A-Z_]+, f?"([^"]+)"', code)
    texts = {text for row in rows_after(name, HTTP_ANSWERS[name]) for text in spans(row[1])}
    assert len(said) >= 5
    for text in said:
        parts = [part.strip() for part in re.split(r"\{[^}]*\}", text) if len(part.strip()) > 5]
        assert all(any(part in one for one in texts) for part in parts), text


@pytest.mark.parametrize("name", BESIDE)
def test_every_explanation_and_field_of_another_program_is_listed(name: str) -> None:
    listed = {code for row in rows_after(name, "`2026-05-30 10:15`") for code in spans(row[0])}
    assert listed == set(get_args(Explanation))
    fields = {code for row in rows_after(name, "--dry-run") for code in spans(row[2])}
    assert fields - all_names(STATION, CHANNEL, ACCOUNT) <= {"--kind", "_id", "station_id"}


@pytest.mark.parametrize("name", FACILITY)
def test_every_problem_and_note_is_explained_to_the_facility(name: str) -> None:
    assert codes_of(rows_after(name, "state=rejected'")) == set(get_args(ProblemCode))
    named = codes_of(rows_after(name, "## 7."), 1)
    assert named - READINGS_FLAGS - set(get_args(ProblemCode)) == (
        set(get_args(NoteCode)) | {"parameters_missing"}
    )


@pytest.mark.parametrize("name", ADMIN)
def test_every_problem_note_and_outcome_is_explained_to_the_administrator(name: str) -> None:
    states = rows_after(name, "## 9.")
    assert codes_of(states) == {"accepted", "partial", "rejected", "duplicate", "superseded"}
    assert codes_of(rows_after(name, "`superseded`")) == set(get_args(ProblemCode))
    assert set(get_args(NoteCode)) | LEDGER_NOTES == codes_of(
        rows_after(name, "`sudo qttd file retry 16 17`")
    )
    assert codes_of(rows_after(name, "## 10.")) - {"blocked"} == set(get_args(Outcome))


@cache
def words_of_the_code() -> frozenset[str]:
    rooms = ("api", "forwarder", "parsers", "qttd", "quality", "receiver", "store")
    texts = (path.read_text(encoding="utf-8") for room in rooms for path in (ROOT / room).rglob("*.py"))
    return frozenset(word for text in texts for word in re.findall(r"\w+", text))


@pytest.mark.parametrize("name", GUIDES)
def test_every_event_and_metric_is_one(name: str) -> None:
    words = {span for span in spans(guide(name)) if re.fullmatch(r"[a-z]+(_[a-z]+)+", span)}
    assert words - words_of_the_code() == set()


@pytest.mark.parametrize(("english", "vietnamese"), [ADMIN, FACILITY, BESIDE])
def test_the_vietnamese_guide_is_whole(english: str, vietnamese: str) -> None:
    first, second = guide(english), guide(vietnamese)
    for pattern in (r"^## \d+\.", r"^\|", r"^```[a-z]*", r"^- ", r"^\d\. "):
        assert len(re.findall(pattern, first, re.MULTILINE)) == len(re.findall(pattern, second, re.MULTILINE))
    codes = [
        {span for span in spans(text) if re.fullmatch(r"[a-z_.]+_[a-z_]+|--[a-z-]+|[A-Z]{3,5}", span)}
        for text in (first, second)
    ]
    assert codes[0] == codes[1]
    for language in ("csv", "ini", "nginx", "toml"):
        assert blocks(english, language) == blocks(vietnamese, language)
