"""The audit log's chain: whatever is done to it afterwards shows, at its line."""

import threading
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, delete, insert, select, update

from store import audit, audit_heads
from store.audit import Act, Flaw, record, verify
from store.engine import reading, writing, writing_along
from store.tables import audit_log

AT = datetime(2026, 5, 30, 3, 15, 0, 123000, tzinfo=UTC)
HASH_OF_ONE = "2912f34353e4b4008becbc501b9bdba0917986be7f48fc2ae354c113b2535e42"
"""printf %s '[1,0,"a","b","c",{},"(64 zeros)"]' | sha256sum"""
NAMES = ("Trạm A", "trạm \u0000 B", "C", "D", "E")


@pytest.fixture
def log(engine: Engine) -> Engine:
    """Five lines."""
    with writing(engine) as connection:
        for number, name in enumerate(NAMES):
            detail = {"đổi": [1.5, None, "\u0000"], "sâu": {"b": 1, "a": (2, 3)}, "số": number}
            record(connection, Act("cli:lan", AT + timedelta(seconds=number)), "station.add", name, detail)
    return engine


def flaws(engine: Engine, *heads: str) -> list[Flaw]:
    with reading(engine) as connection:
        return verify(connection, dict.fromkeys(heads))


def lines(engine: Engine) -> list[dict[str, Any]]:
    with reading(engine) as connection:
        query = select(audit_log).order_by(audit_log.c.id)
        return [dict(row) for row in connection.execute(query).mappings()]


def test_what_was_written_is_whole(log: Engine) -> None:
    assert flaws(log) == []
    kept = lines(log)
    assert [line["id"] for line in kept] == [1, 2, 3, 4, 5]
    assert kept[0]["prev"] == audit.BEGINNING
    assert [line["prev"] for line in kept[1:]] == [line["hash"] for line in kept[:-1]]
    assert kept[1]["subject"] == "trạm \u2400 B"


def test_the_hash_can_be_computed_by_anybody(log: Engine) -> None:
    first = lines(log)[0]
    assert first["hash"] == audit.hash_of(
        1, AT, "cli:lan", "station.add", "Trạm A",
        {"đổi": [1.5, None, "\u2400"], "sâu": {"a": [2, 3], "b": 1}, "số": 0}, "0" * 64,
    )  # fmt: skip
    assert audit.hash_of(1, datetime(1970, 1, 1, tzinfo=UTC), "a", "b", "c", {}, "0" * 64) == HASH_OF_ONE


@pytest.mark.parametrize(
    "change",
    [
        {"who": "cli:minh"},
        {"action": "station.change"},
        {"subject": "X"},
        {"detail": {"đổi": []}},
        {"at": AT + timedelta(milliseconds=2001)},
        {"hash": "f" * 64},
        {"prev": "f" * 64},
    ],
)
def test_an_altered_line_shows(log: Engine, change: dict[str, Any]) -> None:
    with writing(log) as connection:
        connection.execute(update(audit_log).where(audit_log.c.id == 3).values(**change))
    assert flaws(log)[0].id == 3


def test_an_altered_line_whose_hash_was_made_anew_shows_at_the_next(log: Engine) -> None:
    line = lines(log)[2] | {"who": "cli:minh"}
    line["hash"] = audit.hash_of(*[line[name] for name in audit.Entry._fields[:-1]])
    with writing(log) as connection:
        connection.execute(update(audit_log).where(audit_log.c.id == 3).values(line))
    assert [flaw.id for flaw in flaws(log)] == [4]


@pytest.mark.parametrize(("gone", "shows"), [(1, 2), (3, 4), (4, 5)])
def test_a_removed_line_shows(log: Engine, gone: int, shows: int) -> None:
    with writing(log) as connection:
        connection.execute(delete(audit_log).where(audit_log.c.id == gone))
    assert [flaw.id for flaw in flaws(log)] == [shows]


def test_a_line_put_in_shows(log: Engine) -> None:
    line = lines(log)[4] | {"id": 7}
    with writing(log) as connection:
        connection.execute(insert(audit_log).values(line))
    assert flaws(log)[0].id == 7


def test_two_lines_in_each_other_s_place_show(log: Engine) -> None:
    second, third = lines(log)[1:3]
    with writing(log) as connection:
        connection.execute(delete(audit_log).where(audit_log.c.id.in_([2, 3])))
        connection.execute(insert(audit_log), [second | {"id": 3}, third | {"id": 2}])
    assert {flaw.id for flaw in flaws(log)} >= {2, 3}


def test_an_end_that_was_cut_off_shows_by_its_head_alone(log: Engine) -> None:
    head = lines(log)[4]["hash"]
    assert flaws(log, head, lines(log)[1]["hash"]) == []
    with writing(log) as connection:
        connection.execute(delete(audit_log).where(audit_log.c.id == 5))
    assert flaws(log) == []
    assert [flaw.id for flaw in flaws(log, head)] == [4]
    with reading(log) as connection:
        assert [flaw.id for flaw in verify(connection, {head: 5})] == [5]


def test_a_log_that_was_made_anew_shows_by_its_head_alone(log: Engine) -> None:
    kept = lines(log)
    head = kept[4]["hash"]
    with writing(log) as connection:
        connection.execute(delete(audit_log))
        for line in kept:
            record(connection, Act("cli:lan", line["at"]), line["action"], "khác", line["detail"])
    assert flaws(log) == []
    assert len(flaws(log, head)) == 1


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_is_done_to_a_line_shows(log: Engine, data: st.DataObject) -> None:
    kept = lines(log)
    number = data.draw(st.integers(0, 4))
    line = dict(kept[number])
    column = data.draw(st.sampled_from(["who", "subject", "action", "prev", "hash"]))
    text = data.draw(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=20))
    line[column] = text
    with writing(log) as connection:
        connection.execute(update(audit_log).where(audit_log.c.id == number + 1).values(line))
    found = flaws(log)
    with writing(log) as connection:
        connection.execute(update(audit_log).where(audit_log.c.id == number + 1).values(kept[number]))
    assert bool(found) == (text != kept[number][column])


def test_writers_at_once_make_one_chain(engine: Engine) -> None:
    def write(name: str) -> None:
        for number in range(5):
            with writing_along(engine) as connection:
                record(connection, Act(name, AT), "x.y", str(number))

    threads = [threading.Thread(target=write, args=(f"cli:{number}",)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert flaws(engine) == []
    assert len(lines(engine)) == 20


def test_a_day_has_one_head_and_keeps_it_until_it_was_sent(engine: Engine) -> None:
    morning = datetime(2026, 5, 31, 0, 1, tzinfo=UTC)
    with writing(engine) as connection:
        assert audit_heads.make_head(connection, morning) is None
        record(connection, Act("cli:lan", AT), "station.add", "A")
        day = audit_heads.make_head(connection, morning)
        assert str(day) == "2026-05-30"
        assert audit_heads.make_head(connection, morning + timedelta(hours=1)) is None
        record(connection, Act("cli:lan", AT), "station.add", "B")
        assert str(audit_heads.make_head(connection, morning + timedelta(days=1))) == "2026-05-31"
        assert [head.head_id for head in audit_heads.unsent(connection)] == [1, 2]
        assert day is not None
        audit_heads.failed(connection, day, "nobody there")
        audit_heads.sent(connection, day, morning)
        assert [head.head_id for head in audit_heads.unsent(connection)] == [2]
        assert [(head.head_id, head.attempts) for head in audit_heads.heads(connection)] == [(2, 0), (1, 2)]
