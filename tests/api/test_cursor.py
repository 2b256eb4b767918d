"""Cursors: what one list made that list reads again, and nothing else is one."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.cursor import CursorError, decode, encode, moment


@given(st.integers(0, 2**63 - 1), st.text(st.characters(exclude_characters="\0", codec="utf-8")))
def test_what_goes_in_comes_out(number: int, text: str) -> None:
    assert decode("list", encode("list", number, text, None), "ito") == [number, text, None]


def test_a_moment_comes_back_to_the_millisecond() -> None:
    at = datetime(2026, 5, 30, 3, 15, 0, 123000, UTC)
    assert moment(decode("list", encode("list", at), "i")[0]) == at


@pytest.mark.parametrize(
    ("kind", "shape"), [("other", "it"), ("list", "i"), ("list", "ii"), ("list", "ti"), ("list", "iti")]
)
def test_another_lists_cursor_is_refused(kind: str, shape: str) -> None:
    with pytest.raises(CursorError):
        decode(kind, encode("list", 1, "a"), shape)


@given(st.text())
def test_any_other_text_is_refused(text: str) -> None:
    with pytest.raises(CursorError):
        decode("list", text, "i")


@pytest.mark.parametrize("key", [(True,), (1.5,), ([1],), (2**63,), ("1",), (None,)])
def test_a_key_of_another_form_is_refused(key: tuple[int]) -> None:
    with pytest.raises(CursorError):
        decode("list", encode("list", *key), "i")
