"""The kit's report as one HTML file, in Vietnamese and English, to hand to the logger's vendor."""

from collections.abc import Sequence
from datetime import datetime
from importlib.metadata import version
from pathlib import Path

from jinja2 import Environment, StrictUndefined

from parsers.vietnam_time import VN
from qttd.conformance.judging import Finding, conforms
from qttd.conformance.words import CRITERIA, VERDICTS


def report_html(findings: Sequence[Finding], user: str, files: int, began: datetime, ended: datetime) -> str:
    """The report. Times are aware."""
    text = Path(__file__).with_name("report.html.j2").read_text(encoding="utf-8")
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True)
    return environment.from_string(text).render(
        findings=findings,
        conforms=conforms(findings),
        words=CRITERIA,
        verdicts=VERDICTS,
        user=user,
        files=files,
        began=f"{began.astimezone(VN):%H:%M %d/%m/%Y}",
        ended=f"{ended.astimezone(VN):%H:%M %d/%m/%Y}",
        version=version("qttd"),
    )
