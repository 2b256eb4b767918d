"""A small network in an empty store, and the interface that shows it, at a fixed time.

It is 2026-05-30 10:20:30 in Vietnam. `World` adds rows as the other rooms write them; tests add what
they look at, and read it back through the interface only.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from itertools import count
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import Engine, delete, event, insert, select

from api.app import create_app
from store.access.secrets import hash_password
from store.engine import writing
from store.network.keys import code_key
from store.tables import (
    api_key,
    app_user,
    channel,
    channel_symbol,
    data_file,
    facility,
    file_problem,
    our_outage,
    parameter,
    planned_stop,
    reading,
    relay_attempt,
    relay_item,
    relay_target,
    slot_day,
    station,
    station_alias,
    station_phase,
)
from store.tables import event as event_table
from tests.plans import plan_of

NOW = datetime(2026, 5, 30, 3, 20, 30, tzinfo=UTC)


def vn(text: str) -> datetime:
    """A moment from its Vietnam time: "2026-05-30 10:15"."""
    return datetime.fromisoformat(f"{text}+07:00")


@dataclass
class World:
    """What the store holds."""

    engine: Engine
    numbers: Iterator[int] = field(default_factory=lambda: count(1))
    now: datetime = NOW
    vn = staticmethod(vn)

    def _insert(self, table: Any, **values: Any) -> int:
        with writing(self.engine) as connection:
            key = connection.execute(insert(table).values(**values)).inserted_primary_key
        assert key is not None
        number = key[0]
        return number if isinstance(number, int) else 0

    def parameter_id(self, code: str) -> int:
        with writing(self.engine) as connection:
            found = connection.scalar(select(parameter.c.id).where(parameter.c.code == code))
        return found or self._insert(parameter, code=code)

    def station(
        self, code: str, aliases: tuple[str, ...] = (), owner: str | None = None, **values: Any
    ) -> int:
        facility_id = None
        if owner is not None:
            with writing(self.engine) as connection:
                facility_id = connection.scalar(select(facility.c.id).where(facility.c.name == owner))
            facility_id = facility_id or self._insert(facility, name=owner)
        defaults = {
            "name": f"Trạm {code}",
            "kind": "wastewater",
            "created_at": NOW,
            "facility_id": facility_id,
        }
        station_id = self._insert(station, code=code, code_key=code_key(code), **{**defaults, **values})
        for position, alias in enumerate(aliases):
            key = code_key(alias)
            self._insert(station_alias, alias=alias, alias_key=key, station_id=station_id, position=position)
        return station_id

    def channel(self, station_id: int, code: str, symbol: str, unit: str = "", **values: Any) -> int:
        parameter_id = self.parameter_id(code)
        channel_id = self._insert(
            channel, station_id=station_id, parameter_id=parameter_id, unit=unit, **values
        )
        self._insert(channel_symbol, station_id=station_id, symbol=symbol, channel_id=channel_id, position=0)
        return parameter_id

    def file(self, name: str = "", problems: tuple[tuple[Any, ...], ...] = (), **values: Any) -> int:
        number = next(self.numbers)
        content = values.pop("content", b"pH\t7.12\t\t20260530101500\t00\r\n")
        name = name or f"F{number}.txt"
        defaults = {
            "journal_uuid": "j",
            "journal_id": number,
            "account": "logger",
            "path": f"/{name}",
            "name": name,
            "door": "ftp",
            "peer": "203.0.113.7",
            "received_at": NOW - timedelta(minutes=1),
            "size": len(content),
            "sha256": sha256(content).hexdigest(),
            "encoding": "utf-8",
            "state": "accepted",
            "readings": 1,
            "problems": len(problems),
            "notes": [],
            "content": content,
        }
        file_id = self._insert(data_file, **{**defaults, **values})
        for position, (line, code, detail) in enumerate(problems):
            self._insert(
                file_problem, file_id=file_id, position=position, line=line, code=code, detail=detail
            )
        return file_id

    def reading(self, station_id: int, measured_at: datetime, code: str, **values: Any) -> None:
        flags = values.pop("flags", None)
        defaults = {
            "symbol": code,
            "text": "7.12",
            "value": 7.12,
            "unit": "",
            "status": "00",
            "file_id": 1,
            "line": 1,
            "received_at": measured_at + timedelta(minutes=1),
            "valid": True,
            "flags": None if flags is None else json.dumps(flags),
            "release_at": measured_at + timedelta(minutes=1),
        }
        self._insert(
            reading,
            station_id=station_id,
            measured_at=measured_at,
            parameter_id=self.parameter_id(code),
            **{**defaults, **values},
        )

    def fresh_readings(self) -> None:
        """Takes every reading out again."""
        with writing(self.engine) as connection:
            connection.execute(delete(reading))

    def fresh_files(self) -> None:
        """Takes every file out again."""
        with writing(self.engine) as connection:
            connection.execute(delete(file_problem))
            connection.execute(delete(data_file))

    def plans_of(self, call: Callable[[], object]) -> list[str]:
        """How SQLite goes about every statement that the call makes."""
        statements: list[tuple[str, Any]] = []

        def note(_c: Any, _cursor: Any, statement: str, parameters: Any, _context: Any, _many: bool) -> None:
            statements.append((statement, parameters))

        event.listen(self.engine, "before_cursor_execute", note)
        try:
            call()
        finally:
            event.remove(self.engine, "before_cursor_execute", note)
        with self.engine.connect() as connection:
            return [
                step
                for statement, parameters in statements
                if not statement.startswith("BEGIN")
                for step in plan_of(connection, statement, parameters)
            ]

    def slots(self, station_id: int, code: str, states: str, day: date = date(2026, 5, 30)) -> None:
        words = {
            "valid": "V", "suspect": "S", "failed_check": "F", "calibrating": "C", "device_error": "E",
            "rejected": "R", "missing_value": "M",
        }  # fmt: skip
        self._insert(
            slot_day,
            station_id=station_id,
            day=day,
            parameter_id=self.parameter_id(code),
            interval_minutes=1440 // len(states),
            states=states,
            on_time=sum(letter.isupper() for letter in states),
            **{word: states.upper().count(letter) for word, letter in words.items()},
        )

    def key(
        self, name: str, role: str, stations: tuple[str, ...] = (), disabled: bool = False
    ) -> dict[str, str]:
        """Adds a key; returns the headers that present it."""
        text = f"qttd_{name.encode().hex()}"
        self._insert(
            api_key,
            name=name,
            key_hash=sha256(text.encode()).hexdigest(),
            role=role,
            stations=list(stations),
            disabled=disabled,
            created_at=NOW,
        )
        return {"Authorization": f"Bearer {text}"}

    def event(self, **values: Any) -> int:
        return self._insert(event_table, **values)

    def phase(self, station_id: int, phase: str, since: datetime) -> None:
        self._insert(station_phase, station_id=station_id, from_at=since, phase=phase)

    def stop(self, station_id: int, begin: datetime, end: datetime, **values: Any) -> None:
        self._insert(
            planned_stop, station_id=station_id, from_at=begin, to_at=end, reason="bảo dưỡng",
            announced_by="Nhà máy", announced_at=begin, recorded_by="ha", recorded_at=begin, **values,
        )  # fmt: skip

    def outage(self, begin: datetime, end: datetime) -> None:
        self._insert(our_outage, from_at=begin, to_at=end)

    def user(self, name: str, password: str, **values: Any) -> None:
        self._insert(
            app_user,
            name=name,
            password_hash=hash_password(password),
            **{"role": "viewer", "created_at": NOW, **values},
        )

    def target(self, name: str, **values: Any) -> int:
        return self._insert(
            relay_target, name=name, created_at=NOW, **{"url": "ftp://qttd@198.51.100.9:21/data", **values}
        )

    def item(self, target_id: int, station_id: int, **values: Any) -> int:
        number = next(self.numbers)
        defaults = {
            "measured_at": vn("2026-05-30 10:15"),
            "path": f"2026/05/30/F{number}.txt",
            "name": f"F{number}.txt",
            "state": "waiting",
            "queued_at": NOW - timedelta(minutes=2),
        }
        return self._insert(relay_item, target_id=target_id, station_id=station_id, **{**defaults, **values})

    def attempt(self, item_id: int, outcome: str, detail: str = "") -> None:
        self._insert(
            relay_attempt,
            item_id=item_id,
            revision=1,
            started_at=NOW,
            ended_at=NOW,
            outcome=outcome,
            detail=detail,
        )


@dataclass
class Clock:
    """The time that the interface is told."""

    time: datetime = NOW

    def __call__(self) -> datetime:
        return self.time


@pytest.fixture
def world(engine: Engine) -> World:
    """The store, to be filled."""
    return World(engine)


@pytest.fixture
def clock() -> Clock:
    """The interface's clock, to be turned."""
    return Clock()


@pytest.fixture
def client(engine: Engine, clock: Clock, world: World) -> Iterator[TestClient]:
    """The interface, called with a viewer's key."""
    app = create_app(engine, clock, lambda: {"store": None})
    with TestClient(app, headers=world.key("v", "viewer")) as client:
        yield client


@pytest.fixture
def anonymous(client: TestClient) -> TestClient:
    """The same interface, called by nobody."""
    return TestClient(client.app)


@pytest.fixture
def visitor(engine: Any, clock: Any) -> Iterator[TestClient]:
    """Someone who opens the page of a server that only this machine reaches."""
    with TestClient(create_app(engine, clock, dict, page_login="never")) as client:
        yield client
