"""Paths keep their bytes, and never lead anywhere but into the account's own tree."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from receiver.path_text import BadPathError, absolute_path, decode_path, encode_path, split_path


@given(st.binary())
def test_any_bytes_come_back(raw: bytes) -> None:
    text = decode_path(raw)
    assert encode_path(text) == raw
    text.encode()  # storable everywhere: no lone surrogates


@given(st.text())
def test_text_is_kept_as_it_is_unless_private(text: str) -> None:
    decoded = decode_path(text.encode())
    if not any("\uef80" <= char <= "\uefff" for char in text):
        assert decoded == text


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (b"x.txt", "x.txt"),
        ("Th\u00e1ng 5/Ng\u00e0y 30".encode(), "Th\u00e1ng 5/Ng\u00e0y 30"),
        (b"Th\xe1ng", "Th\uefe1ng"),
        (b"\xee\xbe\x80", "\uefee\uefbe\uef80"),
        (b"\xed\xa0\x80", "\uefed\uefa0\uef80"),
    ],
)
def test_decoding(raw: bytes, text: str) -> None:
    assert decode_path(raw) == text


@pytest.mark.parametrize(
    ("folder", "given_path", "path"),
    [
        ("/", "x.txt", "/x.txt"),
        ("/a/b", "x.txt", "/a/b/x.txt"),
        ("/a/b", "/x.txt", "/x.txt"),
        ("/a/b", "../x.txt", "/a/x.txt"),
        ("/a/b", "../../../../etc/passwd", "/etc/passwd"),
        ("/a", "./b//c/./d/", "/a/b/c/d"),
        ("/a", "", "/a"),
        ("/a", "..", "/"),
        ("/", "..\\..\\x.txt", "/x.txt"),
        ("/a", "2026\\05\\x.txt", "/a/2026/05/x.txt"),
        ("/a", "\uefb0\\x.txt", "/a/\uefb0\\x.txt"),
        ("/", "CON", "/CON"),
        ("/", "~root/x", "/~root/x"),
    ],
)
def test_absolute_path(folder: str, given_path: str, path: str) -> None:
    assert absolute_path(folder, given_path) == path


@pytest.mark.parametrize(
    "bad", ["a\0b", "a\rb", "a\nb", "a\x7fb", "n" * 256, "\u1ead" * 86, "a/" * 1100 + "x"]
)
def test_names_that_can_not_be_kept(bad: str) -> None:
    with pytest.raises(BadPathError):
        absolute_path("/", bad)


def test_longest_name() -> None:
    assert absolute_path("/", "n" * 255) == "/" + "n" * 255
    assert absolute_path("/", "\u1ead" * 85) == "/" + "\u1ead" * 85


def test_split_path() -> None:
    assert split_path("/x.txt") == ("", "x.txt")
    assert split_path("/a/b/x.txt") == ("/a/b", "x.txt")
    assert split_path("/") == ("", "")
