"""A department, and a ministry to relay to."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from tests.forwarder.department import CODE, Department
from tests.forwarder.ministry import Ministry, open_ministry

collect_ignore = [] if shutil.which("vsftpd") else ["test_vsftpd.py"]
"""Needs the server itself: `apt install vsftpd`."""


@pytest.fixture
def department(engine: Engine, tmp_path: Path) -> Department:
    """A store with one station, QN_THUB_NUODAU, which measures pH, COD and TSS."""
    department = Department(engine, tmp_path)
    department.declare(CODE)
    return department


@pytest.fixture
def ministry(tmp_path: Path) -> Iterator[Ministry]:
    """A healthy ministry."""
    with open_ministry(tmp_path / "ministry") as ministry:
        yield ministry


@pytest.fixture
def share(tmp_path: Path) -> Path:
    """A folder that a target may be."""
    share = tmp_path / "chia sẻ"
    share.mkdir()
    return share
