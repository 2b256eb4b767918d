"""Text → lines: CRLF, LF and CR end a line, and nothing else does.

`str.splitlines` also splits at form feeds and at U+2028, and would give one line two numbers.
"""

import re
from collections.abc import Iterator

_LINE = re.compile(r"([^\r\n]*)(\r\n|\n|\r|\Z)")


def lines_of(text: str) -> Iterator[tuple[int, str, str]]:
    """Number (from 1, blank lines count), text and end of every line, one after another.

    The end is CRLF, LF or CR, or "" of a last line that has none. Text that ends in a line end has no
    further, empty line.
    """
    length = len(text)
    for number, match in enumerate(_LINE.finditer(text), 1):
        if match.start() < length:
            yield number, match[1], match[2]
