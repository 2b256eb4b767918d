"""What is computed of gases before they are held against a limit: reference oxygen, NOx of NO and NO2."""

from quality.units import conversion

AIR_OXYGEN = 21.0
"""%V: the figure that the standards correct with."""
OXYGEN_CEILING = 19.0
"""%V above which nothing is corrected, where no dated figure says otherwise."""
NO, NO2, NOX = "NO", "NO2", "NOx"
OXYGEN = "O2"
_NO_MASS, _NO2_MASS = 30.006, 46.006
"""g/mol; NOx is told as NO2 (store/data/parameters.csv)."""
_MASS_UNIT = "mg/Nm3"


def at_reference(value: float, oxygen: float | None, reference: float, ceiling: float) -> float | None:
    """C × (21 − O2ref) ÷ (21 − O2); None where the oxygen is not known, or above the ceiling."""
    if oxygen is None or oxygen > ceiling or oxygen >= AIR_OXYGEN:
        return None
    return value * (AIR_OXYGEN - reference) / (AIR_OXYGEN - oxygen)


def nitrogen_oxides(no: float, no_unit: str, no2: float, no2_unit: str, unit: str) -> float | None:
    """NO × 46.006 ÷ 30.006 + NO2, in `unit`; None where a unit does not convert."""
    first = conversion(no_unit, _MASS_UNIT, _NO_MASS)
    second = conversion(no2_unit, _MASS_UNIT, _NO2_MASS)
    wanted = conversion(_MASS_UNIT, unit, _NO2_MASS)
    if first is None or second is None or wanted is None:
        return None
    return wanted.apply(first.apply(no) * _NO2_MASS / _NO_MASS + second.apply(no2))
