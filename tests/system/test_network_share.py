"""Shadow beside another server whose tree lies on a network share: here a FUSE mount, whose far side writes.

As on NFS and SMB nobody is told of what the far side writes, so polling must find it; and a share can break
off. Nothing may be missed, and nothing taken twice.
"""

import os
import subprocess
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from receiver.drop.folder import DropOptions
from receiver.drop.watch import run_drop_folders
from receiver.journal.arrivals import Journal
from tests.system.department import eventually

START = datetime(2026, 5, 30, tzinfo=UTC)


class Share:
    """A folder that is seen through a mount, and written to past it."""

    def __init__(self, folder: Path) -> None:
        self.far, self.mount = folder / "far", folder / "mount"
        self.far.mkdir()
        self.mount.mkdir()
        self.process: subprocess.Popen[bytes] | None = None
        self.written: dict[str, bytes] = {}

    def connect(self) -> None:
        self.process = subprocess.Popen(["bindfs", "-f", "-r", self.far, self.mount])
        eventually(lambda: os.path.ismount(self.mount), what="bindfs has mounted (apt-get install bindfs)")

    def break_off(self) -> None:
        """As a server that is gone: whoever looks gets an error."""
        assert self.process is not None
        self.process.kill()
        self.process.wait()

    def take_away(self) -> None:
        subprocess.run(["umount", "--lazy", self.mount], check=True)

    def write(self, count: int) -> None:
        """Files of three stations, each in a new dated folder, written by the far side."""
        for _ in range(count):
            number = len(self.written)
            moment = START + timedelta(minutes=5 * number)
            folder = f"QN_{number % 3:04}_NUO001/{moment:%Y/%m/%d}/{number}"
            name = f"/{folder}/QN_{number % 3:04}_NUO001_{moment:%Y%m%d%H%M%S}.txt"
            content = f"pH\t{number}\t\t{moment:%Y%m%d%H%M%S}\t00\r\n".encode()
            path = self.far / name[1:]
            path.parent.mkdir(parents=True)
            path.write_bytes(content)
            self.written[name] = content


@pytest.fixture
def share(tmp_path: Path) -> Iterator[Share]:
    share = Share(tmp_path)
    share.connect()
    yield share
    if share.process is not None and share.process.poll() is None:
        share.process.terminate()
        share.process.wait()
    subprocess.run(["umount", "--lazy", share.mount], check=False, capture_output=True)


def test_a_share_that_tells_nothing_and_breaks_off_is_followed(share: Share, tmp_path: Path) -> None:
    share.write(60)
    options = DropOptions(
        share.mount, settle_seconds=0.2, rescan_seconds=0.3, mode="shadow", watch=False, min_free_bytes=0
    )
    stop, path = threading.Event(), tmp_path / "intake.db"
    with Journal.open(path) as journal:
        watching = threading.Thread(
            target=run_drop_folders, args=([options], path, lambda: datetime.now(UTC), stop)
        )
        watching.start()

        def kept() -> list[tuple[str, bytes]]:
            return [(arrival.path, arrival.content) for arrival in journal.after(0, 1000)]

        def all_there() -> bool:
            return dict(kept()) == share.written

        try:
            eventually(all_there, what="what was there is found")
            share.write(60)
            eventually(all_there, what="what the far side writes is found")
            share.break_off()
            share.write(30)
            with pytest.raises(OSError, match="not connected"):
                list(share.mount.iterdir())
            share.take_away()
            share.connect()
            eventually(all_there, what="what came while it was gone is found")
        finally:
            stop.set()
            watching.join()
        assert set(Counter(name for name, _ in kept()).values()) == {1}
