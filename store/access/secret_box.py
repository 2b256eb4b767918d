"""Passwords that must be used again, and so cannot be hashed: those of relay targets.

They lie in the store encrypted (Fernet: AES-128-CBC with HMAC-SHA256) under a key that lies in a
file beside the settings, not in the store: a copy of the store alone opens nothing. The key file
is made, readable by its owner only, when the first password is sealed.
"""

import os
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken


class SecretBoxError(Exception):
    """The key file is missing, unreadable, or not the one that the secret was sealed with."""


class SecretBox:
    """Seals and opens short secrets with the key of one file."""

    def __init__(self, key_file: Path) -> None:
        """Reads nothing yet."""
        self._key_file = key_file

    def __repr__(self) -> str:
        return f"SecretBox({str(self._key_file)!r})"

    def seal(self, secret: str) -> str:
        """The secret, encrypted, as text. Makes the key file where there is none."""
        if not self._key_file.exists():
            self._make_key()
        return self._fernet().encrypt(secret.encode()).decode("ascii")

    def open(self, sealed: str) -> str:
        """The secret of a sealed text. Raises SecretBoxError."""
        try:
            return self._fernet().decrypt(sealed.encode("ascii")).decode()
        except InvalidToken:
            raise SecretBoxError(
                f"{self._key_file} is not the key that this password was sealed with: put the right key "
                "file back from your backup, or give the password again (qttd target passwd)"
            ) from None

    def _fernet(self) -> Fernet:
        try:
            return Fernet(self._key_file.read_bytes().strip())
        except (OSError, ValueError) as error:
            raise SecretBoxError(f"the key file {self._key_file} cannot be used: {error}") from error

    def _make_key(self) -> None:
        try:
            descriptor = os.open(self._key_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return  # another process made it in this moment
        except OSError as error:
            raise SecretBoxError(f"the key file {self._key_file} cannot be made: {error}") from error
        with os.fdopen(descriptor, "wb") as file:
            file.write(Fernet.generate_key() + b"\n")
            file.flush()
            os.fsync(file.fileno())
