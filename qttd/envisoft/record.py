"""The record of a comparison (biên bản đối chiếu): one HTML file that needs nothing else and prints on A4.

Its form is that of official documents (Decree 30/2020/NĐ-CP): national name and motto, the issuing office,
place and date, signatures. A browser turns it into paper or PDF.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from jinja2 import Environment, StrictUndefined

from qttd.envisoft.words import EXPLANATIONS, UNKNOWN
from quality.comparison.comparing import Comparison, Part
from quality.comparison.stretches import stretches
from store.network.station_view import StationEntry

MINUTE = timedelta(minutes=1)
MOST_STRETCHES = 2000
"""About fifty pages: a longer record is nobody's reading."""


class RecordHead(NamedTuple):
    """Whose record it is, and of what."""

    authority: str
    """The office above: UBND TỈNH …"""
    office: str
    place: str
    made: datetime
    """In +07:00."""
    file: str
    sha256: str
    first: date
    last: date


def record_html(
    head: RecordHead,
    station: StationEntry,
    result: Comparison,
    parameters: list[str],
    unmapped: list[str],
) -> str:
    """The record as HTML."""
    text = Path(__file__).with_name("record.html.j2").read_text(encoding="utf-8")
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    found = stretches(result)
    counts = result.counts()
    return environment.from_string(text).render(
        {
            **head._asdict(),
            "first": f"{head.first:%d/%m/%Y}",
            "last": f"{head.last:%d/%m/%Y}",
            "station": station,
            "result": result,
            "parameters": parameters,
            "unmapped": unmapped,
            "words": EXPLANATIONS,
            "counts": counts.most_common(),
            "unknown": sum(many for code, many in counts.items() if code in UNKNOWN),
            "shown": found[:MOST_STRETCHES],
            "more": len(found[MOST_STRETCHES:]),
            "number": lambda value: f"{value:,}".replace(",", "."),
            "percent": _percent,
            "kinds": _kinds(result.parts),
            "shifts": [(_days(part), part.shift // MINUTE) for part in result.parts if part.shift],
        }
    )


def _kinds(parts: Sequence[Part]) -> str:
    """What the export holds; where the station's interval changes, from when to when."""
    if len(parts) == 1:
        return _kind(parts[0])
    told = (f"{_kind(part)}, chu kỳ {part.interval // MINUTE} phút ({_days(part)})" for part in parts)
    return "; ".join(told)


def _kind(part: Part) -> str:
    return "trung bình giờ" if part.hourly else "dữ liệu gốc"


def _days(part: Part) -> str:
    return f"{part.first:%d/%m/%Y} – {part.end - MINUTE:%d/%m/%Y}"


def _percent(part: int, whole: int) -> str:
    """With a decimal comma, and never rounded up to a full hundred that it is not."""
    if not whole:
        return "–"
    rate = 100 * part / whole
    return "100 %" if part == whole else f"{min(rate, 99.99):.2f} %".replace(".", ",")
