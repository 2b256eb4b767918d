"""Sealed passwords: nothing of them is readable without the key file, and a wrong key says so."""

from pathlib import Path

import pytest

from store.access.secret_box import SecretBox, SecretBoxError


def test_what_is_sealed_opens_again(tmp_path: Path) -> None:
    box = SecretBox(tmp_path / "qttd.key")
    sealed = box.seal("mật khẩu")
    assert "mật" not in sealed
    assert box.seal("mật khẩu") != sealed
    assert SecretBox(tmp_path / "qttd.key").open(sealed) == "mật khẩu"


def test_only_its_owner_may_read_the_key(tmp_path: Path) -> None:
    SecretBox(tmp_path / "qttd.key").seal("x")
    assert (tmp_path / "qttd.key").stat().st_mode & 0o777 == 0o600


def test_another_key_opens_nothing(tmp_path: Path) -> None:
    sealed = SecretBox(tmp_path / "a.key").seal("x")
    other = SecretBox(tmp_path / "b.key")
    other.seal("y")
    with pytest.raises(SecretBoxError, match="not the key"):
        other.open(sealed)


@pytest.mark.parametrize("content", [None, b"", b"no key at all"])
def test_a_missing_or_broken_key_file_is_named(tmp_path: Path, content: bytes | None) -> None:
    sealed = SecretBox(tmp_path / "a.key").seal("x")
    if content is not None:
        (tmp_path / "b.key").write_bytes(content)
    with pytest.raises(SecretBoxError, match=r"b\.key"):
        SecretBox(tmp_path / "b.key").open(sealed)


def test_no_text_of_it_tells_the_key(tmp_path: Path) -> None:
    box = SecretBox(tmp_path / "qttd.key")
    box.seal("x")
    assert (tmp_path / "qttd.key").read_text().strip() not in repr(box)
