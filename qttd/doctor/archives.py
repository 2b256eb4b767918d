"""Month archives: on another disk than the store, there, and still what they were. Looked at, not changed.

All of them are looked for; of those that were read longest ago some are read, as many as take a few seconds.
`qttd archive verify` reads all.
"""

from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Engine

from qttd.archive.making import sha256_of
from qttd.doctor.finding import Finding, named, not_applicable, ok, warning
from qttd.settings import Settings
from store.engine import reading
from store.files.archives import Archive, archive_page, of_month, since

_READ_BYTES = 256 << 20


def check_archives(settings: Settings, engine: Engine) -> Iterator[Finding]:
    """Warns of what could not be got back, and of what is on one disk with what it is to outlive."""
    yield _folder(settings)
    with reading(engine) as connection:
        known = archive_page(connection)
        outdated = [
            f"{one.station or '-'} {one.month:%Y-%m}"
            for one in known
            if one.readings_removed_at is not None
            and since(connection, one, of_month(connection, one.station_id, one.month)).files
        ]
    if not known:
        yield not_applicable("archives", "none was made yet")
        return
    bad = [one.path for one in known if one.damage is not None or not _is_there(one)]
    unread = _READ_BYTES
    for one in sorted(known, key=lambda one: one.verified_at):
        unread -= one.size
        if unread < 0:
            break
        if one.path not in bad and sha256_of(Path(one.path)) != one.sha256:
            bad.append(one.path)
    if bad:
        yield warning(
            "archives",
            f"not there, or not what they were: {named(bad)}",
            "bring the copy back and say where it is: `qttd archive verify FILE`",
        )
    elif outdated:
        yield warning(
            "archives",
            f"something came after the archive, and after its readings were removed: {named(outdated)}",
            "`qttd archive make --station all --month missing`",
        )
    else:
        yield ok("archives", f"{len(known)} are there")


def _folder(settings: Settings) -> Finding:
    if not settings.retention.archives:
        return not_applicable("archive_disk", "retention.archives is not set")
    folder = Path(settings.retention.archives)
    beside = [Path(settings.intake.journal).parent]
    if settings.store.url.startswith("sqlite"):
        beside.append(Path(settings.store.url.removeprefix("sqlite:///")).parent)
    try:
        device = folder.stat().st_dev
        same = any(one.stat().st_dev == device for one in beside)
    except OSError as error:
        return warning("archive_disk", f"{error.filename}: {error.strerror}", f"mount {folder}")
    if same:
        return warning(
            "archive_disk",
            f"{folder} is on the disk of what it is to outlive",
            "set retention.archives to a folder on another disk, or copy the archives elsewhere each month",
        )
    return ok("archive_disk", f"{folder} is on a disk of its own")


def _is_there(one: Archive) -> bool:
    try:
        return Path(one.path).stat().st_size == one.size
    except OSError:
        return False
