"""Alive, ready, and the figures: no key, and cheap."""

import re
from typing import Any

import pytest
from fastapi.testclient import TestClient

from api.app import create_app


@pytest.mark.parametrize("prefix", ["", "/api/v1"])
def test_alive_and_ready(anonymous: TestClient, prefix: str) -> None:
    assert anonymous.get(f"{prefix}/healthz").json() == {"status": "ok"}
    ready = anonymous.get(f"{prefix}/readyz")
    assert (ready.status_code, ready.json()) == (200, {"status": "ready", "checks": {"store": "ok"}})


def test_not_ready_says_what_is_not(engine: Any, clock: Any) -> None:
    state = {"store": None, "ftp": "no heartbeat of the receive role for 12 s"}
    with TestClient(create_app(engine, clock, lambda: state)) as client:
        answer = client.get("/readyz")
        assert answer.status_code == 503
        assert answer.headers["content-type"] == "application/problem+json"
        assert answer.json() == {
            "type": "about:blank",
            "title": "Service Unavailable",
            "status": 503,
            "detail": "Not ready: ftp: no heartbeat of the receive role for 12 s",
            "instance": "/readyz",
            "checks": {"store": "ok", "ftp": "no heartbeat of the receive role for 12 s"},
        }
        state["ftp"] = None
        assert client.get("/readyz").status_code == 200


def figures(client: TestClient, path: str = "/metrics") -> dict[str, float]:
    answer = client.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/plain; version=")
    lines = [line for line in answer.text.splitlines() if not line.startswith("#")]
    return {name: float(value) for name, _space, value in (line.rpartition(" ") for line in lines)}


def test_the_figures(engine: Any, clock: Any, world: Any) -> None:
    station_id = world.station("A")
    world.file("before", station_id=station_id)
    target_id = world.target("bộ")
    with TestClient(create_app(engine, clock, dict, backlog=lambda: 3)) as client:
        assert not any(name.startswith("qttd_files") for name in figures(client))
        for number in range(2):
            world.file(str(number), station_id=station_id, readings=5)
        world.file("x", state="rejected", reason="empty_file", readings=0, door="drop")
        item_id = world.item(target_id, station_id)
        world.item(target_id, station_id, state="sent")
        world.item(target_id, station_id, state="held")
        world.attempt(item_id, "cannot_connect")
        clock.time = world.now.replace(minute=21, second=0)

        found = figures(client)
        assert found['qttd_files_total{door="ftp",state="accepted"}'] == 2
        assert found['qttd_files_total{door="drop",state="rejected"}'] == 1
        assert found["qttd_readings_total"] == 10
        assert found['qttd_relay_attempts_total{outcome="cannot_connect",target="bộ"}'] == 1
        assert found['qttd_relay_items{state="waiting",target="bộ"}'] == 1
        assert found['qttd_relay_items{state="held",target="bộ"}'] == 1
        assert found['qttd_relay_items{state="blocked",target="bộ"}'] == 0
        assert found['qttd_relay_oldest_waiting_seconds{target="bộ"}'] == 150
        assert found['qttd_station_last_arrival_timestamp_seconds{station="A"}'] == 1780111170
        assert found["qttd_journal_backlog_files"] == 3
        assert [name for name in found if name.startswith("qttd_build_info{version=")]

        world.file("y", station_id=station_id, readings=1)
        again = figures(client, "/api/v1/metrics")
        assert again['qttd_files_total{door="ftp",state="accepted"}'] == 3
        assert again["qttd_readings_total"] == 11


def test_what_waits_is_not_counted_at_every_scrape(engine: Any, clock: Any, world: Any) -> None:
    station_id, target_id = world.station("A"), world.target("t")
    waiting = 'qttd_relay_items{state="waiting",target="t"}'
    with TestClient(create_app(engine, clock, dict)) as client:
        assert figures(client)[waiting] == 0
        world.item(target_id, station_id)
        assert figures(client)[waiting] == 0
        clock.time = world.now.replace(second=41)
        assert figures(client)[waiting] == 1


def test_a_scrape_scans_neither_files_nor_readings(client: TestClient, world: Any) -> None:
    plans = world.plans_of(lambda: client.get("/metrics"))
    assert plans
    whole = re.compile(r"(SCAN|Seq Scan on) (data_file|reading|relay_item)\b(?! USING)")
    assert not [plan for plan in plans if whole.match(plan)]
