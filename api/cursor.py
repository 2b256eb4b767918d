"""The opaque text that says where a list's page ended, to be passed back for the next one.

It holds the list's name and the key of the last item, so one list's cursor is refused by
another. It is no secret and no permission: what may be seen is decided anew for every page.
"""

import binascii
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from datetime import datetime

from store.time_type import from_millis, to_millis

Part = int | str | None


class CursorError(ValueError):
    """A text that is not a cursor of this list."""


def encode(kind: str, *key: int | str | datetime | None) -> str:
    """The cursor of a list (`kind`) after the item with this key."""
    parts = [to_millis(part) if isinstance(part, datetime) else part for part in key]
    packed = json.dumps([kind, *parts], ensure_ascii=False, separators=(",", ":")).encode()
    return urlsafe_b64encode(packed).rstrip(b"=").decode()


def decode(kind: str, text: str, shape: str) -> list[Part]:
    """The key in a cursor of that list.

    shape: one letter a part: i a whole number (a moment comes as milliseconds, see `moment`), t a text,
    o a whole number or None. Raises CursorError for anything that `encode` did not make.
    """
    try:
        packed = urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4))
        parts = json.loads(packed)
    except (UnicodeError, binascii.Error, ValueError, RecursionError):
        raise CursorError("not a cursor of this list") from None
    if not isinstance(parts, list) or len(parts) != len(shape) + 1 or parts[0] != kind:
        raise CursorError("not a cursor of this list")
    key = parts[1:]
    if not all(_fits(part, letter) for part, letter in zip(key, shape, strict=True)):
        raise CursorError("not a cursor of this list")
    return key


def moment(part: Part) -> datetime:
    """The moment that a part of a decoded key stands for. Raises CursorError where there is none."""
    try:
        return from_millis(int(part or 0))
    except (ValueError, OverflowError, OSError):
        raise CursorError("not a cursor of this list") from None


def _fits(part: object, letter: str) -> bool:
    if letter == "t":
        return isinstance(part, str) and "\0" not in part
    if letter == "o" and part is None:
        return True
    return type(part) is int and abs(part) < 2**63
