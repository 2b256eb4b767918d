"""The folders that qttd writes into and reads from, and how much room is left on their disks.

Writing is tried by writing, as the user who runs the doctor: run it as the service's user.
"""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from qttd.doctor.finding import Finding, failed, ok, warning, wrong_setting
from qttd.host_facts import MIB, disk_folders, room_of
from qttd.settings import Settings

_KEYS = {"journal": "intake.journal", "store": "store.url"}
"""The setting that names each folder."""
_SOON_FULL = 4
"""Times intake.min_free_mib: with less, the doors will soon refuse uploads."""
_LEAST_FOR_STORE_MIB = 256


def check_folders(settings: Settings) -> Iterator[Finding]:
    """The journal's and the store's folder, and every drop folder."""
    for name, folder in disk_folders(settings).items():
        yield _writable(_KEYS[name], folder)
    for drop in settings.drop:
        yield _readable(Path(drop.path))


def check_disk(settings: Settings) -> Iterator[Finding]:
    """Free space for the journal, and for the store where it is a file on another disk."""
    least = settings.intake.min_free_mib
    places = disk_folders(settings)
    journal, store = places["journal"], places.get("store")
    folders = {journal: least}
    if (
        store is not None
        and store.is_dir()
        and journal.is_dir()
        and store.stat().st_dev != journal.stat().st_dev
    ):
        folders[store] = max(least, _LEAST_FOR_STORE_MIB)
    for folder, wanted in folders.items():
        try:
            room = room_of(folder)
        except OSError as error:
            yield failed("disk", f"{folder}: {error.strerror}", "make the folder, or mount its disk")
            continue
        free = room.free_bytes // MIB
        seen = f"{free} MiB are free for {folder}"
        if free < wanted:
            yield failed("disk", f"{seen}, less than {wanted}: uploads are refused (452)", "make room")
        elif free < _SOON_FULL * max(wanted, 1):
            yield warning("disk", f"{seen}; below {wanted} uploads are refused (452)", "make room soon")
        elif room.hardly_any_inodes:
            yield warning("disk", f"{folder} has hardly any inodes left", "remove what is many and small")
        else:
            yield ok("disk", seen)


def _writable(key: str, folder: Path) -> Finding:
    try:
        with tempfile.TemporaryFile(dir=folder) as trial:
            trial.write(b"qttd doctor")
            trial.flush()
            os.fsync(trial.fileno())
    except FileNotFoundError:
        return wrong_setting("folder", f"{key}: there is no folder {folder}", f"mkdir -p {folder}")
    except OSError as error:
        remedy = f"let the user who runs qttd write there: chown USER {folder}"
        return failed("folder", f"{key}: {folder} cannot be written: {error.strerror}", remedy)
    return ok("folder", f"{key}: {folder} can be written")


def _readable(folder: Path) -> Finding:
    try:
        with os.scandir(folder) as entries:
            count = sum(1 for _ in entries)
    except FileNotFoundError:
        return wrong_setting(
            "folder", f"drop.path: there is no folder {folder}", f"mkdir -p {folder}, or mount it"
        )
    except OSError as error:
        remedy = f"let the user who runs qttd read it: setfacl -m u:USER:rx {folder}"
        return failed("folder", f"drop.path: {folder} cannot be read: {error.strerror}", remedy)
    return ok("folder", f"drop.path: {folder} can be read, {count} entries")
