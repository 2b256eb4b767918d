"""What no command takes: each option and argument of each command with what nobody can mean.

The parameters are those of the command line itself, so a new one is tried without being named here. Each gets
one value of its kind, in turn, which keeps this quick; QTTD_ALL_ABSURD=1 gives each of them all.
"""

import os
import sys
from collections.abc import Iterator
from itertools import cycle
from typing import Any

import pytest
from typer.main import get_command

from qttd import command_line
from tests.qttd.conftest import CommandLine

ALL = bool(os.environ.get("QTTD_ALL_ABSURD"))
NOT_UTF8 = b"\xff".decode("utf-8", "surrogateescape")
NAMES = [NOT_UTF8, "\u202eA", "x" * 3000, ""]
TEXTS = ["a\x1b[2J", NOT_UTF8, "\u202eA", "x" * 5000]
TIMES = [
    "9999-12-31T23:59:59-14:00",
    "0001-01-01",
    "yesterday",
    "2026-02-30",
    NOT_UTF8,
    "2026-05-30T10:15+25:00",
]
NUMBERS = ["nan", "1e400", "-1e300", "0x10", "1,5", "", NOT_UTF8]
COUNTS = ["9" * 30, "-1", "0", "1.5", "", "nan", NOT_UTF8]
FILES = ["gone.csv", "latin.csv", ".", "x" * 300, "nul.csv", NOT_UTF8]
WORDS = ["nonsense", NOT_UTF8, "9" * 30, "-1"]
KINDS = {
    **dict.fromkeys(("DAY", "DATE", "D", "TIME"), TIMES),
    **dict.fromkeys(("CODE", "CODE[,CODE]", "NAME", "STATION", "TARGET", "PARAMETER"), NAMES),
    **dict.fromkeys(("ID", "EVENT", "MINUTES", "MONTHS", "[ID]..."), COUNTS),
    **dict.fromkeys(("F.csv", "FILE", "FILE...", "F.pub", "F.xlsx|F.csv", "DIR|FILE..."), FILES),
    "TEXT": TEXTS, "N": NUMBERS, "YYYY-MM": ["2026-13", "0000-01", "9999-12", "1-1", NOT_UTF8],
    "CIDR": ["10.0.0.0/33", "", NOT_UTF8], "FILE.zip": [".", "gone/x.zip"], "PATH": ["", "gone", "latin.csv"],
}  # fmt: skip
GOOD = {
    "F.csv": "latin.csv", "PARAMETER": "pH", "VARIANT": "envisoft", "ID": "1", "EVENT": "1", "TEXT": "t",
    "YYYY-MM": "2026-05",
    **dict.fromkeys(("DAY", "DATE", "D", "TIME"), "2026-05-30"), "FROM": "sqlite:///a.db", "TO": "sqlite:///b.db",
    "ftp://USER@HOST:PORT/PATH": "ftp://u@h/p",
}  # fmt: skip
CLOSED = {
    "phase": "testing", "register": "devices", "variant": "envisoft", "role": "viewer", "state": "solved",
    "name": "future_minutes", "value": "5",
}  # fmt: skip
REAL = {
    "init [DIR]", "archive make [DIR]",  # a folder may be called anything
    "account unban [NAME|ADDRESS]", "user sessions [NAME]",  # of nobody there is nothing
    "audit list --who", "audit list --action", "limit list --code",  # a list of what there is none of
}  # fmt: skip
LONG_RUNNING = {"run", "demo", "conformance"}


def _leaves(command: Any, name: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], list[Any]]]:
    if hasattr(command, "commands"):
        for word in command.list_commands(None):
            yield from _leaves(command.get_command(None, word), (*name, word))
    else:
        yield (
            name,
            [one for one in command.params if one.name != "help" and not getattr(one, "is_flag", False)],
        )


def _good(parameter: Any) -> str:
    return GOOD.get(parameter.metavar, "A") if parameter.metavar else CLOSED[parameter.name]


def _line(name: tuple[str, ...], parameters: list[Any], tried: Any, value: str) -> list[str]:
    """The command with what it needs, and with the value."""
    options: list[str] = []
    arguments: list[str] = []
    for one in parameters:
        if one is not tried and not one.required:
            continue
        text = value if one is tried else _good(one)
        if one.param_type_name == "option":
            options.append(f"{one.opts[0]}={text}")
        else:
            arguments.append(text)
    folder = ["archives"] if name == ("archive", "make") else []
    return [*name, *options, "--", *arguments, *folder]


def _tries() -> Iterator[tuple[list[str], str, str]]:
    """A command line, what its absurd value is called, and the value."""
    turns = {id(values): cycle(values) for values in (*KINDS.values(), WORDS, COUNTS)}
    for name, parameters in _leaves(get_command(command_line.app)):
        if name[0] in LONG_RUNNING:
            continue
        for one in parameters:
            kind = KINDS.get(
                one.metavar or "", COUNTS if one.max is not None or one.min is not None else WORDS
            )
            called = one.opts[0] if one.param_type_name == "option" else one.metavar or one.name
            if f"{' '.join(name)} {called}" in REAL:
                continue
            for value in kind if ALL else [next(turns[id(kind)])]:
                yield _line(name, parameters, one, value), called, value


@pytest.mark.filterwarnings("ignore:The async:DeprecationWarning")  # pyftpdlib is first imported in here
@pytest.mark.timeout(600 if ALL else 60)
def test_what_nobody_can_mean_is_refused(ready: CommandLine) -> None:
    (ready.folder / "latin.csv").write_bytes(b"code,name\n\xff,\xfe\n")
    (ready.folder / "nul.csv").write_bytes(b"\0" * 100)
    ready("station", "import", ready.write("s.csv", "code,name,kind\nA,a,stack\n"))
    ready("channel", "import", ready.write("c.csv", "station_code,symbol,parameter\nA,pH,pH\n"))
    sys.stderr.reconfigure(errors="backslashreplace")  # type: ignore[union-attr]  # as Python's own stderr
    wrong = []
    for line, called, value in _tries():
        done = ready(*line, stdin="pw\n")
        # data (65) or a file (74) may be found wrong before the value is looked at
        named = done.code != 64 or any(
            word in done.err for word in (called, repr(value[:20])[1:-1], "--at", "UTF-8")
        )
        if done.code not in (64, 65, 74, 77) or not named:
            wrong.append((line[:3], called, value[:20], done.code, done.err[:100]))
    assert wrong == []
