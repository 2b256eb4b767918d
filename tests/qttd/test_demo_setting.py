"""What the demonstration stands on: its timing, its story, its folder, its words."""

import fcntl
import socket
import string
from datetime import UTC, datetime
from pathlib import Path

import pytest

from qttd.demo import words as texts
from qttd.demo.display import describe
from qttd.demo.folder import MARKER, fresh_folder
from qttd.demo.happening import Happening
from qttd.demo.ports import HOST, hold_port, port_like
from qttd.demo.stations import by_code
from qttd.demo.story import contradicted_slot, story_of
from qttd.demo.timing import LEAST_SECONDS, timing_for
from qttd.demo.words import LANGUAGES, Words, default_language
from qttd.errors import NotAllowedError, TryAgainError

NOW = datetime(2026, 5, 30, 18, 30, tzinfo=UTC)  # in Vietnam the 31st has begun


@pytest.mark.parametrize(
    ("seconds", "slots", "end"),
    [(15, 48, "04:00"), (20, 60, "05:00"), (89, 276, "23:00"), (90, 288, "24:00"), (600, 288, "24:00")],
)
def test_a_slot_is_never_too_short_and_the_time_ends_with_an_hour(
    seconds: float, slots: int, end: str
) -> None:
    timing = timing_for(seconds, NOW)
    assert (timing.slots, timing.end_text) == (slots, end)
    assert timing.slot_seconds >= 0.3
    assert f"{timing.begin:%Y-%m-%d %H:%M %z}" == "2026-05-30 00:00 +0700"
    assert timing.slot_seconds * timing.slots == pytest.approx(seconds)


@pytest.mark.parametrize("seconds", [LEAST_SECONDS, 20, 45, 90, 3600])
def test_every_scene_has_its_place_in_every_length(seconds: float) -> None:
    timing = timing_for(seconds, NOW)
    story = story_of(timing)
    assert len({scene.kind for scene in story}) == 17
    for scene in story:
        assert 0 < scene.first < scene.last < timing.slots
        if scene.station:
            plan = by_code()[scene.station]
            assert plan.interval_minutes == 5
            assert not scene.symbol or plan.channel(scene.symbol)
        if scene.kind == "contradiction":
            assert contradicted_slot(scene) > 0
    (down,) = (scene for scene in story if scene.kind == "ministry_down")
    (kill,) = (scene for scene in story if scene.kind == "kill_forward")
    assert kill.first > down.last


def test_the_folder_is_made_emptied_and_kept(tmp_path: Path) -> None:
    folder = tmp_path / "new" / "demo"
    with fresh_folder(folder) as made:
        (made / "qttd.db").write_text("old")
        (made / "ministry").mkdir()
    assert (folder / "qttd.db").is_file()
    with fresh_folder(folder):
        assert [entry.name for entry in folder.iterdir()] == [MARKER]


def test_somebody_elses_folder_is_refused_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    with pytest.raises(NotAllowedError), fresh_folder(tmp_path):
        pytest.fail("it went in")
    assert [entry.name for entry in tmp_path.iterdir()] == ["thesis.txt"]


def test_a_folder_in_use_is_refused(tmp_path: Path) -> None:
    with fresh_folder(tmp_path), (tmp_path / MARKER).open() as other:
        with pytest.raises(BlockingIOError):
            fcntl.flock(other, fcntl.LOCK_EX | fcntl.LOCK_NB)
        with pytest.raises(TryAgainError), fresh_folder(tmp_path):
            pytest.fail("it went in")


def test_both_languages_say_the_same_figures() -> None:
    for name, pair in texts._TEXTS.items():
        fields = [{field for _, field, _, _ in string.Formatter().parse(text) if field} for text in pair]
        assert fields[0] == fields[1], name
        assert all(pair), name


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_scene_can_be_told(language: texts.Language) -> None:
    words = Words(language)
    figures = {"symbol": "COD", "minutes": 60, "pid": 7, "count": 12}
    for scene in story_of(timing_for(90, NOW)):
        assert describe(words, Happening(scene.kind, scene.station, figures))


@pytest.mark.parametrize(
    ("lang", "language"), [("vi_VN.UTF-8", "vi"), ("en_GB.UTF-8", "en"), ("C", "en"), (None, "en")]
)
def test_the_environment_chooses_the_language(
    monkeypatch: pytest.MonkeyPatch, lang: str | None, language: str
) -> None:
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.delenv(name, raising=False)
    if lang is not None:
        monkeypatch.setenv("LANG", lang)
    assert default_language() == language


def test_the_usual_port_is_taken_only_where_it_is_free() -> None:
    with socket.create_server((HOST, 0)) as server:
        taken = server.getsockname()[1]
        assert port_like(taken) != taken
    assert port_like(taken) == taken


def test_a_held_port_refuses_and_is_there_for_its_server() -> None:
    with hold_port() as holder:
        port = holder.getsockname()[1]
        for _ in range(2):  # the server comes, goes, and comes again
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection((HOST, port), 5)
            with socket.create_server((HOST, port)):
                socket.create_connection((HOST, port), 5).close()
