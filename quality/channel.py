"""A channel as the checks see it: one parameter at one station, with its unit, factor and ranges."""

from typing import NamedTuple

from quality.checks.cell import NO_CHECKS, ChannelChecks


class Channel(NamedTuple):
    """The settings of one channel. Ranges are in the channel's own unit."""

    parameter: str
    """The parameter's own name, as limits call it (BOD5, PM2.5)."""
    unit: str = ""
    """Declared unit; empty: any unit is right."""
    factor: float = 1.0
    """What a number is multiplied by after its unit was converted."""
    device_min: float | None = None
    device_max: float | None = None
    """The range the device can measure: outside it a value fails."""
    usual_min: float | None = None
    usual_max: float | None = None
    """The range the station is used to: outside it a value is suspect."""
    molar_mass: float | None = None
    """g/mol, where ppm and mass convert."""
    checks: ChannelChecks = NO_CHECKS
    """Further checks that its readings are put through."""

    @property
    def ranges(self) -> tuple[float | None, ...]:
        """The ends of both ranges; None: not set."""
        return (self.device_min, self.device_max, self.usual_min, self.usual_max)
