"""An arrival: one file that came through a door and is owed an answer.

No SQL and no sockets here, only the record the intake journal hands to the watcher and the
closed vocabularies it uses. An arrival is never changed once committed: a rename under a new
base name, or the same bytes sent again, is another arrival.
"""

from datetime import UTC, datetime, timedelta
from typing import Literal, NamedTuple

DoorName = Literal["ftp", "http", "drop", "sftp", "shadow", "import"]
Fate = Literal["complete", "too_large", "not_renamed"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Arrival(NamedTuple):
    """One row of the intake journal, in commit order by `id`."""

    id: int
    """Position in the journal. Ids are never used twice, not even after a purge."""
    account: str
    """Name of the sending account; empty for a drop folder or an imported tree."""
    path: str
    """Absolute path as the sender named it, `/` separated; bytes that are not UTF-8 stand as
    the private characters U+EF80..U+EFFF (see path_text)."""
    content: bytes
    """The bytes as received; of a too large file, those that came before the door closed."""
    sha256: str
    """Of `content`, 64 lower-case hexadecimal digits."""
    arrived_at: datetime
    """When the last byte (or the rename that entered the file) came, aware, UTC. Of the doors `shadow` and
    `import`: when it came to the other server, as its file's time says."""
    peer: str
    """Address of the sender without its port; for a drop folder the path of that folder."""
    door: DoorName
    fate: Fate
    """complete; too_large: longer than the limit, cut there; not_renamed: came under a temporary
    name and was not renamed in time."""


def waits_for_rename(name: str) -> bool:
    """True for the base names that loggers use while a file is still being written.

    `x.tmp` and `x.part` in any case of letters, and names that begin with a dot.
    """
    return name.startswith(".") or name[-5:].lower().endswith((".tmp", ".part"))


def to_microseconds(moment: datetime) -> int:
    """Microseconds since 1970 UTC; `moment` must be aware."""
    return (moment - _EPOCH) // _MICROSECOND


def from_microseconds(value: int) -> datetime:
    """The aware UTC time of `to_microseconds`."""
    return _EPOCH + value * _MICROSECOND
