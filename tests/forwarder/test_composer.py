"""What an item says: literal files in, literal bytes out."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import select, update

from forwarder import consignment
from parsers.vietnam_time import VN
from store.audit import Act
from store.engine import reading, writing
from store.relay.outbox_work import next_items, stations_waiting
from store.reviews.reviewing import Wish, give
from store.tables import channel, parameter
from tests.forwarder.department import CODE, NOON, Department, body, stamp
from tests.forwarder.ministry import Ministry


@pytest.fixture
def department(department: Department) -> Department:
    """With a target; nothing is sent to it."""
    department.add_target("file:///nowhere")
    return department


def composed(department: Department, name: str = "bo") -> dict[str, bytes]:
    """What would go now, by name."""
    target = department.target(name)

    def pick(connection: Any) -> list[Any]:
        stations = stations_waiting(connection, target.id, department.clock)
        picked = [next_items(connection, target.id, each, department.clock, 100) for each in stations]
        return [item for items in picked for item in items]

    found = consignment.collect(department.engine, target, department.now(), pick)
    assert not found.broken
    return {parcel.item.name: parcel.data for parcel in found.parcels}


def other_upload(department: Department, minutes: int, *lines: str) -> bytes:
    """The same name again, from another folder."""
    data = body(minutes, *lines)
    department.receive_all([(f"/again/{CODE}_{stamp(minutes)}.txt", data)])
    return data


def name(minutes: int) -> str:
    return f"{CODE}_{stamp(minutes)}.txt"


ODD = b"\xef\xbb\xbfpH\t7,10\t\t20260530101500\t00\nCOD\t41.80\tmg/L\t20260530101500\t00\t\t\n\n"


def test_oddly_written_bytes_go_as_they_are(department: Department) -> None:
    department.receive(15, content=ODD)
    assert composed(department) == {name(15): ODD}


def test_without_a_line_the_others_stay_as_written(department: Department) -> None:
    department.receive(15, content=ODD + b"TSS\t---\tmg/L\t20260530101500\t00")
    assert composed(department) == {name(15): ODD[: ODD.rindex(b"\n")]}


def test_a_line_that_is_no_reading_is_withheld(department: Department) -> None:
    good = body(15, "pH 7.12 ~ 00")
    department.receive(15, content=good + b"COD\t41.\r\n")
    assert composed(department) == {name(15): good}


def test_one_line_for_all(department: Department) -> None:
    time = stamp(15).encode()
    line = b"pH\t7.10\t\t%s\t00\tCOD\t---\tmg/L\t%s\t00\tTSS\t9\tmg/L\t%s\t02\r\n" % (time, time, time)
    department.receive(15, content=line)
    kept = b"pH\t7.10\t\t%s\t00\tTSS\t9\tmg/L\t%s\t02\r\n" % (time, time)
    assert composed(department) == {name(15): kept}


def test_a_drained_buffer_goes_whole(department: Department) -> None:
    data = body(0) + body(5) + body(10)
    department.receive(10, content=data)
    assert composed(department) == {name(10): data}


def test_in_a_drained_buffer_only_what_is_new_and_good_goes_beside_what_stands(
    department: Department,
) -> None:
    department.receive(0, "pH 7.0 ~ 00")
    department.receive(10, content=body(0, "pH 7.5 ~ 00") + body(10, "pH 7.2 ~ 00"))
    assert composed(department) == {name(0): body(0, "pH 7.0 ~ 00"), name(10): body(10, "pH 7.2 ~ 00")}


def test_a_newer_version_that_says_more_goes_byte_for_byte(department: Department) -> None:
    department.receive(0, "pH 7.0 ~ 00")
    whole = department.receive(0, "COD 3 mg/L 00", "pH 7.00 ~ 00")
    assert composed(department) == {name(0): whole}


def test_a_newer_version_whose_additions_may_not_go_changes_nothing(department: Department) -> None:
    first = department.receive(0, "pH 7.0 ~ 00")
    department.receive(0, "pH 7.0 ~ 00", "COD --- mg/L 00")
    assert composed(department) == {name(0): first}


def test_parts_follow_one_another_and_repeat_nothing(department: Department) -> None:
    department.receive(0, "pH 7.0 ~ 00", "TSS 5 ~ 00")
    other_upload(department, 0, "TSS 5 ~ 00", "COD 3 mg/L 00")
    assert composed(department) == {name(0): body(0, "pH 7.0 ~ 00", "TSS 5 ~ 00", "COD 3 mg/L 00")}


def test_of_a_conflict_what_arrived_first_goes(department: Department) -> None:
    department.receive(0, "pH 7.0 ~ 00")
    other_upload(department, 0, "pH 8.0 ~ 00", "COD 3 mg/L 00")
    assert composed(department) == {name(0): body(0, "pH 7.0 ~ 00", "COD 3 mg/L 00")}


def test_an_alias_is_named_by_the_stations_code(department: Department) -> None:
    department.give_alias("QN_CU_NUODAU")
    data = department.receive(15, code="qn_cu_nuodau")
    assert composed(department) == {name(15): data}


def test_what_is_released_later_follows_by_itself(
    department: Department, ministry: Ministry, monkeypatch: pytest.MonkeyPatch
) -> None:
    department.add_target(ministry.url, name="ministry")
    department.receive(0, "pH 7.0 ~ 00")
    department.review("hold:30")
    other_upload(department, 0, "COD 3 mg/L 00")
    department.bring_forward()
    department.relay("ministry")
    (item,) = department.items(target_id=department.target("ministry").id)
    assert (item["state"], item["due_at"]) == ("held", NOON + timedelta(minutes=30))
    assert list(ministry.files().values()) == [body(0, "pH 7.0 ~ 00")]
    department.pass_time(minutes=30)
    department.relay("ministry")
    assert list(ministry.files().values()) == [body(0, "pH 7.0 ~ 00", "COD 3 mg/L 00")]


def test_what_a_person_has_still_to_release_is_not_said_to_be_nothing(
    department: Department, ministry: Ministry
) -> None:
    department.add_target(ministry.url, name="ministry")
    department.review("manual")
    department.receive(0, "pH 7.0 ~ 00")
    department.bring_forward()
    department.relay("ministry")
    (item,) = department.items(target_id=department.target("ministry").id)
    assert (item["state"], item["due_at"], item["last_detail"]) == ("held", None, "not_released")
    assert department.notes() == [["parameters_missing"]]
    assert ministry.files() == {}


_LINES = st.lists(
    st.builds(
        "{} {} {} {}".format,
        st.sampled_from(["pH", "COD", "TSS", "Lạ"]),
        st.sampled_from(["7.1", "0", "---", "1e400", "-3,5"]),
        st.sampled_from(["~", "mg/L", "kg"]),
        st.sampled_from(["00", "01", "02", "03"]),
    ),
    min_size=1,
    max_size=5,
)


@given(files=st.lists(_LINES, min_size=1, max_size=3), drop=st.booleans(), again=st.booleans())
@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_the_quick_way_says_the_same_as_the_long_one(
    department: Department, files: list[list[str]], drop: bool, again: bool
) -> None:
    department.pass_time(hours=1)
    target = f"t{department.clock - NOON}"
    department.add_target("file:///nowhere", name=target, status_lines="drop" if drop else "keep")
    minutes = int((department.clock - NOON) / timedelta(minutes=1)) + 60
    for lines in files:
        (department.receive if again else lambda *given: other_upload(department, *given))(minutes, *lines)
    quick = composed(department, target)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(consignment, "_goes_as_it_is", lambda *_given: False)
        assert composed(department, target) == quick


def test_nearly_every_file_goes_the_quick_way(
    department: Department, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = department.receive(0)
    monkeypatch.setattr(consignment, "read", lambda files: pytest.fail("taken apart") if files else [])
    assert composed(department) == {name(0): data}
    with reading(department.engine) as connection:
        assert stations_waiting(connection, department.target().id, NOON)


def review(department: Department, verb: Any, symbol: str, minutes: int = 15, **more: Any) -> None:
    """A person reviews one reading, now."""
    at = datetime(2026, 5, 30, 10, tzinfo=VN) + timedelta(minutes=minutes)
    with writing(department.engine) as connection:
        of = connection.scalar(select(parameter.c.id).where(parameter.c.code == symbol)) or 0
        wish = Wish(1, verb, at, at + timedelta(milliseconds=1), frozenset({of}), "kiểm tra", **more)
        give(connection, wish, Act("user:lan", department.clock))
    department.settle()


def test_a_corrected_number_goes_in_its_line(department: Department) -> None:
    department.receive(15, content=ODD)
    review(department, "correct", "pH", value=7.25)
    review(department, "correct", "COD", value=0.05)
    assert composed(department) == {
        name(15): ODD.rstrip(b"\n").replace(b"7,10", b"7,25").replace(b"41.80", b"0.05") + b"\n"
    }


def test_a_rejected_line_is_withheld_and_an_accepted_one_goes(department: Department) -> None:
    with writing(department.engine) as connection:
        connection.execute(update(channel).values(device_max=10))
    department.receive(15, "pH 7.12 ~ 00", "COD 41.8 mg/L 00", "TSS 11 mg/L 00")
    assert composed(department) == {name(15): body(15, "pH 7.12 ~ 00")}
    review(department, "accept", "COD")
    assert composed(department) == {name(15): body(15, "pH 7.12 ~ 00", "COD 41.8 mg/L 00")}
    review(department, "reject", "pH")
    assert composed(department) == {name(15): body(15, "COD 41.8 mg/L 00")}


def test_the_bytes_go_to_who_wants_them_as_received(department: Department) -> None:
    department.add_target("file:///elsewhere", "kho", send="as_received")
    data = department.receive(15)
    review(department, "correct", "COD", value=40.0)
    review(department, "reject", "pH")
    assert composed(department, "kho") == {name(15): data}
    assert composed(department) == {name(15): body(15, "COD 40 mg/L 00")}


def test_of_two_values_the_chosen_one_goes(department: Department) -> None:
    department.receive(15)
    other_upload(department, 15, "pH 7.12 ~ 00", "COD 39.9 mg/L 00")
    review(department, "accept", "COD", file_id=2)
    assert composed(department) == {name(15): body(15, "pH 7.12 ~ 00", "COD 39.9 mg/L 00")}
