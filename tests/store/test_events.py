"""Events: found again rather than made twice, changed only by what is new, told to people exactly once."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select
from sqlalchemy.exc import NoResultFound

from store.audit import Act, entries
from store.engine import reading, writing
from store.events.handling import NoSuchEventError, acknowledge, set_state
from store.events.view import EventFilter, event_page, find_event
from store.events.writing import (
    Event,
    Happening,
    amend,
    close_event,
    events_between,
    open_event,
    open_events,
    take_news,
    withdraw_event,
)
from store.tables import event

MIDNIGHT = datetime.fromisoformat("2026-01-01T00:00:00+07:00")
HOUR = timedelta(hours=1)


def happening(**given: Any) -> Happening:
    values: dict[str, Any] = {
        "kind": "limit_exceeded", "station_id": 7, "parameter_id": 3, "subject": "QCVN 40", "level": "alarm",
        "started_at": MIDNIGHT, "detail": {"peak": 81.5, "unit": "mg/L"},
    }  # fmt: skip
    return Happening(**(values | given))


def opened(engine: Engine, **given: Any) -> int:
    with writing(engine) as connection:
        return open_event(connection, happening(**given))


def the(engine: Engine, event_id: int) -> Event:
    with reading(engine) as connection:
        entry = find_event(connection, event_id, None)
    assert entry is not None
    return entry.event


def test_what_is_opened_stands_as_it_was_told(engine: Engine) -> None:
    found = the(engine, opened(engine))
    assert found._replace(updated_at=MIDNIGHT) == Event(
        id=found.id, kind="limit_exceeded", station_id=7, parameter_id=3, subject="QCVN 40", level="alarm",
        started_at=MIDNIGHT, ended_at=None, withdrawn_at=None, detail={"peak": 81.5, "unit": "mg/L"},
        state="unsolved", acknowledged_by=None, acknowledged_at=None, note="", updated_at=MIDNIGHT,
    )  # fmt: skip


def test_the_same_happening_is_the_same_event(engine: Engine) -> None:
    first = opened(engine)
    assert opened(engine, detail={"peak": 99}, level="notice") == first
    assert the(engine, first).detail == {"peak": 81.5, "unit": "mg/L"}


@pytest.mark.parametrize(
    "other",
    [
        {"kind": "limit_warning"}, {"station_id": 8}, {"station_id": None}, {"parameter_id": 4},
        {"parameter_id": None}, {"subject": ""}, {"started_at": MIDNIGHT + HOUR},
    ],
)  # fmt: skip
def test_what_differs_in_its_key_is_another_event(engine: Engine, other: dict[str, Any]) -> None:
    assert opened(engine, **other) != opened(engine)
    assert opened(engine, **other) == opened(engine, **other)


def test_without_station_and_parameter_it_is_one_event_all_the_same(engine: Engine) -> None:
    system = {"kind": "disk_low", "station_id": None, "parameter_id": None, "subject": "/srv"}
    assert opened(engine, **system) == opened(engine, **system)
    found = the(engine, opened(engine, **system))
    assert (found.station_id, found.parameter_id) == (None, None)


def test_only_what_is_new_changes_an_event_and_is_news(engine: Engine) -> None:
    one = opened(engine)
    with writing(engine) as connection:
        assert [item.id for item in take_news(connection, 10)] == [one]
        assert take_news(connection, 10) == []
        assert not amend(connection, one, level="alarm", detail={"unit": "mg/L", "peak": 81.5}, ended_at=None)
        assert take_news(connection, 10) == []
        assert amend(connection, one, detail={"peak": 90.0}, level="warning")
        (told,) = take_news(connection, 10)
        assert (told.detail, told.level, told.ended_at) == ({"peak": 90.0}, "warning", None)
        assert close_event(connection, one, MIDNIGHT + HOUR)
        assert not close_event(connection, one, MIDNIGHT + HOUR)
        assert [item.ended_at for item in take_news(connection, 10)] == [MIDNIGHT + HOUR]


def test_news_comes_in_portions_and_none_is_lost_with_an_undone_transaction(engine: Engine) -> None:
    ids = [opened(engine, subject=str(number)) for number in range(5)]

    def undone() -> None:
        with writing(engine) as connection:
            assert len(take_news(connection, 3)) == 3
            raise RuntimeError

    with pytest.raises(RuntimeError):
        undone()
    with writing(engine) as connection:
        assert [item.id for item in take_news(connection, 3)] == ids[:3]
        assert [item.id for item in take_news(connection, 3)] == ids[3:]


def test_what_was_withdrawn_can_happen_after_all(engine: Engine) -> None:
    one = opened(engine)
    with writing(engine) as connection:
        close_event(connection, one, MIDNIGHT + HOUR)
        assert withdraw_event(connection, one, MIDNIGHT + 2 * HOUR)
        assert not withdraw_event(connection, one, MIDNIGHT + 3 * HOUR)
    assert the(engine, one).withdrawn_at == MIDNIGHT + 2 * HOUR
    assert opened(engine, detail={"peak": 77}, level="warning") == one
    found = the(engine, one)
    assert (found.withdrawn_at, found.ended_at, found.detail, found.level) == (
        None,
        None,
        {"peak": 77},
        "warning",
    )


def test_what_goes_on_is_listed_by_kind_and_station(engine: Engine) -> None:
    late = opened(engine, started_at=MIDNIGHT + HOUR)
    early, other = opened(engine), opened(engine, station_id=8)
    closed, withdrawn = opened(engine, subject="closed"), opened(engine, subject="withdrawn")
    opened(engine, kind="tamper")
    with writing(engine) as connection:
        close_event(connection, closed, MIDNIGHT)
        withdraw_event(connection, withdrawn, MIDNIGHT)
        assert [item.id for item in open_events(connection, "limit_exceeded", 7)] == [early, late]
        assert [item.id for item in open_events(connection, "limit_exceeded")] == [early, late, other]


def test_what_touches_a_time_is_found_by_it(engine: Engine) -> None:
    before, inside, open_one = (
        opened(engine, started_at=MIDNIGHT - 3 * HOUR, subject="before"),
        opened(engine, started_at=MIDNIGHT + HOUR, parameter_id=4),
        opened(engine, started_at=MIDNIGHT - HOUR),
    )
    with writing(engine) as connection:
        close_event(connection, before, MIDNIGHT)
        close_event(connection, inside, MIDNIGHT + 2 * HOUR)

        def found(begin: datetime, end: datetime, parameter_id: int | None = None) -> list[int]:
            items = events_between(connection, "limit_exceeded", 7, begin, end, parameter_id)
            return [item.id for item in items]

        assert found(MIDNIGHT, MIDNIGHT + HOUR) == [open_one]
        assert found(MIDNIGHT - HOUR / 60, MIDNIGHT + HOUR) == [before, open_one]
        assert found(MIDNIGHT, MIDNIGHT + 2 * HOUR) == [open_one, inside]
        assert found(MIDNIGHT, MIDNIGHT + 2 * HOUR, 4) == [inside]


def test_an_event_that_is_not_there_is_not_changed(engine: Engine) -> None:
    with writing(engine) as connection:
        with pytest.raises(NoResultFound):
            amend(connection, 99, level="alarm")
        with pytest.raises(NoSuchEventError, match="99"):
            acknowledge(connection, 99, "", Act("cli:root", MIDNIGHT))
        with pytest.raises(NoSuchEventError, match="99"):
            set_state(connection, 99, "solved", "", Act("cli:root", MIDNIGHT))


def test_people_handle_an_event_and_what_the_machine_says_of_it_stays(engine: Engine) -> None:
    one = opened(engine)
    first, second = Act("user:an", MIDNIGHT + HOUR), Act("key:binh", MIDNIGHT + 2 * HOUR)
    with writing(engine) as connection:
        take_news(connection, 1)
        acknowledge(connection, one, "đã gọi nhà máy", first)
        assert [item.acknowledged_by for item in take_news(connection, 1)] == ["user:an"]
        acknowledge(connection, one, "", second)
        set_state(connection, one, "solving", "", second)
    found = the(engine, one)
    assert (found.acknowledged_by, found.acknowledged_at) == ("user:an", MIDNIGHT + HOUR)
    assert (found.state, found.note, found.updated_at) == ("solving", "đã gọi nhà máy", MIDNIGHT + 2 * HOUR)
    with writing(engine) as connection:
        set_state(connection, one, "solved", "đã thay đầu đo", second)
        assert not amend(connection, one, level="alarm")
    found = the(engine, one)
    assert (found.state, found.note, found.ended_at) == ("solved", "đã thay đầu đo", None)
    with reading(engine) as connection:
        logged = [(item.who, item.action, item.subject, item.detail) for item in entries(connection)]
    assert logged == [
        ("user:an", "event.acknowledge", str(one), {"note": "đã gọi nhà máy"}),
        ("key:binh", "event.acknowledge", str(one), {}),
        ("key:binh", "event.state", str(one), {"before": "unsolved", "after": "solving"}),
        (
            "key:binh",
            "event.state",
            str(one),
            {"before": "solving", "after": "solved", "note": "đã thay đầu đo"},
        ),
    ]


def test_saying_how_far_it_is_acknowledges_it(engine: Engine) -> None:
    one = opened(engine)
    with writing(engine) as connection:
        set_state(connection, one, "checking", "", Act("user:an", MIDNIGHT))
    assert (the(engine, one).acknowledged_by, the(engine, one).acknowledged_at) == ("user:an", MIDNIGHT)


def test_pages_meet_every_event_once_in_the_order_of_their_beginnings(engine: Engine) -> None:
    ids = [
        opened(engine, started_at=MIDNIGHT + (number % 3) * HOUR, subject=str(number)) for number in range(8)
    ]
    with reading(engine) as connection:
        found: list[int] = []
        after = None
        while page := event_page(connection, EventFilter(None), after, 3):
            found += [entry.event.id for entry in page]
            after = page[-1].event.started_at, page[-1].event.id
    assert found == [ids[at] for at in (0, 3, 6, 1, 4, 7, 2, 5)]


def test_when_it_was_touched_is_of_the_machines_own_clock(engine: Engine) -> None:
    one = opened(engine)
    with writing(engine) as connection:
        before = connection.scalar(select(event.c.updated_at).where(event.c.id == one))
        amend(connection, one, level="notice")
        after = connection.scalar(select(event.c.updated_at).where(event.c.id == one))
    assert abs(datetime.now().astimezone() - the(engine, one).updated_at) < timedelta(minutes=1)
    assert None not in (before, after)
    assert before <= after  # type: ignore[operator]  # neither is None
