"""Departments that end with their test."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.system.department import Department


@pytest.fixture
def make_department(tmp_path: Path) -> Iterator[Callable[..., Department]]:
    """Makes departments, each in a folder of its own; keywords are settings of the FTP door.

    `environment` is added to what its commands and its daemon see.
    """
    made: list[Department] = []

    def make(**ftp: object) -> Department:
        made.append(Department(tmp_path / f"department{len(made)}", **ftp))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture
def department(make_department: Callable[..., Department]) -> Department:
    """One department with the settings that `qttd init` writes, on ports of its own."""
    return make_department()
