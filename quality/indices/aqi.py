"""VN_AQI of an hour and of a day, by Decision 1459/QĐ-TCMT, with what decided it and what was missing.

The figures are quality/data/vn_aqi.toml, the words quality/indices/aqi_words.py. A parameter counts with
its own index, the largest one is the station's; without PM10 or PM2.5 there is none.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Literal, NamedTuple

from quality.indices.curve import rounded
from quality.indices.editions import AqiEdition, AqiScale, Band, aqi_edition, band_of
from quality.indices.nowcast import HOURS, nowcast
from quality.indices.series import Series
from quality.slots import day_of, day_start

UNIT = "ug/m3"
"""What concentrations are compared in."""
_HOUR = timedelta(hours=1)
_DAY_HOURS = 24
_EIGHT = 8

AqiBy = Literal["hour", "day"]
LackReason = Literal["absent", "too_few", "unit", "beyond"]
"""absent: no mean came. too_few: fewer hours than needed. unit: it does not convert. beyond: above the
scale's last point, where there is no index by this basis."""
NoAqi = Literal["no_edition", "no_particles"]


@dataclass(frozen=True, slots=True)
class AqiPart:
    """One parameter's index by one basis."""

    parameter: str
    basis: str
    concentration: float
    """In µg/m3, not rounded."""
    index: int
    at: datetime | None = None
    """Of a greatest hour: its start; of greatest eight hours: the start of the first. UTC."""
    weight: float | None = None
    """Of a NowCast."""
    hours: int = 1
    """How many hours it was made of."""


class Lack(NamedTuple):
    """What a parameter could not be counted for."""

    parameter: str
    basis: str
    reason: LackReason
    detail: str = ""
    """The unit; or how many hours there were of how many: "7/18"."""


class Aqi(NamedTuple):
    """The index of an hour or a day; `value` is None where there is none, and `why_not` says why."""

    by: AqiBy
    begin: datetime
    """UTC: start of the hour, or of the day in Vietnam."""
    value: int | None
    band: Band | None
    parts: tuple[AqiPart, ...]
    lacking: tuple[Lack, ...]
    decision: str
    why_not: NoAqi | None

    @property
    def deciding(self) -> tuple[AqiPart, ...]:
        """Whatever has the largest index; several where they are equal."""
        return tuple(part for part in self.parts if part.index == self.value)


def hour_aqi(series: Mapping[str, Series], hour: datetime) -> Aqi:
    """The index of the hour that begins at `hour` (aware), from the means of it and the eleven before."""
    return _aqi("hour", series, hour, day_of(hour))


def day_aqi(series: Mapping[str, Series], day: date) -> Aqi:
    """The index of a day in Vietnam, from its mean, its hours, and the seven hours before it."""
    return _aqi("day", series, day_start(day), day)


def _aqi(by: AqiBy, series: Mapping[str, Series], begin: datetime, day: date) -> Aqi:
    edition = aqi_edition(day)
    if edition is None:
        return Aqi(by, begin, None, None, (), (), "", "no_edition")
    found = [
        _part(scale, edition, series.get(scale.parameter), begin)
        for scale in (edition.hour if by == "hour" else edition.day)
    ]
    parts = tuple(one for one in found if isinstance(one, AqiPart))
    lacking = tuple(one for one in found if isinstance(one, Lack))
    if not any(part.parameter in edition.needs_one_of for part in parts):
        return Aqi(by, begin, None, None, parts, lacking, edition.decision, "no_particles")
    value = max(part.index for part in parts)
    return Aqi(by, begin, value, band_of(edition.bands, value), parts, lacking, edition.decision, None)


def _part(scale: AqiScale, edition: AqiEdition, series: Series | None, begin: datetime) -> AqiPart | Lack:
    if series is None or not (series.hours or series.day is not None):
        return Lack(scale.parameter, scale.basis, "absent")
    known = series.into(UNIT)
    if known is None:
        return Lack(scale.parameter, scale.basis, "unit", series.unit)
    found = _BASES[scale.basis](scale, edition, series, begin)
    if isinstance(found, Lack):
        return found
    # NowCast and maxima of what a factor converts are the factor times them: it is applied once, here.
    concentration = known.apply(found.concentration)
    if scale.highest is not None and concentration > scale.highest:
        return Lack(scale.parameter, scale.basis, "beyond", f"{concentration:.10g}")
    return replace(found, concentration=concentration, index=rounded(scale.curve.at(concentration)))


def _hour(scale: AqiScale, _edition: AqiEdition, series: Series, begin: datetime) -> AqiPart | Lack:
    value = series.hours.get(begin)
    if value is None:
        return Lack(scale.parameter, scale.basis, "absent")
    return AqiPart(scale.parameter, scale.basis, value, 0, begin)


def _nowcast(scale: AqiScale, _edition: AqiEdition, series: Series, begin: datetime) -> AqiPart | Lack:
    newest_first = [series.hours.get(begin - _HOUR * back) for back in range(HOURS)]
    found = nowcast(newest_first)
    if found is None:
        there = sum(value is not None for value in newest_first[:3])
        return Lack(scale.parameter, scale.basis, "too_few" if there else "absent", f"{there}/2")
    return AqiPart(scale.parameter, scale.basis, found.concentration, 0, begin, found.weight, found.hours)


def _mean(scale: AqiScale, _edition: AqiEdition, series: Series, begin: datetime) -> AqiPart | Lack:
    hours = len(list(_hours_of(series, begin)))
    if series.day is None:
        return Lack(scale.parameter, scale.basis, "too_few" if hours else "absent", f"{hours}")
    return AqiPart(scale.parameter, scale.basis, series.day, 0, hours=hours)


def _greatest_hour(scale: AqiScale, edition: AqiEdition, series: Series, begin: datetime) -> AqiPart | Lack:
    hours = list(_hours_of(series, begin))
    needed = _needed(edition, _DAY_HOURS)
    if len(hours) < needed:
        return Lack(
            scale.parameter, scale.basis, "too_few" if hours else "absent", f"{len(hours)}/{needed:.10g}"
        )
    value, at = max(hours, key=lambda one: one[0])
    return AqiPart(scale.parameter, scale.basis, value, 0, at, hours=len(hours))


def _greatest_eight(scale: AqiScale, edition: AqiEdition, series: Series, begin: datetime) -> AqiPart | Lack:
    """Of the running means over eight hours that end in the day, each with enough of its hours."""
    hours = len(list(_hours_of(series, begin)))
    needed = _needed(edition, _DAY_HOURS)
    if hours < needed:
        return Lack(scale.parameter, scale.basis, "too_few" if hours else "absent", f"{hours}/{needed:.10g}")
    best: AqiPart | None = None
    for last in range(_DAY_HOURS):
        first = begin + _HOUR * (last - _EIGHT + 1)
        values = [series.hours.get(first + _HOUR * step) for step in range(_EIGHT)]
        known = [value for value in values if value is not None]
        if len(known) < _needed(edition, _EIGHT):
            continue
        mean = sum(known) / len(known)
        if best is None or mean > best.concentration:
            best = AqiPart(scale.parameter, scale.basis, mean, 0, first, hours=len(known))
    return best or Lack(scale.parameter, scale.basis, "too_few", f"{hours}")


def _hours_of(series: Series, begin: datetime) -> Iterator[tuple[float, datetime]]:
    for number in range(_DAY_HOURS):
        hour = begin + _HOUR * number
        value = series.hours.get(hour)
        if value is not None:
            yield value, hour


def _needed(edition: AqiEdition, hours: int) -> float:
    return edition.least_share * hours


_BASES = {
    "1h": _hour,
    "nowcast": _nowcast,
    "24h": _mean,
    "max_1h": _greatest_hour,
    "max_8h": _greatest_eight,
}
