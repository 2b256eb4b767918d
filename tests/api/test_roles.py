"""Every route asks for a permission, and every role gets exactly what the table gives it."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.dependencies.models import Dependant
from fastapi.routing import APIRoute
from fastapi.testclient import TestClient

from api.access import Allowed
from api.app import create_app
from api.page_access import PageDoor
from api.permissions import ACTIONS, PERMISSIONS, ROLES
from store import audit
from store.engine import reading

OPEN = {
    "/healthz", "/readyz", "/metrics", "/api/v1/healthz", "/api/v1/readyz", "/api/v1/metrics",
    "/api/v1/openapi.json", "/static", "/login", "/logout",
}  # fmt: skip
"""What needs no permission: signs of life, the document, pictures, and signing in and out."""


@pytest.fixture
def app(engine: Any, clock: Any) -> FastAPI:
    return create_app(engine, clock, dict)


def asked(dependant: Dependant) -> Iterator[Any]:
    """Everything that a route depends on."""
    yield dependant.call
    for part in dependant.dependencies:
        yield from asked(part)


def routes(app: FastAPI) -> Iterator[tuple[str, Any]]:
    """Every route with its whole path; FastAPI keeps included routers as they are."""
    waiting: list[tuple[str, Any]] = [("", route) for route in app.routes]
    while waiting:
        prefix, route = waiting.pop()
        included = getattr(route, "original_router", None)
        if included is None:
            yield prefix + getattr(route, "path", ""), route
        else:
            inner = prefix + route.include_context.prefix
            waiting += [(inner, one) for one in included.routes]


def test_every_route_asks_for_a_permission(app: FastAPI) -> None:
    paths = set()
    for path, route in routes(app):
        paths.add(path)
        if path in OPEN:
            continue
        assert isinstance(route, APIRoute), path
        guards = [one for one in asked(route.dependant) if isinstance(one, (Allowed, PageDoor))]
        assert guards, f"{route.methods} {path} asks for no permission"
    assert {"/", "/api/v1/stations", "/api/v1/reviews/{review_id}/undo", *OPEN} <= paths


def calls(app: FastAPI) -> Iterator[tuple[str, str, str]]:
    """(method, path, action) of every call of the interface; names in paths are filled in."""
    for whole, route in routes(app):
        if isinstance(route, APIRoute) and whole not in OPEN:
            for guard in asked(route.dependant):
                if isinstance(guard, Allowed):
                    path = re.sub(r"\{[a-z_]+(:path)?\}", "1", whole)
                    for method in route.methods:
                        yield method, path, guard.action


def test_every_role_gets_what_the_table_gives_it(app: FastAPI, world: Any) -> None:
    client = TestClient(app)
    keys = {role: world.key(role, role, ("A",)) for role in ROLES}
    seen = set()
    for method, path, action in calls(app):
        seen.add(action)
        for role in ROLES:
            status = client.request(method, path, headers=keys[role], json={}).status_code
            allowed = role in PERMISSIONS[action].roles  # type: ignore[index]
            assert (status == 403) != allowed, (method, path, role, status)
            assert status not in (401, 500), (method, path, role)
    assert len(seen) > 5


def test_an_auditor_changes_nothing(app: FastAPI) -> None:
    for method, path, action in calls(app):
        if method != "GET":
            assert "auditor" not in PERMISSIONS[action].roles, (method, path)  # type: ignore[index]
    assert "auditor" in PERMISSIONS["read"].roles
    assert "auditor" in PERMISSIONS["read the audit log"].roles


def test_a_refusal_is_in_the_audit_log_once_a_minute(app: FastAPI, world: Any, engine: Any) -> None:
    client = TestClient(app)
    headers = world.key(f"tò mò {engine.dialect.name}", "viewer")
    for _ in range(3):
        assert client.get("/api/v1/audit", headers=headers).status_code == 403
    with reading(engine) as connection:
        lines = [(line.who, line.action, line.subject) for line in audit.entries(connection)]
    assert lines == [(f"key:tò mò {engine.dialect.name}", "access.refused", "read the audit log")]


def test_the_document_shows_the_same_table() -> None:
    text = (Path(__file__).parents[2] / "docs" / "security.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([a-z ]+)` \| (.+?) \| (.+?) \|$", text, re.MULTILINE)
    told = {action: [role.strip() for role in roles.split(",")] for action, roles, _ in rows}
    table = {action: [role for role in ROLES if role in PERMISSIONS[action].roles] for action in ACTIONS}
    assert told == table
