"""GET /files, /files/{id} and /files/{id}/content: the ledger of everything that any door took."""

from collections.abc import Sequence
from http import HTTPStatus
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Path, Response
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from api.access import Reader
from api.context import Here
from api.cursor import decode, encode, moment
from api.parameters import (
    DEFAULT_LIMIT,
    Cursor,
    FileState,
    FileStateParameter,
    Limit,
    Page,
    Since,
    StationCode,
    Until,
    cut,
)
from api.problems import Refusal, documented, not_found
from api.stations import seen_station
from api.vietnam_time import VietnamTime
from store.engine import reading
from store.files.file_view import (
    BytesRemovedError,
    FileEntry,
    FileFilter,
    FileKey,
    file_bytes,
    file_page,
    find_file,
    problems_of,
)
from store.network.station_view import Visible

router = APIRouter(tags=["files"], responses=documented(401, 403, 404, 422))

FileId = Annotated[int, Path(ge=1, le=2**63 - 1)]


class ProblemOut(BaseModel):
    """Why a line, or the whole file, could not be read."""

    line: int | None = Field(description="From 1; null where the whole file is meant.")
    code: str
    detail: str


class FileOut(BaseModel):
    """A file of the ledger."""

    id: int
    name: str
    path: str = Field(description="As the sender gave it, from the root of its account.")
    account: str
    station: str | None
    door: str
    peer: str
    received_at: VietnamTime
    measured_at: VietnamTime | None
    size: int
    sha256: str
    encoding: str | None
    state: FileState
    reason: str | None = Field(description="Why it was rejected: a problem's code.")
    readings: int = Field(description="How many readings are in it.")
    problems: list[ProblemOut]
    notes: list[str]
    archive_id: int | None = Field(
        description="The archive that its bytes are in since they left the store; null: they are here."
    )


class FilePage(Page[FileOut]):
    """One page of files: in order of arrival, or of measured time where a station or time is asked for."""


@router.get("/files")
def list_files(
    context: Here,
    caller: Reader,
    station: StationCode = None,
    state: FileStateParameter = None,
    since: Since = None,
    until: Until = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> FilePage:
    """Files by station, state and measured time."""
    with reading(context.engine) as connection:
        visible = caller.visible(connection)
        station_id = None if station is None else seen_station(connection, station, visible).id
        wanted = FileFilter(visible, station_id, state, since, until)
        kind = "files-by-time" if wanted.by_time else "files"
        entries = file_page(connection, wanted, _key(kind, cursor) if cursor else None, limit + 1)
        page, following = cut(entries, limit, lambda entry: encode(kind, entry.measured_at, entry.id))
        return FilePage(items=_files(connection, page), next=following)


@router.get("/files/{file_id}")
def show_file(context: Here, caller: Reader, file_id: FileId) -> FileOut:
    """One file."""
    with reading(context.engine) as connection:
        return _files(connection, [_seen_file(connection, file_id, caller.visible(connection))])[0]


@router.get(
    "/files/{file_id}/content",
    response_class=Response,
    responses={
        200: {"content": {"application/octet-stream": {}}, "description": "The bytes as received."},
        **documented(410),
    },
)
def show_content(context: Here, caller: Reader, file_id: FileId) -> Response:
    """The bytes as they were received, under the file's own name; 410 where only an archive has them."""
    with reading(context.engine) as connection:
        entry = _seen_file(connection, file_id, caller.visible(connection))
        try:
            content = file_bytes(connection, file_id)
        except BytesRemovedError as error:
            raise Refusal(HTTPStatus.GONE, str(error)) from error
    headers = {"Content-Disposition": attachment(entry.name)}
    return Response(content, media_type="application/octet-stream", headers=headers)


def attachment(name: str) -> str:
    """The Content-Disposition that saves under `name`: plain for old clients, RFC 5987 for the rest."""
    plain = "".join(
        letter if letter.isascii() and letter.isprintable() and letter not in '"\\%/' else "_"
        for letter in name
    )
    encoded = quote(name.encode("utf-8", "surrogatepass"), safe="!#$&+-.^_`|~")
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}"


def _seen_file(connection: Connection, file_id: int, visible: Visible) -> FileEntry:
    entry = find_file(connection, file_id, visible)
    if entry is None:
        raise not_found(f"There is no file {file_id} that this key may see.")
    return entry


def _files(connection: Connection, entries: Sequence[FileEntry]) -> list[FileOut]:
    problems = problems_of(connection, [entry.id for entry in entries])
    return [
        FileOut.model_validate(
            {
                **entry._asdict(),
                "notes": list(entry.notes),
                "problems": [problem._asdict() for problem in problems.get(entry.id, [])],
            }
        )
        for entry in entries
    ]


def _key(kind: str, cursor: str) -> FileKey:
    measured_at, file_id = decode(kind, cursor, "oi")
    return FileKey(None if measured_at is None else moment(measured_at), int(file_id or 0))
