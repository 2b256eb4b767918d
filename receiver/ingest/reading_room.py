"""One arrival, read: which station it is for, what it says, or why it cannot be taken.

Nothing is written here. A file is read once, before the transaction that stores it, and the
answer depends on the bytes, the name, the folder, the account, and the network's settings.
"""

from datetime import datetime
from typing import NamedTuple

from parsers.records import ParsedFile, Problem, ProblemCode
from parsers.station_file import parse
from store.network.snapshot import Network, Station


class Upload(NamedTuple):
    """What a door took, or what the ledger kept of it: the bytes and where they came from."""

    account: str
    path: str
    content: bytes
    received_at: datetime
    fate: str = "complete"
    """complete, too_large (the bytes up to the limit) or not_renamed (its temporary name stayed)."""
    door: str = ""

    @property
    def name(self) -> str:
        """The file's own name."""
        return self.path.rstrip("/").rpartition("/")[2]


class Placed(NamedTuple):
    """A file with its station, or with the reason why it has none."""

    station: Station | None
    problem: Problem | None


_UNFINISHED: dict[str, tuple[ProblemCode, str]] = {
    "too_large": ("too_large", "the file is larger than the limit; what came up to the limit is kept"),
    "not_renamed": (
        "not_renamed",
        "the file kept its temporary name for 24 hours; a logger renames it when it is complete",
    ),
}


def read(upload: Upload) -> ParsedFile:
    """Reads the bytes. What was not taken whole is not read: a cut file would pass for a whole one."""
    if upload.fate in _UNFINISHED:
        problem = Problem(None, *_UNFINISHED[upload.fate])
        name = parse(b"", upload.name)
        return ParsedFile(
            upload.name, "rejected", name.station_code, name.name_time, None, (), (), (problem,)
        )
    return parse(upload.content, upload.name)


def place(upload: Upload, parsed: ParsedFile, network: Network) -> Placed:
    """Finds the station: by the name's code, else by a folder named like one, else the account's only one."""
    station = None
    if parsed.station_code is not None:
        station = network.station_of(parsed.station_code)
        if station is None:
            return Placed(None, _no_station(f"no station has the code or alias {parsed.station_code!r}"))
    else:
        for folder in reversed(upload.path.split("/")[:-1]):
            if (station := network.station_of(folder)) is not None:
                break
        else:
            station = network.only_station(upload.account)
        if station is None:
            return Placed(
                None,
                _no_station("neither the name, nor a folder, nor the account tells which station it is for"),
            )
    if not network.may_send(upload.account, station):
        detail = f"the account {upload.account!r} may not send for station {station.code}"
        return Placed(station, Problem(None, "not_allowed", detail))
    return Placed(station, None)


def _no_station(detail: str) -> Problem:
    return Problem(None, "no_station", detail)
