"""Which further checks a channel is put through, as its `checks` cell writes them, and with which limits.

`zero;negative;flat_line=12;rate_of_change=50%;spike=3;compare<=1.0*PM10;companion=O2`, each perhaps with
`:fail` or `:suspect` behind it; and `neighbours=3`, which is no check but says how far apart two readings may
lie that flat_line, rate_of_change and spike look at together. This is the one reader of that text: the import
of channel lists refuses with it, and the checks run by what it gives. What the checks mean stands in the file
of each.
"""

from functools import lru_cache
from re import compile as pattern
from typing import Literal, NamedTuple

Severity = Literal[3, 4]
"""QARTOD's codes of what a check that is not passed means: 3 suspect, 4 fail."""
SUSPECT: Severity = 3
FAIL: Severity = 4

Sign = Literal["<=", ">=", "<", ">"]

_SEVERITIES: dict[str, Severity] = {"suspect": SUSPECT, "fail": FAIL}
_DEFAULTS: dict[str, Severity] = {
    "zero": FAIL, "negative": FAIL, "flat_line": FAIL, "compare": FAIL, "companion": FAIL,
    # as in QARTOD, where a change of the weather is no fault of the sensor
    "rate_of_change": SUSPECT, "spike": SUSPECT,
}  # fmt: skip
_ONCE = ("zero", "negative", "flat_line", "rate_of_change", "spike")
_COMPARE = pattern(r"compare\s*(<=|>=|<|>)\s*(?:([0-9.eE+-]+)\s*\*\s*)?([^\s<>=*].*)")
_NUMBER = pattern(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_LONGEST_RUN = 10_000
NEIGHBOURS = "neighbours"
NEIGHBOUR_INTERVALS = 3
"""How many intervals two neighbours may lie apart where nothing is said: two slots may be missing."""
_MOST_NEIGHBOURS = 1440
_KNOWN = (
    "zero, negative, flat_line=N, rate_of_change=X or X%, spike=X or X%, compare<=X*PARAMETER,"
    " companion=PARAMETER, neighbours=INTERVALS"
)


class ChecksTextError(ValueError):
    """The text names no known check, or gives one a limit it cannot have; the message says which."""


class FlatLine(NamedTuple):
    """Equal values in a row, from `at_least` of them on."""

    at_least: int
    code: Severity


class Limit(NamedTuple):
    """The most that a value may change or stand out: in the channel's unit, or in per cent."""

    amount: float
    per_cent: bool
    code: Severity

    def __str__(self) -> str:
        return f"{self.amount:.10g}{' %' if self.per_cent else ''}"


class Comparison(NamedTuple):
    """The value must be `sign` (<=, >=, <, >) `factor` times the other parameter's."""

    sign: Sign
    factor: float
    parameter: str
    code: Severity


class Companion(NamedTuple):
    """The named parameter, without which this one's value says nothing."""

    parameter: str
    code: Severity


class ChannelChecks(NamedTuple):
    """The further checks of a channel; None and empty: that check is off."""

    zero: Severity | None = None
    negative: Severity | None = None
    flat_line: FlatLine | None = None
    rate_of_change: Limit | None = None
    spike: Limit | None = None
    comparisons: tuple[Comparison, ...] = ()
    companions: tuple[Companion, ...] = ()
    text: str = ""
    """The canonical writing: checks in the order in which they were given, separated by `;`."""
    neighbours: int = NEIGHBOUR_INTERVALS
    """How many of the station's intervals two neighbours may lie apart."""

    @property
    def need_neighbours(self) -> bool:
        """Whether one of them can only be judged with other readings at hand."""
        return any(self[2:7])

    @property
    def rules(self) -> frozenset[str]:
        """The ids of the checks that are on."""
        on = {name for name, check in zip(_ONCE, self[:5], strict=True) if check is not None}
        on |= {"compare"} if self.comparisons else set()
        return frozenset(on | ({"companion"} if self.companions else set()))

    @property
    def named_parameters(self) -> tuple[str, ...]:
        """The other parameters that a check asks for."""
        names = [item.parameter for item in self.comparisons] + [item.parameter for item in self.companions]
        return tuple(dict.fromkeys(names))


NO_CHECKS = ChannelChecks()


@lru_cache(maxsize=4096)
def read_checks(text: str) -> ChannelChecks:
    """The checks of a cell.

    Raises ChecksTextError where one is unknown, stands there twice or has a wrong limit.
    """
    found: dict[str, object] = {}
    comparisons: list[Comparison] = []
    companions: list[Companion] = []
    words: list[str] = []
    for part in text.split(";"):
        if not part.strip():
            continue
        name, check, word = _read(part.strip())
        if isinstance(check, Comparison):
            comparisons.append(check)
        elif isinstance(check, Companion):
            companions.append(check)
        elif name in found:
            raise ChecksTextError(f"{name} stands there twice")
        else:
            found[name] = check
        words.append(word)
    named = [(item.sign, item.parameter) for item in dict.fromkeys(comparisons)]
    for sign, parameter in named:
        if named.count((sign, parameter)) > 1:
            raise ChecksTextError(f"compare{sign} with {parameter} stands there twice")
    return ChannelChecks(
        **{name: found.get(name) for name in _ONCE},  # type: ignore[arg-type]  # each reader gives its own kind
        comparisons=tuple(dict.fromkeys(comparisons)),
        companions=tuple(dict.fromkeys(companions)),
        text=";".join(dict.fromkeys(words)),
        neighbours=found.get(NEIGHBOURS, NEIGHBOUR_INTERVALS),  # type: ignore[arg-type]  # as above
    )


def _read(part: str) -> tuple[str, object, str]:
    """A check's name, its settings, and its canonical writing."""
    body, colon, ending = (piece.strip() for piece in part.rpartition(":"))
    severity = _SEVERITIES.get(ending) if colon else None
    if severity is None:
        # the parameter that compare or companion names may have a colon of its own
        if colon and body.partition("=")[0].strip() in (*_ONCE, NEIGHBOURS):
            raise ChecksTextError(f"{body}: {ending!r} is neither fail nor suspect")
        body = part
    suffix = f":{ending}" if severity is not None else ""
    if found := _COMPARE.fullmatch(body):
        sign: Sign
        sign, factor, parameter = found.groups()  # type: ignore[assignment]  # the pattern's own signs
        times = 1.0 if factor is None else _number("compare", factor)
        if times <= 0:
            raise ChecksTextError(f"compare: a factor of {factor} compares with nothing in {part!r}")
        word = f"compare{sign}{factor}*{parameter}" if factor else f"compare{sign}{parameter}"
        return "compare", Comparison(sign, times, parameter, severity or _DEFAULTS["compare"]), word + suffix
    name, equals, limit = (piece.strip() for piece in body.partition("="))
    if equals and name == NEIGHBOURS:
        if severity is not None:
            raise ChecksTextError(f"{NEIGHBOURS}: it is no check, and neither fails nor is suspect")
        count = _count(name, limit, "intervals", 1, _MOST_NEIGHBOURS)
        return name, count, f"{name}={count}"
    code = severity or _DEFAULTS.get(name, FAIL)
    if name in ("zero", "negative") and not equals:
        return name, code, name + suffix
    if equals and name == "flat_line":
        count = _count(name, limit, "equal values", 2, _LONGEST_RUN)
        return name, FlatLine(count, code), f"{name}={count}{suffix}"
    if equals and name in ("rate_of_change", "spike"):
        amount = _number(name, limit.removesuffix("%").rstrip())
        if not amount > 0:
            raise ChecksTextError(f"{name}: {limit!r} is not above 0")
        word = limit.replace(" ", "")
        return name, Limit(amount, limit.endswith("%"), code), f"{name}={word}{suffix}"
    if equals and name == "companion" and limit:
        return name, Companion(limit, code), f"{name}={limit}{suffix}"
    raise ChecksTextError(
        f"{part!r} is no check; known are {_KNOWN}, each check with :fail or :suspect behind it"
    )


def _count(name: str, text: str, of: str, least: int, most: int) -> int:
    if not (text.isascii() and text.isdigit() and len(text) < 10 and least <= int(text) <= most):
        raise ChecksTextError(f"{name}: {text!r} is not a count of {of} ({least} to {most})")
    return int(text)


def _number(name: str, text: str) -> float:
    value = float(text) if _NUMBER.fullmatch(text) else float("nan")
    if not abs(value) < float("inf"):
        raise ChecksTextError(f"{name}: {text!r} is not a number")
    return value
