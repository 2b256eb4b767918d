"""What is known of a simulated station: its channels, and the habits of its logger.

Plain values. The dozen themselves are in stations.py.
"""

from datetime import timedelta
from typing import Literal, NamedTuple

Style = Literal["canonical", "one_line", "comma_and_bom", "decomposed", "no_seconds"]
"""How a logger writes: as the Circular says; all on one line; decimal comma and BOM; letters and marks
apart (NFD); times without seconds in an `.lsi` file whose name holds no station."""
Upload = Literal["straight", "renamed", "checked", "encrypted"]
"""How a logger sends: to the final name; as x.tmp and renamed; with SIZE and a listing after; by FTPS."""


class ChannelPlan(NamedTuple):
    """One parameter of a station, in the unit that the logger sends."""

    symbol: str
    """As the channel list has it, in NFC."""
    parameter: str
    unit: str
    """Declared unit."""
    low: float
    high: float
    """Between these the value moves through the day."""
    decimals: int
    device_min: float
    device_max: float
    """In the declared unit: beyond them a value fails."""
    usual_max: float | None = None
    """In the declared unit: above it a value is suspect."""
    sent_unit: str | None = None
    """The unit that the logger writes; None: the declared one."""
    checks: str = ""
    """Further checks, as the channel list writes them."""
    scale: float = 1.0
    """What makes the declared unit of the sent one."""

    @property
    def written_unit(self) -> str:
        """The unit as it stands in the files."""
        return self.unit if self.sent_unit is None else self.sent_unit


class StationPlan(NamedTuple):
    """A simulated station. All names are made up."""

    code: str
    name: str
    kind: str
    facility: str
    province: str
    latitude: float
    longitude: float
    channels: tuple[ChannelPlan, ...]
    layout: int
    """EnviSoft's number of the dated folder that the logger makes."""
    style: Style = "canonical"
    upload: Upload = "straight"
    interval_minutes: int = 5
    review: str = "auto"
    several_times: bool = False
    """After an interruption it sends several times in one file; else one file for each."""
    declared: bool = True
    """False: nobody has told qttd of it when the day begins."""

    @property
    def account(self) -> str:
        """Its FTP account."""
        return self.code.lower().replace("_", "-")

    @property
    def interval(self) -> timedelta:
        """Between two of its files."""
        return timedelta(minutes=self.interval_minutes)

    def channel(self, symbol: str) -> ChannelPlan:
        """The channel of a symbol; KeyError where it has none."""
        return {channel.symbol: channel for channel in self.channels}[symbol]
