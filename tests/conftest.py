"""Fixtures that every room's tests share."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from store.engine import open_engine, writing
from store.parameters import seed_parameters
from store.tables import metadata


@pytest.fixture
def engine(tmp_path: Path) -> Iterator[Engine]:
    """An empty store at the newest schema, with the known parameters."""
    engine = open_engine(f"sqlite:///{tmp_path / 'store.db'}")
    metadata.create_all(engine)
    with writing(engine) as connection:
        seed_parameters(connection)
    yield engine
    engine.dispose()
