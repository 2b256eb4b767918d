"""What no body may say: each member of each body with values that nobody can mean, one request a value.

The members are those of the OpenAPI document, so a new one is tried here or fails the first test. An answer
is a refusal that names the member, or, for the values under REAL, success; never a fault.
"""

import asyncio
from collections.abc import Callable, Iterable, Iterator
from json import dumps, loads
from re import sub
from typing import Any

import pytest
from fastapi import FastAPI
from sqlalchemy import Engine, create_engine
from structlog.testing import capture_logs

from api.app import create_app
from store.register_kinds import REGISTERS
from tests.api.conftest import NOW
from tests.api.test_service import interrupted

API = "/api/v1"
Body = dict[str, Any]
Try = tuple[str, str, Any, str]
"""A path, the member, its absurd value, and the body as JSON."""


class Raw(str):
    """JSON as it is: a number that Python does not write."""

    __slots__ = ()


HUGE = Raw("1" + "0" * 400)
UNSEEN = ["a\0b", "\u202eabc", "\ud800"]
VALUES: dict[str, list[Any]] = {
    "text": ["", " ", *UNSEEN, "x" * 60_000, True, None],
    "time": [
        "", "0001-01-01", "9999-12-31T23:59:59-14:00", "1969-12-31", "2100-01-01", "2026-02-30", "20260530",
        "2026-05-30\0", "\ud800", "٢٠٢٦-٠٥-٣٠", "2026-05-30T10:15:00+25:00", 1e10, None,
    ],
    "number": [Raw("NaN"), Raw("1e400"), HUGE, Raw("-1e308"), 1e16, Raw("1e-320"), 0, -1, "1", True, None],
    "count": [Raw("NaN"), Raw("1e400"), HUGE, 2**63, 0, -1, 1.5, "1", True, None],
    "names": ["a", [], [""], *([text] for text in UNSEEN), ["x" * 5000], [5], ["COD"] * 501, None],
    "choice": ["", "nonsense", "\0", "\ud800", 5, None],
    "file": [
        "", {}, {"name": "", "content": "aaaa"}, {"name": "\u202ea", "content": "aaaa"},
        {"name": "x" * 256, "content": "aaaa"}, {"name": "a", "content": "a"}, {"name": "a", "content": ""},
        {"name": "a", "content": "\ud800"}, {"name": "a", "content": "aaaa", "more": 1}, None,
    ],
}  # fmt: skip
REVIEW = {"station": "A", "reason": "r"}
AT = REVIEW | {"at": "2026-05-29T10:15", "parameters": ["COD"]}
DAYS = {"station": "A", "from": "2026-05-28", "to": "2026-05-28", "reason": "r"}
STOP = {
    "station": "A", "parameter": "COD", "from_at": "2026-05-01", "to_at": "2026-05-02", "reason": "r",
    "announced_by": "x", "announced_at": "2026-04-30",
}  # fmt: skip
NOTE = {"cause": "c", "notice": "n", "notice_by": "b", "notice_at": "2026-05-29", "remedy": "r"}
BODIES: dict[str, list[Body]] = {
    "/phases": [{"station": "A", "phase": "testing", "from_at": "2026-05-01", "note": "x"}],
    "/planned-stops": [STOP],
    "/interruptions/{interruption_id}/note": [NOTE],
    "/events/{event_id}/acknowledge": [{"note": "n"}],
    "/events/{event_id}/state": [{"state": "solving", "note": "n"}],
    "/days/close": [DAYS],
    "/days/reopen": [DAYS],
    "/reviews": [
        AT | {"action": "accept", "file_id": 1},
        AT | {"action": "correct", "value": 1, "attachment": {"name": "a", "content": "aaaa"}},
        REVIEW | {"action": "correct", "from": "2026-05-29", "to": "2026-05-29", "factor": 1, "offset": 0},
    ],
    "/reviews/{review_id}/undo": [{"reason": "r"}],
    "/reviews/{review_id}/comments": [{"text": "t"}],
}
REAL: dict[str, list[Any]] = {
    "note": ["", " "], "announced_by": ["", " "], "cause": ["", " "], "notice": ["", " "],
    "notice_by": ["", " "], "remedy": ["", " "],
    "/reviews from": ["1969-12-31"], "/reviews to": ["2100-01-01", "20260530"],
    "value": [0, -1, Raw("1e-320")], "factor": [-1], "offset": [0, -1, Raw("1e-320")],
    "to_at": ["20260530"], "/phases from_at": ["20260530"], "announced_at": ["20260530"],
    "notice_at": ["20260530"],
    "/days/close reason": ["", " "],
}  # fmt: skip
"""Numbers that a device may give, texts that are left out, a time in another writing, an endless stretch."""
OTHERWISE = {"from_at": "to_at", "from": "to", "parameters": "file_id"}
"""Two members that contradict one another: the refusal may name the other."""
STRANGE = {"strange": "strange", "body": "\ud800"}
"""Members that no body has, by how the refusal calls them."""
WHOLE = [
    "[" * 100_000,
    '{"a":' * 50_000,
    "",
    "null",
    "[]",
    "5",
    '"x"',
    "{",
    "\xff",
    '{"note": "\\ud800"',
    "NaN",
]


def _json(body: Body) -> str:
    members = (
        f"{dumps(name)}:{value if isinstance(value, Raw) else dumps(value)}" for name, value in body.items()
    )
    return "{" + ",".join(members) + "}"


def _kind(schema: dict[str, Any]) -> str:
    """Which of VALUES a member is tried with. A file is the only object."""
    one = next((way for way in schema.get("anyOf", [schema]) if way.get("type") != "null"), schema)
    if "enum" in one or "const" in one:
        return "choice"
    if one.get("type") == "string":
        return "time" if "2026-05-30" in [*one.get("examples", []), *schema.get("examples", [])] else "text"
    return {"number": "number", "integer": "count", "array": "names"}.get(one.get("type", ""), "file")


Members = dict[str, dict[str, dict[str, Any]]]


@pytest.fixture(scope="module")
def members() -> Members:
    """The members of the JSON body of each call, by its path without the prefix."""
    document = create_app(create_engine("sqlite://"), lambda: NOW, dict).openapi()
    schemas = document["components"]["schemas"]
    found = {}
    for path, operations in document["paths"].items():
        content = operations.get("post", {}).get("requestBody", {}).get("content", {})
        if "application/json" in content:
            name = content["application/json"]["schema"]["$ref"].rpartition("/")[2]
            found[path.removeprefix(API)] = schemas[name].get("properties", {})
    return found


@pytest.fixture
def app(engine: Engine, clock: Any, world: Any) -> FastAPI:
    """A station with a reading, an interruption and an event."""
    station_id, at = world.station("A"), world.vn("2026-05-29 10:15")
    world.channel(station_id, "COD", "COD", "mg/L")
    file_id = world.file("A.txt", station_id=station_id, measured_at=at)
    world.reading(station_id, at, "COD", file_id=file_id)
    interrupted(engine, station_id, world.vn("2026-05-28 22:00"), at)
    world.event(
        kind="interrupted", station_id=station_id, subject="", level="warning", started_at=at, detail={},
        state="unsolved", updated_at=world.now, note="",
    )  # fmt: skip
    return create_app(engine, clock, dict)


@pytest.fixture
def ask(app: FastAPI, world: Any) -> Callable[[Iterable[tuple[str, bytes]]], list[tuple[int, str]]]:
    """Sends bodies as an administrator, without the test client, which is slow; gives status and detail."""
    (key,) = world.key("v", "admin").values()
    headers = [(b"authorization", key.encode()), (b"content-type", b"application/json"), (b"host", b"x")]

    async def post(path: str, body: bytes) -> tuple[int, str]:
        waiting, sent = [body], []

        async def receive() -> dict[str, Any]:
            if not waiting:
                await asyncio.Event().wait()
            return {"type": "http.request", "body": waiting.pop()}

        async def send(message: Any) -> None:
            sent.append(message)

        scope = {
            "type": "http", "method": "POST", "path": API + path, "query_string": b"", "headers": headers,
            "client": ("127.0.0.1", 1), "server": ("x", 80), "scheme": "http", "http_version": "1.1",
        }  # fmt: skip
        await app(scope, receive, send)
        status: int = sent[0]["status"]
        said = loads(b"".join(message.get("body", b"") for message in sent[1:]))
        return status, said["detail"] if status >= 400 else ""

    async def all_of(asked: Iterable[tuple[str, bytes]]) -> list[tuple[int, str]]:
        return [await post(*one) for one in asked]

    def ask(asked: Iterable[tuple[str, bytes]]) -> list[tuple[int, str]]:
        with capture_logs() as logs:  # a fault's trace on the terminal takes longer than the rest
            answers = asyncio.run(all_of(asked))
        assert [line for line in logs if line["event"] == "api_request_failed"] == []
        return answers

    return ask


def test_every_member_of_every_body_is_tried(members: Members) -> None:
    tried = {path: set().union(*bodies) for path, bodies in BODIES.items()}
    assert {path: set(known) for path, known in members.items() if "registers" not in path} == tried


def _nullable(schema: dict[str, Any]) -> bool:
    return {"type": "null"} in schema.get("anyOf", ())


def _answers(ask: Any, tries: list[Try]) -> Iterator[tuple[Try, int, str]]:
    answers = ask((sub(r"\{\w+\}", "1", path), body.encode()) for path, _, _, body in tries)
    for one, (status, said) in zip(tries, answers, strict=True):
        yield one, status, said


def test_what_nobody_can_mean_is_refused_by_its_name(members: Members, ask: Any, engine: Engine) -> None:
    """With PostgreSQL only texts that its driver cannot send: all else is refused before any statement."""
    all_matter = engine.dialect.name == "sqlite"

    def matters(value: Any) -> bool:
        return all_matter or value in UNSEEN or value in [[text] for text in UNSEEN]

    tries: list[Try] = []
    for path, bodies in BODIES.items():
        for body in bodies:
            tries.append((path, "", None, _json(body)))
            tries += [(path, name, 1, _json(body | {key: 1})) for name, key in STRANGE.items()]
            tries += [
                (path, name, value, _json(body | {name: value}))
                for name in body
                for value in filter(matters, VALUES[_kind(members[path][name])])
            ]
    wrong = []
    for (path, name, value, _), status, said in _answers(ask, tries):
        real = [*REAL.get(name, ()), *REAL.get(f"{path} {name}", ())]
        refused = 400 <= status < 500 and (name in said or OTHERWISE.get(name, name) in said)
        if not name or (value in real and value is not True):
            right = status < 300
        else:
            right = refused or (value is None and status < 300 and _nullable(members[path][name]))
        if not right:
            wrong.append((path, name, repr(value)[:40], status, said[:100]))
    assert wrong == []


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_what_is_no_body_is_refused(ask: Any) -> None:
    answers = ask(("/events/1/acknowledge", body.encode("latin-1")) for body in WHOLE)
    assert {status for status, _ in answers} <= {400, 422}


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_a_line_of_a_register_is_refused_by_its_column(ask: Any) -> None:
    good = {
        "_text": "t", "_day": "2026-05-01", "_number": 5, "_days": 5, "_yes_no": True, "_kind": "stack",
    }  # fmt: skip
    tries: list[Try] = []
    for name, register in REGISTERS.items():
        path = f"/registers/{name}"
        line: Body = {"station_code": "A", "parameter": "COD"} if register.of_station else {}
        for field in register.fields:
            # what is not read by a function of its own is one of a few words
            words = getattr(field.read, "args", [[None]])[0]
            line[field.name] = good.get(getattr(field.read, "__name__", ""), words[0])
        tries.append((path, "", None, _json(line)))
        tries += [(path, "", None, _json(line | {key: 1})) for key in ("strange", "", "\0", "\ud800")]
        tries += [
            (path, column, value, _json(line | {column: value}))
            for column in line
            for value in ("a\0b", "\ud800", Raw("NaN"), [1])
        ]
    wrong = []
    for (path, column, value, body), status, said in _answers(ask, tries):
        if not ((column in said and 400 <= status < 500) or (not column and status in (201, 422))):
            wrong.append((path, column, repr(value)[:40], status, said[:100], body[:60]))
    assert wrong == []
