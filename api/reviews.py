"""Reviews (kiểm duyệt): what people made of readings, and making it. What one did is kept for ever."""

from base64 import b64decode
from binascii import Error as NotBase64Error
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query, Response
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from api.access import Caller, Reader, allowed
from api.bodies import Body, From, Name, Number, Readable, RowId, To
from api.context import Here
from api.cursor import decode, encode, moment
from api.parameters import DEFAULT_LIMIT, Cursor, Limit, Page, Since, StationCode, Until, blank_is_none, cut
from api.problems import documented, not_found
from api.readings import CheckOut
from api.stations import seen_station
from api.vietnam_time import VietnamTime
from quality.review import Review
from quality.review_order import Action
from store.audit import Act
from store.engine import reading, writing
from store.readings.reading_checks import checks_of
from store.readings.reading_view import find_parameter
from store.reviews import reviewing as reviews
from store.reviews import view as review_view
from store.reviews.comments import LONGEST, comment
from store.reviews.problem import ReviewProblemError
from store.reviews.reviewing import LONGEST_REASON, Attachment, Wish

router = APIRouter(tags=["reviews"], responses=documented(401, 403, 404, 422))

ReviewId = Annotated[int, Path(ge=1, le=2**63 - 1)]
Reviewer = Annotated[Caller, Depends(allowed("review"))]
Commenter = Annotated[Caller, Depends(allowed("comment on reviews"))]
_MILLISECOND = timedelta(milliseconds=1)
Reason = Annotated[str, Field(max_length=LONGEST_REASON, description="Why; it must not be empty."), Readable]


class AttachmentIn(Body):
    """A file that the reviewer adds."""

    name: Annotated[str, Field(min_length=1, max_length=255), Readable]
    content: Annotated[str, Field(max_length=6 * 1024 * 1024, description="Base64, at most 4 MiB.")]


class ReviewIn(Body):
    """A review of one time (`at`) or of a stretch (`from`, `to`)."""

    station: Name
    action: Literal["accept", "reject", "correct"]
    parameters: list[Name] | None = Field(
        default=None, max_length=500, description="Names or symbols; left out: every parameter."
    )
    at: From | None = None
    since: From | None = Field(default=None, alias="from")
    until: To | None = Field(default=None, alias="to")
    reason: Reason
    value: Number | None = Field(default=None, description="The number that counts, in the channel's unit.")
    factor: Number | None = Field(default=None, description="Or: each value times this,")
    offset: Number | None = Field(default=None, description="plus this.")
    file_id: RowId | None = Field(
        default=None, description="Of several values for one time: accept the one that this file brought."
    )
    attachment: AttachmentIn | None = None


class UndoIn(Body):
    """Why a review is undone."""

    reason: Reason


class CommentIn(Body):
    """A word on a review."""

    text: Annotated[str, Field(max_length=LONGEST), Readable]


class ReviewOut(BaseModel):
    """A review."""

    id: int
    station: str
    action: Action
    since: VietnamTime = Field(serialization_alias="from")
    until: VietnamTime = Field(serialization_alias="to", description="Not included.")
    parameters: list[str] | None = Field(description="null: every parameter.")
    value: float | None
    factor: float | None
    offset: float | None
    file_id: int | None
    undoes: int | None = Field(description="The review that this one undid.")
    undone_by: int | None = Field(description="The review by which this one was undone.")
    who: str
    at: VietnamTime
    reason: str
    readings: int = Field(description="Readings that it was given to.")
    passed_over: int = Field(description="Readings of its stretch that it could not be given to.")
    attachment: str | None
    attachment_sha256: str | None
    comments: int


class ReviewPage(Page[ReviewOut]):
    """One page of reviews, in the order in which they were given."""


class StandingOut(BaseModel):
    """A reading as it stood."""

    file_id: int
    text: str
    value: float | None
    unit: str
    status: str
    valid: bool
    release_at: VietnamTime | None
    review: Review | None
    reviewed_value: float | None


class ChangeOut(BaseModel):
    """What a review did to a reading."""

    review_id: int
    action: Action
    who: str
    at: VietnamTime
    reason: str
    parameter: str
    measured_at: VietnamTime
    before: StandingOut
    after: StandingOut


class ChangePage(Page[ChangeOut]):
    """One page of changes, in the order of measured time."""


class CommentOut(BaseModel):
    """What somebody said of a review."""

    id: int
    who: str
    at: VietnamTime
    text: str


class CommentPage(Page[CommentOut]):
    """What was said of a review."""


class ValueOut(BaseModel):
    """A value that came for the time."""

    file_id: int
    file: str
    received_at: VietnamTime
    symbol: str
    text: str
    value: float | None
    unit: str
    status: str
    in_force: bool


class StoryOut(BaseModel):
    """All that came for one time, what the checks say of it, and all that people did to it."""

    values: list[ValueOut]
    checks: list[CheckOut] = Field(description="Every check that is on, of the value in force.")
    reviews: list[ChangeOut]


@router.get("/reviews")
def list_reviews(
    context: Here,
    caller: Reader,
    station: StationCode = None,
    action: Annotated[Action | None, blank_is_none, Query()] = None,
    since: Since = None,
    until: Until = None,
    cursor: Cursor = None,
    limit: Limit = DEFAULT_LIMIT,
) -> ReviewPage:
    """Reviews of the stations that the caller may see. `from` and `to` are of the readings they speak of."""
    after = int(decode("reviews", cursor, "i")[0] or 0) if cursor else None
    with reading(context.engine) as connection:
        visible = caller.visible(connection)
        station_id = None if station is None else seen_station(connection, station, visible).id
        entries = review_view.review_page(
            connection, visible, station_id, since, until, action, after, limit + 1
        )
    page, following = cut(entries, limit, lambda entry: encode("reviews", entry.id))
    return ReviewPage(items=[_out(entry) for entry in page], next=following)


@router.post("/reviews", status_code=201, responses=documented(409))
def give_review(context: Here, caller: Reviewer, body: ReviewIn) -> ReviewOut:
    """Accepts, rejects or corrects readings. 409 where a day of the stretch is closed."""
    attachment = None if body.attachment is None else _attachment(body.attachment)
    since, until = _stretch(body)
    with writing(context.engine) as connection:
        visible = caller.visible(connection)
        station_id = seen_station(connection, body.station, visible).id
        wish = Wish(
            station_id,
            body.action,
            since,
            until,
            parameters_named(connection, station_id, body.parameters),
            body.reason,
            body.value,
            body.factor,
            body.offset,
            body.file_id,
            attachment,
        )
        try:
            given = reviews.give(connection, wish, Act(caller.account, context.now()))
        except ReviewProblemError as error:
            if body.at is not None and error.field == "from":
                raise ReviewProblemError("at", str(error)) from error
            raise
        return _out(_found(connection, caller, given.id))


@router.get("/reviews/{review_id}")
def show_review(context: Here, caller: Reader, review_id: ReviewId) -> ReviewOut:
    """One review, undone or not."""
    with reading(context.engine) as connection:
        return _out(_found(connection, caller, review_id))


@router.post("/reviews/{review_id}/undo", status_code=201, responses=documented(409))
def undo_review(context: Here, caller: Reviewer, review_id: ReviewId, body: UndoIn) -> ReviewOut:
    """Undoes a review by a new one. 409 where a day of its stretch is closed."""
    with writing(context.engine) as connection:
        _found(connection, caller, review_id)
        given = reviews.undo(connection, review_id, body.reason, Act(caller.account, context.now()))
        return _out(_found(connection, caller, given.id))


@router.get("/reviews/{review_id}/readings")
def list_changes(
    context: Here, caller: Reader, review_id: ReviewId, cursor: Cursor = None, limit: Limit = DEFAULT_LIMIT
) -> ChangePage:
    """What a review did to each reading: before and after."""
    after = None
    if cursor:
        measured_at, parameter_id = decode("review-readings", cursor, "ii")
        after = moment(measured_at), int(parameter_id or 0)
    with reading(context.engine) as connection:
        _found(connection, caller, review_id)
        entries = review_view.changes_of(connection, review_id, after, limit + 1)
    page, following = cut(
        entries, limit, lambda entry: encode("review-readings", entry.measured_at, entry.parameter_id)
    )
    return ChangePage(items=[_change(entry) for entry in page], next=following)


@router.get("/reviews/{review_id}/comments")
def list_comments(context: Here, caller: Reader, review_id: ReviewId) -> CommentPage:
    """What was said of a review, the first word first."""
    with reading(context.engine) as connection:
        _found(connection, caller, review_id)
        said = review_view.comments_of(connection, review_id)
    return CommentPage(items=[CommentOut(**one._asdict()) for one in said], next=None)


@router.post("/reviews/{review_id}/comments", status_code=201)
def add_comment(context: Here, caller: Commenter, review_id: ReviewId, body: CommentIn) -> CommentOut:
    """Says something of a review; a facility of those of its own stations."""
    with writing(context.engine) as connection:
        found = _found(connection, caller, review_id)
        act = Act(caller.account, context.now())
        return CommentOut(**comment(connection, review_id, found.station, body.text, act)._asdict())


@router.get(
    "/reviews/{review_id}/attachment",
    response_class=Response,
    responses={200: {"content": {"application/octet-stream": {}}, "description": "The bytes as attached."}},
)
def show_attachment(context: Here, caller: Reader, review_id: ReviewId) -> Response:
    """What the reviewer attached, byte for byte."""
    with reading(context.engine) as connection:
        _found(connection, caller, review_id)
        attached = review_view.attachment_of(connection, review_id)
    if attached is None:
        raise not_found(f"Review {review_id} has no attachment.")
    # never shown in a browser: what a person attached is not ours
    return Response(attached[1], 200, {"Content-Disposition": "attachment"}, "application/octet-stream")


@router.get("/readings/story")
def show_story(
    context: Here,
    caller: Reader,
    station: Annotated[str, Query(description="Code or alias.")],
    parameter: Annotated[str, Query(description="A parameter's name, or a symbol of the station.")],
    at: Annotated[From, Query(description="The measured time.")],
) -> StoryOut:
    """Every value that came for one time of one parameter, its checks, and every review it was given."""
    with reading(context.engine) as connection:
        station_id = seen_station(connection, station, caller.visible(connection)).id
        parameter_id = None if "\0" in parameter else find_parameter(connection, parameter, station_id)
        if parameter_id is None:
            raise not_found(f"There is no parameter {parameter!r}.")
        values = review_view.values_of(connection, station_id, parameter_id, at)
        checks = checks_of(connection, station_id, parameter_id, at)
        story = review_view.story_of(connection, station_id, parameter_id, at)
    if not values:
        raise not_found("Nothing came for that time.")
    return StoryOut(
        values=[ValueOut(**value._asdict()) for value in values],
        checks=[CheckOut(**check._asdict()) for check in checks],
        reviews=[_change(entry) for entry in story],
    )


def parameters_named(
    connection: Connection, station_id: int, names: list[str] | None
) -> frozenset[int] | None:
    """The ids of named parameters of a station; None where none is named."""
    if names is None:
        return None
    found = set()
    for name in names:
        parameter_id = find_parameter(connection, name, station_id)
        if parameter_id is None:
            raise ReviewProblemError("parameters", f"there is no parameter {name!r}")
        found.add(parameter_id)
    return frozenset(found)


def _stretch(body: ReviewIn) -> tuple[datetime, datetime]:
    if body.at is not None:
        if body.since is not None or body.until is not None:
            raise ReviewProblemError("at", "either one time (`at`) or a stretch (`from` and `to`)")
        return body.at, body.at + _MILLISECOND
    if body.since is None or body.until is None:
        raise ReviewProblemError("from", "a review needs one time (`at`) or a stretch (`from` and `to`)")
    return body.since, body.until


def _attachment(given: AttachmentIn) -> Attachment:
    try:
        return Attachment(given.name, b64decode(given.content, validate=True))
    except (NotBase64Error, ValueError):
        raise ReviewProblemError("attachment", "`content` is not Base64") from None


def _found(connection: Connection, caller: Caller, review_id: int) -> review_view.ReviewEntry:
    entry = review_view.find_review(connection, review_id, caller.visible(connection))
    if entry is None:
        raise not_found(f"There is no review {review_id} that this caller may see.")
    return entry


def _out(entry: review_view.ReviewEntry) -> ReviewOut:
    given: dict[str, Any] = entry._asdict()
    given |= {"since": given.pop("from_at"), "until": given.pop("to_at"), "offset": given.pop("shift")}
    return ReviewOut.model_validate(given)


def _change(entry: review_view.ChangeEntry) -> ChangeOut:
    given: dict[str, Any] = entry._asdict()
    return ChangeOut.model_validate(
        given | {"before": entry.before._asdict(), "after": entry.after._asdict()}
    )
