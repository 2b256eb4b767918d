"""The colours of the pages: text can be read on its ground, by daylight and in the dark."""

import re
from pathlib import Path

import pytest

import api

CSS = (Path(api.__file__).parent / "static" / "tokens.css").read_text()
TEXT = [
    ("ink", "paper"), ("ink", "card"), ("ink", "track"),
    ("soft", "paper"), ("soft", "card"), ("soft", "track"),
    ("link", "paper"), ("link", "card"), ("exceeding", "card"), ("ok", "card"), ("warning", "card"),
    ("device-error", "card"), ("masthead-ink", "masthead"), ("masthead-soft", "masthead"),
    *((name, f"{name}-ground") for name in (
        "ok", "warning", "exceeding", "offline", "calibrating", "device-error", "planned", "uncounted")),
    *((name, "card") for name in ("offline", "calibrating", "planned", "uncounted")),
]  # fmt: skip
"""What is written on what."""
DRAWN = [
    ("slot-absent", "track"), ("hatch-planned", "hatch-ground"), ("hatch-ours", "hatch-ground"),
    ("control", "card"), ("focus", "paper"),
]  # fmt: skip
"""What is told by its shape, and the frames of what is typed into."""


def _colours(block: str) -> dict[str, str]:
    return dict(re.findall(r"--([a-z-]+):\s*(#[0-9a-f]{6})", block))


LIGHT = _colours(CSS.split("@media")[0])
DARK = LIGHT | _colours(CSS.split("@media")[1])


def _luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(first: str, second: str) -> float:
    lighter, darker = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("scheme", [LIGHT, DARK], ids=["light", "dark"])
def test_contrast(scheme: dict[str, str]) -> None:
    """WCAG 2.2 AA: 4.5:1 for text, 3:1 for what is drawn."""
    faint = {
        f"{front} on {ground}": round(_contrast(scheme[front], scheme[ground]), 2)
        for least, pairs in ((4.5, TEXT), (3.0, DRAWN))
        for front, ground in pairs
        if _contrast(scheme[front], scheme[ground]) < least
    }
    assert faint == {}


def test_the_dark_colours_are_colours_of_the_light() -> None:
    assert set(_colours(CSS.split("@media")[1])) <= set(LIGHT)
