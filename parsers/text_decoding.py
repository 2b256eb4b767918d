"""Bytes of a station file → text, and with which codec.

Loggers write UTF-8 (with or without BOM), UTF-16 with BOM, and on old Windows systems
Windows-1258, the one legacy Vietnamese code page still met. Nothing else is guessed: a
statistical guess on 300 bytes of symbols and digits is worse than a rule a person can foretell.
What is text at all is decided here too; what the text means is not.

A file cut in mid-character is still text: the broken character is left off and reported as
`torn`, because reading the whole file in another code page for the sake of its last byte would
garble every symbol before it.
"""

import codecs
import re
from typing import NamedTuple

from parsers.records import NoteCode

_UTF_16 = {
    codecs.BOM_UTF16_LE: ("utf-16-le", codecs.utf_16_le_decode),
    codecs.BOM_UTF16_BE: ("utf-16-be", codecs.utf_16_be_decode),
}

_ASCII_CONTROLS = bytes(code for code in (*range(0x20), 0x7F) if code not in b"\t\r\n")
"""Bytes that no text in a one-byte code page or UTF-8 holds. 80-9F are letters in Windows-1258."""
UNDEFINED_BYTES = "backslashreplace"
"""How bytes that Windows-1258 leaves undefined are decoded: as `\\x8d`, told apart and printable."""
_C1_CONTROL = re.compile(r"[\x80-\x9f]")
_INNER_BOM = re.compile(r"(?<![^\r\n])\ufeff+")
"""A BOM before a later line: files that were appended to one another. It is no part of a symbol."""
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


class DecodedText(NamedTuple):
    """The text of a file, without its BOM and without what is torn off at its end."""

    text: str
    encoding: str
    """"utf-8", "utf-16" or "windows-1258"."""
    codec: str
    """The same for Python, with the byte order: "utf-8", "cp1258", "utf-16-le" or "utf-16-be"."""
    bom: bytes
    """The BOM that stood before the text, or none."""
    notes: tuple[NoteCode, ...]
    """`bom`, `encoding_guessed`."""
    torn: bool
    """After the text stood bytes that are none: half a character, or the NULs of a file never filled."""


def decode(data: bytes) -> DecodedText | None:
    """Text of `data`, or None when it is none: control characters (other than TAB, CR, LF), or broken UTF-16.

    NULs at the very end, behind at least one line end, are the unwritten rest of a file and leave it
    text. Bytes that Windows-1258 leaves undefined stand in the text as `\\x8d`, so that one odd byte
    in a unit loses no other line. Linear in the size of `data`; raises for no input.
    """
    if data[:2] in _UTF_16:
        return _decode_utf_16(data)
    bom = codecs.BOM_UTF8 if data.startswith(codecs.BOM_UTF8) else b""
    notes: tuple[NoteCode, ...] = ("bom",) if bom else ()
    body = data[len(bom) :].rstrip(b"\0")
    written = len(bom) + len(body)
    if len(body.translate(None, _ASCII_CONTROLS)) != len(body):
        return None
    if written != len(data) and b"\n" not in body and b"\r" not in body:
        return None
    try:
        text, used = codecs.utf_8_decode(body, "strict", False)
    except UnicodeDecodeError:
        text = body.decode("cp1258", UNDEFINED_BYTES)
        notes += ("encoding_guessed",)
        return DecodedText(text, "windows-1258", "cp1258", bom, notes, torn=written != len(data))
    if not text.isascii():
        if _C1_CONTROL.search(text):
            return None
        if "\ufeff" in text:
            text, found = _INNER_BOM.subn("", text)
            notes = ("bom",) if found else notes
    return DecodedText(text, "utf-8", "utf-8", bom, notes, torn=len(bom) + used != len(data))


def _decode_utf_16(data: bytes) -> DecodedText | None:
    bom = data[:2]
    codec, decode_units = _UTF_16[bom]
    try:
        text, used = decode_units(data[2:], "strict", False)
    except UnicodeDecodeError:
        return None
    written = text.rstrip("\0")
    torn = written != text or 2 + used != len(data)
    if _CONTROL.search(written) or (written != text and "\n" not in written and "\r" not in written):
        return None
    return DecodedText(_INNER_BOM.sub("", written), "utf-16", codec, bom, ("bom",), torn)
