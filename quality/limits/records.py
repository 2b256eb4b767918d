"""The values that limits are made of: rows of standards, what is known of a station, the limit in force."""

from datetime import date
from typing import Literal, NamedTuple, get_args

Basis = Literal["instant", "hour", "8hour", "day", "month", "year"]
"""What is compared with the limit: each reading, or an average."""
LIMIT_BASES: tuple[Basis, ...] = get_args(Basis)

AppliesTo = Literal["all", "existing", "new"]
APPLIES_TO: tuple[AppliesTo, ...] = get_args(AppliesTo)

Water = Literal["river", "lake", "coast", "protected_coast"]
WATERS: tuple[Water, ...] = get_args(Water)

FACTORS = ("Kq", "Kf", "Kp", "Kv")

NEVER_SCALED = frozenset({"pH", "Temp", "Color", "coliform"})
"""Parameters whose limit no factor ever changes (QCVN 40:2011/BTNMT, 2.3)."""


class TableLimit(NamedTuple):
    """A row of a standard."""

    id: int
    code: str
    column: str
    """Empty where the standard has no columns."""
    station_kind: str
    parameter: str
    unit: str
    low: float | None
    high: float | None
    """0 is a limit like any other."""
    basis: Basis
    factors: str
    """Kq*Kf, Kp*Kv, O2ref=7, or several separated by ;"""
    valid_from: date
    valid_to: date | None
    """The last day."""
    confidence: str
    applies_to: AppliesTo


class Binding(NamedTuple):
    """That a standard's column binds a station, and what its factors are derived from."""

    id: int
    code: str
    column: str
    valid_from: date
    valid_to: date | None
    facility: Literal["existing", "new"] = "existing"
    kq: float | None = None
    kf: float | None = None
    kp: float | None = None
    kv: float | None = None
    """Factors that were given directly; they go before what would be derived."""
    receiving_water: str = ""
    river_flow: float | None = None
    """m3/s."""
    lake_volume: float | None = None
    """m3."""
    discharge: float | None = None
    """m3 a day."""
    gas_flow: float | None = None
    """m3/h."""
    zone: str = ""
    """1 to 5, for Kv."""
    oxygen_reference: float | None = None
    """%V; None: what the standard's row says."""
    basis: str = ""
    """Empty: what the standard's row says."""


class Permit(NamedTuple):
    """A value of the station's environmental permit (giấy phép môi trường)."""

    id: int
    parameter: str
    basis: Basis
    unit: str
    low: float | None
    high: float | None
    permit: str
    """Its number."""
    oxygen_reference: float | None
    valid_from: date
    valid_to: date | None


class Words(NamedTuple):
    """The same sentence in both languages."""

    en: str
    vi: str


class InForce(NamedTuple):
    """The limit of a parameter at a station on a day."""

    parameter: str
    basis: Basis
    unit: str
    low: float | None
    high: float | None
    """After factors; both None where it cannot be derived (`problem`)."""
    source: Literal["table", "permit"]
    code: str
    """The standard, or the permit's number."""
    column: str
    table_low: float | None
    table_high: float | None
    factors: tuple[tuple[str, float], ...]
    oxygen_reference: float | None
    confirmed: bool
    """False: its value, or a figure that it was derived by, is not certain until a person confirms it."""
    governs: bool
    """False: another one for the same parameter and basis is stricter."""
    formula: Words
    """75 × Kq 0.9 × Kf 1.1 = 74.25 mg/L"""
    derivation: Words
    """Which standard, since when, why these factors, what is unconfirmed."""
    problem: Words | None
    """Why nothing can be judged by it."""

    @property
    def name(self) -> str:
        """The standard with its column, or the permit."""
        return f"{self.code}, {self.column}" if self.column else self.code


def holds(valid_from: date, valid_to: date | None, day: date) -> bool:
    """Whether a dated row is in force on a day; both of its days are included."""
    return valid_from <= day and (valid_to is None or day <= valid_to)
