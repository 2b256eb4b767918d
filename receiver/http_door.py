"""The HTTP door: one endpoint that takes a station file as a request's body.

qttd mounts the router in the interface's application and says who the caller is; what the endpoint
promises is the FTP door's promise: 201 means that the bytes are on the disk. A name that would be
temporary over FTP is none here, since no rename follows.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import Annotated

import structlog
from fastapi import APIRouter, Depends, HTTPException, Query, Request
from pydantic import BaseModel, Field

from parsers.vietnam_time import VN
from receiver.admission.quotas import Quota, Quotas, Refusal, seconds_left
from receiver.disk_space import DiskSpace
from receiver.journal.arrival import Fate, to_microseconds
from receiver.journal.committer import CommitError, Committer
from receiver.journal.spool import Spool
from receiver.path_text import BadPathError, absolute_path, decode_path
from receiver.refusals import QuotaExceededError
from receiver.upload_body import MemoryBudget, UploadBuffer

log = structlog.get_logger()


class Received(BaseModel):
    """What was taken."""

    id: int = Field(description="Number of the arrival in the intake journal", examples=[4711])
    path: str = Field(examples=["/2026/05/30/QN_THUB_NUODAU_20260530101500.txt"])
    size: int = Field(description="Bytes", examples=[162])
    sha256: str = Field(min_length=64, max_length=64)
    received_at: datetime = Field(examples=["2026-05-30T10:16:02.120000+07:00"])


@dataclass(frozen=True, slots=True)
class HttpDoorOptions:
    """Settings of the HTTP door."""

    max_file_bytes: int
    min_free_bytes: int


def upload_router(
    committer: Committer,
    spool: Spool,
    options: HttpDoorOptions,
    now: Callable[[], datetime],
    account: Callable[..., str],
    quota_of: Callable[[str], Quota | None] = lambda _: None,
) -> APIRouter:
    """`POST /files?path=`, to be mounted under the interface's prefix.

    `account` is a FastAPI dependency that gives the name of the sending account, or refuses the
    caller; `quota_of` how much that may send. `now` gives aware UTC. Answers 201 with Received once the file
    is durable; 413 when it is longer than `max_file_bytes` (what came up to there is kept), 422 for a path
    that can not be kept, 429 when the sender has used up its day, 503 when the journal can not take it now.
    """
    router = APIRouter()
    budget = MemoryBudget()
    disk = DiskSpace(spool.folder, options.min_free_bytes)
    quotas = Quotas(committer.journal)

    @router.post(
        "/files",
        status_code=HTTPStatus.CREATED,
        summary="Send a station file",
        tags=["files"],
        # an empty file is taken, kept and rejected with its reason, as by every door
        openapi_extra={"requestBody": {"content": {"application/octet-stream": {}}}},
        responses={
            413: {"description": "Longer than the limit"},
            429: {"description": "The sender's quota of the day is used up"},
            503: {"description": "Try again later"},
        },
    )
    async def receive_file(
        request: Request,
        path: Annotated[str, Query(description="Name of the file, with or without folders", min_length=1)],
        sender: Annotated[str, Depends(account)],
    ) -> Received:
        place = _place(path)
        if disk.nearly_full():
            log.warning("disk_nearly_full", peer=_peer(request), account=sender)
            raise _later("The disk is nearly full; send the file again later.")
        quota = await asyncio.to_thread(quota_of, sender)
        too_much = quotas.refuses(sender, quota, now())
        if too_much is not None:
            committer.put(Refusal(sender, to_microseconds(now())), lambda _: None)
            raise _tomorrow(too_much, sender, request, now())
        buffer = UploadBuffer(budget, spool)
        peer = _peer(request)
        try:
            fate = await _read(request, buffer, options.max_file_bytes)
            body = buffer.body()
        except OSError as error:  # the temporary file: the disk is full
            buffer.discard()
            raise _later("The file could not be stored; send it again later.") from error
        except BaseException:  # a client that is gone
            buffer.discard()
            raise
        arrived_at = now()
        committed = asyncio.wrap_future(
            committer.submit(
                sender, place, body, arrived_at=arrived_at, peer=peer, door="http", fate=fate, quota=quota
            )
        )
        # the committer reads the buffer until it is done, whether or not the client waits
        committed.add_done_callback(lambda _: buffer.discard())
        try:
            number = await asyncio.shield(committed)
        except CommitError as error:
            raise _later("The file could not be stored; send it again later.") from error
        except QuotaExceededError as error:
            raise _tomorrow(str(error), sender, request, now()) from error
        log.info(
            "file_received",
            id=number, account=sender, path=place, size=body.size, peer=peer, door="http", fate=fate,
        )  # fmt: skip
        if fate == "too_large":
            limit = options.max_file_bytes // 1024
            raise HTTPException(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"A file may have {limit} KiB at most.")
        return Received(
            id=number,
            path=place,
            size=body.size,
            sha256=body.sha256.hex(),
            received_at=arrived_at.astimezone(VN),
        )

    return router


async def _read(request: Request, buffer: UploadBuffer, most: int) -> Fate:
    async for chunk in request.stream():
        buffer.write(chunk)
        if buffer.size > most:
            return "too_large"
    return "complete"


def _place(path: str) -> str:
    try:
        place = absolute_path("/", decode_path(path.encode()))
    except (BadPathError, UnicodeEncodeError) as error:
        raise HTTPException(HTTPStatus.UNPROCESSABLE_ENTITY, f"path: {error}.") from error
    if place == "/" or path.endswith("/"):
        raise HTTPException(HTTPStatus.UNPROCESSABLE_ENTITY, "path: a file needs a name.")
    return place


def _later(detail: str) -> HTTPException:
    return HTTPException(HTTPStatus.SERVICE_UNAVAILABLE, detail, {"Retry-After": "60"})


def _tomorrow(detail: str, sender: str, request: Request, now: datetime) -> HTTPException:
    log.warning("quota_exceeded", peer=_peer(request), account=sender, reason=detail)
    headers = {"Retry-After": str(seconds_left(now))}
    return HTTPException(HTTPStatus.TOO_MANY_REQUESTS, f"Too much for one day: {detail}", headers)


def _peer(request: Request) -> str:
    return request.client.host.removeprefix("::ffff:") if request.client is not None else ""
