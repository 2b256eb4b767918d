"""The value cell: a number, a missing value, or neither.

Strict on purpose. Python's `float` also takes "inf", "1_000", Arabic digits and white space; a
logger that writes such a thing is broken, and a broken number must never become a measurement.
A value that is missing is None, never 0.
"""

import math
import re

_NUMBER = re.compile(r"[+-]?([0-9]+([.,][0-9]*)?|[.,][0-9]+)([eE][+-]?[0-9]+)?")

MISSING_WORDS = frozenset({"", "---", "-", "nan", "null", "none"})
"""What loggers write where they have no value, in lower case; any case of letters counts."""


class NotANumberError(ValueError):
    """The cell is neither a finite number nor a word for a missing value."""


def is_missing(text: str) -> bool:
    """Whether the stripped cell says that there is no value."""
    return text in MISSING_WORDS or text.lower() in MISSING_WORDS


def number_of(text: str) -> float:
    """The finite number in a stripped cell; a comma is a decimal comma, never a thousands separator.

    Raises NotANumberError for anything else: `1,234.5`, `12 345`, `0x1F`, `inf`, `1e999`.
    """
    if _NUMBER.fullmatch(text) is None:
        raise NotANumberError(text)
    value = float(text.replace(",", "."))
    if not math.isfinite(value):
        raise NotANumberError(text)
    return value
