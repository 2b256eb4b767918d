"""What arrives, is read again or is judged anew never undoes what a person decided."""

from datetime import timedelta

import pytest
from sqlalchemy import Row, insert, select, update

from store import revisions
from store.engine import reading, writing
from store.files import read_again
from store.readings import judge_again
from store.tables import channel, parameter, reading_version, station_alias
from store.tables import reading as reading_table
from tests.receiver.house import FILE, NOON, House

OTHER = FILE.replace(b"41.8", b"39.9")
UNKNOWN = "QN_LA_NUODAU_20260530101500.txt"
"""The same station under a name that is declared later."""


def cod(house: House) -> Row[tuple[object, ...]]:
    """The reading in force of COD at 10:15."""
    with reading(house.engine) as connection:
        query = select(reading_table).join(parameter, parameter.c.id == reading_table.c.parameter_id)
        return connection.execute(query.where(parameter.c.code == "COD")).one()


def say(house: House, review: str, **more: object) -> None:
    """A person's word on that reading, as the store keeps it."""
    code = select(parameter.c.id).where(parameter.c.code == "COD").scalar_subquery()
    valid = review != "rejected"
    with writing(house.engine) as connection:
        connection.execute(
            update(reading_table)
            .where(reading_table.c.parameter_id == code)
            .values(review=review, valid=valid, **more)
        )


def declare_alias(house: House) -> None:
    """Declares the name under which an earlier file came, so that it is read again."""
    with writing(house.engine) as connection:
        station_id = connection.scalar(select(reading_table.c.station_id).limit(1))
        connection.execute(
            insert(station_alias).values(
                alias="QN_LA_NUODAU", alias_key="qn_la_nuodau", station_id=station_id, position=0
            )
        )
        revisions.bump(connection, "network")
        read_again.ask_rejected(connection, read_again.NETWORK_REASONS, NOON)
    house.work()


@pytest.mark.parametrize(
    ("review", "more", "valid"),
    [("accepted", {}, True), ("rejected", {}, False), ("corrected", {"reviewed_value": 40.5}, True)],
)
def test_the_same_value_from_an_earlier_file_keeps_the_review(
    house: House, review: str, more: dict[str, object], valid: bool
) -> None:
    house.take(FILE, UNKNOWN)
    house.take(FILE, arrived_at=NOON + timedelta(minutes=1))
    say(house, review, **more)
    declare_alias(house)
    row = cod(house)
    assert (row.file_id, row.received_at, row.text) == (1, NOON, "41.8")
    assert (row.review, row.reviewed_value, row.valid) == (review, more.get("reviewed_value"), valid)


@pytest.mark.parametrize("review", ["accepted", "corrected"])
def test_what_was_said_of_a_number_keeps_that_number_in_force(house: House, review: str) -> None:
    house.take(OTHER, UNKNOWN)
    house.take(FILE, arrived_at=NOON + timedelta(minutes=1))
    say(house, review)
    declare_alias(house)
    row = cod(house)
    assert (row.text, row.review, row.file_id) == ("41.8", review, 2)
    assert '"conflict"' in row.flags
    assert house.beside() == ["39.9"]


def test_a_rejection_holds_for_the_earlier_value_too(house: House) -> None:
    house.take(OTHER, UNKNOWN)
    house.take(FILE, arrived_at=NOON + timedelta(minutes=1))
    say(house, "rejected")
    declare_alias(house)
    row = cod(house)
    assert (row.text, row.review, row.valid, row.file_id) == ("39.9", "rejected", False, 1)
    assert house.beside() == ["41.8"]


def test_a_later_value_is_a_conflict_and_no_more(house: House) -> None:
    house.take(FILE)
    say(house, "corrected", reviewed_value=40.5)
    house.take(OTHER)
    row = cod(house)
    assert (row.text, row.review, row.reviewed_value, row.valid) == ("41.8", "corrected", 40.5, True)
    with reading(house.engine) as connection:
        assert connection.scalars(select(reading_version.c.text)).all() == ["39.9"]


def test_judging_anew_keeps_the_review_and_the_release(house: House) -> None:
    house.take(FILE)
    released = NOON + timedelta(minutes=7)
    say(house, "accepted", release_at=released)
    with writing(house.engine) as connection:
        connection.execute(update(channel).values(device_max=10, factor=2))
        station_id = connection.scalar(select(reading_table.c.station_id).limit(1))
        assert station_id is not None
        judge_again.ask(connection, station_id, ["COD"], NOON)
        revisions.bump(connection, "network")
    house.work()
    row = cod(house)
    assert (row.value, row.review, row.valid, row.release_at) == (83.6, "accepted", True, released)
    assert '"gross_range",4' in row.flags
