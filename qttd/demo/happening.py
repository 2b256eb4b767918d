"""Something that the audience is told: a kind, whose it is, and what belongs to it.

How it is worded is words.py's business, where it is shown display.py's.
"""

from collections.abc import Callable, Mapping
from typing import NamedTuple


class Happening(NamedTuple):
    """Named as words.py knows it."""

    kind: str
    station: str = ""
    figures: Mapping[str, object] = {}


Tell = Callable[[Happening], None]
"""May be called from any thread."""
