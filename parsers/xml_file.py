"""A station file in XML: its bytes → readings and problems, by the same rules as a line of text.

For loggers that write XML more easily than the Circular's text; the small schema is station_file.xsd beside
this file, explained in docs/xml-station-file.md. Each `reading` element stands for itself, as a line does.
The input is hostile until shown otherwise: no document type (and so no entity), no network, bounded size
and depth, a few encodings only, and elements are dropped as soon as they are read.

What may be misread is refused: an attribute that the schema does not know could be a misspelt status.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from lxml import etree

from parsers.excerpt import excerpt
from parsers.line_reading import LinePart, reading_of
from parsers.line_shape import Misplaced, Placed, checked
from parsers.records import NoteCode, Problem, ProblemCode
from parsers.time_stamp import digits_of, looks_like_time
from parsers.vietnam_time import VN

NAMESPACE = "urn:qttd:station-file:1"
MOST_BYTES = 4 * 1024 * 1024
"""A longer one is not read: a year of five-minute values of ten parameters is far shorter a file."""

_ROOT, _READING = "stationFile", "reading"
_OF_ROOT = frozenset({"station", "time"})
_OF_READING = frozenset({"symbol", "value", "unit", "time", "status"})
_BEGINS = re.compile(rb"(?:\xef\xbb\xbf)?[ \t\r\n]*<[?!A-Za-z_]")
_UTF_16 = {b"\xff\xfe": "utf-16-le", b"\xfe\xff": "utf-16-be"}
_DECLARED = re.compile(rb"""<\?xml[^>]*?encoding\s*=\s*["']([A-Za-z0-9._-]+)["']""")
_ENCODINGS = frozenset({"utf-8", "us-ascii", "ascii", "iso-8859-1", "windows-1252", "windows-1258"})
"""Beside UTF-16 with its mark: all of them write `<!DOCTYPE` in the same bytes, so it can be looked for."""
_DOCTYPE = "<!DOCTYPE"
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_ISO = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}(:[0-9]{2})?(Z|[+-][0-9]{2}:[0-9]{2})?")
_CHUNK = 4096


class XmlFile(NamedTuple):
    """What an XML station file said."""

    station: str | None
    """The root's own word for the station."""
    encoding: str
    notes: tuple[NoteCode, ...]
    parts: list[LinePart]
    """Readings and problems, in the file's order."""


def is_xml(data: bytes) -> bool:
    """Whether the bytes begin as XML does: with a tag, behind white space or a byte order mark."""
    if data[:2] in _UTF_16:
        start = data[2:66].decode(_UTF_16[data[:2]], "ignore").lstrip()
        return start[:1] == "<" and _BEGINS.match(start.encode("ascii", "replace")) is not None
    return _BEGINS.match(data) is not None


def read_xml(data: bytes) -> XmlFile:
    """Reads a file that `is_xml`. Pure; raises for no input; time and memory are bounded by MOST_BYTES."""
    encoding = _encoding(data)
    notes: tuple[NoteCode, ...] = ("bom",) if data[:2] in _UTF_16 or data.startswith(b"\xef\xbb\xbf") else ()
    reader = _Reader()
    if refusal := _refusal(data, encoding):
        return XmlFile(None, encoding, notes, [LinePart(0, 1, refusal)])
    parts = list(reader.parts(data))
    return XmlFile(reader.station, encoding, notes, parts)


def _encoding(data: bytes) -> str:
    if data[:2] in _UTF_16:
        return "utf-16"
    declared = _DECLARED.search(data[:200])
    return declared[1].decode("ascii").lower() if declared else "utf-8"


def _refusal(data: bytes, encoding: str) -> Problem | None:
    """Why the file is not even opened."""
    if len(data) > MOST_BYTES:
        detail = f"The file has {len(data)} bytes; of XML at most {MOST_BYTES // 1024} KiB are read."
        return Problem(None, "too_large", detail)
    if encoding not in (*_ENCODINGS, "utf-16"):
        return Problem(None, "not_text", f"XML in the encoding {excerpt(encoding)} is not read; write UTF-8.")
    codec = _UTF_16.get(data[:2], "ascii")
    if _DOCTYPE.encode(codec) in data:
        return Problem(None, "not_text", "The file has a document type (<!DOCTYPE …>), which is never read.")
    return None


class _Reader:
    """Takes the elements of one file as they end."""

    def __init__(self) -> None:
        self.station: str | None = None
        self._time: str | None = None
        self._depth = 0
        self._root_is_ours = False

    def parts(self, data: bytes) -> Iterator[LinePart]:
        """Readings and problems; what stands before a fault in the XML is kept."""
        parser = etree.XMLPullParser(
            events=("start", "end"),
            resolve_entities=False,
            no_network=True,
            load_dtd=False,
            dtd_validation=False,
            huge_tree=False,
            remove_comments=True,
            remove_pis=True,
        )
        fault: Problem | None = None
        for at in range(0, len(data), _CHUNK):
            fault = _fed(parser, data[at : at + _CHUNK])
            yield from self._events(parser)
            if fault is not None:
                break
        else:
            fault = _closed(parser)
            yield from self._events(parser)
        if fault is not None:
            yield LinePart(0, 1, fault)

    def _events(self, parser: etree.XMLPullParser) -> Iterator[LinePart]:
        for event, element in parser.read_events():
            if event == "start":
                self._depth += 1
                problem = self._begun(element)
            else:
                self._depth -= 1
                problem = self._ended(element)
            if problem is not None:
                yield problem

    def _begun(self, element: Any) -> LinePart | None:
        line = element.sourceline or 1
        if self._depth == 1:
            self._root_is_ours = _is_named(element, _ROOT)
            if not self._root_is_ours:
                return _odd(line, f"The root element is {excerpt(element.tag)}; expected {_ROOT}.")
            self.station = (element.get("station") or "").strip() or None
            self._time = element.get("time")
            if strange := _strange(element, _OF_ROOT):
                return _odd(line, f"{_ROOT} has no attribute {excerpt(strange)}.")
        return None

    def _ended(self, element: Any) -> LinePart | None:
        if self._depth != 1 or not self._root_is_ours:
            return None
        part = self._read(element)
        parent = element.getparent()
        element.clear()
        while parent is not None and element.getprevious() is not None:
            del parent[0]  # what was read is held no longer
        return part

    def _read(self, element: Any) -> LinePart:
        line = element.sourceline or 1
        if not _is_named(element, _READING):
            return _odd(line, f"There is no element {excerpt(element.tag)} in {_ROOT}; expected {_READING}.")
        if strange := _strange(element, _OF_READING):
            return _odd(line, f"{_READING} has no attribute {excerpt(strange)}.")
        if len(element) or (element.text or "").strip():
            return _odd(line, f"{_READING} holds text or elements; everything stands in its attributes.")
        cells = {name: value.strip() for name, value in element.attrib.items() if name in _OF_READING}
        if any(_CONTROL.search(cell) for cell in cells.values()):
            return _odd(line, "An attribute holds a control character.")
        written = cells.get("time") or (self._time or "").strip()
        digits = _digits(written)
        if digits is None:
            return LinePart(0, 1, Problem(line, "bad_time", _BAD_TIME.format(excerpt(written))))
        placed = checked(
            Placed(
                0,
                1,
                cells.get("symbol", ""),
                cells.get("value", ""),
                cells.get("unit"),
                digits,
                3,
                cells.get("status"),
            )
        )
        if isinstance(placed, Misplaced):
            return LinePart(0, 1, Problem(line, placed.code, placed.detail))
        return LinePart(0, 1, reading_of(line, placed))


_BAD_TIME = "There is no time {}; expected yyyy-MM-ddTHH:mm:ss+07:00 or yyyyMMddHHmmss."


def _digits(written: str) -> str | None:
    """A time as a line of text writes it: 14 digits (or 12, as they stand) in Vietnam time."""
    if looks_like_time(written):
        return written
    if _ISO.fullmatch(written) is None:
        return None
    try:
        moment = datetime.fromisoformat(written)
        return digits_of(moment if moment.tzinfo is not None else moment.replace(tzinfo=VN))
    except (ValueError, OverflowError):
        return None


def _is_named(element: Any, name: str) -> bool:
    return element.tag in (name, f"{{{NAMESPACE}}}{name}")


def _strange(element: Any, known: frozenset[str]) -> str | None:
    """An attribute that the schema does not know. Those of other namespaces are none of ours."""
    return next((str(name) for name in element.attrib if name not in known and name[:1] != "{"), None)


def _odd(line: int, detail: str) -> LinePart:
    return LinePart(0, 1, Problem(line, "bad_columns", detail))


def _fed(parser: etree.XMLPullParser, chunk: bytes) -> Problem | None:
    try:
        parser.feed(chunk)
    except etree.XMLSyntaxError as error:
        return _fault(error, "bad_columns")
    return None


def _closed(parser: etree.XMLPullParser) -> Problem | None:
    """What is wrong with the end: a document that is not finished was cut."""
    try:
        parser.close()
    except etree.XMLSyntaxError as error:
        # an entity that nobody declared is told of only here
        told: Any = error.error_log  # lxml-stubs do not know that it can be gone through
        undeclared = any(entry.type == etree.ErrorTypes.ERR_UNDECLARED_ENTITY for entry in told)
        return _fault(error, "bad_columns" if undeclared else "cut_line")
    return None


def _fault(error: etree.XMLSyntaxError, code: ProblemCode) -> Problem:
    what = "ends too early" if code == "cut_line" else "is broken here"
    return Problem(error.lineno or None, code, f"The XML {what}: {excerpt(error.msg or '')}.")
