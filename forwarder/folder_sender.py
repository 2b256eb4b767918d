"""Sends files into a folder: a local one, or a share that is mounted here.

Under a temporary name, flushed to the disk, renamed, and the rename flushed too. The target's
root must be there: a share that is not mounted must not be replaced by an empty folder.
"""

import os
from collections.abc import Iterator
from pathlib import Path

from forwarder.outcome import RelayError, folder_failure, one_line
from forwarder.sender import TEMPORARY, Step
from store.relay.targets import Upload


class FolderSender:
    """Writes below one root."""

    def __init__(self, root: Path, upload: Upload) -> None:
        self._root = root
        self._rename_wanted = upload == "rename"
        self._known: set[Path] = set()

    def connect(self) -> None:
        """See Sender."""
        try:
            present = self._root.is_dir()
        except OSError as error:
            raise RelayError("cannot_connect", one_line(f"{self._root}: {error.strerror}")) from error
        if not present:
            self._known.clear()
            raise RelayError("cannot_connect", one_line(f"{self._root} is not there (is the share mounted?)"))

    def send(self, path: str, content: bytes, *, may_be_there: bool) -> str:
        """See Sender."""
        final = self._below_root(path)
        try:
            if may_be_there and final.is_file() and final.read_bytes() == content:
                return "was there already"
            self._make_folder(final.parent)
            if self._rename_wanted:
                part = final.with_name(final.name + TEMPORARY)
                _write(part, content)
                part.replace(final)
                _flush_folder(final.parent)
            else:
                _write(final, content)
        except OSError as error:
            self._known.clear()
            raise folder_failure(error, f"writing {path}") from error
        return ""

    def trial(self, name: str) -> Iterator[Step]:
        """See Sender."""
        self.connect()
        yield Step("connect", str(self._root))
        try:
            yield Step("list", f"{sum(1 for _ in self._root.iterdir())} entries")
        except OSError as error:
            yield Step("list", f"refused, relaying does without: {error.strerror}", works=False)
        self.send(name, b"qttd target test\r\n", may_be_there=False)
        yield Step("upload", f"written{' and renamed' if self._rename_wanted else ''}: {name}")
        try:
            self._below_root(name).unlink()
        except OSError as error:
            yield Step("remove", f"refused: {error.strerror}", works=False)
        else:
            yield Step("remove", "done")

    def sizes(self, folder: str) -> dict[str, int | None]:
        """See Sender."""
        place = self._below_root(folder) if folder else self._root
        try:
            with os.scandir(place) as entries:
                return {entry.name: entry.stat().st_size for entry in entries if entry.is_file()}
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise folder_failure(error, f"listing {folder}") from error

    def close(self) -> None:
        """Nothing is kept open."""

    def abort(self) -> None:
        """A disk that hangs cannot be cut; the process ends without it."""

    def _below_root(self, path: str) -> Path:
        if any(part in ("", ".", "..") or "\0" in part for part in path.split("/")):
            raise RelayError("rejected_path", one_line(f"{path} is not a path below the target's root"))
        return self._root.joinpath(*path.split("/"))

    def _make_folder(self, folder: Path) -> None:
        if folder in self._known:
            return
        missing = [
            above
            for above in (folder, *folder.parents)
            if above != self._root and self._root in above.parents
        ]
        for above in reversed(missing):
            above.mkdir(exist_ok=True)
            _flush_folder(above.parent)
        self._known.add(folder)


def _write(path: Path, content: bytes) -> None:
    with path.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def _flush_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
