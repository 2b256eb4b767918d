"""What the plot does to a station's measurements: samples in, samples out. Pure.

Only what a logger would write differently is here; what it sends differently (nothing, half a file,
rubbish) is in logger.py.
"""

from collections.abc import Sequence

from qttd.demo.device_file import Sample
from qttd.demo.station_plan import ChannelPlan, StationPlan
from qttd.demo.story import CLOCK_AHEAD, Scene

_ABOVE_USUAL = 1.2
_ABOVE_LIMIT = 0.9
"""Of the device's range: far above every limit of waste water."""
_STUCK = 1.11
"""Times the highest value of an ordinary day, so that no ordinary value makes the run longer."""


def disturbed(
    plan: StationPlan, scenes: Sequence[Scene], slot: int, samples: Sequence[Sample]
) -> list[Sample]:
    """The samples of a slot as the logger writes them, under the scenes of its station."""
    result = list(samples)
    for scene in scenes:
        if not scene.first <= slot < scene.last:
            continue
        if scene.kind == "clock_ahead":
            result = [sample._replace(measured_at=sample.measured_at + CLOCK_AHEAD) for sample in result]
        elif scene.symbol:
            channel = plan.channel(scene.symbol)
            result = [
                _changed(scene, channel, sample) if sample.symbol == scene.symbol else sample
                for sample in result
            ]
    return result


def contradicting(plan: StationPlan, symbol: str, samples: Sequence[Sample]) -> list[Sample]:
    """The same samples with another value in one channel, as a logger that was tampered with sends them."""
    channel = plan.channel(symbol)
    return [
        sample._replace(text=f"{channel.low / 2:.{channel.decimals}f}") if sample.symbol == symbol else sample
        for sample in samples
    ]


def _changed(scene: Scene, channel: ChannelPlan, sample: Sample) -> Sample:
    match scene.kind:
        case "missing":
            return sample._replace(text="---")
        case "device_error":
            return sample._replace(text=_number(channel, 0.0), status="02")
        case "calibration":
            return sample._replace(text=_number(channel, channel.high * 2), status="01")
        case "out_of_range":
            return sample._replace(text=_number(channel, channel.device_max * 2))
        case "unusual" if channel.usual_max is not None:
            return sample._replace(text=_number(channel, channel.usual_max * _ABOVE_USUAL))
        case "frozen":
            return sample._replace(text=_number(channel, channel.high * channel.scale * _STUCK))
        case "exceeding":
            return sample._replace(text=_number(channel, channel.device_max * _ABOVE_LIMIT))
        case _:
            return sample


def _number(channel: ChannelPlan, declared: float) -> str:
    return f"{declared / channel.scale:.{channel.decimals}f}"
