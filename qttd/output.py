"""How commands write data to stdout, talk on stderr, and ask for passwords."""

import json
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from getpass import getpass, getuser
from os import environ
from typing import Any

from parsers.vietnam_time import VN
from qttd.clock import clock_of_process
from qttd.errors import UsageError
from store.audit import Act
from store.lists.csv_table import CellError, refuse_unseen

_LONGEST_REMARK = 4000


def say(text: str) -> None:
    """A message for a person, on stderr."""
    sys.stderr.write(f"{text}\n")


def counted(number: int, noun: str, nouns: str = "") -> str:
    """A number and what is counted, in the singular or the plural: 1 file, 2 files."""
    return f"{number} {noun if number == 1 else nouns or noun + 's'}"


def remark(option: str, text: str) -> str:
    """What a person writes behind an option, at most 4000 characters. Raises UsageError."""
    with told_as_usage(option):
        refuse_unseen(text)
        if len(text) > _LONGEST_REMARK:
            raise CellError(f"is longer than {_LONGEST_REMARK} characters")
    return text


def print_json(items: Iterable[Mapping[str, Any]]) -> None:
    """A list as one JSON array, one item a line as it comes; times are ISO 8601 with +07:00."""
    _print_items(items, "[", "]")


def print_rest_list(items: Iterable[Mapping[str, Any]]) -> None:
    """A list as REST gives its last page, one item a line as it comes: it may be larger than the memory."""
    _print_items(items, '{"items": [', '], "next": null}')


def print_table(columns: Sequence[str], rows: Iterable[Iterable[Any]]) -> None:
    """A list as aligned columns under their names."""
    lines = [list(columns), *([_cell(value) for value in row] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    for line in lines:
        padded = "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        sys.stdout.write(padded.rstrip() + "\n")


def local_time(moment: datetime | None) -> str:
    """A moment as people and programs read it: ISO 8601 with +07:00; empty for none."""
    return "" if moment is None else moment.astimezone(VN).isoformat(timespec="seconds")


def read_password(question: str) -> str:
    """A password: asked for twice where a person sits there, else the first line of stdin."""
    if sys.stdin.isatty():
        password = getpass(f"{question}: ")
        if getpass("again: ") != password:
            raise UsageError("the two passwords differ; nothing was changed")
    else:
        password = sys.stdin.buffer.readline().decode("utf-8").rstrip("\r\n")
    if not password:
        raise UsageError("no password was given (on stdin, or at the prompt)")
    return password


@contextmanager
def told_as_usage(option: str = "") -> Iterator[None]:
    """What would be a bad cell in a list is a wrong argument on the command line, of `option` if named."""
    try:
        yield
    except CellError as error:
        raise UsageError(f"{option}: {error}" if option else str(error)) from error


def act_now() -> Act:
    """Who gives this command, and when, for the audit log."""
    return Act(f"cli:{environ.get('SUDO_USER') or getuser()}", clock_of_process()())


def _print_items(items: Iterable[Mapping[str, Any]], begin: str, end: str) -> None:
    before = begin
    for item in items:
        sys.stdout.write(f"{before}\n{json.dumps(item, ensure_ascii=False, default=_plain)}")
        before = ","
    sys.stdout.write(f"{begin}{end}\n" if before == begin else f"\n{end}\n")


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return local_time(value)
    if isinstance(value, Mapping):
        return json.dumps(value, ensure_ascii=False, default=_plain)
    if isinstance(value, (list, tuple)):
        return ",".join(map(_cell, value))
    return str(value)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return local_time(value)
    raise TypeError(f"{type(value).__name__} has no JSON form")
