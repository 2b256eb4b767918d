"""A review after the relay: the file goes again in its new content, and the receipt says so."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from parsers.vietnam_time import VN
from store.audit import Act
from store.engine import reading, writing
from store.lists.channels_csv import read_channels
from store.network.channels import put_channels
from store.relay.view import relay_page
from store.reviews.reviewing import Wish, give, undo
from store.tables import parameter
from tests.forwarder.department import CODE, Department, body, stamp

PLACE = f"{CODE}/2026/05/30/{CODE}_{stamp(0)}.txt"
AT = datetime(2026, 5, 30, 10, tzinfo=VN)


@pytest.fixture
def share(department: Department, tmp_path: Path) -> Path:
    department.add_target(tmp_path.joinpath("chia sẻ").as_uri())
    tmp_path.joinpath("chia sẻ").mkdir()
    return tmp_path / "chia sẻ"


def review(department: Department, verb: Any, *symbols: str, **more: Any) -> int:
    with writing(department.engine) as connection:
        ids = connection.scalars(select(parameter.c.id).where(parameter.c.code.in_(symbols)))
        of = frozenset(ids) if symbols else None
        wish = Wish(1, verb, AT, AT + timedelta(milliseconds=1), of, "kiểm tra", **more)
        number = give(connection, wish, Act("user:lan", department.clock)).id
    department.settle()
    return number


def receipt(department: Department) -> tuple[str, int, bool]:
    with reading(department.engine) as connection:
        (item,) = relay_page(connection, None, None, None, None, 10)
    return item.state, item.reissues, item.withdrawn


def test_a_correction_goes_again_and_is_counted(department: Department, share: Path) -> None:
    data = department.receive(0)
    department.relay()
    assert (share / PLACE).read_bytes() == data
    assert receipt(department) == ("sent", 0, False)
    department.pass_time(minutes=10)
    number = review(department, "correct", "COD", value=40.0)
    department.relay()
    assert (share / PLACE).read_bytes() == body(0, "pH 7.12 ~ 00", "COD 40 mg/L 00")
    assert receipt(department) == ("sent", 1, False)
    department.pass_time(minutes=10)
    with writing(department.engine) as connection:
        undo(connection, number, "nhầm", Act("user:lan", department.clock))
    department.settle()
    department.relay()
    assert (share / PLACE).read_bytes() == data
    assert receipt(department) == ("sent", 2, False)


def test_what_changes_no_line_sends_nothing(department: Department, share: Path) -> None:
    department.receive(0)
    department.relay()
    review(department, "accept", "COD")
    department.relay()
    assert department.outcomes() == ["sent"]
    assert receipt(department) == ("sent", 0, False)


def test_where_nothing_is_left_the_receipt_says_that_the_target_has_too_much(
    department: Department, share: Path
) -> None:
    data = department.receive(0)
    department.relay()
    number = review(department, "reject")
    department.relay()
    assert (share / PLACE).read_bytes() == data
    assert receipt(department) == ("held", 0, True)
    with writing(department.engine) as connection:
        undo(connection, number, "nhầm", Act("user:lan", department.clock))
    department.settle()
    department.relay()
    assert receipt(department) == ("sent", 0, False)


@pytest.mark.parametrize("policy", ["manual", "hold:60"])
def test_what_was_held_goes_when_it_is_accepted(department: Department, share: Path, policy: str) -> None:
    department.review(policy)
    department.receive(0)
    department.relay()
    assert not (share / PLACE).exists()
    review(department, "accept", "COD")
    department.relay()
    assert (share / PLACE).read_bytes() == body(0, "COD 41.8 mg/L 00")
    review(department, "accept", "pH")
    department.relay()
    assert (share / PLACE).read_bytes() == body(0)
    assert receipt(department) == ("sent", 1, False)


def test_a_correction_is_written_by_the_factor_of_its_time(department: Department, share: Path) -> None:

    def factor(number: str, valid_from: datetime | None = None) -> None:
        text = f"station_code,symbol,parameter,factor\n{CODE},COD,COD,{number}\n"
        act = Act("cli:test", department.clock)
        with writing(department.engine) as connection:
            put_channels(connection, read_channels(text.encode()), act, valid_from)

    factor("2", AT - timedelta(days=1))
    department.receive(0)
    department.settle()
    factor("5", AT + timedelta(days=1))
    review(department, "correct", "COD", value=84.0)
    department.relay()
    assert (share / PLACE).read_bytes() == body(0, "pH 7.12 ~ 00", "COD 42 mg/L 00")
