"""What the bodies of changes have in common: unknown members are errors, and times are read as in queries."""

from datetime import date, datetime
from re import fullmatch
from typing import Annotated

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    WithJsonSchema,
)

from api import vietnam_time
from api.vietnam_time import VN
from store.lists.csv_table import CellError, refuse_unseen

_TIME = WithJsonSchema({"type": "string", "examples": ["2026-05-30", "2026-05-30T10:15:00+07:00"]})


class Body(BaseModel):
    """What a change is told; an unknown member is an error."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)


def _text(value: object) -> str | None:
    """Times in a body are texts: a number would be taken for seconds since 1970."""
    if value is not None and not isinstance(value, str):
        raise ValueError("a time is a text: 2026-05-30T10:15:00+07:00")
    return value


From = Annotated[
    datetime, BeforeValidator(lambda value: vietnam_time.since(_text(value)) or value), _TIME,
    Field(description="Included. A bare date is 00:00 +07:00."),
]  # fmt: skip
To = Annotated[
    datetime, BeforeValidator(lambda value: vietnam_time.until(_text(value)) or value), _TIME,
    Field(description="Not included, but a bare date includes that day."),
]  # fmt: skip


def _iso_day(value: object) -> object:
    """YYYY-MM-DD only: a bare number would be taken for seconds since 1970."""
    if not (isinstance(value, str) and fullmatch(r"\d{4}-\d{2}-\d{2}", value)):
        raise ValueError("write a day as 2026-05-30")
    return value


Day = Annotated[
    date,
    BeforeValidator(_iso_day),
    Field(ge=date(1900, 1, 1), le=date(9998, 12, 31), examples=["2026-05-30"]),
]
RowId = Annotated[int, Field(ge=1, le=2**63 - 1, strict=True)]
Number = Annotated[float, Field(strict=True)]
"""A number and nothing else: `true` would be taken for 1."""


def _readable(text: str) -> str:
    try:
        refuse_unseen(text)
    except CellError as error:
        raise ValueError(str(error)) from None
    return text


Readable = AfterValidator(_readable)
"""Refuses control characters, and what turns the reading direction."""
Words = Annotated[str, StringConstraints(max_length=4000, strip_whitespace=True), Readable]
"""Free text of people."""
Name = Annotated[str, Field(max_length=1000), Readable]
"""What a station, a parameter or a symbol is called."""

_FIRST_YEAR, _LAST_YEAR = 2000, 2100


def _moment(value: object) -> datetime:
    moment = vietnam_time.since(_text(value))
    if moment is None:
        raise ValueError("write a time such as 2026-05-30 or 2026-05-30T10:15:00+07:00")
    if not _FIRST_YEAR <= moment.astimezone(VN).year < _LAST_YEAR:
        raise ValueError(f"not a time from {_FIRST_YEAR} up to {_LAST_YEAR}")
    return moment


Moment = Annotated[datetime, BeforeValidator(_moment), _TIME]
"""A moment of what people write down; a bare date is its midnight in Vietnam."""
