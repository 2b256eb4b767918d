"""Which limits bind a station on a day, each derived and explained in words.

Candidates are the rows of the standards' columns that bind the station, and its permit's values. Of those
for the same parameter and basis the strictest governs; two of which each is stricter on one side both do.
Judged is always by the limit of the day itself, whatever holds today.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from decimal import Decimal
from re import fullmatch, split

from quality.figures import SURE, Figures
from quality.limits.factors import Factor, factor_of, number, vietnamese
from quality.limits.records import (
    FACTORS,
    LIMIT_BASES,
    NEVER_SCALED,
    Basis,
    Binding,
    InForce,
    Permit,
    TableLimit,
    Words,
    holds,
)
from quality.units import conversion

OXYGEN_PREFIX = "O2ref="


class BadFactorsError(ValueError):
    """A `factors` cell that means nothing."""


def read_factors(text: str) -> tuple[tuple[str, ...], float | None]:
    """The k factors that a row is multiplied by, and its reference oxygen in %V.

    Raises BadFactorsError for anything but Kq, Kf, Kp, Kv and O2ref=NUMBER, joined by * or ;
    """
    names: list[str] = []
    oxygen = None
    for part in filter(None, (part.strip() for part in split(r"[*;]", text))):
        if part.startswith(OXYGEN_PREFIX):
            written = part.removeprefix(OXYGEN_PREFIX)
            if not fullmatch(r"[0-9]+(\.[0-9]+)?", written) or not 0 <= float(written) < 21:
                raise BadFactorsError(f"{part!r}: the reference oxygen is from 0 up to 21 %V")
            oxygen = float(written)
        elif part in FACTORS and part not in names:
            names.append(part)
        else:
            raise BadFactorsError(f"{part!r} is not one of {', '.join(FACTORS)}, O2ref=NUMBER")
    return tuple(names), oxygen


def limits_in_force(
    rows: Iterable[TableLimit],
    bindings: Iterable[Binding],
    permits: Iterable[Permit],
    figures: Figures,
    day: date,
    *,
    kind: str,
    molar_masses: dict[str, float | None],
) -> list[InForce]:
    """The limits of a station of that kind on a day, by parameter and basis, the governing ones first."""
    known = list(rows)
    found: list[InForce] = [
        _from_permit(permit) for permit in permits if holds(permit.valid_from, permit.valid_to, day)
    ]
    for binding in bindings:
        if holds(binding.valid_from, binding.valid_to, day):
            found += [
                _from_table(row, binding, figures, day)
                for row in _newest(
                    row
                    for row in known
                    if (row.code, row.column) == (binding.code, binding.column)
                    and row.station_kind in ("", kind)
                    and row.applies_to in ("all", binding.facility)
                    and holds(row.valid_from, row.valid_to, day)
                )
            ]
    judged = [
        one._replace(governs=not _outdone(one, place, found, molar_masses)) for place, one in enumerate(found)
    ]
    return sorted(judged, key=lambda one: (one.parameter, LIMIT_BASES.index(one.basis), not one.governs))


def _newest(rows: Iterable[TableLimit]) -> list[TableLimit]:
    """Of rows for the same thing the one that came into force last."""
    newest: dict[tuple[str, str, str], TableLimit] = {}
    for row in sorted(rows, key=lambda row: row.valid_from):
        newest[row.parameter, row.basis, row.applies_to] = row
    return list(newest.values())


def _from_table(row: TableLimit, binding: Binding, figures: Figures, day: date) -> InForce:
    names, oxygen = read_factors(row.factors)
    if row.parameter in NEVER_SCALED:
        names = ()
    if binding.oxygen_reference is not None:
        oxygen = binding.oxygen_reference
    factors = [factor_of(name, binding, figures, day) for name in names]
    lacking = [factor for factor in factors if factor.value is None]
    values = tuple((factor.name, factor.value) for factor in factors if factor.value is not None)
    high = None if row.high is None else _product(row.high, [value for _, value in values])
    # factors raise or lower what may be discharged; what must at least be there they leave alone
    low, sure = row.low, row.confidence in SURE
    basis: Basis = next((known for known in LIMIT_BASES if known == binding.basis), row.basis)
    formula = _formula(row.low, row.high, high, values, row.unit)
    return InForce(
        parameter=row.parameter,
        basis=basis,
        unit=row.unit,
        low=None if lacking else low,
        high=None if lacking else high,
        source="table",
        code=row.code,
        column=row.column,
        table_low=row.low,
        table_high=row.high,
        factors=values,
        oxygen_reference=oxygen,
        confirmed=sure and all(factor.confirmed for factor in factors),
        governs=True,
        formula=formula,
        derivation=_derivation(row, factors, oxygen, formula, sure),
        problem=_joined([factor.why for factor in lacking]) if lacking else None,
    )


def _from_permit(permit: Permit) -> InForce:
    formula = _formula(permit.low, permit.high, permit.high, (), permit.unit)
    return InForce(
        parameter=permit.parameter,
        basis=permit.basis,
        unit=permit.unit,
        low=permit.low,
        high=permit.high,
        source="permit",
        code=permit.permit,
        column="",
        table_low=permit.low,
        table_high=permit.high,
        factors=(),
        oxygen_reference=permit.oxygen_reference,
        confirmed=True,
        governs=True,
        formula=formula,
        derivation=Words(
            f"environmental permit {permit.permit}: {formula.en}",
            f"Giấy phép môi trường {permit.permit}: {formula.vi}",
        ),
        problem=None,
    )


def _product(value: float, factors: Sequence[float]) -> float:
    """In decimal, as a person multiplies it: 75 x 0.9 x 1.1 is 74.25 and nothing beside it."""
    product = Decimal(repr(value))
    for factor in factors:
        product *= Decimal(repr(factor))
    return float(product)


def _formula(
    low: float | None,
    table_high: float | None,
    high: float | None,
    factors: Sequence[tuple[str, float]],
    unit: str,
) -> Words:
    """What is demanded, in one line."""
    unit_text = f" {unit}" if unit else ""
    if table_high is None or high is None:
        text = f"≥ {number(low or 0.0)}{unit_text}"
    elif factors:
        steps = "".join(f" × {name} {number(value)}" for name, value in factors)
        least = "" if low is None else f"{number(low)} … "
        text = f"{least}{number(table_high)}{steps} = {number(high)}{unit_text}"
    elif low is not None:
        text = f"{number(low)} … {number(high)}{unit_text}"
    else:
        text = f"{number(high)}{unit_text}"
    return Words(text, vietnamese(text))


def _derivation(
    row: TableLimit, factors: Sequence[Factor], oxygen: float | None, formula: Words, sure: bool
) -> Words:
    column = Words(f", column {row.column}", f", cột {row.column}") if row.column else Words("", "")
    parts = [
        Words(
            f"{row.code}{column.en}: {row.parameter} {formula.en}",
            f"{row.code}{column.vi}: {row.parameter} {formula.vi}",
        ),
        *(factor.why for factor in factors),
    ]
    if oxygen is not None:
        shown = number(oxygen)
        parts.append(
            Words(
                f"measured values are corrected to {shown} %V of oxygen: C × (21 − {shown}) ÷ (21 − O2)",
                f"giá trị đo được hiệu chỉnh về O2 tham chiếu {vietnamese(shown)} %V:"
                f" C × (21 − {vietnamese(shown)}) ÷ (21 − O2)",
            )
        )
    if not sure:
        source = {
            "single_source": Words(
                "from one source only, not confirmed", "chỉ có một nguồn, chưa được xác nhận"
            ),
            "recalled": Words(
                "from memory, not confirmed", "ghi theo trí nhớ, chưa được xác nhận theo văn bản"
            ),
        }.get(row.confidence, Words("not confirmed", "chưa được xác nhận"))
        parts.append(Words(f"the limit is {source.en}", f"giá trị giới hạn {source.vi}"))
    doubtful = [factor.name for factor in factors if not factor.confirmed]
    if doubtful:
        names = ", ".join(doubtful)
        parts.append(Words(f"not confirmed: the table of {names}", f"chưa được xác nhận: bảng hệ số {names}"))
    return _joined(parts)


def _joined(parts: Sequence[Words]) -> Words:
    return Words("; ".join(part.en for part in parts), "; ".join(part.vi for part in parts))


def _outdone(
    one: InForce, place: int, others: Sequence[InForce], molar_masses: dict[str, float | None]
) -> bool:
    """Whether another limit for the same thing is at least as strict on both sides."""
    for number_, other in enumerate(others):
        if (
            number_ == place
            or (other.parameter, other.basis) != (one.parameter, one.basis)
            or other.problem is not None
            or other.oxygen_reference != one.oxygen_reference
        ):
            continue
        known = conversion(other.unit, one.unit, molar_masses.get(one.parameter))
        if known is None:
            continue
        low = float("-inf") if other.low is None else known.apply(other.low)
        high = float("inf") if other.high is None else known.apply(other.high)
        own_low = float("-inf") if one.low is None else one.low
        own_high = float("inf") if one.high is None else one.high
        if one.problem is not None:
            continue
        if low >= own_low and high <= own_high and ((low, high) != (own_low, own_high) or number_ < place):
            return True
    return False
