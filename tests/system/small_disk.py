"""A small disk that fills up when that is wanted: a mounted one where that may be, else what is like it."""

import resource
import subprocess
from contextlib import suppress
from pathlib import Path

from tests.postgresql import Server

SIZE = 24 << 20
_FULL = """
CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS
  $$ BEGIN RAISE EXCEPTION 'No space left on device' USING ERRCODE = '53100'; END $$;
CREATE TRIGGER full_disk BEFORE INSERT ON data_file EXECUTE FUNCTION full_disk();
"""


class SmallDisk:
    """A folder of which little is left, or nothing, when that is wanted."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        options = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "none", str(folder)]
        self.mounted = subprocess.run(options, capture_output=True, check=False).returncode == 0
        self.daemon: int | None = None

    def leave(self, free: int) -> None:
        """So many bytes are free from now on, up to a page."""
        if self.mounted:
            self.give_back()
            space = subprocess.run(
                ["stat", "-f", "-c", "%a %S", str(self.folder)], capture_output=True, text=True, check=True
            )
            blocks, size = map(int, space.stdout.split())
            with (self.folder / "ballast").open("wb", buffering=0) as ballast, suppress(OSError):
                # others write meanwhile: full is full
                for _ in range(max(0, blocks * size - free) // size):
                    ballast.write(bytes(size))
        else:
            self._limit(max(path.stat().st_size for path in self.folder.iterdir()) + free)

    def give_back(self) -> None:
        """There is room again."""
        if self.mounted:
            (self.folder / "ballast").unlink(missing_ok=True)
        else:
            self._limit(resource.RLIM_INFINITY)

    def _limit(self, size: int) -> None:
        """For the daemon and its roles; a process's limit is its own."""
        assert self.daemon is not None
        children = Path(f"/proc/{self.daemon}/task/{self.daemon}/children").read_text().split()
        for process in (self.daemon, *map(int, children)):
            resource.prlimit(process, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))

    def remove(self) -> None:
        if self.mounted:
            subprocess.run(["umount", "-l", str(self.folder)], check=True)


class DatabaseDisk(SmallDisk):
    """One that holds a database of a PostgreSQL server, as a tablespace. The server's journal is
    elsewhere: where that finds no room the server stops, which is another fault."""

    def __init__(self, server: Server, database: str) -> None:
        super().__init__(server.folder / "small")
        self._server, self._database = server, database
        server.own(self.folder)
        server.query("postgres", f"CREATE TABLESPACE small LOCATION '{self.folder}'")
        server.query("postgres", f"CREATE DATABASE {database} TABLESPACE small")

    def leave(self, free: int) -> None:
        if self.mounted:
            super().leave(free)
        else:
            self._server.query(self._database, _FULL)

    def give_back(self) -> None:
        if self.mounted:
            super().give_back()
        else:
            self._server.query(self._database, "DROP FUNCTION IF EXISTS full_disk CASCADE")

    def remove(self) -> None:
        self._server.query("postgres", f"DROP DATABASE {self._database} WITH (FORCE)")
        self._server.query("postgres", "DROP TABLESPACE small")
        super().remove()
