"""Units of measurement: when two spellings mean one unit, and what turns one unit into another.

Loggers write one unit in many ways (mg/l, mg/L; m3/h, m³/h; µ as U+00B5, U+03BC or u), so spellings
are compared after normalising, never as written. Only conversions that hold for every station are
known here: between units of one quantity, and between ppm and mass for a gas of known molar mass at
25 °C and 1 atm (docs/rulebook.md, section 2). What is not known is not guessed: it is a mismatch.
"""

from functools import lru_cache
from typing import NamedTuple
from unicodedata import normalize

MOLAR_VOLUME = 24.45
"""L/mol of an ideal gas at 25 °C and 1 atm, the figure by which the field converts ppm and mass."""


class Conversion(NamedTuple):
    """`value * multiply / divide + shift`: two factors, so that 1 hPa is 0.1 kPa without a binary tail."""

    multiply: float = 1.0
    divide: float = 1.0
    shift: float = 0.0

    def apply(self, value: float) -> float:
        """The converted number; beyond a float's range it is infinite, as float arithmetic has it."""
        return value * self.multiply / self.divide + self.shift

    def undo(self, value: float) -> float:
        """The number that `apply` would turn into this one."""
        return (value - self.shift) * self.divide / self.multiply


class _Unit(NamedTuple):
    quantity: str
    size: float
    """How many of the quantity's smallest unit one of these is."""
    zero: float = 0.0
    """Where its zero lies on the quantity's own scale (temperature)."""


_SAME = Conversion()
_MASS = "mass concentration"
_FRACTION = "volume fraction"

_SIZES: dict[str, dict[str, float]] = {
    # in ng/m3. A normal cubic metre counts as a cubic metre: loggers write both for the same channel
    _MASS: {
        "ng/m3": 1, "ng/nm3": 1, "ug/m3": 1e3, "ug/nm3": 1e3, "mg/m3": 1e6, "mg/nm3": 1e6,
        "g/m3": 1e9, "g/nm3": 1e9, "kg/m3": 1e12,
        "ng/l": 1e3, "ug/l": 1e6, "mg/l": 1e9, "g/l": 1e12,
        "ug/ml": 1e9, "mg/ml": 1e12, "mg/dm3": 1e9, "ug/dm3": 1e6,
    },
    # in ppb. Loggers write the O2 of a flue as "%" and as "%V"
    _FRACTION: {
        "ppb": 1, "ppbv": 1, "nmol/mol": 1, "ppm": 1e3, "ppmv": 1e3, "umol/mol": 1e3, "‰": 1e6,
        "%": 1e7, "%v": 1e7, "%vol": 1e7, "vol%": 1e7, "%v/v": 1e7,
    },
    # in litres a day; ngđ is ngày đêm, day and night
    "flow": {
        "l/d": 1, "l/day": 1, "l/h": 24, "l/min": 1440, "l/phút": 1440, "l/s": 86400,
        "m3/d": 1e3, "m3/day": 1e3, "m3/ngày": 1e3, "m3/ngàyđêm": 1e3, "m3/ngđ": 1e3, "m3/24h": 1e3,
        "m3/h": 24e3, "m3/hr": 24e3, "m3/giờ": 24e3, "m3/min": 1440e3, "m3/phút": 1440e3,
        "m3/s": 864e5, "m3/giây": 864e5,
    },
    # apart from flow: what a hot flue carries is not what it carries at 0 °C
    "normal flow": {"nm3/d": 1, "nm3/day": 1, "nm3/h": 24, "nm3/hr": 24, "nm3/min": 1440, "nm3/s": 86400},
    "pressure": {
        "pa": 1, "hpa": 100, "kpa": 1e3, "mpa": 1e6, "mbar": 100, "bar": 1e5, "atm": 101325,
        "mmhg": 101325 / 760, "torr": 101325 / 760, "mmh2o": 9.80665, "kg/cm2": 98066.5, "kgf/cm2": 98066.5,
        "psi": 6894.757293168,
    },
    # in µS/m
    "conductivity": {"us/m": 1, "us/cm": 100, "ms/m": 1e3, "ms/cm": 1e5, "ds/m": 1e5, "s/m": 1e6},
    "turbidity": {"ntu": 1, "fnu": 1, "ftu": 1},
    "colour": {"pt-co": 1, "ptco": 1, "pt/co": 1, "pt.co": 1, "pcu": 1, "hazen": 1},
    # in mm/h
    "speed": {
        "m/s": 3.6e6, "cm/s": 3.6e4, "m/min": 6e4, "km/h": 1e6, "kmh": 1e6, "mph": 1609344,
        "kn": 1852e3, "kt": 1852e3, "knot": 1852e3, "knots": 1852e3,
    },
    "irradiance": {"w/m2": 1, "mw/cm2": 10, "kw/m2": 1e3},
    "angle": {"degree": 1, "degrees": 1, "deg": 1, "o": 1, "độ": 1},
    "length": {"mm": 1, "cm": 10, "dm": 100, "m": 1e3},
    "voltage": {"uv": 1, "mv": 1e3, "v": 1e6},
}  # fmt: skip

_UNITS = {name: _Unit(quantity, size) for quantity, names in _SIZES.items() for name, size in names.items()}
# In ninths of a kelvin, so that Fahrenheit's steps stay whole; the zeros are in kelvins.
for _name in ("oc", "c", "degc", "0c", "độc"):
    _UNITS[_name] = _Unit("temperature", 9, 273.15)
for _name in ("k", "ok", "kelvin"):
    _UNITS[_name] = _Unit("temperature", 9)
for _name in ("of", "f", "degf"):
    _UNITS[_name] = _Unit("temperature", 5, 459.67 * 5 / 9)

_LETTERS = str.maketrans({"μ": "u", "°": "o", "˚": "o", "⁄": "/", "∕": "/", "^": None})


@lru_cache(maxsize=4096)
def unit_key(unit: str) -> str:
    """The form in which units are compared: without case, spaces and the ways to write µ, ³, ° and /."""
    # The ring above falls apart in NFKC, so letters are mapped before and after it.
    folded = normalize("NFKC", unit.translate(_LETTERS)).casefold().translate(_LETTERS)
    return normalize("NFC", "".join(folded.split()))


@lru_cache(maxsize=4096)
def conversion(from_unit: str, to_unit: str, molar_mass: float | None = None) -> Conversion | None:
    """What turns numbers in `from_unit` into `to_unit`; None where that is not known.

    molar_mass in g/mol, needed only between a volume fraction and a mass concentration. Two units
    that nobody knows are still the same when their spellings are.
    """
    from_key, to_key = unit_key(from_unit), unit_key(to_unit)
    if from_key == to_key:
        return _SAME
    source, target = _UNITS.get(from_key), _UNITS.get(to_key)
    if source is None or target is None:
        return None
    if source.quantity == target.quantity:
        multiply, divide = _ratio(source.size, target.size)
        # kelvins = (value * size / 9) + zero on both sides
        shift = (source.zero - target.zero) * 9 / target.size if source.zero != target.zero else 0.0
        return Conversion(multiply, divide, shift)
    if molar_mass is None or molar_mass <= 0:
        return None
    # 1 ppb of a gas is molar_mass / 24.45 µg/m3, that is 1000 times as many ng/m3.
    if source.quantity == _FRACTION and target.quantity == _MASS:
        multiply, divide = _ratio(source.size * 1e3, target.size)
        return Conversion(multiply * molar_mass, divide * MOLAR_VOLUME)
    if source.quantity == _MASS and target.quantity == _FRACTION:
        multiply, divide = _ratio(source.size, target.size * 1e3)
        return Conversion(multiply * MOLAR_VOLUME, divide * molar_mass)
    return None


def _ratio(source: float, target: float) -> tuple[float, float]:
    """source ÷ target as (multiply, divide), one of them 1."""
    return (source / target, 1.0) if source >= target else (1.0, target / source)


def convert(value: float, from_unit: str, to_unit: str, molar_mass: float | None) -> float | None:
    """`value` of `from_unit` in `to_unit`; None where the units are not convertible."""
    known = conversion(from_unit, to_unit, molar_mass)
    return None if known is None else known.apply(value)
