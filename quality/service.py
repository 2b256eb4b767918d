"""When a station is to deliver: its phases, its announced stops, and our own outages, as dated facts.

Phases: `testing` is shown, and never counted, relayed or alarmed; `official` counts; `stopped` is not
expected to send. A station of which no phase was ever said is official. What is announced as a planned stop,
and what our own server missed while it was down, is expected and excused: the empty slots of such a time
are no fault of the station's (docs/rulebook.md, section 3).
"""

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Literal, NamedTuple, get_args

from quality.stretches import Stretch, united

Phase = Literal["testing", "official", "stopped"]
PHASES: tuple[Phase, ...] = get_args(Phase)
FIRST_PHASE: Phase = "official"
"""Before the first phase that was said."""

WHOLE_STATION = 0
"""Stands where a stop is of no single parameter."""


class PhaseChange(NamedTuple):
    """From when on a station is in a phase."""

    from_at: datetime
    """Aware."""
    phase: Phase


@dataclass(frozen=True)
class Service:
    """What is known of one station's duty to deliver."""

    phases: Sequence[PhaseChange] = ()
    """By time."""
    stops: Mapping[int, Sequence[Stretch]] = field(default_factory=dict)
    """Announced stops by parameter; under WHOLE_STATION those of the whole station."""
    outages: Sequence[Stretch] = ()
    """Ours, in order."""

    def phase_at(self, moment: datetime) -> Phase:
        """The phase in which a moment (aware) lies."""
        place = bisect_right(self.phases, moment, key=lambda change: change.from_at)
        return self.phases[place - 1].phase if place else FIRST_PHASE

    def in_phase(self, phase: Phase, begin: datetime, end: datetime) -> list[Stretch]:
        """The parts of the time from `begin` up to `end` that lie in a phase, in order."""
        if not self.phases:
            return united([Stretch(begin, end)] if phase == FIRST_PHASE else [])
        edges = [begin, *(one.from_at for one in self.phases if begin < one.from_at < end), end]
        parts = [Stretch(*pair) for pair in pairwise(edges)]
        return united(one for one in parts if self.phase_at(one.begin) == phase)

    def stopped(self, parameter_id: int = WHOLE_STATION) -> list[Stretch]:
        """The announced stops of a parameter, the whole station's among them, as a set."""
        own = self.stops.get(parameter_id, ()) if parameter_id != WHOLE_STATION else ()
        return united([*self.stops.get(WHOLE_STATION, ()), *own])


ALWAYS = Service()
"""Official for ever, never stopped, and our server was never down."""
