"""A folder as a target: written whole, or not at all, and never beside a share that is not mounted."""

from pathlib import Path

import pytest

from forwarder.folder_sender import FolderSender
from forwarder.outcome import RelayError
from tests.forwarder.department import CODE, Department, body, stamp

PLACE = f"{CODE}/2026/05/30/{CODE}_{stamp(0)}.txt"


def files(share: Path) -> dict[str, bytes]:
    return {str(path.relative_to(share)): path.read_bytes() for path in share.rglob("*") if path.is_file()}


@pytest.mark.parametrize("upload", ["rename", "direct"])
def test_a_file_arrives_byte_for_byte(department: Department, share: Path, upload: str) -> None:
    department.add_target(share.as_uri(), upload=upload)
    data = department.receive(0)
    department.relay()
    assert files(share) == {PLACE: data}
    assert department.outcomes() == ["sent"]


def test_a_share_that_is_not_mounted_is_waited_for(department: Department, share: Path) -> None:
    department.add_target(share.as_uri())
    data = department.receive(0)
    share.rmdir()
    department.relay()
    assert department.outcomes() == ["cannot_connect"]
    assert not share.exists()
    share.mkdir()
    department.pass_time(seconds=1)
    department.relay()
    assert files(share) == {PLACE: data}


def test_a_path_that_cannot_be_blocks_only_its_file(department: Department, share: Path) -> None:
    department.declare("QN_KHAC_NUOTHA")
    department.add_target(share.as_uri())
    (share / CODE).write_bytes(b"a file where a folder should be")
    department.receive(0)
    department.receive(0, code="QN_KHAC_NUOTHA")
    department.relay()
    assert sorted(department.outcomes()) == ["rejected_path", "sent"]
    assert sorted(department.states()) == ["blocked", "sent"]


def test_a_full_disk_is_waited_for(
    department: Department, share: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    department.add_target(share.as_uri())
    data = department.receive(0)

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("forwarder.folder_sender.os.fsync", full)
        department.relay()
    (item,) = department.items()
    assert (item["state"], item["last_outcome"]) == ("waiting", "transfer_error")
    assert "No space left on device" in item["last_detail"]
    department.pass_time(seconds=1)
    department.relay()
    assert files(share) == {PLACE: data}


def test_what_is_there_already_is_not_written_again(share: Path) -> None:
    sender = FolderSender(share, "rename")
    assert sender.send("a/b.txt", b"1", may_be_there=False) == ""
    assert sender.send("a/b.txt", b"1", may_be_there=True) == "was there already"
    assert sender.send("a/b.txt", b"2", may_be_there=True) == ""
    assert files(share) == {"a/b.txt": b"2"}


@pytest.mark.parametrize("path", ["../b.txt", "a/../../b.txt", "/etc/b.txt", "a//b.txt", "", "a/\0.txt"])
def test_no_path_leads_out_of_the_root(share: Path, path: str) -> None:
    with pytest.raises(RelayError) as refused:
        FolderSender(share, "rename").send(path, b"1", may_be_there=False)
    assert refused.value.outcome == "rejected_path"
    assert files(share.parent) == {}


def test_a_trial_leaves_nothing_behind(share: Path) -> None:
    steps = list(FolderSender(share, "rename").trial("trial.tmp"))
    assert [(step.name, step.works) for step in steps] == [
        ("connect", True),
        ("list", True),
        ("upload", True),
        ("remove", True),
    ]
    assert files(share) == {}


def test_a_folder_that_vanishes_is_made_again(department: Department, share: Path) -> None:
    department.add_target(share.as_uri())
    worker_sees = department.receive(0)
    department.relay()
    for path in sorted(share.rglob("*"), reverse=True):
        path.unlink() if path.is_file() else path.rmdir()
    department.receive(5)
    department.relay()
    assert worker_sees == body(0)
    assert [Path(path).name for path in files(share)] == [f"{CODE}_{stamp(5)}.txt"]
