"""What was measured in a station's testing phase goes to no target, and the outbox says why. +07:00."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from store.audit import Act
from store.engine import reading, writing
from store.relay.status import relay_status
from store.service.phases import remove_phase, set_phase
from store.tables import station
from tests.forwarder.department import CODE, Department, body, stamp

PLACE = f"{CODE}/2026/05/30/{CODE}_{stamp(0)}.txt"
BOSS = Act("cli:root", datetime.fromisoformat("2026-05-30T00:00+07:00"))


def phase(department: Department, name: str, moment: datetime) -> int:
    with writing(department.engine) as connection:
        station_id = connection.execute(select(station.c.id).where(station.c.code == CODE)).scalar_one()
        return set_phase(connection, station_id, name, moment, "", BOSS)  # type: ignore[arg-type]  # a literal


def files(share: Path) -> dict[str, bytes]:
    return {str(path.relative_to(share)): path.read_bytes() for path in share.rglob("*") if path.is_file()}


def at(minutes: int) -> datetime:
    return datetime.strptime(f"{stamp(minutes)}+0700", "%Y%m%d%H%M%S%z")


@pytest.mark.parametrize("send", ["verified", "as_received"])
def test_it_stays_at_home_until_it_was_official_after_all(
    department: Department, share: Path, send: str
) -> None:
    number = phase(department, "testing", at(-600))
    phase(department, "official", at(5))
    department.add_target(share.as_uri(), send=send)
    data = department.receive(0)
    later = department.receive(5)
    department.relay()
    assert files(share) == {PLACE.replace(stamp(0), stamp(5)): later}
    assert sorted(department.states()) == ["held", "sent"]
    assert ["nothing_to_relay" in notes for notes in department.notes()] == [True, False]
    with reading(department.engine) as connection:
        (status,) = relay_status(connection)
    assert (status.testing_phase, status.nothing_to_send, status.sent) == (1, 0, 1)
    with writing(department.engine) as connection:
        remove_phase(connection, number, BOSS)
    department.relay()
    assert files(share) == {PLACE: data, PLACE.replace(stamp(0), stamp(5)): later}
    assert ["nothing_to_relay" in notes for notes in department.notes()] == [False, False]


@pytest.mark.parametrize("send", ["verified", "as_received"])
def test_of_a_file_that_reaches_over_its_end_the_official_lines_go(
    department: Department, share: Path, send: str
) -> None:
    phase(department, "testing", at(-600))
    phase(department, "official", at(5))
    department.add_target(share.as_uri(), send=send)
    first, second = body(0), body(5)
    department.receive_all([(f"{CODE}_{stamp(5)}.txt", first + second)])
    department.relay()
    assert files(share) == {PLACE.replace(stamp(0), stamp(5)): second}


def test_other_stations_are_not_concerned(department: Department, share: Path) -> None:
    department.add_target(share.as_uri())
    phase(department, "stopped", at(0) - timedelta(hours=1))
    data = department.receive(0)
    department.relay()
    assert files(share) == {PLACE: data}


def test_what_was_sent_is_composed_again_and_says_since_when_it_waits(
    department: Department, share: Path
) -> None:
    department.add_target(share.as_uri())
    department.receive(0)
    department.relay()
    department.pass_time(minutes=7)
    act = Act("cli:root", department.clock)
    with writing(department.engine) as connection:
        set_phase(connection, 1, "official", at(-600), "", act)
    assert [(item["state"], item["queued_at"]) for item in department.items()] == [("waiting", act.at)]
    department.relay()
    assert department.states() == ["sent"]
