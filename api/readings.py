"""GET /readings: the values in force, each with what was received and what the checks say of it."""

from datetime import datetime

from fastapi import APIRouter
from pydantic import BaseModel, Field

from api.access import Reader
from api.context import Here
from api.cursor import decode, encode, moment
from api.parameters import DEFAULT_LIMIT, Cursor, Limit, Page, ParameterName, Since, StationCode, Until, cut
from api.problems import documented, not_found
from api.stations import seen_station
from api.vietnam_time import VietnamTime
from quality.qartod import Result
from quality.review import Review
from store.engine import reading
from store.network.station_view import station_codes, station_page
from store.readings.reading_view import ReadingEntry, ReadingKey, find_parameter, reading_page

router = APIRouter(tags=["readings"], responses=documented(401, 403, 404, 422))


class CheckOut(BaseModel):
    """What a check says of the reading."""

    rule: str
    code: Result = Field(description="QARTOD's: 1 pass, 2 not evaluated, 3 suspect, 4 fail, 9 missing.")
    limit: str = Field(description="What was demanded; told where it was not passed.")
    evidence: str = Field(description="What was found.")


class ReadingOut(BaseModel):
    """One value of one parameter at one time."""

    station: str
    symbol: str = Field(description="As the logger wrote it.")
    parameter: str
    measured_at: VietnamTime
    value: float | None = Field(description="In `unit`; null where the value is missing.")
    text: str = Field(description="The number as received.")
    unit: str
    status: str = Field(description="00 measuring, 01 calibrating, 02 device error.")
    flags: list[str] = Field(description="Ids of the checks it did not pass.")
    checks: list[CheckOut]
    valid: bool
    verified: bool = Field(description="Valid, and released by the station's review policy.")
    file_id: int
    review: Review | None = Field(description="What a person made of it: accepted, rejected, corrected.")
    reviewed_value: float | None = Field(description="The corrected number, in `unit`; it counts then.")
    qartod: Result = Field(
        description="Of all checks together: 1 pass, 2 not evaluated, 3 suspect, 4 fail, 9 missing."
    )


class ReadingPage(Page[ReadingOut]):
    """One page of readings, station by station, in the order of time."""


@router.get("/readings")
def list_readings(
    context: Here,
    caller: Reader,
    station: StationCode = None,
    parameter: ParameterName = None,
    since: Since = None,
    until: Until = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> ReadingPage:
    """Readings of one station, or of all that the key may see."""
    after = _key(cursor) if cursor else None
    with reading(context.engine) as connection:
        visible = caller.visible(connection)
        if station is not None:
            ids = [seen_station(connection, station, visible).id]
        else:
            ids = sorted(entry.id for entry in station_page(connection, visible))
        parameter_id = None
        if parameter is not None:
            parameter_id = find_parameter(connection, parameter, ids[0] if station is not None else None)
            if parameter_id is None:
                raise not_found(f"There is no parameter {parameter!r}.")
        entries = reading_page(connection, ids, since, until, parameter_id, after, limit + 1)
        page, following = cut(entries, limit, _cursor)
        codes = station_codes(connection, {entry.station_id for entry in page})
    now = context.now()
    return ReadingPage(items=[_shown(entry, codes[entry.station_id], now) for entry in page], next=following)


def _shown(entry: ReadingEntry, code: str, now: datetime) -> ReadingOut:
    return ReadingOut(
        station=code,
        symbol=entry.symbol,
        parameter=entry.parameter,
        measured_at=entry.measured_at,
        value=entry.value,
        text=entry.text,
        unit=entry.unit,
        status=entry.status,
        flags=[check.rule for check in entry.checks],
        checks=[CheckOut(**check._asdict()) for check in entry.checks],
        valid=entry.valid,
        verified=entry.valid and entry.release_at is not None and entry.release_at <= now,
        file_id=entry.file_id,
        review=entry.review,
        reviewed_value=entry.reviewed_value,
        qartod=entry.qartod,
    )


def _cursor(entry: ReadingEntry) -> str:
    return encode("readings", entry.station_id, entry.measured_at, entry.parameter_id)


def _key(cursor: str) -> ReadingKey:
    station_id, measured_at, parameter_id = decode("readings", cursor, "iii")
    return ReadingKey(int(station_id or 0), moment(measured_at), int(parameter_id or 0))
