"""What the interface offers stands in docs/rest.md: its calls, its metrics, its events."""

import re
from pathlib import Path
from typing import Any

import api
from api.app import create_app
from api.metrics import _HOST_FIGURES

API = Path(api.__file__).parent
TEXT = (API.parent / "docs" / "rest.md").read_text(encoding="utf-8")
SOURCE = "\n".join(file.read_text(encoding="utf-8") for file in API.rglob("*.py"))


def test_every_call_is_documented(engine: Any, clock: Any) -> None:
    for path in create_app(engine, clock, dict).openapi()["paths"]:
        assert path.removeprefix("/api/v1").replace("{file_id}", "{id}") in TEXT, path


def test_every_metric_is_documented() -> None:
    families = re.findall(r'(Counter|Gauge|Info)MetricFamily\(\s*"(\w+)"', SOURCE)
    families += [("Gauge", f"qttd_{name}") for name in _HOST_FIGURES]
    assert len(families) == 13
    for kind, name in families:
        assert f"`{name}{ {'Counter': '_total', 'Info': '_info'}.get(kind, '') }`" in TEXT, name


def test_every_event_is_documented() -> None:
    events = set(re.findall(r'log\.\w+\(\s*"(\w+)"', SOURCE))
    assert len(events) >= 5
    for event in events:
        assert f"`{event}`" in TEXT, event
