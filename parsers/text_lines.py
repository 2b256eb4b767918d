"""Text → lines: CRLF, LF and CR end a line, and nothing else does.

`str.splitlines` also splits at form feeds and at U+2028, which would give a line two numbers.
"""

import re
from collections.abc import Iterator
from typing import NamedTuple

_LINE = re.compile(r"([^\r\n]*)(\r\n|\n|\r|\Z)")


class TextLine(NamedTuple):
    """One line as it stands in the file."""

    number: int
    """From 1; blank lines count."""
    text: str
    """Without its end."""
    end: str
    """CRLF, LF or CR; "" only of the last line, where it has none."""


def lines_of(text: str) -> Iterator[TextLine]:
    """All lines of `text`, one after another; text behind the last line end is a line if there is any."""
    length = len(text)
    for number, match in enumerate(_LINE.finditer(text), 1):
        if match.start() < length:
            yield TextLine(number, match[1], match[2])
