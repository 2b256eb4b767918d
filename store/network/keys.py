"""What look-ups of codes compare: one text per code, however it was typed.

Station codes are compared without regard to case (docs/file-format.md, section 2) and in one
Unicode form, because the same Vietnamese letter comes composed from one logger and decomposed
from another. Symbols are compared in NFC, letter by letter: `CO` is not `Co`.
"""

from unicodedata import normalize


def code_key(code: str) -> str:
    """The form in which station codes and aliases are compared."""
    return normalize("NFC", normalize("NFC", code.strip()).casefold())


def symbol_key(symbol: str) -> str:
    """The form in which a logger's symbols are compared."""
    return normalize("NFC", symbol.strip())
