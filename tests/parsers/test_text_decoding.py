"""Bytes to text: which codec, and what is no text."""

import codecs
import unicodedata

import pytest

from parsers.text_decoding import decode


@pytest.mark.parametrize(
    ("data", "text", "encoding", "notes", "torn"),
    [
        (b"pH\r\n", "pH\r\n", "utf-8", (), False),
        (b"", "", "utf-8", (), False),
        ("Ápsuất".encode(), "Ápsuất", "utf-8", (), False),
        (b"\xef\xbb\xbfpH", "pH", "utf-8", ("bom",), False),
        (b"Nhi\xea\xf2t", "Nhiê\u0323t", "windows-1258", ("encoding_guessed",), False),
        (b"\xb0C \x8d", "°C \\x8d", "windows-1258", ("encoding_guessed",), False),
        (b"\xef\xbb\xbf\xb0C\n", "°C\n", "windows-1258", ("bom", "encoding_guessed"), False),
        (b"\xb0C\n\0\0", "°C\n", "windows-1258", ("encoding_guessed",), True),
        ("a\r\n\ufeffb\n\ufeff\ufeffc\ufeff".encode(), "a\r\nb\nc\ufeff", "utf-8", ("bom",), False),
        ("\ufeff\ufeffa\ufeff".encode(), "a\ufeff", "utf-8", ("bom",), False),
        ("a\ufeff".encode(), "a\ufeff", "utf-8", (), False),
        ("\ufeffa\n\ufeffb".encode("utf-16-le"), "a\nb", "utf-16", ("bom",), False),
        (b"\xff\xfep\0H\0", "pH", "utf-16", ("bom",), False),
        (b"\xfe\xff\0p\0H", "pH", "utf-16", ("bom",), False),
        (b"\xff\xfep\0H", "p", "utf-16", ("bom",), True),
        (b"\xff\xfep\0\x34\xd8", "p", "utf-16", ("bom",), True),
        (b"\xff\xfe\n\0\0\0\0\0\0", "\n", "utf-16", ("bom",), True),
        ("a\nNhiệ".encode()[:-1], "a\nNhi", "utf-8", (), True),
        ("Nhiệ".encode()[:-2], "Nhi", "utf-8", (), True),
        (b"\xef\xbb", "", "utf-8", (), True),
        (b"a\n\0\0", "a\n", "utf-8", (), True),
        (b"a\rb\0", "a\rb", "utf-8", (), True),
        ("a\nNhiệ".encode()[:-1] + b"\0\0", "a\nNhi", "utf-8", (), True),
    ],
)
def test_text(data: bytes, text: str, encoding: str, notes: tuple[str, ...], torn: bool) -> None:
    decoded = decode(data)
    assert decoded is not None
    assert (decoded.text, decoded.encoding, decoded.notes, decoded.torn) == (text, encoding, notes, torn)
    assert data.startswith(decoded.bom)
    assert codecs.lookup(decoded.codec)


@pytest.mark.parametrize(
    "data",
    [
        b"\0",
        b"a\0",
        b"\xb0C\0",
        b"a\0\n",
        b"\x1b[0m",
        b"\x7f",
        b"\xc2\x80",
        b"\xff\xfe\0\xd8a\0",
        b"\xff\xfe\x1b\0",
    ],
)
def test_no_text(data: bytes) -> None:
    assert decode(data) is None


@pytest.mark.parametrize("letter", ["Nhiệtđộ", "Ápsuất", "µg/m³", "°C", "Lưu lượng", "Độ màu"])
def test_a_vietnamese_windows_file_keeps_its_letters(letter: str) -> None:
    decomposed = {"ệ": "ê\u0323", "ộ": "ô\u0323", "ấ": "â\u0301", "ượ": "ươ\u0323", "à": "à", "Á": "Á"}
    written = letter
    for composed, apart in decomposed.items():
        written = written.replace(composed, apart)
    decoded = decode(written.encode("cp1258"))
    assert decoded is not None
    assert decoded.encoding == "windows-1258"
    assert unicodedata.normalize("NFC", decoded.text) == letter
