"""What a station's account must come to, told from its history alone: files, reviews, settings. Plain Python.

Everything is computed from the beginning whenever it is asked for, in the simplest way there is, from the
rulebook and from nothing of the product's: it is what the store is held against, whatever happened in
whatever order.
"""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction
from typing import Any, NamedTuple

VIETNAM = timedelta(hours=7)
INTERVAL = timedelta(minutes=15)
GAP = 3 * INTERVAL
FUTURE = timedelta(minutes=5)
EVER = datetime(1, 1, 2, tzinfo=UTC)

Moment = datetime
Key = tuple[Moment, str]
"""Measured time and symbol: each symbol here has a parameter of its own."""
Said = tuple[Fraction | None, str, str]
Flag = tuple[str, int]


class Line(NamedTuple):
    symbol: str
    text: str
    unit: str
    status: str


class Version(NamedTuple):
    """A value that came for a key."""

    received_at: datetime
    file_id: int
    line: int
    text: str
    unit: str
    status: str

    @property
    def said(self) -> Said:
        return None if self.text == "-" else Fraction(self.text), self.unit, self.status


class Settings(NamedTuple):
    """A channel's settings. `severe`: the codes of rate_of_change and spike."""

    factor: Fraction = Fraction(1)
    device_max: Fraction | None = None
    usual_max: Fraction | None = None
    zero: bool = False
    run: int | None = None
    change_percent: Fraction | None = None
    peak: Fraction | None = None
    at_most: tuple[Fraction, str] | None = None
    goes_with: str | None = None

    @property
    def cell(self) -> str:
        """As the channel list writes the checks."""
        parts = ["zero"] if self.zero else []
        parts += [] if self.run is None else [f"flat_line={self.run}"]
        parts += [] if self.change_percent is None else [f"rate_of_change={self.change_percent}%:fail"]
        parts += [] if self.peak is None else [f"spike={self.peak}"]
        parts += [] if self.at_most is None else [f"compare<={self.at_most[0]}*{self.at_most[1]}"]
        parts += [] if self.goes_with is None else [f"companion={self.goes_with}"]
        return ";".join(parts)


@dataclass
class Review:
    """What a person said. `touched`: what of, and the number of a correction."""

    action: str
    from_at: datetime
    to_at: datetime
    names: frozenset[str] | None
    at: datetime
    touched: dict[Key, tuple[Said, Fraction | None]] = field(default_factory=dict)
    undone: bool = False


class Standing(NamedTuple):
    """A reading as it must stand."""

    text: str
    status: str
    received_at: datetime
    value: Fraction | None
    flags: frozenset[Flag]
    valid: bool
    review: str | None
    reviewed_value: Fraction | None
    release_at: datetime

    @property
    def counted(self) -> Fraction | None:
        return self.reviewed_value if self.review == "corrected" else self.value


_WORDS = {"accept": "accepted", "reject": "rejected", "correct": "corrected"}
_LETTERS = "VSFMCER"
"""States, the best first."""


class Model:
    """A station of 15 minutes with the channels pH and COD (mg/L); its symbol Xyz may be declared as TSS."""

    def __init__(self, hold_minutes: int) -> None:
        self.hold = timedelta(minutes=hold_minutes)
        self.versions: dict[Key, list[Version]] = defaultdict(list)
        self.reviews: dict[int, Review] = {}
        self.settings: dict[str, list[tuple[datetime, Settings]]] = {
            name: [(EVER, Settings())] for name in ("pH", "COD", "Xyz")
        }
        self.xyz_declared = False
        self.closed: set[date] = set()

    # what happens

    def came(self, file_id: int, moment: datetime, received_at: datetime, lines: list[Line]) -> None:
        for number, (symbol, text, unit, status) in enumerate(lines, 1):
            version = Version(received_at, file_id, number, text, unit, status)
            self.versions[moment, symbol].append(version)

    def change(self, symbol: str, valid_from: datetime, settings: Settings) -> None:
        kept = [one for one in self.settings[symbol] if one[0] < valid_from]
        self.settings[symbol] = [*kept, (valid_from, settings)]

    def parameter(self, symbol: str) -> str:
        return symbol if symbol != "Xyz" or not self.xyz_declared else "TSS"

    def keys_in(self, from_at: datetime, to_at: datetime, names: frozenset[str] | None) -> list[Key]:
        return [
            key
            for key in sorted(self.versions)
            if from_at <= key[0] < to_at and (names is None or self.parameter(key[1]) in names)
        ]

    def meant(self, action: str, keys: list[Key], *, numbered: bool) -> list[Key]:
        """The keys that a review can be given to. numbered: it gives a number of its own."""
        if action == "reject":
            return keys
        return [
            key
            for key in keys
            if self.declared(key[1]) and (numbered or self.standing_version(key)[0].said[0] is not None)
        ]

    def declared(self, symbol: str) -> bool:
        return symbol != "Xyz" or self.xyz_declared

    # what follows from it

    def ruling(self, key: Key) -> tuple[int, Review] | None:
        """The newest review in force that speaks of a key."""
        speaking = [
            (number, one)
            for number, one in self.reviews.items()
            if not one.undone
            and (
                key in one.touched
                or (
                    one.action == "reject"
                    and one.from_at <= key[0] < one.to_at
                    and (one.names is None or self.parameter(key[1]) in one.names)
                )
            )
        ]
        return max(speaking, key=lambda found: found[0], default=None)

    def standing_version(self, key: Key) -> tuple[Version, Review | None]:
        first = sorted(self.versions[key])
        ruling = self.ruling(key)
        review = None if ruling is None else ruling[1]
        if review is not None and review.action != "reject":
            said = review.touched[key][0]
            return next(one for one in first if one.said == said), review
        return first[0], review

    def at(self, key: Key) -> Settings:
        return [one for since, one in self.settings[key[1]] if since <= key[0]][-1]

    def value_of(self, key: Key, version: Version) -> tuple[Fraction | None, bool]:
        """In the channel's unit, and whether the unit does not match."""
        number, unit = version.said[0], version.unit
        if not self.declared(key[1]):
            return number, False
        wrong = key[1] == "COD" and unit == "NTU"
        if number is None:
            return None, wrong
        if key[1] == "COD" and unit == "ug/L":
            number /= 1000
        return number * self.at(key).factor, wrong

    def own_flags(self, key: Key, version: Version) -> set[Flag]:
        value, wrong = self.value_of(key, version)
        settings = self.at(key)
        flags: set[Flag] = set()
        if value is None:
            flags.add(("missing", 9))
        if version.status != "00":
            rules = {"01": "calibrating", "02": "device_error"}
            flags.add((rules.get(version.status, "status_unknown"), 4))
        if not self.declared(key[1]):
            flags.add(("undeclared", 4))
        elif wrong:
            flags.add(("unit_mismatch", 4))
        elif value is not None:
            if settings.device_max is not None and value > settings.device_max:
                flags.add(("gross_range", 4))
            elif settings.usual_max is not None and value > settings.usual_max:
                flags.add(("gross_range", 3))
            if settings.zero and value == 0 and version.status == "00":
                flags.add(("zero", 4))
        if key[0] - version.received_at > FUTURE:
            flags.add(("clock_future", 4))
        if len({one.said for one in self.versions[key]}) > 1:
            flags.add(("conflict", 3))
        return flags

    def readings(self) -> dict[Key, Standing]:
        versions = {key: self.standing_version(key) for key in self.versions}
        flags = {key: self.own_flags(key, version) for key, (version, _) in versions.items()}
        values = {key: self.value_of(key, version)[0] for key, (version, _) in versions.items()}
        part = {
            key
            for key, (version, _) in versions.items()
            if version.status == "00"
            and values[key] is not None
            and not {"unit_mismatch", "clock_future"} & {rule for rule, _ in flags[key]}
        }
        for symbol in ("pH", "COD", "Xyz"):
            if self.declared(symbol):
                self._neighbours(sorted(key for key in part if key[1] == symbol), values, flags)
        for key in part:
            at_most = self.at(key).at_most if self.declared(key[1]) else None
            if at_most is not None and (key[0], at_most[1]) in part:
                other = values[key[0], at_most[1]]
                assert other is not None
                if not values[key] <= at_most[0] * other:  # type: ignore[operator]  # those in `part` have one
                    flags[key].add(("compare", 4))
        self._companions(versions, part, flags)
        return {key: self._stand(key, *versions[key], values[key], flags[key]) for key in versions}

    def _neighbours(self, series: list[Key], values: dict[Key, Any], flags: dict[Key, set[Flag]]) -> None:
        for index, key in enumerate(series):
            settings, value = self.at(key), values[key]
            before = series[index - 1] if index and key[0] - series[index - 1][0] <= GAP else None
            after = series[index + 1] if index + 1 < len(series) else None
            if after is not None and after[0] - key[0] > GAP:
                after = None
            if settings.change_percent is not None and before is not None and values[before]:
                intervals = max(Fraction(1), Fraction((key[0] - before[0]) / INTERVAL))
                most = settings.change_percent / 100 * abs(values[before])
                if abs(value - values[before]) / intervals > most:
                    flags[key].add(("rate_of_change", 4))
            if settings.peak is not None and before is not None and after is not None:
                middle = (values[before] + values[after]) / 2
                flags[key] |= {("spike", 3)} if abs(value - middle) > settings.peak else set()
            if settings.run is not None:
                first = last = index
                while (
                    first
                    and values[series[first - 1]] == value
                    and series[first][0] - series[first - 1][0] <= GAP
                ):
                    first -= 1
                while (
                    last + 1 < len(series)
                    and values[series[last + 1]] == value
                    and series[last + 1][0] - series[last][0] <= GAP
                ):
                    last += 1
                if last - first + 1 >= settings.run:
                    flags[key].add(("flat_line", 4))

    def _companions(
        self,
        versions: dict[Key, tuple[Version, Review | None]],
        part: set[Key],
        flags: dict[Key, set[Flag]],
    ) -> None:
        def fails(key: Key) -> bool:
            if key not in versions or not self.declared(key[1]):
                return False
            version, review = versions[key]
            if review is not None:
                return review.action == "reject"
            return version.said[0] is not None and any(code == 4 for _, code in flags[key])

        grown = True
        while grown:
            grown = False
            for key, (version, _) in versions.items():
                named = self.at(key).goes_with if self.declared(key[1]) else None
                asked = version.status == "00" and version.said[0] is not None
                if named is None or not asked or ("companion", 4) in flags[key]:
                    continue
                if fails((key[0], named)):
                    flags[key].add(("companion", 4))
                    grown = True

    def _stand(
        self, key: Key, version: Version, review: Review | None, value: Fraction | None, flags: set[Flag]
    ) -> Standing:
        word = None if review is None else _WORDS[review.action]
        corrected = review.touched[key][1] if review is not None and word == "corrected" else None
        counted = corrected if word == "corrected" else value
        failing = any(code in (4, 9) for _, code in flags)
        if word is None:
            valid = value is not None and version.status == "00" and not failing
        else:
            valid = word != "rejected" and counted is not None and ("undeclared", 4) not in flags
        release = version.received_at + self.hold
        if review is not None and word != "rejected":
            release = min(release, review.at)
        return Standing(
            version.text, version.status, version.received_at, value, frozenset(flags), valid, word,
            corrected, release,
        )  # fmt: skip

    def letters(self) -> dict[tuple[date, str], dict[int, str]]:
        """Of declared parameters: each slot's letter, lower case where all of it came late."""
        found: dict[tuple[date, str], dict[int, list[tuple[int, bool]]]] = defaultdict(
            lambda: defaultdict(list)
        )
        for (moment, symbol), standing in self.readings().items():
            if self.declared(symbol):
                day, past = _day_of(moment)
                on_time = standing.received_at - moment <= timedelta(minutes=5)
                state = _LETTERS.index(_state(standing))
                found[day, self.parameter(symbol)][past // INTERVAL].append((state, on_time))
        return {
            line: {
                slot: _LETTERS[min(here)[0]]
                if any(on_time for _, on_time in here)
                else _LETTERS[min(here)[0]].lower()
                for slot, here in slots.items()
            }
            for line, slots in found.items()
        }

    def hours(self) -> dict[tuple[datetime, str], tuple[Any, ...]]:
        """(hour's start, parameter): slots, mean, least and greatest, as received and as reviewed."""
        sides: dict[tuple[datetime, str], tuple[list[Any], list[Any]]] = defaultdict(lambda: ([], []))
        for (moment, symbol), standing in self.readings().items():
            hour = moment.replace(minute=0, second=0)
            received, reviewed = sides[hour, self.parameter(symbol)]
            slot = moment.minute // 15
            if standing.status == "00" and standing.value is not None:
                received.append((slot, standing.value))
            if standing.valid:
                reviewed.append((slot, standing.counted))
        return {
            key: (*_spread(received), *_spread(reviewed))
            for key, (received, reviewed) in sides.items()
            if received or reviewed
        }

    def days(self) -> dict[tuple[date, str], tuple[Any, ...]]:
        """(day, parameter), of both layers: slots, hours with 3 of their 4 slots, mean of those, extremes."""
        hours: dict[tuple[date, str], list[tuple[Any, ...]]] = defaultdict(list)
        for (hour, name), cells in self.hours().items():
            hours[_day_of(hour)[0], name].append(cells)

        def side(parts: list[tuple[Any, ...]]) -> tuple[Any, ...]:
            means = [part[1] for part in parts if part[0] >= 3]
            return (
                sum(part[0] for part in parts), len(means), sum(means) / len(means) if means else None,
                min((part[2] for part in parts if part[0]), default=None),
                max((part[3] for part in parts if part[0]), default=None),
            )  # fmt: skip

        return {
            key: (*side([part[:4] for part in parts]), *side([part[4:] for part in parts]))
            for key, parts in hours.items()
        }


def _state(standing: Standing) -> str:
    if standing.review == "rejected":
        return "R"
    if standing.review is not None and standing.valid:
        return "V"
    if standing.status == "02":
        return "E"
    if standing.status == "01":
        return "C"
    if standing.counted is None:
        return "M"
    if standing.status != "00" or any(code == 4 for _, code in standing.flags):
        return "F"
    return "S" if any(code == 3 for _, code in standing.flags) else "V"


def _day_of(moment: datetime) -> tuple[date, timedelta]:
    """The day in Vietnam, and how much of it is over. moment: aware UTC."""
    local = moment.replace(tzinfo=None) + VIETNAM
    return local.date(), local - datetime.combine(local.date(), datetime.min.time())


def _spread(values: list[tuple[int, Fraction]]) -> tuple[Any, ...]:
    if not values:
        return 0, None, None, None
    numbers = [value for _, value in values]
    return len({slot for slot, _ in values}), sum(numbers) / len(numbers), min(numbers), max(numbers)
