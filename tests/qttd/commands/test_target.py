"""`qttd target` and `qttd relay`, as an operator types them."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.forwarder.ministry import PASSWORD, Ministry, open_ministry

STATIONS = "code,name,kind\nQN_THUB_NUODAU,Trạm,wastewater\n"
ITEM = """INSERT INTO relay_item (target_id, station_id, measured_at, path, name, state, queued_at, due_at,
          last_detail, out_of_order, sent_at, next_try_at) VALUES (1, 1, ?, ?, ?, ?, 0, 0, ?, ?, ?, ?)"""


@pytest.fixture
def ministry(tmp_path: Path) -> Iterator[Ministry]:
    with open_ministry(tmp_path / "ministry") as ministry:
        yield ministry


def add(qttd: Any, url: str, *options: str, name: str = "bo", password: str = PASSWORD) -> Any:
    return qttd("target", "add", name, "--url", url, *options, stdin=f"{password}\n")


def put(qttd: Any, *rows: tuple[Any, ...]) -> None:
    """Outbox items: (minute, state, detail, out of order, sent at, next try)."""
    with closing(sqlite3.connect(qttd.folder / "qttd.db")) as store, store:
        store.executemany(
            ITEM, [(minute, f"a/{minute}.txt", f"{minute}.txt", *rest) for minute, *rest in rows]
        )


def test_a_target_is_added_listed_and_tried(ready: Any, ministry: Ministry) -> None:
    assert add(ready, f"{ministry.url}/vào", "--layout", "9", "--from", "2026-05-30").code == 0
    (target,) = ready("target", "list", "--json").json()
    assert target.pop("created_at").endswith("+07:00")
    assert target == {
        "name": "bo",
        "url": f"{ministry.url}/vào",
        "layout": 9,
        "send": "verified",
        "every": None,
        "from": "2026-05-30",
        "upload": "rename",
        "status_lines": "keep",
        "also": "",
        "trust": "",
        "mapped": False,
        "disabled": False,
    }
    tried = ready("target", "test", "bo")
    assert tried.code == 0
    assert [line.split()[0] for line in tried.out.splitlines()] == [
        "connect", "login", "list", "upload", "size", "rename", "remove",
    ]  # fmt: skip
    assert ministry.files() == {}


def test_a_target_may_get_what_another_server_received(ready: Any, tmp_path: Path) -> None:
    url = f"file://{tmp_path}"
    refused = add(ready, url, "--also", "ftp")
    assert (refused.code, refused.err) == (64, "qttd: --also: 'ftp' is not one of shadow, import\n")
    assert add(ready, url, "--also", "import", "--also", "shadow").code == 0
    assert ready("target", "list", "--json").json()[0]["also"] == "shadow;import"


def test_the_password_is_nowhere_in_the_clear(ready: Any, ministry: Ministry) -> None:
    said = [add(ready, ministry.url), ready("target", "list"), ready("relay", "status", "--json")]
    ministry.refuse("PASS", f"530 {PASSWORD} is wrong")
    said.append(ready("target", "test", "bo"))
    assert said[-1].code == 77
    assert "refused_login" in said[-1].out
    assert not any(PASSWORD in done.out + done.err for done in said)
    kept = b"".join(path.read_bytes() for path in ready.folder.iterdir() if path.is_file())
    assert PASSWORD.encode() not in kept


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("ftp://bo:bí-mật@ministry/in", "give it on stdin"),
        ("http://bo@ministry/in", "targets are ftp://, ftps://, sftp://, file://"),
        ("ministry/in", "targets are ftp://, ftps://, sftp://, file://"),
        ("sftp://ministry/in", "names no user: sftp://USER@HOST"),
        ("ftp://ministry/in", "names no user"),
        ("ftp:///in", "names no host"),
        ("ftp://bo@ministry:0/in", "port"),
        ("ftp://bo@ministry:x/in", "cannot be read"),
        ("ftp://bo@ministry/a?b", "%3F"),
        ("file://ministry/in", "three slashes"),
        ("file:in", "three slashes"),
    ],
)
def test_a_wrong_url_is_refused(ready: Any, url: str, said: str) -> None:
    done = add(ready, url)
    assert done.code == 64
    assert said in done.err
    assert "bí-mật" not in done.out + done.err
    assert ready("target", "list", "--json").json() == []


@pytest.mark.parametrize(
    "options",
    [
        ["--layout", "10"], ["--every", "0"], ["--every", "1441"], ["--send", "all"], ["--upload", "ftp"],
        ["--status-lines", "no"], ["--from", "30/05/2026"],
    ],
)  # fmt: skip
def test_a_wrong_option_is_refused(ready: Any, options: list[str]) -> None:
    assert add(ready, "ftp://bo@ministry/", *options).code == 64


def test_no_password_is_a_mistake_but_a_folder_needs_none(ready: Any) -> None:
    assert add(ready, "ftp://bo@ministry/", password="").code == 64
    assert ready("target", "add", "nha", "--url", "file:///srv/out").code == 0


def test_names_are_unique(ready: Any) -> None:
    add(ready, "ftp://bo@ministry/")
    again = add(ready, "ftp://bo@ministry/other")
    assert (again.code, "exists already" in again.err) == (65, True)


@pytest.mark.parametrize("command", ["test", "disable"])
def test_an_unknown_target_is_named(ready: Any, command: str) -> None:
    done = ready("target", command, "khác")
    assert (done.code, "khác" in done.err) == (65, True)


def test_a_target_that_is_not_there(ready: Any, ministry: Ministry) -> None:
    add(ready, ministry.url)
    ministry.close()
    done = ready("target", "test", "bo")
    assert (done.code, "cannot_connect" in done.out) == (69, True)


def test_a_trial_says_what_relaying_does_without(ready: Any, ministry: Ministry) -> None:
    add(ready, ministry.url)
    ministry.refuse("RNFR", "550 No renaming here")
    done = ready("target", "test", "bo")
    assert done.code == 0
    assert "WARNING: refused, files will be sent straight" in done.out
    assert ministry.files() == {}


def test_a_map_is_taken_whole_or_not_at_all(ready: Any) -> None:
    add(ready, "ftp://bo@ministry/")
    ready("station", "import", ready.write("s.csv", STATIONS))
    header = "station_code,remote_code,path,from,to\n"
    bad = ready("target", "map", "bo", ready.write("m.csv", header + "QN_THUB_NUODAU,X,,,\nLẠ,Y,,,\n,,,,9\n"))
    assert bad.code == 65
    assert [line.split(":")[0] for line in bad.err.splitlines()] == ["line 3", "line 4", "line 4", "line 4"]
    assert ready("target", "list", "--json").json()[0]["mapped"] is False
    assert ready("target", "map", "bo", ready.write("m.csv", header + "QN_THUB_NUODAU,X,,,\n")).code == 0
    assert ready("target", "list", "--json").json()[0]["mapped"] is True


def test_disabled_and_back(ready: Any) -> None:
    add(ready, "ftp://bo@ministry/")
    assert ready("target", "disable", "bo").code == 0
    assert ready("target", "list", "--json").json()[0]["disabled"] is True
    assert ready("target", "disable", "bo", "--undo").code == 0
    assert ready("target", "list", "--json").json()[0]["disabled"] is False


def test_a_target_can_wait_for_its_map(ready: Any) -> None:
    assert add(ready, "ftp://bo@ministry/", "--disabled").code == 0
    assert ready("target", "list", "--json").json()[0]["disabled"] is True


def test_a_new_password_ends_the_pause_after_a_refused_login(ready: Any) -> None:
    add(ready, "ftp://bo@ministry/")
    ready("station", "import", ready.write("s.csv", STATIONS))
    put(ready, (1, "waiting", "530", False, None, 120_000), (2, "blocked", "x", False, None, None))
    assert ready("target", "passwd", "bo", stdin="khác\n").code == 0
    (status,) = ready("relay", "status", "--json").json()
    assert (status["waiting"], status["next_try_at"], status["blocked"]) == (1, None, 1)


def test_the_status_tells_what_is_stuck(ready: Any) -> None:
    add(ready, "ftp://bo@ministry/")
    ready("station", "import", ready.write("s.csv", STATIONS))
    put(
        ready,
        (1, "sent", None, True, 60_000, None),
        (2, "sent", None, False, 60_000, None),
        (3, "waiting", "timed out", False, None, 120_000),
        (4, "held", None, False, None, None),
        (5, "held", "nothing_to_send", False, None, None),
        (6, "blocked", "STOR: 553 No", False, None, None),
    )
    (status,) = ready("relay", "status", "--json").json()
    assert {name: status[name] for name in ("waiting", "held", "blocked", "sent", "nothing_to_send")} == {
        "waiting": 1, "held": 2, "blocked": 1, "sent": 2, "nothing_to_send": 1,
    }  # fmt: skip
    assert status["oldest_waiting"] == "1970-01-01T07:00:00+07:00"
    assert status["next_try_at"] == "1970-01-01T07:02:00+07:00"
    assert [(item["name"], item["station"]) for item in status["out_of_order"]] == [
        ("1.txt", "QN_THUB_NUODAU")
    ]
    assert [(item["id"], item["detail"]) for item in status["blocked_items"]] == [(6, "STOR: 553 No")]
    text = ready("relay", "status").out
    assert "waiting 1, held 2, blocked 1, sent 2" in text
    assert "blocked 6: a/6.txt: STOR: 553 No" in text
    assert "out of order: a/1.txt" in text


def test_a_retry_touches_what_is_blocked_or_backed_off(ready: Any) -> None:
    add(ready, "ftp://bo@ministry/")
    ready("station", "import", ready.write("s.csv", STATIONS))
    put(
        ready,
        (1, "waiting", "x", False, None, 120_000),
        (2, "blocked", "x", False, None, None),
        (3, "blocked", "x", False, None, None),
        (4, "sent", None, False, 60_000, None),
    )
    assert ready("relay", "retry", "2").code == 0
    assert ready("relay", "status", "--json").json()[0]["blocked"] == 1
    refused = ready("relay", "retry", "3", "4", "99")
    assert refused.code == 65
    assert "item 4 is sent" in refused.err
    assert "there is no item 99" in refused.err
    assert ready("relay", "status", "--json").json()[0]["blocked"] == 1
    assert "1 blocked, 1 that waited" in ready("relay", "retry", "--target", "bo").err
    (status,) = ready("relay", "status", "--json").json()
    assert (status["blocked"], status["waiting"], status["next_try_at"]) == (0, 3, None)
    assert ready("relay", "retry", "--target", "khác").code == 65
    assert ready("relay", "retry", "2", "--target", "bo").code == 64


def test_what_was_changed_is_in_the_audit_log(ready: Any) -> None:
    add(ready, "ftp://bo@ministry/")
    ready("target", "passwd", "bo", stdin="khác\n")
    ready("target", "disable", "bo")
    ready("relay", "retry")
    with closing(sqlite3.connect(ready.folder / "qttd.db")) as store:
        rows = store.execute("SELECT who, action, subject, detail FROM audit_log ORDER BY id").fetchall()
    assert [row[1:3] for row in rows] == [
        ("target.add", "bo"), ("target.passwd", "bo"), ("target.disable", "bo"), ("relay.retry", "*"),
    ]  # fmt: skip
    assert all(row[0].startswith("cli:") for row in rows)
    assert not any(secret in row[3] for row in rows for secret in (PASSWORD, "khác"))
