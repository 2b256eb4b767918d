"""What people say of a review: the facility it concerns, its operator, the reviewer. Added, never altered."""

from sqlalchemy import Connection, insert

from store.audit import Act, record
from store.reviews.problem import ReviewProblemError
from store.reviews.view import Comment
from store.tables import review_comment

LONGEST = 4000


def comment(connection: Connection, review_id: int, station_code: str, text: str, act: Act) -> Comment:
    """Adds a word to a review that exists. Raises ReviewProblemError for an empty or endless one."""
    if not text.strip() or "\0" in text or len(text) > LONGEST:
        raise ReviewProblemError("text", f"must say something, in at most {LONGEST} characters")
    values = {"review_id": review_id, "who": act.who, "at": act.at, "text": text}
    number: int = connection.execute(
        insert(review_comment).values(values).returning(review_comment.c.id)
    ).scalar_one()
    record(connection, act, "review.comment", station_code, {"review": review_id})
    return Comment(number, act.who, act.at, text)
