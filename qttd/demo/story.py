"""What goes wrong, where and when: the demonstration's plot, spread over the shown time.

Each scene is a stretch of slots. Some are the loggers' own (disturbance.py plays them), some are the
director's: the ministry's server, qttd's processes, the operator.
"""

from collections.abc import Sequence
from datetime import timedelta
from typing import Literal, NamedTuple

from qttd.demo.timing import SLOT, Timing

Kind = Literal[
    "missing", "device_error", "silence", "rubbish", "cut", "out_of_range", "calibration", "contradiction",
    "clock_ahead", "unusual", "frozen", "exceeding",
    "kill_receive", "declare", "ministry_down", "kill_forward", "review",
]  # fmt: skip
CLOCK_AHEAD = timedelta(minutes=30)
"""How far the logger's clock is ahead in the scene of that name."""


class Scene(NamedTuple):
    """Slots `first` up to `last`, not included, counted from the beginning."""

    kind: Kind
    first: int
    last: int
    station: str = ""
    """Code; empty where the scene is no station's."""
    symbol: str = ""


_HOUR = timedelta(hours=1)
_PLOT: tuple[tuple[float, Kind, timedelta, str, str], ...] = (
    (0.05, "missing", _HOUR / 2, "HN_HSEN_KHIKXQ", "PM2,5"),
    (0.09, "device_error", _HOUR, "DN_DNMT_NUOTHA", "TSS"),
    (0.12, "silence", 4 * _HOUR, "TH_XMDT_KHIOK1", ""),
    (0.17, "rubbish", SLOT, "HP_TSSL_NUOTHA", ""),
    (0.22, "cut", SLOT, "QN_KCBX_NUOTHA", ""),
    (0.26, "out_of_range", _HOUR / 4, "BN_GHTR_NUOTHA", "COD"),
    (0.29, "frozen", _HOUR, "QN_KCBX_NUOTHA", "NH4"),
    (0.34, "kill_receive", SLOT, "", ""),
    (0.41, "declare", SLOT, "HT_DRXA_KHIOK1", ""),
    (0.47, "calibration", _HOUR, "HP_TSSL_NUOTHA", "COD"),
    (0.50, "exceeding", 2 * _HOUR, "DN_DNMT_NUOTHA", "COD"),
    (0.55, "ministry_down", 2 * _HOUR, "", ""),
    (0.70, "contradiction", SLOT, "BN_GHTR_NUOTHA", "COD"),
    (0.74, "clock_ahead", _HOUR * 2 / 3, "HCM_VLAN_KHIKXQ", ""),
    (0.80, "unusual", _HOUR / 2, "TH_XMDT_KHIOK1", "SO2"),
    (0.83, "silence", 2 * _HOUR, "TN_CDBA_NUOMAT", ""),
)
"""Where in the shown time, what, how long at the most, at which station and channel."""
_LONGEST_SHARE = 0.15
"""Of the shown time, for one scene, where fewer hours than a day are shown."""
_CATCHING_UP = 2
"""How many slots after the ministry's return the relay's process is killed."""
_THINKING = 6
"""How many slots after a probe was frozen a person reviews what it sent."""
_AGO = 4
"""How many slots before a contradiction the contradicted file was sent."""


def story_of(timing: Timing) -> list[Scene]:
    """The scenes."""
    scenes = []
    for share, kind, length, station, symbol in _PLOT:
        first = round(share * timing.slots)
        longest = max(1, int(_LONGEST_SHARE * timing.slots))
        scenes.append(Scene(kind, first, first + min(length // SLOT, longest), station, symbol))
        if kind == "ministry_down":
            kill = scenes[-1].last + _CATCHING_UP
            scenes.append(Scene("kill_forward", kill, kill + 1))
        if kind == "frozen":
            review = scenes[-1].last + _THINKING
            scenes.append(Scene("review", review, review + 1, station, symbol))
    return scenes


def reviewed_slots(scenes: Sequence[Scene], review: Scene) -> range:
    """The slots whose values a review rejects: those of the frozen probe."""
    frozen = next(scene for scene in scenes if scene.kind == "frozen" and scene.station == review.station)
    return range(frozen.first, frozen.last)


def contradicted_slot(scene: Scene) -> int:
    """The slot of the file that a contradiction sends again with another value."""
    return scene.first - _AGO
