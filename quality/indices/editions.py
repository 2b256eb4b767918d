"""Which figures of an index hold on a day: the dated files of quality/data/, read once.

An edition holds from its first day until the next one of the same variant begins. Files that contradict
themselves are refused when they are read, with the place that is wrong.
"""

import tomllib
from collections.abc import Mapping, Sequence
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any, Literal, NamedTuple, TypeVar

from quality.indices.curve import Curve, curve

WqiVariant = Literal["envisoft", "1460"]
WQI_VARIANTS: tuple[WqiVariant, ...] = ("envisoft", "1460")


class Band(NamedTuple):
    """A stretch of an index with its name and colour, as the Decision shows it."""

    first: int
    """The least index that belongs to it; it ends where the next begins."""
    name_vi: str
    name_en: str
    colour: tuple[int, int, int]
    """Red, green, blue."""


class AqiScale(NamedTuple):
    """How one concentration of a parameter becomes an index."""

    parameter: str
    basis: str
    """1h, nowcast, 24h, max_1h or max_8h."""
    curve: Curve
    highest: float | None
    """The concentration above which it has no index."""


class AqiEdition(NamedTuple):
    """VN_AQI from a day on."""

    valid_from: date
    decision: str
    hour: tuple[AqiScale, ...]
    day: tuple[AqiScale, ...]
    needs_one_of: tuple[str, ...]
    least_share: float
    bands: tuple[Band, ...]


class WqiScale(NamedTuple):
    """How a parameter becomes a value from 100, good, to 10."""

    group: str
    names: tuple[str, ...]
    """What the parameter is called; the first one names it in results."""
    unit: str
    curve: Curve
    saturation: tuple[float, ...] = ()
    """Of DO: what saturates water, in mg/L, as a polynomial of its temperature in °C."""


class WqiEdition(NamedTuple):
    """A variant of VN_WQI from a day on."""

    variant: WqiVariant
    valid_from: date
    decision: str
    source: str
    needs_group: str
    needs_of_it: int
    """Parameters of that group at least."""
    needs_groups: int
    factors: tuple[str, ...]
    """Groups whose geometric mean, ÷ 100, multiplies the rest."""
    weights: Mapping[str, int]
    """Groups whose arithmetic means make the root, with their powers."""
    scales: tuple[WqiScale, ...]
    bands: tuple[Band, ...]

    @property
    def groups(self) -> tuple[str, ...]:
        """All groups, in the order of the file."""
        return tuple(dict.fromkeys(scale.group for scale in self.scales))


Edition = TypeVar("Edition", AqiEdition, WqiEdition)


def band_of(bands: Sequence[Band], index: int) -> Band:
    """The band that an index lies in."""
    return [band for band in bands if band.first <= index][-1]


def aqi_edition(day: date) -> AqiEdition | None:
    """The edition of VN_AQI that holds on a day; None before the first."""
    return _newest(_aqi_editions(), day)


def wqi_edition(variant: WqiVariant, day: date) -> WqiEdition | None:
    """The edition of a variant of VN_WQI that holds on a day; None before the first."""
    return _newest([one for one in _wqi_editions() if one.variant == variant], day)


def _newest(editions: Sequence[Edition], day: date) -> Edition | None:
    known = [one for one in editions if one.valid_from <= day]
    return max(known, key=lambda one: one.valid_from, default=None)


@cache
def _aqi_editions() -> tuple[AqiEdition, ...]:
    return tuple(map(_aqi, _tables("vn_aqi.toml")))


@cache
def _wqi_editions() -> tuple[WqiEdition, ...]:
    return tuple(map(_wqi, _tables("vn_wqi.toml")))


def _tables(name: str) -> list[dict[str, Any]]:
    tables: list[dict[str, Any]] = tomllib.loads(
        files("quality.data").joinpath(name).read_text(encoding="utf-8")
    )["edition"]
    return tables


def _aqi(table: dict[str, Any]) -> AqiEdition:
    index = table["index"]

    def scale(given: dict[str, Any]) -> AqiScale:
        whole = len(given["concentration"]) == len(index)
        line = curve(given["concentration"], index, index[0], index[len(given["concentration"]) - 1])
        return AqiScale(given["parameter"], given["basis"], line, None if whole else line.points[-1][0])

    return AqiEdition(
        table["valid_from"],
        table["decision"],
        tuple(map(scale, table["hour"])),
        tuple(map(scale, table["day"])),
        tuple(table["needs_one_of"]),
        table["least_share"],
        _bands(table),
    )


def _wqi(table: dict[str, Any]) -> WqiEdition:
    best_first = table["q"]

    def scale(given: dict[str, Any]) -> WqiScale:
        if "points" in given:
            concentrations, values = zip(*given["points"], strict=True)
            line = curve(concentrations, values, given["outside"], given["outside"])
        else:
            line = curve(given["concentration"], best_first, best_first[0], best_first[-1])
        return WqiScale(
            given["group"], tuple(given["names"]), given["unit"], line, tuple(given.get("saturation", ()))
        )

    return WqiEdition(
        table["variant"],
        table["valid_from"],
        table["decision"],
        table["source"],
        table["needs_group"],
        table["needs_of_it"],
        table["needs_groups"],
        tuple(table["factors"]),
        table["weights"],
        tuple(map(scale, table["parameter"])),
        _bands(table),
    )


def _bands(table: dict[str, Any]) -> tuple[Band, ...]:
    bands = tuple(
        Band(
            one["from"],
            one["name_vi"],
            one["name_en"],
            (one["colour"][0], one["colour"][1], one["colour"][2]),
        )
        for one in table["band"]
    )
    if [band.first for band in bands] != sorted({band.first for band in bands}) or bands[0].first != 0:
        raise ValueError("bands are not in rising order from 0")
    return bands
