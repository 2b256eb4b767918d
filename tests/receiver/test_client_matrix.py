"""Every client, in every way it can send: each file arrives whole, once, under its name."""

from collections.abc import Callable
from itertools import product
from pathlib import Path

import pytest

from .clients import BOTH, CLIENTS, Case, Kind, Parcel
from .conftest import Door

CONTENT = "pH\t7.12\t\t20260530101500\t00\r\nNhiệt độ\t28,5\t°C\t20260530101500\t00\r\n".encode() * 40
LINES = CONTENT.replace(b"\r\n", b"\n")
"""What is sent as text: a client may end its lines as the network does, and no other way."""


def ways(kind: Kind) -> list[Case]:
    """All ways of a client."""
    every = [Case(*values) for values in product(kind.data, kind.tls, kind.text, kind.how, BOTH)]
    return [case for case in every if not kind.cannot(case)]


@pytest.mark.parametrize("client", CLIENTS)
def test_every_file_arrives_once_and_whole(
    make_door: Callable[..., Door], certificate: tuple[Path, Path, Path], tmp_path: Path, client: str
) -> None:
    door = make_door(tls_cert=certificate[0], tls_key=certificate[1])
    kind = CLIENTS[client]
    cases = ways(kind)
    for number, case in enumerate(cases):
        home = tmp_path / f"home-{number}"
        home.mkdir()
        local = home / "local.txt"
        local.write_bytes(LINES if case.text else CONTENT)
        folder = f"/f{number}" if case.folder else ""
        kind.send(Parcel(door, certificate[2], home, local, folder, f"F{number}_20260530101500.txt"), case)
    arrivals = [(arrival.path, arrival.content) for arrival in door.arrivals()]
    for number, case in enumerate(cases):
        came = [content for path, content in arrivals if f"/F{number}_" in path]
        if case.how == "unique" and not came:  # the client left it to the server to find a name
            begins = f"/f{number}/file." if case.folder else "/file."
            came = [content for path, content in arrivals if path.startswith(begins)][:1]
        assert len(came) == (2 if case.how == "append" else 1), (case, came)
        assert came[-1] in ({LINES, CONTENT} if case.text else {CONTENT}), case
    assert len(arrivals) == sum(2 if case.how == "append" else 1 for case in cases)
