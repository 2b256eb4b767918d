"""Received files → the bytes of which some lines are withheld, for the relay.

What is relayed is what the logger wrote: a file of which nothing is withheld goes byte for byte,
and of any other each remaining line stands as it was, in its own encoding, with its own line end.
Which readings may go is the caller's policy; here is only the surgery. A line that is no reading
(cut, no number, no time) cannot be verified, and so is withheld always: a file with such a line
is never relayed byte for byte. A number that a person corrected is written in place of the logger's, and
everything else of its line stays as the logger wrote it.

Several files may be one at the target (split or corrected uploads under one name): their lines
follow one another in the order given, and what an earlier line already says is not said twice.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

from parsers.line_reading import LinePart, parts_of
from parsers.records import Reading
from parsers.repeats import FirstReadings, says_the_same
from parsers.text_decoding import UNDEFINED_BYTES, DecodedText, decode
from parsers.text_lines import lines_of

_UTF_16 = frozenset({"utf-16-le", "utf-16-be"})


def as_written(_reading: Reading) -> str | None:
    """Every number goes as the logger wrote it."""
    return None


class ReceivedFile(NamedTuple):
    """The bytes of one upload, and which of its readings may go."""

    data: bytes
    may_go: Callable[[Reading], bool]
    """Asked once for every line that is a reading, also for one that contradicts an earlier line: so it
    must look at value, unit and status too, not only at symbol and time."""
    number_of: Callable[[Reading], str | None] = as_written
    """The text in place of a number that a person corrected; None: as the logger wrote it."""


class KeptLines(NamedTuple):
    """What is left of one or several files."""

    data: bytes
    """Empty when nothing is left: then nothing is to be sent."""
    kept: int
    """Readings in `data`; one that is written twice in the only file counts twice."""
    withheld: int
    """Readings that may not go, contradict one that goes, or are none (problem lines)."""
    as_received: bool
    """`data` is one of the files, byte for byte."""


class _Edit(NamedTuple):
    """What happens to a reading's cells in its line."""

    part: LinePart
    number: str | None
    """The text in place of its number; None: the cells go."""


class _Rest(NamedTuple):
    """What is left of one file, as written."""

    lines: list[bytes]
    kept: int
    withheld: int
    codec: str
    bom: bytes
    corrected: bool
    """A number of it is not the logger's."""
    missing_end: bytes
    """What the last line needs where another is to follow it; empty where it has its end."""


def keep_lines(files: Sequence[ReceivedFile]) -> KeptLines:
    """The bytes of the files without what is withheld. Pure, linear; raises only what `may_go` raises.

    Within one file a line that repeats another stays, since nothing is wrong with it; of several files
    each reading goes once. Where two allowed lines contradict each other the first goes. Where encodings
    differ so that no single one could hold all lines as written, all become UTF-8 without BOM.
    """
    said = FirstReadings()
    rests = [_rest_of(file, said, once=len(files) > 1) for file in files]
    kept = sum(rest.kept for rest in rests)
    withheld = sum(rest.withheld for rest in rests)
    speaking = [(file, rest) for file, rest in zip(files, rests, strict=True) if rest.kept]
    if len(speaking) == 1 and not speaking[0][1].withheld and not speaking[0][1].corrected:
        return KeptLines(speaking[0][0].data, kept, withheld, as_received=True)
    return KeptLines(_joined([rest for _, rest in speaking]), kept, withheld, as_received=False)


def _rest_of(file: ReceivedFile, said: FirstReadings, *, once: bool) -> _Rest:
    decoded = decode(file.data)
    if decoded is None:
        return _Rest([], 0, 1, "utf-8", b"", False, b"")
    going: Counter[int] = Counter()
    edits: dict[int, list[_Edit]] = {}
    withheld = 0
    for part in parts_of(decoded):
        line, verdict = part.outcome.line or 0, _verdict(part, file.may_go, said)
        withheld += verdict == "withheld"
        if verdict == "goes" or (verdict == "said_already" and not once):
            going[line] += 1
            instead = file.number_of(part.outcome) if isinstance(part.outcome, Reading) else None
            if instead is not None:
                edits.setdefault(line, []).append(_Edit(part, instead))
        else:
            edits.setdefault(line, []).append(_Edit(part, None))
    raw, raw_codec = _raw(file.data, decoded)
    lines: list[bytes] = []
    file_end, last_end = "", ""
    for number, text, end in lines_of(raw):
        file_end = file_end or end
        if going[number]:
            lines.append((_edited(text, edits.get(number, ())) + end).encode(raw_codec))
            last_end = end
    missing_end = "" if last_end else file_end or "\r\n"
    corrected = any(edit.number is not None for of_line in edits.values() for edit in of_line)
    own_end = missing_end.encode(raw_codec)
    return _Rest(lines, going.total(), withheld, decoded.codec, decoded.bom, corrected, own_end)


def _verdict(
    part: LinePart, may_go: Callable[[Reading], bool], said: FirstReadings
) -> Literal["goes", "said_already", "withheld"]:
    reading = part.outcome
    if not isinstance(reading, Reading) or not may_go(reading):
        return "withheld"
    first = said.meet(reading)
    if first is reading:
        return "goes"
    return "said_already" if says_the_same(first, reading) else "withheld"


def _raw(data: bytes, decoded: DecodedText) -> tuple[str, str]:
    """Text that stands for the bytes one to one (but for a torn end), in the same lines and cells.

    TAB, CR and LF are single bytes of their own in UTF-8 and in Windows-1258, so each byte may be a letter.
    """
    codec = decoded.codec if decoded.codec in _UTF_16 else "latin-1"
    return data[len(decoded.bom) :].decode(codec, "ignore"), codec


def _edited(line: str, edits: Sequence[_Edit]) -> str:
    """The line without some of its readings' cells, or with another number in them; all else as written."""
    if not edits:
        return line
    cells = line.split("\t")
    for part, number in reversed(edits):
        if number is None:
            del cells[part.start : part.stop]
        else:
            cells[_number_at(part)] = number
    return "\t".join(cells)


def _number_at(part: LinePart) -> int:
    """Which cell of the line holds a reading's number: behind the symbol, which the time may precede."""
    time_first = isinstance(part.outcome, Reading) and "time_first" in part.outcome.notes
    return part.start + (2 if time_first else 1)


def _joined(rests: Sequence[_Rest]) -> bytes:
    written = [(rest.codec, line) for rest in rests for line in _ended(rest, last=rest is rests[-1])]
    if len({codec for codec, _ in written}) <= 1:
        return b"".join([rest.bom for rest in rests[:1]] + [line for _, line in written])
    needed = {codec for codec, line in written if codec in _UTF_16 or not line.isascii()}
    if len(needed) <= 1 and not needed & _UTF_16:
        return b"".join(line for _, line in written)
    return "".join(line.decode(codec, UNDEFINED_BYTES) for codec, line in written).encode()


def _ended(rest: _Rest, *, last: bool) -> list[bytes]:
    """The lines of one file; one without an end gets its file's own, unless it is the last of all."""
    if last or not rest.missing_end:
        return rest.lines
    return [*rest.lines[:-1], rest.lines[-1] + rest.missing_end]
