"""VN_WQI of an hour's or a day's means, in the variant that is asked for, and what each parameter gave.

The two variants and their figures are quality/data/vn_wqi.toml; the words quality/indices/wqi_words.py.
Every result names its variant. Whether a person has confirmed it is not known here.
"""

from collections.abc import Mapping
from datetime import date
from math import prod
from typing import Literal, NamedTuple

from quality.indices.curve import rounded
from quality.indices.editions import (
    WQI_VARIANTS,
    Band,
    WqiEdition,
    WqiScale,
    WqiVariant,
    band_of,
    wqi_edition,
)
from quality.units import convert, unit_key

__all__ = ["WQI_VARIANTS", "Mean", "NoWqi", "WaterLack", "Wqi", "WqiPart", "WqiVariant", "wqi"]

TEMPERATURE = "Temp"
NoWqi = Literal["no_edition", "no_main_group", "too_few_groups"]
WaterLackReason = Literal["absent", "unit", "no_temperature"]
_NO_UNIT = ("", "ph", "-", "--", "phunits")


class Mean(NamedTuple):
    """What a parameter's hour or day comes to."""

    value: float
    unit: str
    molar_mass: float | None = None


class WqiPart(NamedTuple):
    """What a parameter contributes."""

    parameter: str
    group: str
    concentration: float
    """In the scale's unit."""
    unit: str
    value: float
    """From 100, good, to 10."""
    saturation: float | None = None
    """Of DO: per cent."""


class WaterLack(NamedTuple):
    """A parameter of the variant that could not be counted."""

    parameter: str
    group: str
    reason: WaterLackReason
    detail: str = ""


class Wqi(NamedTuple):
    """The index; `value` is None where there is none, and `why_not` says why."""

    variant: WqiVariant
    value: int | None
    band: Band | None
    groups: Mapping[str, float]
    """The mean of each group that is there: geometric of the factors, else arithmetic."""
    parts: tuple[WqiPart, ...]
    lacking: tuple[WaterLack, ...]
    decision: str
    why_not: NoWqi | None

    @property
    def deciding(self) -> tuple[WqiPart, ...]:
        """The parameters with the least value, where it is below 100."""
        least = min((part.value for part in self.parts), default=100.0)
        return (
            tuple(part for part in self.parts if part.value == least < 100) if self.value is not None else ()
        )


def wqi(variant: WqiVariant, means: Mapping[str, Mean], day: date) -> Wqi:
    """The index of the means (by the parameter's own name) by the figures that hold on a day in Vietnam."""
    edition = wqi_edition(variant, day)
    if edition is None:
        return Wqi(variant, None, None, {}, (), (), "", "no_edition")
    found = [_part(scale, means) for scale in edition.scales]
    parts = tuple(one for one in found if isinstance(one, WqiPart))
    lacking = tuple(one for one in found if isinstance(one, WaterLack))
    values = {
        group: [part.value for part in parts if part.group == group]
        for group in edition.groups
        if any(part.group == group for part in parts)
    }
    groups = {
        group: _geometric(of_it) if group in edition.factors else sum(of_it) / len(of_it)
        for group, of_it in values.items()
    }
    why_not: NoWqi | None = None
    if len(values.get(edition.needs_group, ())) < edition.needs_of_it:
        why_not = "no_main_group"
    elif len(values) < edition.needs_groups:
        why_not = "too_few_groups"
    if why_not is not None:
        return Wqi(variant, None, None, groups, parts, lacking, edition.decision, why_not)
    value = rounded(_together(edition, groups))
    return Wqi(variant, value, band_of(edition.bands, value), groups, parts, lacking, edition.decision, None)


def _together(edition: WqiEdition, groups: Mapping[str, float]) -> float:
    weights = {group: weight for group, weight in edition.weights.items() if group in groups}
    root: float = prod(groups[group] ** weight for group, weight in weights.items()) ** (
        1 / sum(weights.values())
    )
    return root * prod(groups[group] / 100 for group in edition.factors if group in groups)


def _geometric(values: list[float]) -> float:
    mean: float = prod(value / 100 for value in values) ** (1 / len(values)) * 100
    return mean


def _part(scale: WqiScale, means: Mapping[str, Mean]) -> WqiPart | WaterLack:
    name = scale.names[0]
    mean = next((means[known] for known in scale.names if known in means), None)
    if mean is None:
        return WaterLack(name, scale.group, "absent")
    value = _into(mean, scale.unit)
    if value is None:
        return WaterLack(name, scale.group, "unit", mean.unit)
    if not scale.saturation:
        return WqiPart(name, scale.group, value, scale.unit, scale.curve.at(value))
    warmth = means.get(TEMPERATURE)
    celsius = None if warmth is None else _into(warmth, "oC")
    if celsius is None:
        return WaterLack(name, scale.group, "no_temperature")
    saturated = sum(factor * celsius**power for power, factor in enumerate(scale.saturation))
    if saturated <= 0:
        return WaterLack(name, scale.group, "no_temperature", f"{celsius:.10g} oC")
    share = value / saturated * 100
    return WqiPart(name, scale.group, value, scale.unit, scale.curve.at(share), share)


def _into(mean: Mean, unit: str) -> float | None:
    """The mean in the scale's unit; None where it does not convert, or where its unit is not declared."""
    if not unit:
        return mean.value if unit_key(mean.unit) in _NO_UNIT else None
    return convert(mean.value, mean.unit, unit, mean.molar_mass) if mean.unit else None
