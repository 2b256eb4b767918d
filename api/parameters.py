"""What the lists' query parameters look like and mean, once for all of them.

An empty parameter is one that was not given. Every list is paged: `limit` at most MAX_LIMIT, and
`cursor` the `next` of the page before.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Generic, Literal, TypeVar

from fastapi import Query
from pydantic import AfterValidator, BaseModel, BeforeValidator, Field, WithJsonSchema

from api import vietnam_time
from quality.periods import By

DEFAULT_LIMIT = 500
MAX_LIMIT = 1000

Item = TypeVar("Item")
Entry = TypeVar("Entry")


class Page(BaseModel, Generic[Item]):
    """One page of a list."""

    items: list[Item]
    next: str | None = Field(description="To be passed back as `cursor` for the next page; null at the end.")


def cut(
    entries: Sequence[Entry], limit: int, cursor: Callable[[Entry], str]
) -> tuple[Sequence[Entry], str | None]:
    """A page of `limit` out of up to one more that were looked up, and the cursor if there are more."""
    if len(entries) <= limit:
        return entries, None
    return entries[:limit], cursor(entries[limit - 1])


def _blank_is_none(value: object) -> object:
    return None if value == "" else value


def _no_nul(value: str | None) -> str | None:
    if value is not None and "\0" in value:
        raise ValueError("a NUL character has no place here")
    return value


blank_is_none = BeforeValidator(_blank_is_none)
"""Marks a query parameter that, left empty, was not given."""
_EmptyIsNone = blank_is_none
_NoNul = AfterValidator(_no_nul)
_TIME_SCHEMA = WithJsonSchema(
    {
        "anyOf": [
            {"type": "string", "format": "date"},
            {"type": "string", "format": "date-time"},
            {"type": "string", "maxLength": 0},
        ],
        "examples": ["2026-05-30", "2026-05-30T10:15:00+07:00"],
    }
)

Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT, description="Items a page.")]
Cursor = Annotated[str | None, _EmptyIsNone, Query(description="`next` of the page before.")]
Since = Annotated[
    datetime | None,
    BeforeValidator(vietnam_time.since),
    _TIME_SCHEMA,
    Query(alias="from", description="Measured from then on. A bare date is 00:00 +07:00."),
]
Until = Annotated[
    datetime | None,
    BeforeValidator(vietnam_time.until),
    _TIME_SCHEMA,
    Query(alias="to", description="Measured before then. A bare date includes that day."),
]
StationCode = Annotated[
    str | None, _EmptyIsNone, _NoNul, Query(description="Code or alias, in any case of letters.")
]
ParameterName = Annotated[
    str | None, _EmptyIsNone, _NoNul, Query(description="A parameter's name, or a symbol of the station.")
]
TargetName = Annotated[str | None, _EmptyIsNone, _NoNul, Query(description="A relay target's name.")]
FileState = Literal["accepted", "partial", "rejected", "duplicate", "superseded"]
FileStateParameter = Annotated[FileState | None, _EmptyIsNone, Query()]
RelayState = Literal["waiting", "held", "sent", "blocked"]
ByParameter = Annotated[By | None, _EmptyIsNone, Query(description="Cut into periods of Vietnam.")]
RelayStateParameter = Annotated[RelayState | None, _EmptyIsNone, Query()]
