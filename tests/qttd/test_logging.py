"""The log: nothing that must not be read stands in it, whoever wrote the line."""

import json
import logging
import warnings
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
import structlog

from qttd.log_repeats import REPEATED, Repeats
from qttd.logging import configure_logging, redact


@pytest.fixture(autouse=True)
def _as_it_was() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers, root.level
    yield
    structlog.reset_defaults()
    root.handlers = handlers
    root.setLevel(level)


@pytest.mark.parametrize(
    ("event", "shown"),
    [
        ({"password": "x"}, {"password": "***"}),
        ({"PasswordHash": "x", "api_key": "y"}, {"PasswordHash": "***", "api_key": "***"}),
        ({"password": None, "secret": ""}, {"password": None, "secret": ""}),
        ({"key_file": "/etc/qttd/qttd.key", "keys": 3}, {"key_file": "/etc/qttd/qttd.key", "keys": 3}),
        ({"target": {"url": "ftp://bo:m@t@h/x"}}, {"target": {"url": "ftp://bo:***@h/x"}}),
        ({"target": {"secret": "s", "port": 21}}, {"target": {"secret": "***", "port": 21}}),
        ({"urls": ["ftp://u:p@h", "ftp://u@h:21/"]}, {"urls": ["ftp://u:***@h", "ftp://u@h:21/"]}),
        ({"event": "got qttd_abcdefghijklmnopqrstuvwxyz0123"}, {"event": "got ***"}),
        ({"header": "Bearer abcdefgh123"}, {"header": "Bearer ***"}),
        ({"exception": "E: $argon2id$v=19$m=1$abc$def'"}, {"exception": "E: ***'"}),
        ({"path": "/a:b@c/QN_20260530101500.txt"}, {"path": "/a:b@c/QN_20260530101500.txt"}),
    ],
)  # fmt: skip
def test_secrets_are_blotted_out(event: dict[str, object], shown: dict[str, object]) -> None:
    assert redact(None, "", dict(event)) == shown


def test_json_lines_from_us_and_from_libraries(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("info", "json", "ingest")
    log = structlog.get_logger()
    log.debug("too_quiet")
    log.info("took", path="Trạm/a.txt", password="x")
    logging.getLogger("some.library").warning("odd: %s", "ftp://u:geheim@h/")
    logging.getLogger("some.library").info("chatter")
    watchdogs = logging.getLogger("watchdog.observers.inotify")
    watchdogs.error("InotifyEmitter.queue_events() called when the thread is inactive")
    try:
        int("postgresql://u:geheim@h/d")
    except ValueError:
        log.exception("failed")
    seen = capsys.readouterr()
    assert seen.out == ""
    assert "geheim" not in seen.err
    took, odd, failed = map(json.loads, seen.err.splitlines())
    assert (took["event"], took["role"], took["level"], took["path"]) == (
        "took",
        "ingest",
        "info",
        "Trạm/a.txt",
    )
    assert took["timestamp"].endswith("Z")
    assert (odd["event"], odd["level"], odd["role"]) == ("odd: ftp://u:***@h/", "warning", "ingest")
    assert "'postgresql://u:***@h/d'" in failed["exception"]


def test_console_lines_are_for_people(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("warning", "console", "receive")
    structlog.get_logger().info("quiet")
    structlog.get_logger().warning("loud", count=2)
    (line,) = capsys.readouterr().err.splitlines()
    assert "loud" in line
    assert "count=2" in line
    assert "role=receive" in line


def test_what_is_said_again_and_again_is_said_once_a_minute() -> None:
    clock = [0.0]
    repeats = Repeats(lambda: clock[0])

    def lines(name: str, seconds: int, **more: object) -> list[tuple[float, object]]:
        """When a line a second got through, and how many it said were left out."""
        found = []
        for _ in range(seconds):
            clock[0] += 1
            with suppress(structlog.DropEvent):
                found.append((clock[0], repeats(None, "", {"event": name, **more}).get("left_out")))
        return found

    assert lines("relay_waits_for_store", 121) == [(1, None), (61, 59), (121, 59)]
    assert lines("relay_waits_for_store", 2, target="bo") == [(122, None)]
    assert lines("relay_failed", 3) == [(124, None), (125, None), (126, None)]


def test_only_the_stores_absence_repeats_and_each_such_event_is_told() -> None:
    events = Path("docs/events.md").read_text(encoding="utf-8")
    assert [name for name in REPEATED if f"`{name}`" not in events] == []


def test_a_folder_that_a_watcher_is_told_of_twice_is_no_news() -> None:
    """Dated folders appear within one another every day; other warnings of the library are shown."""
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always")
        configure_logging("info", "json", "receive")
        for text in ("Callback with id '1' already exists for watch x", "something else"):
            warnings.warn_explicit(
                text, RuntimeWarning, "inotify.py", 365, module="watchdog.observers.inotify"
            )
    assert [str(one.message) for one in seen] == ["something else"]
