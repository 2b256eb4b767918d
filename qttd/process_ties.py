"""What ties a role's process to its supervisor, and a supervisor to its journal.

A role must not outlive the supervisor, not even one that was killed with -9: two sets of roles on one
journal would send files twice. The kernel is asked to kill the role with its parent; everything a role
has promised is on the disk, so that is as safe as a power cut, and leaves no port taken.
"""

import ctypes
import fcntl
import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from qttd.environment import SUPERVISOR_VARIABLE
from qttd.errors import TryAgainError

_PR_SET_PDEATHSIG = 1


def die_with_supervisor() -> bool:
    """Asks the kernel to end this process with its supervisor; ends it at once where that is gone already.

    False, and nothing done, in a process that no supervisor started.
    """
    supervisor = os.environ.pop(SUPERVISOR_VARIABLE, None)
    if supervisor is None:
        return False
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL) != 0:
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) failed")
    # it may have died before the kernel knew whom to watch
    if os.getppid() != int(supervisor):
        os._exit(0)
    return True


@contextmanager
def only_one(journal: Path, command: str = "qttd run") -> Iterator[None]:
    """Holds the lock of `qttd run` on a journal. Raises TryAgainError where another one holds it."""
    path = journal.with_name(journal.name + ".lock")
    with path.open("a+", encoding="ascii") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.seek(0)
            raise TryAgainError(
                f"another `{command}` (process {file.read().strip()}) works on {journal}"
            ) from None
        file.truncate(0)
        file.write(f"{os.getpid()}\n")
        file.flush()
        yield


def runs_on(journal: Path) -> bool:
    """Whether a `qttd run` works on a journal now.

    Looked up in the kernel's list: to try the lock would take it, for a moment, from one that starts.
    """
    try:
        inode = str(journal.with_name(journal.name + ".lock").stat().st_ino)
    except FileNotFoundError:
        return False
    # 12: FLOCK  ADVISORY  WRITE 2207 fe:00:393267 0 EOF
    for line in Path("/proc/locks").read_text(encoding="ascii").splitlines():
        words = line.split()
        if words[1] == "FLOCK" and words[3] == "WRITE" and words[5].rpartition(":")[2] == inode:
            return True
    return False
