"""`qttd relay reconcile`: what is missing at a target is named, and sent again when that is asked for."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from store.engine import open_engine
from tests.forwarder.department import CODE, Department, stamp
from tests.forwarder.ministry import Ministry, open_ministry
from tests.qttd.conftest import CommandLine, Done

FOLDER = f"{CODE}/2026/05/30"


@pytest.fixture
def ministry(tmp_path: Path) -> Iterator[Ministry]:
    with open_ministry(tmp_path / "ministry") as ministry:
        yield ministry


@pytest.fixture(params=["ftp", "file"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[str, Path]]:
    """A target's url and its folder here."""
    if request.param == "file":
        folder = tmp_path / "share"
        folder.mkdir()
        yield f"file://{folder}", folder
        return
    with open_ministry(tmp_path / "ministry") as ministry:
        yield ministry.url, ministry.folder


@pytest.fixture
def department(ready: CommandLine, place: tuple[str, Path]) -> Iterator[Department]:
    """Three files were sent to the place."""
    engine = open_engine(f"sqlite:///{ready.folder / 'qttd.db'}")
    department = Department(engine, ready.folder)
    department.declare(CODE)
    department.add_target(place[0])
    for minutes in (0, 5, 10):
        department.receive(minutes)
    department.relay()
    yield department
    engine.dispose()


def name(minutes: int) -> str:
    return f"{FOLDER}/{CODE}_{stamp(minutes)}.txt"


def found(done: Done) -> list[tuple[str, str]]:
    return [(one["kind"], one["path"]) for one in json.loads(done.out)]


def test_all_is_there(ready: CommandLine, department: Department) -> None:
    done = ready("relay", "reconcile", "bo", "--json")
    assert (done.code, found(done)) == (0, [])
    assert "3 sent files in 1 folder" in done.err


def test_what_is_missing_cut_or_foreign(
    ready: CommandLine, department: Department, place: tuple[str, Path]
) -> None:
    there = place[1]
    whole = (there / name(0)).read_bytes()
    (there / name(0)).unlink()
    (there / name(5)).write_bytes(b"cut")
    (there / FOLDER / "other.txt").write_bytes(b"by hand")
    (there / (name(0) + ".qttd-part")).write_bytes(b"half")
    expected = [
        ("missing", name(0)),
        ("size", name(5)),
        ("left_over", name(0) + ".qttd-part"),
        ("not_ours", f"{FOLDER}/other.txt"),
    ]
    done = ready("relay", "reconcile", "bo", "--json")
    assert (done.code, sorted(found(done))) == (65, sorted(expected))
    (size,) = [one for one in json.loads(done.out) if one["kind"] == "size"]
    assert (size["station"], size["bytes_there"], size["bytes"]) == (CODE, 3, len(whole))
    told = ready("relay", "reconcile", "bo")
    assert told.code == 65
    assert f"{name(0)}: missing there, sent 2026-05-30T" in told.out
    assert ready("relay", "reconcile", "bo", "--requeue").code == 65
    department.relay()
    assert (there / name(0)).read_bytes() == whole
    assert department.states() == ["sent"] * 3
    after = ready("relay", "reconcile", "bo", "--json")
    assert (after.code, {kind for kind, _ in found(after)}) == (0, {"not_ours"})


def test_only_the_days_that_are_asked_for(
    ready: CommandLine, department: Department, place: tuple[str, Path]
) -> None:
    (place[1] / name(0)).unlink()
    assert ready("relay", "reconcile", "bo", "--from", "2026-05-31").code == 0
    assert ready("relay", "reconcile", "bo", "--to", "2026-05-29").code == 0
    assert ready("relay", "reconcile", "bo", "--from", "2026-05-30", "--to", "2026-05-30").code == 65
    assert ready("relay", "reconcile", "bo", "--from", "yesterday").code == 64


def test_a_folder_that_is_gone_and_a_target_that_is_not(
    ready: CommandLine, department: Department, place: tuple[str, Path]
) -> None:
    (place[1] / CODE).rename(place[1] / "moved")
    done = ready("relay", "reconcile", "bo", "--json")
    assert (done.code, [kind for kind, _ in found(done)]) == (65, ["missing"] * 3)
    assert ready("relay", "reconcile", "nobody").code == 65
    place[1].rename(place[1].with_name("gone"))
    if place[0].startswith("file"):
        assert ready("relay", "reconcile", "bo").code == 69
