"""Paths that clients name: from bytes to text and back without losing a bit.

Most loggers send UTF-8 or plain ASCII; some send windows-1258, TCVN3 or VISCII letters. Text must
be storable in every database and must give the very same bytes back in a listing, so a byte that
is no part of valid UTF-8 becomes the private character U+EF00 + byte (U+EF80..U+EFFF), and the
UTF-8 form of those private characters, should a client ever send it, is taken apart in the
same way. Nothing here touches a disk: a path is only a key of the journal.
"""

import codecs
import re

_BASE = 0xEF00
_PRIVATE_UTF8 = re.compile(rb"(\xee[\xbe\xbf][\x80-\xbf])")
_PRIVATE_TEXT = re.compile("([\uef80-\uefff]+)")
_BACKSLASH = re.compile(r"(?<![\uef80-\uefff])\\")
_CONTROL = re.compile("[\x00-\x1f\x7f]")

MAX_NAME_BYTES = 255
"""Longest base name or folder name, as on common file systems."""
MAX_PATH_BYTES = 2048


class BadPathError(ValueError):
    """The client named a path that can not be kept; the message says why, for the client."""


def _keep_bytes(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    bad = error.object[error.start : error.end]
    return "".join(chr(_BASE + byte) for byte in bad), error.end


codecs.register_error("qttd-keep-bytes", _keep_bytes)


def decode_path(raw: bytes) -> str:
    """Text for any bytes a client may send; `encode_path` gives exactly `raw` back."""
    if b"\xee" not in raw:
        return raw.decode("utf-8", "qttd-keep-bytes")
    parts = _PRIVATE_UTF8.split(raw)
    return "".join(
        "".join(chr(_BASE + byte) for byte in part) if at % 2 else part.decode("utf-8", "qttd-keep-bytes")
        for at, part in enumerate(parts)
    )


def encode_path(text: str) -> bytes:
    """The client's own bytes of a text that came from `decode_path`."""
    if text.isascii():
        return text.encode("ascii")
    parts = _PRIVATE_TEXT.split(text)
    return b"".join(
        bytes(ord(char) - _BASE for char in part) if at % 2 else part.encode("utf-8")
        for at, part in enumerate(parts)
    )


def absolute_path(folder: str, given: str) -> str:
    """The absolute virtual path of what a client in `folder` called `given`.

    `.`, `..` and repeated slashes are resolved here, as text, and `..` stops at the root: there is
    nothing outside. The root is "/". A backslash separates folders too, as on the Windows servers many
    loggers were made for, but not where it may be half a letter of an East Asian encoding.
    Raises BadPathError for control characters and over-long names.
    """
    if _CONTROL.search(given):
        raise BadPathError("A name can not hold control characters")
    if "\\" in given:
        given = _BACKSLASH.sub("/", given)
    joined = given if given.startswith("/") else f"{folder}/{given}"
    kept: list[str] = []
    for part in joined.split("/"):
        if part == "..":
            if kept:
                kept.pop()
        elif part not in ("", "."):
            if len(part) * 4 > MAX_NAME_BYTES and len(encode_path(part)) > MAX_NAME_BYTES:
                raise BadPathError(f"A name can not be longer than {MAX_NAME_BYTES} bytes")
            kept.append(part)
    path = "/" + "/".join(kept)
    if len(path) * 4 > MAX_PATH_BYTES and len(encode_path(path)) > MAX_PATH_BYTES:
        raise BadPathError(f"A path can not be longer than {MAX_PATH_BYTES} bytes")
    return path


def split_path(path: str) -> tuple[str, str]:
    """Folder (without a slash at its end, so "" for the root) and base name of an absolute path."""
    folder, _, name = path.rpartition("/")
    return folder, name
