"""The demonstration's own folder: made afresh each time, and never out of somebody else's files.

A marker file says that a demonstration made the folder; one without it is refused. The marker is
locked while a demonstration runs in it.
"""

import fcntl
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from qttd.errors import NotAllowedError, TryAgainError

MARKER = ".qttd-demo"
_SAYS = "Made by `qttd demo`, which empties this folder when it runs here again.\n"


@contextmanager
def fresh_folder(folder: Path) -> Iterator[Path]:
    """The folder, empty but for the marker, locked inside the block; it stays afterwards.

    Raises NotAllowedError where it holds something and no demonstration made it, TryAgainError where a
    demonstration runs in it, OSError where it cannot be made.
    """
    marker = folder / MARKER
    folder.mkdir(parents=True, exist_ok=True)
    if not marker.is_file() and any(folder.iterdir()):
        raise NotAllowedError(
            f"{folder} holds files that no demonstration made; name another with --folder DIR"
        )
    with marker.open("a+", encoding="utf-8") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise TryAgainError(
                f"a demonstration is running in {folder}; end it, or use --folder DIR"
            ) from None
        _empty(folder)
        lock.truncate(0)
        lock.write(_SAYS)
        lock.flush()
        yield folder.resolve()


def _empty(folder: Path) -> None:
    for entry in folder.iterdir():
        if entry.name == MARKER:
            continue
        if entry.is_dir() and not entry.is_symlink():
            shutil.rmtree(entry)
        else:
            entry.unlink()
