"""Reviewing, from the file that arrives to what stands: accept, reject, correct, choose, undo."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import permutations
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from store import audit, revisions
from store.audit import Act
from store.engine import reading, writing
from store.lists.channels_csv import read_channels
from store.network.channels import put_channels
from store.readings import judge_again
from store.reviews import reach as review_reach
from store.reviews import reviewing as reviews
from store.reviews.closed_days import close, reopen
from store.reviews.problem import ClosedDayError, ReviewProblemError
from store.reviews.reviewing import Reviewed, Wish
from store.tables import (
    channel,
    dirty_hour,
    parameter,
    reading_review,
    relay_item,
    relay_target,
    review,
    station,
)
from store.tables import reading as reading_table
from tests.receiver.house import FILE, NAME, NOON, House, declare_channel

AT = datetime(2026, 5, 30, 3, 15, tzinfo=UTC)
"""10:15 in Vietnam: the time of the house's file."""
LATER = NOON + timedelta(hours=1)
LAN = Act("user:lan", LATER)
OTHER = FILE.replace(b"41.8", b"39.9")


def cod(house: House, moment: datetime = AT) -> dict[str, Any]:
    """The reading in force of COD."""
    query = select(reading_table).join(parameter, parameter.c.id == reading_table.c.parameter_id)
    with reading(house.engine) as connection:
        row = connection.execute(
            query.where(parameter.c.code == "COD", reading_table.c.measured_at == moment)
        ).mappings()
        return dict(row.one())


def told(house: House) -> tuple[Any, ...]:
    """What counts of that reading, in short: text, review, reviewed value, valid."""
    row = cod(house)
    return row["text"], row["review"], row["reviewed_value"], row["valid"]


def give(house: House, verb: Any, *, act: Act = LAN, **more: Any) -> Reviewed:
    """Reviews COD at 10:15, unless told otherwise."""
    with writing(house.engine) as connection:
        code = select(parameter.c.id).where(parameter.c.code == "COD")
        given = {
            "station_id": connection.scalar(select(station.c.id)),
            "from_at": AT,
            "to_at": AT + timedelta(milliseconds=1),
            "parameter_ids": frozenset(connection.scalars(code)),
            "reason": "theo biên bản hiệu chuẩn",
        }
        return reviews.give(connection, Wish(verb=verb, **(given | more)), act)


def undo(house: House, review_id: int) -> Reviewed:
    with writing(house.engine) as connection:
        return reviews.undo(connection, review_id, "nhầm", LAN)


def test_a_failed_reading_is_accepted(house: House) -> None:
    with writing(house.engine) as connection:
        connection.execute(update(channel).values(device_max=10))
        revisions.bump(connection, "network")
    house.take(FILE)
    assert told(house) == ("41.8", None, None, False)
    flags = cod(house)["flags"]
    assert give(house, "accept") == Reviewed(1, 1, 0)
    assert told(house) == ("41.8", "accepted", None, True)
    assert cod(house)["flags"] == flags
    undo(house, 1)
    assert told(house) == ("41.8", None, None, False)


def test_rejecting_and_undoing(house: House) -> None:
    house.take(FILE)
    before = cod(house)
    give(house, "reject")
    assert told(house) == ("41.8", "rejected", None, False)
    undo(house, 1)
    assert cod(house) == before


def test_correcting_by_a_number_or_by_a_line(house: House) -> None:
    house.take(FILE)
    give(house, "correct", value=40.0)
    assert told(house) == ("41.8", "corrected", 40.0, True)
    give(house, "correct", factor=0.5, shift=1.0)
    assert told(house) == ("41.8", "corrected", 21.9, True)
    undo(house, 2)
    assert told(house) == ("41.8", "corrected", 40.0, True)


def test_a_missing_value_may_be_corrected_and_not_accepted(house: House) -> None:
    house.take(FILE.replace(b"41.8", b"---"))
    with pytest.raises(ReviewProblemError, match="the reading cannot be accepted"):
        give(house, "accept")
    with pytest.raises(ReviewProblemError, match="the reading cannot be corrected"):
        give(house, "correct", factor=2.0)
    give(house, "correct", value=40.0)
    assert told(house) == ("---", "corrected", 40.0, True)


def test_undeclared_readings_are_passed_over(house: House) -> None:
    house.take(FILE + "Lạ".encode() + b"\t1\t\t20260530101500\t00\r\n")
    assert give(house, "accept", parameter_ids=None) == Reviewed(1, 2, 1)


def test_a_rejected_stretch_holds_for_what_comes_later(house: House) -> None:
    house.take(FILE)
    stretch = {"from_at": AT, "to_at": AT + timedelta(hours=1), "parameter_ids": None}
    give(house, "reject", **stretch)
    for minutes in (20, 30):
        late = FILE.replace(b"101500", f"10{minutes}00".encode())
        house.take(late, f"QN_THUB_NUODAU_2026053010{minutes}00.txt")
    house.take(FILE.replace(b"101500", b"111500"), "QN_THUB_NUODAU_20260530111500.txt")
    rows = [(time, valid) for time, _, _, _, valid in house.readings()]
    assert rows == [
        ("10:15 COD", False), ("10:15 pH", False), ("10:20 COD", False), ("10:20 pH", False),
        ("10:30 COD", False), ("10:30 pH", False), ("11:15 COD", True), ("11:15 pH", True),
    ]  # fmt: skip
    undo(house, 1)
    assert all(valid for *_, valid in house.readings())


def test_what_was_accepted_inside_a_rejected_stretch_stays_accepted(house: House) -> None:
    house.take(FILE)
    give(house, "reject", to_at=AT + timedelta(hours=1), parameter_ids=None)
    give(house, "accept")
    assert told(house) == ("41.8", "accepted", None, True)
    undo(house, 2)
    assert told(house) == ("41.8", "rejected", None, False)
    undo(house, 1)
    assert told(house) == ("41.8", None, None, True)


def test_a_conflict_is_decided_for_the_other_value(house: House) -> None:
    house.take(FILE)
    house.take(OTHER)
    before = cod(house)
    give(house, "accept", file_id=2)
    row = cod(house)
    assert (row["text"], row["value"], row["review"], row["file_id"]) == ("39.9", 39.9, "accepted", 2)
    assert '"conflict"' in row["flags"]
    assert house.beside() == ["41.8"]
    undo(house, 1)
    assert cod(house) == before
    assert house.beside() == ["39.9"]


def test_a_value_that_is_chosen_is_judged_by_the_settings_of_its_time(house: House) -> None:
    house.take(FILE)
    house.take(OTHER)
    with writing(house.engine) as connection:
        text = "station_code,symbol,parameter,factor,device_max\nQN_THUB_NUODAU,COD,COD,10,100\n"
        put_channels(connection, read_channels(text.encode()), LAN, valid_from=LATER)
    house.work()
    give(house, "accept", file_id=2)
    assert (cod(house)["value"], cod(house)["valid"]) == (39.9, True), "the factor of 10 came later"
    undo(house, 1)
    assert cod(house)["value"] == 41.8
    assert "gross_range" not in cod(house)["flags"]


def test_a_file_that_brought_no_value_cannot_be_chosen(house: House) -> None:
    house.take(FILE)
    with pytest.raises(ReviewProblemError, match="file 9 brought no value"):
        give(house, "accept", file_id=9)


def test_every_version_is_kept(house: House) -> None:
    house.take(FILE)
    give(house, "reject")
    give(house, "correct", value=40.0)
    undo(house, 2)
    with reading(house.engine) as connection:
        rows = connection.execute(select(reading_review).order_by(reading_review.c.review_id)).all()
        story = [
            (row.review_id, row.before_review, row.after_review, row.after_reviewed_value) for row in rows
        ]
        given = connection.execute(select(review.c.action, review.c.undoes).order_by(review.c.id)).all()
        actions = [entry.action for entry in reversed(audit.entries(connection))]
    assert story == [
        (1, None, "rejected", None), (2, "rejected", "corrected", 40.0), (3, "corrected", "rejected", None),
    ]  # fmt: skip
    assert [tuple(row) for row in given] == [("reject", None), ("correct", None), ("undo", 2)]
    assert actions == ["review.undo", "review.correct", "review.reject"]
    with pytest.raises(ReviewProblemError, match="undone already"):
        undo(house, 2)
    with pytest.raises(ReviewProblemError, match="undoes another one"):
        undo(house, 3)


@pytest.mark.parametrize(
    ("policy", "released"), [("manual", None), ("hold:180", NOON + timedelta(minutes=180))]
)
@pytest.mark.parametrize(("verb", "more"), [("accept", {}), ("correct", {"value": 40.0})])
def test_accepting_and_correcting_release_what_was_held(
    house: House, policy: str, released: datetime | None, verb: str, more: dict[str, Any]
) -> None:
    with writing(house.engine) as connection:
        connection.execute(update(station).values(review=policy))
        revisions.bump(connection, "network")
        connection.execute(insert(relay_target).values(name="bộ", url="file:///x", created_at=NOON))
    house.take(FILE)
    assert cod(house)["release_at"] == released

    def items() -> list[tuple[Any, ...]]:
        with reading(house.engine) as connection:
            query = select(relay_item.c.state, relay_item.c.due_at, relay_item.c.revision)
            return [tuple(row) for row in connection.execute(query)]

    assert items() == [("held", released, 1)]
    give(house, verb, **more)
    assert cod(house)["release_at"] == LATER
    assert items() == [("waiting", LATER, 2)]
    undo(house, 1)
    assert cod(house)["release_at"] == released


def test_a_review_is_counted_again_and_issued_again(house: House) -> None:
    with writing(house.engine) as connection:
        connection.execute(insert(relay_target).values(name="bộ", url="file:///x", created_at=NOON))
    house.take(FILE)
    with writing(house.engine) as connection:
        connection.execute(dirty_hour.delete())
        connection.execute(update(relay_item).values(state="sent", sent_revision=1, sent_at=NOON))
    give(house, "reject")
    with reading(house.engine) as connection:
        assert connection.scalars(select(dirty_hour.c.hour)).all() == [datetime(2026, 5, 30, 3, tzinfo=UTC)]
        item = connection.execute(select(relay_item)).one()
    assert (item.state, item.revision, item.sent_revision) == ("waiting", 2, 1)


@pytest.mark.parametrize(
    ("verb", "more", "field"),
    [
        ("accept", {"reason": "  "}, "reason"),
        ("accept", {"to_at": AT}, "to"),
        ("accept", {"parameter_ids": frozenset()}, "parameters"),
        ("accept", {"value": 1.0}, "value"),
        ("reject", {"factor": 1.0}, "factor"),
        ("reject", {"file_id": 1}, "file_id"),
        ("accept", {"file_id": 1, "parameter_ids": None}, "file_id"),
        ("correct", {}, "value"),
        ("correct", {"value": float("nan")}, "value"),
        ("correct", {"value": 1.0, "factor": 2.0}, "value"),
        ("correct", {"factor": 0.0}, "factor"),
        ("accept", {"attachment": reviews.Attachment("", b"x")}, "attachment"),
        ("accept", {"attachment": reviews.Attachment("x", b"")}, "attachment"),
    ],
)
def test_what_cannot_be_meant_is_refused_by_name(
    house: House, verb: str, more: dict[str, Any], field: str
) -> None:
    house.take(FILE)
    before = cod(house)
    with pytest.raises(ReviewProblemError) as refused:
        give(house, verb, **more)
    assert refused.value.field == field
    assert cod(house) == before


def test_a_closed_day_takes_no_review(house: House) -> None:
    house.take(FILE)
    give(house, "reject")
    tomorrow = Act("user:minh", NOON + timedelta(days=1))
    with writing(house.engine) as connection:
        station_id = connection.scalar(select(station.c.id)) or 0
        assert close(connection, station_id, [AT.date()], "", tomorrow) == [AT.date()]
    for attempt in (lambda: give(house, "accept"), lambda: undo(house, 1)):
        with pytest.raises(ClosedDayError, match="2026-05-30"):
            attempt()
    # the stretch ends where the closed day begins, or begins where it ends
    midnight = datetime(2026, 5, 29, 17, tzinfo=UTC)
    give(house, "reject", from_at=midnight - timedelta(hours=1), to_at=midnight)
    give(house, "reject", from_at=midnight + timedelta(days=1), to_at=midnight + timedelta(days=2))
    with writing(house.engine) as connection:
        reopen(connection, station_id, [AT.date()], "số liệu hiệu chuẩn gửi muộn", tomorrow)
    undo(house, 1)
    assert told(house) == ("41.8", None, None, True)


def test_reviews_follow_a_symbol_to_another_parameter(house: House) -> None:
    house.take(FILE)
    give(house, "correct", value=40.0)
    with writing(house.engine) as connection:
        tss = connection.scalar(select(parameter.c.id).where(parameter.c.code == "BOD5"))
        code = select(parameter.c.id).where(parameter.c.code == "COD").scalar_subquery()
        station_id = connection.scalar(select(station.c.id)) or 0
        connection.execute(update(channel).where(channel.c.parameter_id == code).values(parameter_id=tss))
        judge_again.ask(connection, station_id, ["COD"], NOON)
        revisions.bump(connection, "network")
    house.work()
    with reading(house.engine) as connection:
        row = connection.execute(select(reading_table).where(reading_table.c.parameter_id == tss)).one()
    assert (row.review, row.reviewed_value, row.valid) == ("corrected", 40.0, True)
    undo(house, 1)
    with reading(house.engine) as connection:
        row = connection.execute(select(reading_table).where(reading_table.c.parameter_id == tss)).one()
    assert (row.text, row.review, row.reviewed_value, row.valid) == ("41.8", None, None, True)


def test_declaring_a_channel_inside_a_rejected_stretch_rejects_it_there(house: House) -> None:
    with writing(house.engine) as connection:
        station_id = connection.scalar(select(station.c.id)) or 0
    house.take(FILE + b"L\xe1\xba\xa1\t1\t\t20260530101500\t00\r\n")
    give(house, "reject", to_at=AT + timedelta(hours=1), parameter_ids=None)
    declare_channel(house.engine, station_id, "Lạ", "BOD5")
    house.work()
    assert {row[0]: row[4] for row in house.readings()} == {
        "10:15 BOD5": False, "10:15 COD": False, "10:15 pH": False,
    }  # fmt: skip


FIRST, SECOND = NOON, NOON + timedelta(minutes=1)


def _steps(house: House) -> dict[str, Callable[[], object]]:
    return {
        "first value": lambda: house.take(FILE, arrived_at=FIRST),
        "other value": lambda: house.take(OTHER, "sub/" + NAME, arrived_at=SECOND),
        "the first again": lambda: house.take(FILE, "again/" + NAME, arrived_at=SECOND),
    }


@pytest.mark.parametrize("verb", ["reject", "accept", "correct"])
def test_the_order_of_files_and_a_review_does_not_matter(
    house: House, verb: str, request: pytest.FixtureRequest
) -> None:
    """The other value is accepted (corrected), or all is rejected, at each moment at which it can be."""
    more = {"value": 40.0} if verb == "correct" else {}
    ends = set()
    moments = [AT + timedelta(minutes=5 * number) for number in range(6)]
    for moment, order in zip(moments, permutations(_steps(house)), strict=True):
        minute = f"10{15 + 5 * moments.index(moment):02}00".encode()
        name = f"QN_THUB_NUODAU_20260530{minute.decode()}.txt"
        files = {
            "first value": (FILE, name, FIRST),
            "other value": (OTHER, "sub/" + name, SECOND),
            "the first again": (FILE, "again/" + name, SECOND),
        }
        stretch = {"from_at": moment, "to_at": moment + timedelta(milliseconds=1)}
        reviewed = False
        for step in order:
            content, path, arrived = files[step]
            house.take(content.replace(b"101500", minute), path, arrived_at=arrived)
            wanted = verb == "reject" or (step == "other value" and cod(house, moment)["text"] == "39.9")
            if wanted and not reviewed:
                give(house, verb, **stretch, **more)
                reviewed = True
        if not reviewed:  # the other value was never in force: it is chosen, and corrected as chosen
            (file_id,) = [row["file_id"] for row in _versions(house, moment) if row["text"] == "39.9"]
            give(house, "accept", **stretch, file_id=file_id)
            if verb == "correct":
                give(house, "correct", **stretch, **more)
        row = cod(house, moment)
        ends.add(
            (row["text"], row["value"], row["review"], row["reviewed_value"], row["valid"], row["flags"])
        )
    assert len(ends) == 1, ends


def _versions(house: House, moment: datetime) -> list[dict[str, Any]]:
    from store.tables import reading_version

    with reading(house.engine) as connection:
        query = select(reading_version).where(reading_version.c.measured_at == moment)
        return [dict(row) for row in connection.execute(query).mappings()]


def send_hour(house: House, first: int = 0) -> None:
    """Seven files at five minutes' distance, of two parameters each."""
    for slot in range(first, first + 7):
        stamp = (AT + timedelta(hours=7, minutes=5 * slot)).strftime("%Y%m%d%H%M%S")
        content = FILE.replace(b"20260530101500", stamp.encode())
        house.send(content, NAME.replace("20260530101500", stamp))
    house.work()


def everything(house: House) -> list[Any]:
    with reading(house.engine) as connection:
        rows = select(reading_table).order_by(*reading_table.primary_key)
        return [tuple(row) for row in connection.execute(rows)]


def test_a_review_of_many_readings_is_given_and_undone_piece_by_piece(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    send_hour(house)
    before = everything(house)
    stretch: dict[str, Any] = {"parameter_ids": None, "to_at": AT + timedelta(hours=1)}
    give(house, "correct", **stretch, factor=2.0)
    whole = everything(house)
    undo(house, 1)
    monkeypatch.setattr(reviews, "PIECE", 3)
    monkeypatch.setattr(reviews, "pieces", partial(review_reach.pieces, size=3))
    told: list[float] = []
    with writing(house.engine) as connection:
        wish = Wish(1, "correct", AT, AT + timedelta(hours=1), None, "x", factor=2.0)
        assert reviews.give(connection, wish, LAN, told.append) == Reviewed(3, 14, 0)
    assert everything(house) == whole
    assert told == [pytest.approx(done / 14) for done in (3, 6, 9, 12, 14)]
    told.clear()
    with writing(house.engine) as connection:
        assert reviews.undo(connection, 3, "x", LAN, told.append) == Reviewed(4, 14, 0)
        assert connection.scalar(select(review.c.readings).where(review.c.id == 4)) == 14
    assert everything(house) == before
    assert told == [pytest.approx(done / 14) for done in (3, 6, 9, 12, 14)]


def test_a_rejection_that_took_in_more_than_a_review_may_can_still_be_undone(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reviews, "MOST_READINGS", 2)
    house.take(FILE)
    give(house, "reject", parameter_ids=None, to_at=AT + timedelta(days=1))
    send_hour(house, 1)
    with pytest.raises(ReviewProblemError, match="more than 2 readings at once"):
        give(house, "accept", parameter_ids=None, to_at=AT + timedelta(days=1))
    undo(house, 1)
    assert {row[-2:] for row in everything(house)} == {(None, None)}
