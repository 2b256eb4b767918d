"""The machine's clock is stepped, forward and back: no file is lost, passed over, doubled, purged unread."""

from datetime import timedelta

import pytest

from tests.receiver.house import FILE, NOON, House

YEAR = timedelta(days=366)


def send(house: House, number: int) -> None:
    stamp = f"202605300{number}1500"
    house.send(FILE.replace(b"20260530101500", stamp.encode()), f"QN_THUB_NUODAU_{stamp}.txt")


@pytest.mark.parametrize("step", [timedelta(hours=1), timedelta(days=30), YEAR, -timedelta(hours=1), -YEAR])
def test_what_came_before_between_and_after_a_step_is_all_there(house: House, step: timedelta) -> None:
    send(house, 1)
    house.work()
    send(house, 2)  # waits to be read while the clock is wrong
    house.clock[0] += step
    house.watcher.keep_house()
    send(house, 3)
    house.work()
    house.watcher.keep_house()
    house.clock[0] = NOON + timedelta(minutes=10)
    send(house, 4)
    house.work()
    house.watcher.keep_house()
    assert len(house.files()) == 4
    assert {state for state, _ in house.files()} == {"accepted"}
    assert len(house.readings()) == 8
    valid = [row[-1] for row in house.readings()]
    if step == -YEAR:
        # what arrived in the wrong year was measured later than it arrived: kept, and flagged
        assert valid == [True] * 4 + [False] * 2 + [True] * 2
    else:
        assert valid == [True] * 8


def test_a_journal_is_not_purged_by_a_clock_that_ran_ahead_before_it_was_read(house: House) -> None:
    send(house, 1)
    house.clock[0] += YEAR
    house.watcher.keep_house()
    assert house.journal.last_id() == 1
    house.work()
    assert house.files() == [("accepted", None)]
