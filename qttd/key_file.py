"""The key that relay passwords are encrypted with: one line of a file that only its owner may read."""

import os
from base64 import urlsafe_b64encode
from pathlib import Path


def make_key_file(path: Path) -> None:
    """Writes a new random key, 32 bytes in URL-safe base64 (Fernet's form); never over an older one."""
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with open(handle, "wb") as file:  # noqa: PTH123 - the descriptor was opened with its permissions
        file.write(urlsafe_b64encode(os.urandom(32)) + b"\n")
