"""The effective rate's formula, which provinces change: a text over the slot account's counts, dated.

Numbers, the four operations, brackets, and the names below; nothing else. It is read into a tree once and
computed by walking it: no text of a setting is ever run as code.
"""

import ast
import operator
from collections.abc import Callable, Mapping
from functools import lru_cache

from quality.slot_state import SLOT_STATES

NAMES = ("expected", "received", "on_time", *SLOT_STATES)
"""What a formula may speak of: counts of slots."""

DEFAULT = "received / (expected - planned_stop - our_outage) * (valid + suspect) / received"
"""Transmission rate × validity, after the 传输有效率; announced stops and our own outages are not owed."""

_OPERATIONS: Mapping[type[ast.operator], Callable[[float, float], float]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
}
_LONGEST = 500


class FormulaError(ValueError):
    """A text that is no formula; the message says what is wrong with it."""


def checked(text: str) -> str:
    """The formula as it is kept: stripped. Raises FormulaError."""
    text = text.strip()
    _tree(text)
    # far apart from one another: what is 0 by them is 0 by any
    counts = {name: 10**at for at, name in enumerate(NAMES)}
    try:
        _value(_tree(text), counts)
    except ZeroDivisionError:
        raise FormulaError("it divides by 0, whatever the counts") from None
    except OverflowError:
        raise FormulaError("its numbers are too large") from None
    return text


def rate(text: str, counts: Mapping[str, int]) -> float | None:
    """The rate by a formula that was checked; None where nothing is owed.

    counts: a number for each of NAMES. Where the formula divides by 0 although slots are owed (nothing was
    received), the rate is 0.
    """
    owed = counts["expected"] - counts["planned_stop"] - counts["our_outage"]
    if not owed:
        return None
    try:
        return float(_value(_tree(text), counts))
    except (ZeroDivisionError, OverflowError):
        return 0.0


@lru_cache(maxsize=64)
def _tree(text: str) -> ast.expr:
    if len(text) > _LONGEST:
        raise FormulaError(f"it is longer than {_LONGEST} letters")
    try:
        tree = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        raise FormulaError(f"{text!r} is not a formula such as {DEFAULT}") from None
    for node in ast.walk(tree):
        _refuse_unknown(node)
    return tree


def _refuse_unknown(node: ast.AST) -> None:
    if isinstance(node, ast.Name):
        if node.id not in NAMES:
            raise FormulaError(f"{node.id!r} is not one of {', '.join(NAMES)}")
    elif isinstance(node, ast.Constant):
        if type(node.value) not in (int, float):
            raise FormulaError(f"{node.value!r} is not a number")
    elif isinstance(node, ast.BinOp):
        if type(node.op) not in _OPERATIONS:
            raise FormulaError("only + - * / and brackets are understood")
    elif not isinstance(node, (ast.operator, ast.expr_context)):
        raise FormulaError("only + - * / and brackets are understood")


def _value(node: ast.expr, counts: Mapping[str, int]) -> float:
    if isinstance(node, ast.BinOp):
        return _OPERATIONS[type(node.op)](_value(node.left, counts), _value(node.right, counts))
    if isinstance(node, ast.Name):
        return counts[node.id]
    if isinstance(node, ast.Constant) and isinstance(node.value, (int, float)):
        return node.value
    raise FormulaError("only + - * / and brackets are understood")  # _tree lets nothing else in
