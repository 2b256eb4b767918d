"""`qttd review`: what people made of readings (kiểm duyệt), and making it."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Literal

import typer
from sqlalchemy import Connection, Engine

from qttd.errors import BadDataError, InputOutputError, UsageError
from qttd.output import act_now, counted, print_json, print_table, remark, say
from qttd.period import span
from qttd.progress import tenths
from qttd.settings import load
from qttd.store_access import open_store
from store.engine import reading, writing
from store.network.station_view import find_station
from store.readings.reading_view import find_parameter
from store.reviews import reviewing as reviews
from store.reviews.comments import comment as add_comment
from store.reviews.reviewing import Attachment, Verb, Wish
from store.reviews.view import ChangeEntry, ReviewEntry, changes_of, comments_of, find_review, review_page

app = typer.Typer(
    rich_markup_mode=None, help="Accept, reject, correct readings; undo that; say something of it."
)
_PAGE = 500
_MILLISECOND = timedelta(milliseconds=1)
_COLUMNS = (
    "id",
    "at",
    "who",
    "station",
    "action",
    "parameters",
    "from",
    "to",
    "readings",
    "undone_by",
    "reason",
)

Station = Annotated[str, typer.Argument(metavar="STATION", help="Code or alias.")]
Parameter = Annotated[
    list[str] | None,
    typer.Option(metavar="NAME", help="A parameter's name or a symbol; may be repeated; else every one."),
]
At = Annotated[str | None, typer.Option(metavar="TIME", help="One measured time.")]
From = Annotated[str | None, typer.Option("--from", metavar="D", help="Or: measured from then on.")]
To = Annotated[
    str | None, typer.Option("--to", metavar="D", help="And up to then; a date includes that day.")
]
Reason = Annotated[str, typer.Option(metavar="TEXT", help="Why; needed.")]
Attach = Annotated[Path | None, typer.Option(metavar="FILE", help="A file to keep with it, up to 4 MiB.")]
ReviewId = Annotated[int, typer.Argument(metavar="ID", help="As `list` shows it.", min=1, max=2**63 - 1)]


@app.command()
def accept(
    station: Station,
    reason: Reason,
    parameter: Parameter = None,
    at: At = None,
    from_: From = None,
    to: To = None,
    file: Annotated[
        int | None, typer.Option(metavar="ID", help="Of several values for one time, the file whose stands.")
    ] = None,
    attach: Attach = None,
) -> None:
    """Say that readings are valid, whatever the checks say; releases what is held."""
    _give("accept", station, reason, parameter, (at, from_, to), attach, file_id=file)


@app.command()
def reject(
    station: Station,
    reason: Reason,
    parameter: Parameter = None,
    at: At = None,
    from_: From = None,
    to: To = None,
    attach: Attach = None,
) -> None:
    """Say that readings are not valid, also those that come later for the same time."""
    _give("reject", station, reason, parameter, (at, from_, to), attach)


@app.command()
def correct(
    station: Station,
    reason: Reason,
    parameter: Parameter = None,
    at: At = None,
    from_: From = None,
    to: To = None,
    value: Annotated[float | None, typer.Option(metavar="N", help="The number that counts.")] = None,
    factor: Annotated[float | None, typer.Option(metavar="N", help="Or: each value times this,")] = None,
    offset: Annotated[float | None, typer.Option(metavar="N", help="plus this.")] = None,
    attach: Attach = None,
) -> None:
    """Let another number count, in the channel's unit."""
    moments = (at, from_, to)
    _give("correct", station, reason, parameter, moments, attach, value=value, factor=factor, shift=offset)


@app.command()
def undo(review_id: ReviewId, reason: Reason) -> None:
    """Undo a review, by a new one."""
    with open_store(load()) as engine, writing(engine) as connection:
        given = reviews.undo(
            connection, review_id, remark("--reason", reason), act_now(), tenths("undone", say)
        )
    say(f"review {review_id} is undone by review {given.id}; {counted(given.readings, 'reading')}")


@app.command("list")
def list_reviews(
    station: Annotated[str | None, typer.Option(metavar="CODE", help="Only this station's.")] = None,
    action: Annotated[
        Literal["accept", "reject", "correct", "undo"] | None, typer.Option(help="Only these.")
    ] = None,
    from_: Annotated[
        str | None, typer.Option("--from", metavar="D", help="Of readings from then on.")
    ] = None,
    to: Annotated[str | None, typer.Option("--to", metavar="D", help="Of readings up to then.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON array.")] = False,
) -> None:
    """Print reviews, in the order in which they were given."""
    begin, end = span(from_, to)
    with open_store(load()) as engine:
        with reading(engine) as connection:
            station_id = None if station is None else _station(connection, station)
        items = (_json(entry) for entry in _all(engine, station_id, begin, end, action))
        if as_json:
            print_json(items)
        else:
            print_table(_COLUMNS, ([item[name] for name in _COLUMNS] for item in items))


@app.command()
def show(
    review_id: ReviewId, as_json: Annotated[bool, typer.Option("--json", help="A list of one.")] = False
) -> None:
    """Print a review: what it did to each reading, and what was said of it."""
    with open_store(load()) as engine, reading(engine) as connection:
        entry = _found(connection, review_id)
        changes = list(_changes(connection, review_id))
        said = comments_of(connection, review_id)
    item = _json(entry)
    if as_json:
        print_json(
            [
                item
                | {
                    "changes": [
                        {
                            "parameter": one.parameter,
                            "measured_at": one.measured_at,
                            "before": one.before._asdict(),
                            "after": one.after._asdict(),
                        }
                        for one in changes
                    ],
                    "said": [one._asdict() for one in said],
                }
            ]
        )
        return
    print_table(("", ""), item.items())
    columns = ("measured_at", "parameter", "text", "before", "after", "counts")
    print_table(
        columns,
        (
            [
                one.measured_at,
                one.parameter,
                one.after.text,
                one.before.review,
                one.after.review,
                one.after.value if one.after.reviewed_value is None else one.after.reviewed_value,
            ]
            for one in changes
        ),
    )
    if said:
        print_table(("at", "who", "said"), ([one.at, one.who, one.text] for one in said))


@app.command()
def comment(
    review_id: ReviewId, text: Annotated[str, typer.Argument(metavar="TEXT", help="What is to be said.")]
) -> None:
    """Say something of a review."""
    with open_store(load()) as engine, writing(engine) as connection:
        add_comment(connection, review_id, _found(connection, review_id).station, text, act_now())
    say(f"said of review {review_id}")


def _give(
    verb: Verb,
    station: str,
    reason: str,
    parameters: list[str] | None,
    moments: tuple[str | None, str | None, str | None],
    attach: Path | None,
    **more: Any,
) -> None:
    begin, end = _stretch(*moments)
    attachment = None if attach is None else _attachment(attach)
    with open_store(load()) as engine, writing(engine) as connection:
        station_id = _station(connection, station)
        named = _parameters(connection, station_id, parameters)
        wish = Wish(
            station_id, verb, begin, end, named, remark("--reason", reason), attachment=attachment, **more
        )
        given = reviews.give(connection, wish, act_now(), tenths("reviewed", say))
    passed = f"; {given.passed_over} could not be" if given.passed_over else ""
    say(f"review {given.id}: {counted(given.readings, 'reading')} {verb}ed{passed}")


def _stretch(at: str | None, from_: str | None, to: str | None) -> tuple[datetime, datetime]:
    if at is not None:
        if from_ is not None or to is not None:
            raise UsageError("either --at, or --from and --to")
        moment, _ = span(at, None, ("--at", ""))
        if moment is not None:
            return moment, moment + _MILLISECOND
    begin, end = span(from_, to)
    if begin is None or end is None:
        raise UsageError("a review needs one time (--at) or a stretch (--from and --to)")
    return begin, end


def _attachment(file: Path) -> Attachment:
    try:
        return Attachment(file.name, file.read_bytes())
    except OSError as error:
        raise InputOutputError(f"{error.strerror}: {file}") from error


def _station(connection: Connection, code: str) -> int:
    found = find_station(connection, code, None)
    if found is None:
        raise BadDataError(f"there is no station {code}; `qttd station list` names them all")
    return found.id


def _parameters(connection: Connection, station_id: int, names: list[str] | None) -> frozenset[int] | None:
    if not names:
        return None
    found = set()
    for name in names:
        parameter_id = find_parameter(connection, name, station_id)
        if parameter_id is None:
            raise BadDataError(f"there is no parameter {name}")
        found.add(parameter_id)
    return frozenset(found)


def _found(connection: Connection, review_id: int) -> ReviewEntry:
    entry = find_review(connection, review_id, None)
    if entry is None:
        raise BadDataError(f"there is no review {review_id}; `qttd review list` names them all")
    return entry


def _all(
    engine: Engine, station_id: int | None, begin: datetime | None, end: datetime | None, action: str | None
) -> Iterator[ReviewEntry]:
    """Page by page, so that years of them are not held in memory."""
    after = None
    while True:
        with reading(engine) as connection:
            page = review_page(connection, None, station_id, begin, end, action, after, _PAGE)
        yield from page
        if len(page) < _PAGE:
            return
        after = page[-1].id


def _changes(connection: Connection, review_id: int) -> Iterator[ChangeEntry]:
    after = None
    while page := changes_of(connection, review_id, after, _PAGE):
        yield from page
        after = page[-1].measured_at, page[-1].parameter_id


def _json(entry: ReviewEntry) -> dict[str, Any]:
    names = {"from_at": "from", "to_at": "to", "shift": "offset"}
    return {names.get(name, name): value for name, value in entry._asdict().items()}
