"""`qttd event` from the outside."""

from datetime import datetime
from typing import Any

import pytest

from store.engine import open_engine, writing
from store.events.writing import Happening, amend, open_event


@pytest.fixture
def happened(ready: Any) -> Any:
    """A store in which two things happened, the later one first in the table."""
    engine = open_engine(f"sqlite:///{ready.folder / 'qttd.db'}")
    with writing(engine) as connection:
        for kind, subject, day in (("relay_stuck", "bộ", 31), ("disk_low", "/srv", 30)):
            started_at = datetime.fromisoformat(f"2026-05-{day}T00:00+07:00")
            happening = Happening(kind, None, None, subject, started_at, "alarm", {"free": 3})  # type: ignore[arg-type]  # literals
            open_event(connection, happening)
    engine.dispose()
    return ready


def test_list_and_show(happened: Any) -> None:
    listed = happened("event", "list", "--json").json()
    assert [(item["id"], item["kind"], item["subject"], item["station"]) for item in listed] == [
        (2, "disk_low", "/srv", None), (1, "relay_stuck", "bộ", None),
    ]  # fmt: skip
    assert listed[0]["started_at"] == "2026-05-30T00:00:00+07:00"
    assert [item["id"] for item in happened("event", "list", "--to", "2026-05-30", "--json").json()] == [2]
    assert [item["id"] for item in happened("event", "list", "--kind", "relay_stuck", "--json").json()] == [1]
    assert happened("event", "show", "2", "--json").json() == [listed[0]]
    assert "detail.free" in happened("event", "show", "2").out
    assert "disk_low" in happened("event", "list").out.splitlines()[1]


def test_acknowledging_and_solving(happened: Any) -> None:
    done = happened("event", "ack", "1", "--note", "đang gọi")
    assert (done.code, done.out, done.err) == (0, "", "event 1 is acknowledged\n")
    assert happened("event", "state", "1", "solved").code == 0
    (item,) = happened("event", "show", "1", "--json").json()
    assert (item["state"], item["note"]) == ("solved", "đang gọi")
    assert item["acknowledged_by"].startswith("cli:")
    assert [one["id"] for one in happened("event", "list", "--state", "unsolved", "--json").json()] == [2]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("ack", "9"), 65), (("show", "9"), 65), (("state", "9", "solved"), 65), (("state", "1", "done"), 64),
        (("list", "--station", "NOWHERE"), 65), (("list", "--kind", "flood"), 64),
        (("list", "--from", "2026-05-31", "--to", "2026-05-30"), 64),
    ],
)  # fmt: skip
def test_what_is_refused(happened: Any, words: tuple[str, ...], code: int) -> None:
    assert happened("event", *words).code == code


def test_a_state_that_there_is_not_is_refused_in_plain_words(ready: Any) -> None:
    refused = ready("alarm", "queue", "--state", "gone")
    assert refused.code == 64
    assert refused.err.startswith(
        "qttd: Invalid value for '--state': 'gone' is not one of 'waiting', 'sent', 'given_up'."
    )


def test_a_detail_of_several_parts_is_told_as_json_is_written(happened: Any) -> None:
    engine = open_engine(f"sqlite:///{happened.folder / 'qttd.db'}")
    with writing(engine) as connection:
        amend(connection, 2, detail={"words": {"vi": "đĩa", "en": "disk"}, "history": [{"free": 3}]})
    engine.dispose()
    said = happened("event", "show", "2").out
    assert '{"vi": "đĩa", "en": "disk"}' in said
    assert '{"free": 3}' in said
