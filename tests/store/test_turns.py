"""Writers of an SQLite store take turns, and none is stopped by one that stands still."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Event, Thread

import pytest
from sqlalchemy import Engine, text

from store import turns
from store.engine import open_engine, writing

HOLDER = """
import sys, time
from store.engine import open_engine, writing
with writing(open_engine(sys.argv[1])):
    print("in", flush=True)
    time.sleep(600)
"""


@pytest.fixture
def url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path / 'qttd.db'}"


@pytest.fixture
def store(url: str) -> Iterator[Engine]:
    engine = open_engine(url)
    with writing(engine) as connection:
        connection.execute(text("CREATE TABLE note (who TEXT)"))
    yield engine
    engine.dispose()


@pytest.fixture
def holder(url: str, store: Engine) -> Iterator[subprocess.Popen[str]]:
    """Another process that is in the middle of its turn."""
    process = subprocess.Popen([sys.executable, "-c", HOLDER, url], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "in\n"
    yield process
    process.kill()
    process.communicate()


def write(engine: Engine, who: str, seconds: float = 0.0) -> None:
    with writing(engine) as connection:
        connection.execute(text("INSERT INTO note VALUES (:who)"), {"who": who})
        time.sleep(seconds)


def notes(engine: Engine) -> list[str]:
    with engine.connect() as connection:
        return list(connection.scalars(text("SELECT who FROM note ORDER BY rowid")))


def descriptors() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


def test_one_that_writes_without_a_pause_leaves_turns_to_the_others(store: Engine) -> None:
    stop, begun = Event(), Event()

    def greedy() -> None:
        while not stop.is_set():
            write(store, "greedy", 0.01)
            begun.set()

    threads = [Thread(target=greedy) for _ in range(2)]
    for thread in threads:
        thread.start()
    begun.wait(10)
    for _ in range(20):
        write(store, "patient")
    stop.set()
    for thread in threads:
        thread.join()
    told = "".join(who[0] for who in notes(store))
    between = told[told.index("p") : told.rindex("p")].count("g")
    # about two a turn; where it is left to chance when the lock is looked at, there are thousands
    assert between <= 20 * 20, told


def test_a_turn_ends_with_its_process(store: Engine, holder: subprocess.Popen[str]) -> None:
    waiting = Thread(target=write, args=(store, "next"))
    waiting.start()
    waiting.join(0.2)
    assert waiting.is_alive()
    holder.kill()
    waiting.join(10)
    assert notes(store) == ["next"]


def test_who_waits_in_vain_goes_on_to_the_lock_itself(
    store: Engine, holder: subprocess.Popen[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(turns, "PATIENCE_SECONDS", 0.1)
    holder.send_signal(signal.SIGSTOP)
    before = descriptors()
    waiting = Thread(target=write, args=(store, "late"))
    waiting.start()
    waiting.join(0.5)
    assert waiting.is_alive(), "the store is still held"
    holder.kill()
    waiting.join(10)
    assert notes(store) == ["late"]
    # the place in the line that was given up is closed as soon as its turn comes
    deadline = time.monotonic() + 10
    while descriptors() > before:
        assert time.monotonic() < deadline, "a descriptor is left"
        time.sleep(0.01)


def test_a_turn_that_fails_is_over_too(store: Engine) -> None:
    with pytest.raises(ZeroDivisionError), writing(store):
        _ = 1 / 0
    before = descriptors()
    write(store, "next")
    assert notes(store) == ["next"]
    assert descriptors() == before
