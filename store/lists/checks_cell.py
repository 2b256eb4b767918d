"""The `checks` cell of a channel: which further checks it is put through, with their limits.

`zero;negative;flat_line=12;rate_of_change=50%;compare<=1.0*PM10`. What the checks mean is
docs/rulebook.md, section 2; here is only how they are written, so that a misspelt check is
refused when the list is imported, and not silently never run.
"""

from re import compile as pattern

from store.lists.csv_table import CellError, decimal_number

_SIMPLE = ("zero", "negative")
_COMPARE = pattern(r"compare\s*(<=|>=|<|>)\s*(?:([0-9.eE+-]+)\s*\*\s*)?([^\s<>=].*)")
_KNOWN = "zero, negative, flat_line=N, rate_of_change=X, spike=X, compare<=X*PARAMETER, companion=PARAMETER"


def read_checks(text: str) -> str:
    """The cell in its canonical writing: checks separated by `;` without spaces around.

    Raises CellError, naming the check, where one is unknown, stands there twice, or has a wrong limit.
    """
    checks = [_check(part.strip()) for part in text.split(";") if part.strip()]
    names = [check.partition("=")[0] for check in checks if not check.startswith(("compare", "companion"))]
    for name in names:
        if names.count(name) > 1:
            raise CellError(f"{name} stands there twice")
    return ";".join(dict.fromkeys(checks))


def _check(text: str) -> str:
    if text in _SIMPLE:
        return text
    if found := _COMPARE.fullmatch(text):
        sign, factor, parameter = found.groups()
        if factor is not None and decimal_number(factor) == 0:
            raise CellError(f"compare: a factor of 0 compares with nothing in {text!r}")
        return f"compare{sign}{factor}*{parameter}" if factor else f"compare{sign}{parameter}"
    name, equals, limit = (part.strip() for part in text.partition("="))
    if equals and name == "flat_line":
        if not (limit.isascii() and limit.isdigit() and 2 <= int(limit) <= 10_000):
            raise CellError(f"flat_line: {limit!r} is not a count of equal values (2 or more)")
        return f"{name}={int(limit)}"
    if equals and name in ("rate_of_change", "spike"):
        if not decimal_number(limit.removesuffix("%").rstrip()) > 0:
            raise CellError(f"{name}: {limit!r} is not above 0")
        return f"{name}={limit.replace(' ', '')}"
    if equals and name == "companion" and limit:
        return f"{name}={limit}"
    raise CellError(f"{text!r} is no check; known are {_KNOWN}")
