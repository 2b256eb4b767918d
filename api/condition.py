"""What is said of a station first on the page, and which stations stand above which.

The state now (quality/station_state.py) is what its data show. A phase that does not count, and a stop that
was announced, go before it: nobody need act on their silence.
"""

from collections.abc import Mapping
from typing import Literal, get_args

from quality.events import EventKind
from quality.service import Phase
from quality.station_state import StationState

Condition = StationState | Literal["planned_stop", "testing", "stopped"]
CONDITIONS: tuple[Condition, ...] = (
    "exceeding", "offline", "device_error", "warning", "calibrating", "planned_stop", "ok",
    "testing", "stopped",
)  # fmt: skip
"""The most urgent first."""

Group = Literal["attention", "steady", "uncounted"]
GROUPS: tuple[Group, ...] = get_args(Group)
"""Stations that need a person; that need none; and that are under test or out of service."""

_PLACES = {condition: place for place, condition in enumerate(CONDITIONS)}
_ATTENTION = _PLACES["warning"]
"""The last place that needs a person."""
_PRESSING: tuple[EventKind, ...] = ("limit_exceeded", "tamper")
"""Until somebody has dealt with them they need a person, whatever the station is doing now."""


def condition_of(state: StationState, phase: Phase, stop_now: bool) -> Condition:
    """stop_now: whether a stop of the whole station is announced for this moment."""
    if phase != "official":
        return phase
    return "planned_stop" if stop_now and state == "offline" else state


def place_of(condition: Condition, unsolved: Mapping[EventKind, int]) -> int:
    """Where a station stands among the others: the least first."""
    place = _PLACES[condition]
    if condition not in ("testing", "stopped") and any(unsolved.get(kind) for kind in _PRESSING):
        return min(place, _ATTENTION)
    return place


def group_of(place: int) -> Group:
    """The group in which the stations of a place are listed."""
    if place <= _ATTENTION:
        return "attention"
    return "uncounted" if place >= _PLACES["testing"] else "steady"
