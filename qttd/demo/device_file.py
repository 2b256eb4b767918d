"""What a simulated logger measures and how it writes that down: pure, and the same every time.

Values follow the day with some noise, seeded by station, channel and time, so that two runs of the
demonstration send the same numbers. What goes wrong is put upon the values by disturbance.py.
"""

import random
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from math import cos, pi
from typing import NamedTuple
from unicodedata import normalize

from parsers.records import Reading
from parsers.station_writer import canonical_bytes
from parsers.vietnam_time import VN
from qttd.demo.station_plan import ChannelPlan, StationPlan, Style
from store.files.folder_layouts import dated_folder, file_name

BOM = b"\xef\xbb\xbf"
_PEAK_HOUR = 14
_NOISE = 0.06


class Sample(NamedTuple):
    """One line to be: what a logger says of one channel at one time."""

    symbol: str
    text: str
    unit: str
    measured_at: datetime
    """Aware."""
    status: str = "00"


class DeviceFile(NamedTuple):
    """A file as a logger has it ready."""

    folder: str
    """Below the account's root; empty: there."""
    name: str
    content: bytes
    samples: int
    """How many times of measurement it holds."""

    @property
    def path(self) -> str:
        """From the account's root."""
        return f"{self.folder}/{self.name}" if self.folder else self.name


def value_at(plan: StationPlan, channel: ChannelPlan, moment: datetime) -> float:
    """The undisturbed value: highest at two in the afternoon, and never quite the same."""
    local = moment.astimezone(VN)
    hour = local.hour + local.minute / 60
    swing = 0.5 + 0.5 * cos(2 * pi * (hour - _PEAK_HOUR) / 24)
    chance = random.Random(f"{plan.code} {channel.symbol} {moment.timestamp():.0f}")  # noqa: S311 - noise
    span = channel.high - channel.low
    return channel.low + span * min(1.0, max(0.0, swing + chance.uniform(-_NOISE, _NOISE)))


def samples_at(plan: StationPlan, moment: datetime) -> list[Sample]:
    """What every channel of a station measures at a moment, undisturbed."""
    return [
        Sample(
            channel.symbol,
            f"{value_at(plan, channel, moment):.{channel.decimals}f}",
            channel.written_unit,
            moment,
        )
        for channel in plan.channels
    ]


def device_file(plan: StationPlan, samples: Sequence[Sample]) -> DeviceFile:
    """The file that a logger makes of samples, of one time or of several; the newest time names it."""
    newest = max(sample.measured_at for sample in samples)
    content = _CONTENTS[plan.style](samples)
    times = len({sample.measured_at for sample in samples})
    if plan.style == "no_seconds":
        name = f"{newest.astimezone(VN):%d_%m_%Y %H_%M}.lsi"
        return DeviceFile(plan.code, name, content, times)
    return DeviceFile(dated_folder(plan.layout, newest), file_name(plan.code, newest), content, times)


def _canonical(samples: Iterable[Sample]) -> bytes:
    return canonical_bytes(
        Reading(0, symbol, text, None if text == "---" else float(text), unit, moment, status)
        for symbol, text, unit, moment, status in samples
    )


def _cells(sample: Sample) -> tuple[str, str, str, str, str]:
    time = f"{sample.measured_at.astimezone(VN):%Y%m%d%H%M%S}"
    return sample.symbol, sample.text, sample.unit, time, sample.status


def _one_line(samples: Iterable[Sample]) -> bytes:
    return ("\t".join("\t".join(_cells(sample)) for sample in samples) + "\r\n").encode()


def _comma_and_bom(samples: Iterable[Sample]) -> bytes:
    with_comma = (sample._replace(text=sample.text.replace(".", ",")) for sample in samples)
    return BOM + "".join("\t".join(_cells(sample)) + "\r\n" for sample in with_comma).encode()


def _decomposed(samples: Iterable[Sample]) -> bytes:
    return normalize("NFD", "".join("\t".join(_cells(sample)) + "\n" for sample in samples)).encode()


def _no_seconds(samples: Iterable[Sample]) -> bytes:
    lines = []
    for sample in samples:
        symbol, text, unit, time, status = _cells(sample)
        lines.append("\t".join((symbol, text, unit, time[:12], status)) + "\r\n")
    return "".join(lines).encode()


_CONTENTS: dict[Style, Callable[[Iterable[Sample]], bytes]] = {
    "canonical": _canonical,
    "one_line": _one_line,
    "comma_and_bom": _comma_and_bom,
    "decomposed": _decomposed,
    "no_seconds": _no_seconds,
}
