"""The SFTP door's host key: made once where none was given, and read at each start.

Clients remember it and refuse a host whose key has changed, so it is made once for a journal and kept.
"""

import os
from pathlib import Path

import asyncssh
import structlog

KIND = "ssh-ed25519"

log = structlog.get_logger()


class HostKeyError(Exception):
    """The host key can not be used; the message names the file."""


def host_key(path: Path, *, make: bool) -> asyncssh.SSHKey:
    """The key of a file; with `make` a new one where there is no such file. Raises HostKeyError."""
    if make and not path.exists():
        _make(path)
    try:
        return asyncssh.read_private_key(path)
    except (OSError, asyncssh.KeyImportError) as error:
        raise HostKeyError(f"can not use the host key {path}: {error}") from error


def _make(path: Path) -> None:
    key = asyncssh.generate_private_key(KIND, "qttd")
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        descriptor = os.open(fresh, os.O_CREAT | os.O_WRONLY | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            file.write(key.export_private_key("openssh"))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(fresh, path)  # fails where another worker was first: all must show one key
        except FileExistsError:
            return
        finally:
            fresh.unlink()
    except OSError as error:
        raise HostKeyError(f"can not make the host key {path}: {error}") from error
    log.info("sftp_host_key_made", path=str(path), fingerprint=key.get_fingerprint())
