"""alarms.csv: who is told of which events, one rule a line; export gives the same columns back."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from re import fullmatch
from typing import Literal, get_args

from quality.alarms import Channel, Language
from quality.events import EVENT_KINDS, EVENT_LEVELS, EventKind, EventLevel
from store.lists import cells
from store.lists.csv_table import CellError, Row, read_rows, write_rows
from store.lists.web_address import is_web_address

NEEDED = ("name", "channel", "address")
OPTIONAL = ("language", "kinds", "stations", "min_level", "repeat_minutes", "quiet_hours", "enabled")


@dataclass(frozen=True)
class AlarmLine:
    """What one line says; what is left out takes its default."""

    row: Row
    name: str
    channel: Channel
    address: str
    language: Language
    kinds: tuple[EventKind, ...]
    stations: tuple[str, ...]
    min_level: EventLevel
    repeat_minutes: int
    quiet_hours: str
    enabled: bool


def read_alarm_list(data: bytes) -> list[AlarmLine]:
    """The lines of an alarm list. Raises ListError where it cannot be read at all.

    A line with a wrong cell has problems in its `row`; whoever stores them asks for those first.
    """
    lines = [_line(row) for row in read_rows(data, NEEDED, OPTIONAL)]
    seen: dict[str, int] = {}
    for line in lines:
        if line.name and seen.setdefault(line.name, line.row.line) != line.row.line:
            line.row.complain("name", f"{line.name} stands on line {seen[line.name]} already")
    return lines


def write_alarm_list(rules: Sequence[Sequence[str]]) -> str:
    """The list as text; each rule's cells in the order of the columns."""
    return write_rows((*NEEDED, *OPTIONAL), rules)


def _line(row: Row) -> AlarmLine:
    none: tuple[str, ...] = ()
    channel = row.needed("channel", _one_of(get_args(Channel)))
    address = row.needed("address", _address_of(channel or ""))
    return AlarmLine(
        row,
        row.needed("name", cells.account_name) or "",
        channel or "email",  # type: ignore[arg-type]  # one of them, as _one_of has seen
        address or "",
        row.read("language", _one_of(get_args(Language)), "vi").get("language", "vi"),  # type: ignore[arg-type]
        row.read("kinds", _kinds, none).get("kinds", none),  # type: ignore[arg-type]
        row.read("stations", cells.codes, none).get("stations", none),
        row.read("min_level", _one_of(EVENT_LEVELS), "notice").get("min_level", "notice"),  # type: ignore[arg-type]
        row.read("repeat_minutes", _minutes, 0).get("repeat_minutes", 0),
        row.read("quiet_hours", quiet_hours, "").get("quiet_hours", ""),
        row.read("enabled", _yes_or_no, True).get("enabled", True),
    )


def _one_of(words: Sequence[str]) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text.lower() not in words:
            raise CellError(f"{text!r} is not one of {', '.join(words)}")
        return text.lower()

    return read


def _address_of(channel: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if channel == "email" and not fullmatch(r"[^@\s<>,;]{1,64}@[^@\s<>,;]{1,255}", text):
            raise CellError(f"{text!r} is not an e-mail address")
        if channel == "webhook" and not is_web_address(text):
            raise CellError(f"{text!r} is not an address that begins with https:// or http://")
        if channel == "gateway" and not fullmatch(r"[+0-9A-Za-z._-]{3,64}", text):
            raise CellError(f"{text!r} is not a telephone number, nor a user's id at the gateway")
        return text

    return read


def _kinds(text: str) -> tuple[str, ...]:
    words = [part.strip() for part in text.replace(",", ";").split(";") if part.strip()]
    wrong = [word for word in words if word not in EVENT_KINDS]
    if wrong:
        raise CellError(f"{wrong[0]!r} is not one of {', '.join(EVENT_KINDS)}")
    return tuple(kind for kind in EVENT_KINDS if kind in words)


def _minutes(text: str) -> int:
    if not fullmatch(r"[0-9]{1,5}", text) or (0 < int(text) < 5) or int(text) > 44640:
        raise CellError(f"{text!r} is not a number of minutes: 0 for no reminders, else 5 to 44640 (31 days)")
    return int(text)


def quiet_hours(text: str) -> str:
    """`22:00-06:00` in one spelling; CellError for anything else."""
    found = fullmatch(r"(\d{1,2}):(\d{2})\s*-\s*(\d{1,2}):(\d{2})", text)
    if found is None:
        raise CellError(f"{text!r} is not a time such as 22:00-06:00")
    hours = [int(found[place]) for place in (1, 3)]
    minutes = [int(found[place]) for place in (2, 4)]
    if max(hours) > 23 or max(minutes) > 59:
        raise CellError(f"{text!r} is not a time such as 22:00-06:00")
    begin, end = (f"{hour:02}:{minute:02}" for hour, minute in zip(hours, minutes, strict=True))
    if begin == end:
        raise CellError(f"{text!r} ends as it begins")
    return f"{begin}-{end}"


def _yes_or_no(text: str) -> bool:
    words: dict[str, Literal[True, False]] = {"yes": True, "no": False, "có": True, "không": False}
    if text.lower() not in words:
        raise CellError(f"{text!r} is not yes or no")
    return words[text.lower()]
