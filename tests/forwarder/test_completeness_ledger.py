"""The completeness ledger as a running loop: it empties marks, stops when told, survives a locked store."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from sqlite3 import OperationalError as SqliteError
from threading import Event, Thread
from time import monotonic
from typing import Any

import pytest
from sqlalchemy import Engine, func, select
from sqlalchemy.exc import OperationalError
from structlog.testing import capture_logs

from forwarder import completeness_ledger
from forwarder.completeness_ledger import next_chunk, run_completeness_ledger
from store.engine import reading as looking
from store.engine import writing
from store.readings.written import mark_dirty
from store.tables import dirty_hour

AT = datetime(2026, 5, 30, 3, tzinfo=UTC)


def marks(engine: Engine) -> int:
    with looking(engine) as connection:
        return connection.scalar(select(func.count()).select_from(dirty_hour)) or 0


def mark(engine: Engine, hours: int) -> None:
    with writing(engine) as connection:
        mark_dirty(connection, [(1, AT + timedelta(hours=hour)) for hour in range(hours)])


def wait_until(true: Callable[[], bool], seconds: float = 10) -> None:
    deadline = monotonic() + seconds
    pause = Event()
    while not true():
        assert monotonic() < deadline, "it did not happen in time"
        pause.wait(0.01)


def test_it_empties_the_marks_until_it_is_stopped(engine: Engine) -> None:
    mark(engine, 500)
    stop = Event()
    ledger = Thread(target=run_completeness_ledger, args=(engine, lambda: AT, stop, 0.02))
    ledger.start()
    try:
        wait_until(lambda: marks(engine) == 0)
        mark(engine, 3)
        wait_until(lambda: marks(engine) == 0)
    finally:
        stop.set()
        ledger.join(10)
    assert not ledger.is_alive()


def test_a_store_that_does_not_answer_is_waited_for(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    stop, calls = Event(), []

    def settle(*_: Any, **__: Any) -> int:
        calls.append(1)
        if len(calls) == 1:
            raise OperationalError("BEGIN IMMEDIATE", {}, SqliteError("database is locked"))
        stop.set()
        return 0

    monkeypatch.setattr(completeness_ledger, "settle", settle)
    with capture_logs() as logged:
        run_completeness_ledger(engine, lambda: AT, stop, 0.01, 0.01)
    assert len(calls) == 2
    assert logged == [
        {"event": "completeness_waits_for_store", "log_level": "warning", "error": "database is locked"}
    ]


def test_a_bug_is_not_swallowed(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    def settle(*_: Any, **__: Any) -> int:
        raise KeyError("bug")

    monkeypatch.setattr(completeness_ledger, "settle", settle)
    with pytest.raises(KeyError):
        run_completeness_ledger(engine, lambda: AT, Event(), 0.01, 0.01)


def test_transactions_stay_short() -> None:
    assert next_chunk(128, 0.05) == 256
    assert next_chunk(128, 0.2) == 128
    assert next_chunk(128, 0.4) == 64
    assert next_chunk(1024, 0.0) == 1024
    assert next_chunk(16, 9.0) == 16
