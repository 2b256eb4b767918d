"""What this host is, as far as the settings say where to look: its folders, their room, its certificate.

Who tells of it decides what to make of it: the metrics (host_figures.py), the alarms (host_watch.py), the
doctor. Here is only how each fact is found.
"""

import os
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from qttd.settings import Settings

if TYPE_CHECKING:
    from cryptography.x509 import Certificate

MIB = 1 << 20


class Room(NamedTuple):
    """What is free on a folder's disk."""

    free_bytes: int
    """For whom is not root."""
    hardly_any_inodes: bool
    """Fewer than one of a hundred is left."""


def store_file(settings: Settings) -> Path | None:
    """The store's file; None where it is a database of a server's."""
    url = settings.store.url
    return Path(url.removeprefix("sqlite:///")) if url.startswith("sqlite") else None


def disk_folders(settings: Settings) -> dict[str, Path]:
    """The folders that fill: the journal's, and the store's where that is a file. By name."""
    folders = {"journal": Path(settings.intake.journal).parent}
    if (store := store_file(settings)) is not None:
        folders["store"] = store.parent
    return folders


def room_of(folder: Path) -> Room:
    """Raises OSError where the folder is not there."""
    space = os.statvfs(folder)
    scarce = bool(space.f_files) and space.f_favail * 100 < space.f_files
    return Room(space.f_bavail * space.f_frsize, scarce)


def door_certificate(settings: Settings) -> "Certificate | None":
    """The FTP door's own certificate; None where no FTPS is offered. Raises OSError or ValueError."""
    if not settings.ftp.tls_cert:
        return None
    # takes its time to import, and every command imports this file
    from cryptography.x509 import load_pem_x509_certificates

    return load_pem_x509_certificates(Path(settings.ftp.tls_cert).read_bytes())[0]
