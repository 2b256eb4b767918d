"""What every way of sending offers, whatever the protocol: a connection that is kept for many files."""

from collections.abc import Iterator
from typing import NamedTuple, Protocol

TEMPORARY = ".qttd-part"
"""What the name of a file under way ends in."""


class SendingTimes(NamedTuple):
    """Patience with a target, in seconds."""

    connect: float = 15.0
    data: float = 60.0
    """Silence on an open connection."""


class Step(NamedTuple):
    """One thing that a trial did."""

    name: str
    """connect, login, list, upload, size, rename or remove."""
    detail: str
    works: bool = True
    """False: refused, but relaying can do without it; detail says how."""


class Sender(Protocol):
    """Sends files to one target. Used by one thread; `abort` may come from any.

    Every method but `close` and `abort` raises forwarder.outcome.RelayError, and nothing else.
    """

    def connect(self) -> None:
        """Makes sure that there is a working connection, logged in: a kept one, or a new one."""

    def send(self, path: str, content: bytes, *, may_be_there: bool) -> str:
        """Puts the content at the path below the target's root, at once or not at all where it can be.

        may_be_there: an earlier attempt may have succeeded unseen, so what stands there is looked at
        first. Returns a remark for the receipt, usually empty.
        """

    def trial(self, name: str) -> Iterator[Step]:
        """Does once, with a small file of this name, all that relaying needs, and leaves nothing behind.

        Each step is given when it is done. Raises RelayError in the first that cannot be done without.
        """

    def sizes(self, folder: str) -> dict[str, int | None]:
        """The files in a folder below the target's root, by name, with their sizes; None where nobody says.

        A folder that is not there holds none. Needs a connection.
        """

    def close(self) -> None:
        """Says goodbye. Never raises."""

    def abort(self) -> None:
        """Cuts the connection, so that a call that hangs ends. Never raises."""
