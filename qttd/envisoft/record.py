"""The record of a comparison (biên bản đối chiếu): one HTML file that needs nothing else and prints on A4.

Its form is that of official documents (Decree 30/2020/NĐ-CP): national name and motto, the issuing office,
place and date, signatures. A browser turns it into paper or PDF.
"""

from datetime import date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from jinja2 import Environment, StrictUndefined

from qttd.envisoft.words import EXPLANATIONS, UNKNOWN
from quality.comparison import Comparison, stretches
from store.network.station_view import StationEntry

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
    step: timedelta,
) -> str:
    """The record as HTML."""
    text = Path(__file__).with_name("record.html.j2").read_text(encoding="utf-8")
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    found = stretches(result.differences, step)
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
        }
    )


def _percent(part: int, whole: int) -> str:
    """With a decimal comma, and never rounded up to a full hundred that it is not."""
    if not whole:
        return "–"
    rate = 100 * part / whole
    return "100 %" if part == whole else f"{min(rate, 99.99):.2f} %".replace(".", ",")
