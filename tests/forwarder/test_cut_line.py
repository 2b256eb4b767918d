"""The network to the ministry breaks, in each phase of a session: each file arrives once, whole, in order."""

from collections.abc import Iterator
from datetime import timedelta
from urllib.parse import urlsplit

import pytest

from tests.forwarder.cut_line import CutLine, When
from tests.forwarder.department import CODE, Department, stamp
from tests.forwarder.ministry import USER, Ministry

PHASES = ("", "USER", "PASS", "TYPE", "EPSV", "PASV", "MKD", "STOR", "SIZE", "RNFR", "RNTO")
"""Commands of a session in their order; "": the greeting. EPSV or PASV, whichever the forwarder asks for."""


@pytest.fixture
def line(ministry: Ministry) -> Iterator[CutLine]:
    port = urlsplit(ministry.url).port
    assert port is not None
    line = CutLine(port)
    yield line
    line.close()


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_cut_in_each_phase_costs_a_retry_and_nothing_else(
    department: Department, ministry: Ministry, line: CutLine, when: When
) -> None:
    department.add_target(f"ftp://{USER}@127.0.0.1:{line.port}")
    sent: dict[str, bytes] = {}
    cut: list[str] = []
    for number, phase in enumerate(PHASES):
        minutes = 5 * number
        name = f"{CODE}_{stamp(minutes)}.txt"
        sent[f"{CODE}/2026/05/30/{name}"] = department.receive(minutes)
        before = line.cuts
        line.cut_at(phase, when)
        department.relay(data=2.0)
        if line.cuts > before:
            cut.append(phase)
        line.cut_at("NONE", "before")
        for _ in range(3):
            department.clock += timedelta(minutes=6)
            department.relay(data=2.0)
        assert department.states() == ["sent"] * (number + 1), phase
    assert ministry.files() == sent, "whole, and no temporary file is left"
    assert ministry.arrived() == sorted(ministry.arrived()), "oldest first"
    assert len(ministry.arrived()) == len(set(ministry.arrived())), "none was put in place twice"
    assert {"", "USER", "PASS", "STOR", "RNFR", "RNTO"} <= set(cut)
    assert set(department.outcomes()) <= {"sent", "cannot_connect", "transfer_error", "verify_failed"}
