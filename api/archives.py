"""GET /archives: the month archives that were made, and what is only in them."""

from datetime import date
from pathlib import PurePath
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from api.access import Reader
from api.context import Here
from api.cursor import decode, encode
from api.parameters import DEFAULT_LIMIT, Cursor, Limit, Page, StationCode, blank_is_none, cut
from api.problems import documented, unprocessable
from api.stations import seen_station
from api.vietnam_time import VietnamTime
from store.engine import reading
from store.files.archives import archive_page, of_month, relied_on, since

router = APIRouter(tags=["archives"], responses=documented(401, 403, 404, 422))

Month = Annotated[
    str | None,
    blank_is_none,
    Query(description="YYYY-MM, of Vietnam's calendar.", examples=["2026-05"]),
]


class ArchiveOut(BaseModel):
    """A month archive."""

    id: int
    station: str | None = Field(description="Null: files that belong to no station.")
    month: str = Field(examples=["2026-05"])
    part: int = Field(description="1; more where something came after the first was relied on.")
    name: str = Field(examples=["QN_THUB_NUODAU_2026-05.zip"])
    path: str | None = Field(description="Where it was seen last, on the server; null for a facility.")
    sha256: str
    size: int
    files: int
    readings: int
    other_values: int
    made_at: VietnamTime
    made_by: str
    verified_at: VietnamTime = Field(description="When all of it was read last.")
    verified_by: str
    damage: str | None = Field(description="What was wrong then; null: it was whole.")
    files_since: int = Field(description="Files of the month that came after its newest archive was made.")
    reviews_since: int = Field(description="Reviews of the month that were made after it.")
    removed_files: int = Field(description="Files whose bytes are only here.")
    readings_removed_at: VietnamTime | None = Field(
        description="Since when the month's readings are only in archives."
    )


class ArchivePage(Page[ArchiveOut]):
    """One page of archives, in the order in which they were made."""


@router.get("/archives")
def list_archives(
    context: Here,
    caller: Reader,
    station: StationCode = None,
    month: Month = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> ArchivePage:
    """Month archives, by station and month."""
    first = None if month is None else _month(month)
    after = int(decode("archives", cursor, "i")[0] or 0) if cursor else 0
    with reading(context.engine) as connection:
        visible = caller.visible(connection)
        station_id = None if station is None else seen_station(connection, station, visible).id
        entries = archive_page(connection, visible, station_id, first, after, limit + 1)
        page, following = cut(entries, limit, lambda entry: encode("archives", entry.id))
        removed = relied_on(connection, [entry.id for entry in page])
        items = []
        for entry in page:
            came = since(connection, entry, of_month(connection, entry.station_id, entry.month))
            items.append(
                ArchiveOut.model_validate(
                    {
                        **entry._asdict(),
                        "month": f"{entry.month:%Y-%m}",
                        "name": PurePath(entry.path).name,
                        "path": entry.path if caller.may("overview") else None,
                        "files_since": came.files,
                        "reviews_since": came.reviews,
                        "removed_files": removed.get(entry.id, 0),
                    }
                )
            )
    return ArchivePage(items=items, next=following)


def _month(text: str) -> date:
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        raise unprocessable("month: YYYY-MM is meant, such as 2026-05.") from None
