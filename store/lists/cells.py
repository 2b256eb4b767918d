"""What a cell of a list may hold, column by column; each function raises CellError with the remedy."""

from collections.abc import Callable, Collection
from contextlib import suppress
from datetime import date, datetime
from ipaddress import ip_network
from re import fullmatch

from parsers.vietnam_time import VN
from store.lists.csv_table import CellError
from store.network.keys import code_key

KINDS = ("wastewater", "surface_water", "groundwater", "stack", "ambient_air")
MINUTES_OF_A_DAY = 1440
EVER = date(1970, 1, 1)
"""The first day of what was always so."""


LONGEST_WORDS = 1000
_LONGEST_CODE = 200
"""Bytes: with the time and `.txt.tmp` behind it, a file system still takes the name (255)."""


def words(text: str) -> str:
    """What people call something: a name, a place, a unit, a remark; on one line."""
    if len(text) > LONGEST_WORDS:
        raise CellError(f"is longer than {LONGEST_WORDS} characters")
    if "\n" in text or "\r" in text or "\t" in text:
        raise CellError("goes over several lines, or holds a TAB")
    return text


def station_code(text: str) -> str:
    """A code becomes part of file names and folders, and stands in lists separated by `,` and `;`."""
    if len(text.encode()) > _LONGEST_CODE:
        raise CellError(f"is longer than {_LONGEST_CODE} bytes; files are named by it")
    if text.startswith(".") or any(sign in text for sign in '/\\,;"') or not text.isprintable():
        raise CellError(f'{text!r} cannot be a code: no / \\ , ; " and no leading dot')
    return text


def codes(text: str) -> tuple[str, ...]:
    """Codes separated by `;` or `,`, each once, in the order in which they stand there."""
    found: dict[str, str] = {}
    for part in text.replace(",", ";").split(";"):
        if part.strip():
            found.setdefault(code_key(part), station_code(part.strip()))
    return tuple(found.values())


def kind(text: str) -> str:
    """A kind of station: a closed set."""
    if text not in KINDS:
        raise CellError(f"{text!r} is not one of {', '.join(KINDS)}")
    return text


def interval(text: str) -> int:
    """Minutes between two readings; slots must fill a day exactly."""
    if not fullmatch(r"[0-9]{1,4}", text) or not int(text) or MINUTES_OF_A_DAY % int(text):
        raise CellError(f"{text!r} is not a number of minutes that divides a day (1440)")
    return int(text)


def review(text: str) -> str:
    """`auto`, `hold:MINUTES` (up to 31 days) or `manual`, in one spelling."""
    word, colon, minutes = (part.strip() for part in text.lower().partition(":"))
    if word in ("auto", "manual") and not colon:
        return word
    if word == "hold" and fullmatch(r"[0-9]{1,5}", minutes) and 1 <= int(minutes) <= 31 * MINUTES_OF_A_DAY:
        return f"hold:{int(minutes)}"
    raise CellError(f"{text!r} is not auto, hold:MINUTES or manual")


def day(text: str) -> date:
    """A day in Vietnam, YYYY-MM-DD: other ways of writing are read differently by different people."""
    if fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        with suppress(ValueError):  # no such day: said below, like any other wrong text
            return date.fromisoformat(text)
    raise CellError(f"{text!r} is not a day (YYYY-MM-DD)")


EARLIEST_DAY = date(2000, 1, 1)
LATEST_DAY = date(2100, 1, 1)
"""What lies outside is a slip of the pen: no station is older, and no contract runs longer."""


def sane_day(text: str) -> date:
    """A day in Vietnam from 2000 up to 2100: dates that people write of stations, devices and contracts."""
    found = day(text)
    if not EARLIEST_DAY <= found < LATEST_DAY:
        raise CellError(f"{text!r} is not a day from {EARLIEST_DAY} up to {LATEST_DAY}")
    return found


def ruling_day(text: str) -> date:
    """A day in Vietnam from or until which a rule holds: from 1970 (what was always so) up to 2100."""
    found = day(text)
    if not EVER <= found < LATEST_DAY:
        raise CellError(f"{text!r} is not a day from {EVER} up to {LATEST_DAY}; an empty cell means no end")
    return found


def moment(text: str) -> datetime:
    """A moment: a bare day is its midnight in Vietnam, a time without a zone is Vietnam's."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        raise CellError(f"{text!r} is not a time: 2026-05-30 or 2026-05-30T10:15") from None
    if found.tzinfo is None:
        found = found.replace(tzinfo=VN)
    try:
        sane_day(found.astimezone(VN).date().isoformat())
    except OverflowError:
        raise CellError(f"{text!r} is not a time from {EARLIEST_DAY} up to {LATEST_DAY}") from None
    return found


def address_ranges(text: str) -> tuple[str, ...]:
    """Addresses or CIDR ranges separated by `;` or `,`, in their canonical writing."""
    return tuple(
        dict.fromkeys(address_range(part) for part in text.replace(",", ";").split(";") if part.strip())
    )


def address_range(text: str) -> str:
    """One address or CIDR range."""
    try:
        return str(ip_network(text.strip(), strict=False))
    except ValueError:
        raise CellError(f"{text.strip()!r} is not an address or a range such as 10.1.0.0/16") from None


def account_name(text: str) -> str:
    """A name to log in with."""
    if (
        not text.isprintable()
        or text != text.strip()
        or not 1 <= len(text) <= 128
        or ":" in text
        or "/" in text
    ):
        raise CellError(f"{text!r} cannot be a name: 1 to 128 printable characters, no : or /")
    return text


def one_of(words: Collection[str]) -> Callable[[str], str]:
    """A word of a closed set."""

    def read(text: str) -> str:
        if text not in words:
            raise CellError(f"{text!r} is not one of {', '.join(words)}")
        return text

    return read


def number_text(value: float | None) -> str:
    """A number as a cell shows it, which reads back as the same number; empty for none."""
    return "" if value is None else repr(value).removesuffix(".0")
