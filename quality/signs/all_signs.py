"""All signs of a station, as they are looked for in operation: one place that knows which rule needs what."""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from quality.signs.calibrating import calibrating
from quality.signs.capped import capped
from quality.signs.clock import clock_jumped
from quality.signs.frozen import frozen
from quality.signs.replayed import replayed
from quality.signs.rewritten import rewritten
from quality.signs.sample import Arrival, Judged, Rewrite, Sample, Sign, SignRule


class ChannelMonth(NamedTuple):
    """What is known of a channel: the judged time and LOOK_BACK before it."""

    samples: Sequence[Sample]
    """In the order of time."""
    limit: float | None
    """The upper limit in force, in the channel's unit."""
    rewrites: Sequence[Rewrite] = ()
    still: Sequence[tuple[int, int]] = ()
    """When the station's flow stood still."""
    compared: Sequence[Sample] | None = None
    """What is compared with the limit, where that is not the samples as they are: gas at a reference
    oxygen."""

    @property
    def against_limit(self) -> Sequence[Sample]:
        """The samples as they are compared with the limit."""
        return self.samples if self.compared is None else self.compared


CHANNEL_RULES: Mapping[SignRule, Callable[[ChannelMonth, Judged], list[Sign]]] = {
    "tamper_capped": lambda month, judged: capped(month.against_limit, month.limit, judged),
    "tamper_frozen": lambda month, judged: frozen(month.samples, month.still, judged),
    "tamper_replayed": lambda month, judged: replayed(month.samples, judged),
    "tamper_calibrating": lambda month, judged: calibrating(month.against_limit, month.limit, judged),
    "tamper_rewritten": lambda month, judged: rewritten(month.rewrites, month.limit, judged),
}


def channel_signs(month: ChannelMonth, judged: Judged) -> list[Sign]:
    """The signs of one channel."""
    return [sign for rule in CHANNEL_RULES.values() for sign in rule(month, judged)]


def station_signs(arrivals: Sequence[Arrival], interval: int, judged: Judged) -> list[Sign]:
    """The signs of the station as a whole. arrivals: in the order in which they came."""
    return clock_jumped(arrivals, interval, judged)
