"""The backup's file: a zip with four members and a manifest that says what they are.

    manifest.json   versions, when, sizes and SHA-256 of the members, row counts
    store.db        the store
    intake.db       the intake journal; left out where qttd never ran
    qttd.key        the key of the relay passwords; left out where there is none
    qttd.toml       the settings file

Any zip program reads it. Here it is written and read, and every byte of it is checked; what to do
with the members is the business of making.py and restoring.py.
"""

import hashlib
import json
import os
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

from qttd.errors import BadDataError

FORMAT = "qttd-backup"
VERSION = 1
MANIFEST = "manifest.json"
STORE, JOURNAL, KEY, SETTINGS = "store.db", "intake.db", "qttd.key", "qttd.toml"
HOST_KEY = "sftp_host_key"
_MEMBERS = (STORE, JOURNAL, KEY, HOST_KEY, SETTINGS)
_CHUNK = 1 << 20
_LEVEL = 3
"""Station files are text and shrink well at any level; a backup should not hold up the doors."""
_LARGEST_MANIFEST = 1 << 20


@dataclass(frozen=True)
class Member:
    """A member as it must come out again."""

    size: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """What stands in manifest.json beside `format` and `version`."""

    made_at: str
    """ISO 8601 with +07:00."""
    qttd: str
    """The version that wrote it."""
    schema: str
    """The store's."""
    journal_uuid: str | None
    position: int
    """The journal's last row that the store accounts for."""
    last_id: int
    """The journal's last row."""
    rows: Mapping[str, Mapping[str, int]]
    """Row counts by table, of store.db and of intake.db."""
    members: Mapping[str, Member] = field(default_factory=dict)


def write_archive(file: BinaryIO, sources: Mapping[str, Path], manifest: Manifest) -> Manifest:
    """Writes the members and, last, the manifest with their hashes, which is returned. Raises OSError."""
    members: dict[str, Member] = {}
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, compresslevel=_LEVEL) as archive:
        for name, path in sources.items():
            with path.open("rb") as source, archive.open(name, "w", force_zip64=True) as target:
                members[name] = _pump(source, target)
        whole = Manifest(**{**_plain(manifest), "members": members})
        text = {"format": FORMAT, "version": VERSION, **asdict(whole)}
        archive.writestr(MANIFEST, json.dumps(text, ensure_ascii=False, indent=1))
    return whole


def read_manifest(path: Path) -> Manifest:
    """The manifest of a backup. Raises BadDataError for any other file, and OSError."""
    try:
        with zipfile.ZipFile(path) as archive:
            if archive.getinfo(MANIFEST).file_size > _LARGEST_MANIFEST:
                raise BadDataError(f"{path} is no backup of qttd's: its manifest is too large")
            names = sorted(archive.namelist())
            text = json.loads(archive.read(MANIFEST))
        if text.pop("format") != FORMAT:
            raise BadDataError(f"{path} is no backup of qttd's")
        if text.pop("version") != VERSION:
            raise BadDataError(f"{path} was made by a newer qttd ({text['qttd']}); update this one")
        members = {name: Member(**member) for name, member in text.pop("members").items()}
        manifest = Manifest(**text, members=members)
    except (zipfile.BadZipFile, zlib.error, KeyError, TypeError, ValueError, AttributeError) as error:
        raise BadDataError(f"{path} is no backup of qttd's, or not a whole one: {error}") from error
    if names != sorted([*members, MANIFEST]) or not {STORE, SETTINGS} <= set(members) <= set(_MEMBERS):
        raise BadDataError(f"{path} does not hold what its manifest names")
    return manifest


def verify(path: Path, manifest: Manifest) -> None:
    """Reads every member and compares it with the manifest. Raises BadDataError, naming what differs."""
    for name in manifest.members:
        with Path(os.devnull).open("wb") as nowhere:
            extract(path, manifest, name, nowhere)


def extract(path: Path, manifest: Manifest, name: str, target: BinaryIO) -> None:
    """Writes a member to `target`. Raises BadDataError where it is not as the manifest says, and OSError."""
    try:
        with zipfile.ZipFile(path) as archive, archive.open(name) as source:
            found = _pump(source, target)
    except (zipfile.BadZipFile, zlib.error, KeyError, EOFError) as error:
        raise BadDataError(f"{path}: {name} is damaged: {error}") from error
    if found != manifest.members[name]:
        raise BadDataError(
            f"{path}: {name} is not what the manifest says; the backup is damaged or was changed"
        )


def _pump(source: Any, target: Any) -> Member:
    digest, size = hashlib.sha256(), 0
    while chunk := source.read(_CHUNK):
        digest.update(chunk)
        size += len(chunk)
        target.write(chunk)
    return Member(size, digest.hexdigest())


def _plain(manifest: Manifest) -> dict[str, Any]:
    return {name: getattr(manifest, name) for name in Manifest.__dataclass_fields__}
