"""/registers/{name}: what the yearly report needs beside the measurements, read and edited line by line."""

from datetime import date
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path
from pydantic import BaseModel, FiniteFloat, RootModel

from api.access import Caller, Reader, allowed
from api.context import Here
from api.cursor import decode, encode
from api.parameters import DEFAULT_LIMIT, Cursor, Limit, Page, StationCode, cut
from api.problems import documented, not_found, unprocessable
from api.stations import seen_station
from store.audit import Act
from store.engine import reading, writing
from store.lists.csv_table import ListError
from store.register_kinds import RegisterName
from store.registers import NoSuchLineError, put_line, register_page, remove_line

router = APIRouter(tags=["registers"], responses=documented(401, 403, 404, 422))

LineId = Annotated[int, Path(ge=1, le=2**63 - 1)]
Editor = Annotated[Caller, Depends(allowed("edit report data"))]
Value = str | int | float | bool | date | None


class RegisterPage(Page[dict[str, Value]]):
    """One page of a register, by id; what its columns are is in docs/commands.md."""


class LineIn(RootModel[dict[str, str | int | FiniteFloat | bool | None]]):
    """A line by its CSV's columns; a column that is missing is empty."""


class LineOut(BaseModel):
    """The line that was written."""

    id: int


@router.get("/registers/{register}")
def list_register(
    context: Here,
    caller: Reader,
    register: RegisterName,
    station: StationCode = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> RegisterPage:
    """A register's lines, of one station or of all that the key may see."""
    kind = f"register-{register}"
    after = int(decode(kind, cursor, "i")[0] or 0) if cursor else None
    with reading(context.engine) as connection:
        visible = caller.visible(connection)
        station_id = None if station is None else seen_station(connection, station, visible).id
        lines = register_page(connection, register, visible, context.now(), station_id, after, limit + 1)
    page, following = cut(lines, limit, lambda line: encode(kind, int(line["id"])))
    return RegisterPage(items=list(page), next=following)


@router.post("/registers/{register}", status_code=201)
def put(context: Here, caller: Editor, register: RegisterName, body: LineIn) -> LineOut:
    """Writes a line; one with the same key is changed."""
    given: dict[str, Any] = body.root
    with writing(context.engine) as connection:
        try:
            number = put_line(connection, register, given, Act(caller.account, context.now()))
        except ListError as error:
            raise unprocessable(
                "; ".join(f"{one.column}: {one.message}" for one in error.problems)
            ) from error
    return LineOut(id=number)


@router.delete("/registers/{register}/{line_id}", status_code=204)
def remove(context: Here, caller: Editor, register: RegisterName, line_id: LineId) -> None:
    """Takes a line out."""
    with writing(context.engine) as connection:
        try:
            remove_line(connection, register, line_id, Act(caller.account, context.now()))
        except NoSuchLineError as error:
            raise not_found(str(error)) from error
