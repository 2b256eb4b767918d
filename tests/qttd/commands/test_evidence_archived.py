"""A dossier of what retention took out of the store: out of its archive, or told exactly what is wanted."""

import zipfile
from collections.abc import Iterator
from datetime import date

import pytest

from store.engine import open_engine, writing
from store.readings.partitions import make_months
from store.tables import judge_again
from tests.postgresql import PASSWORD, Server
from tests.qttd.commands.test_evidence import CODE, check, exceeding
from tests.qttd.conftest import CommandLine, Done


class Site:
    """An event of long ago, solved, and its month in an archive."""

    def __init__(self, ready: CommandLine, url: str, **settings: str) -> None:
        self._ready = ready
        self._settings = {
            "QTTD_RETENTION__ARCHIVES": "archives", "QTTD_RETENTION__RAW_MONTHS": "3", **settings
        }  # fmt: skip
        self.folder = ready.folder
        self.archive = self.folder / "archives" / f"{CODE}_2024-05.zip"
        self.archive.parent.mkdir()
        assert self("migrate").code == 0
        engine = open_engine(url)
        if engine.dialect.name == "postgresql":
            with engine.begin() as connection:
                make_months(connection, [date(2024, 5, 1)])
        self.event = exceeding(self, engine, self.folder, "2024-05")
        with writing(engine) as connection:
            connection.execute(judge_again.delete())  # as ingest leaves it
        engine.dispose()
        for event in self("event", "list", "--json").json():
            assert self("event", "state", str(event["id"]), "solved").code == 0
        assert self("archive", "make", "--station", "all", "--month", "missing").code == 0

    def __call__(self, *arguments: str, **more: str) -> Done:
        return self._ready(*arguments, **{**self._settings, **more})

    def members(self, name: str) -> dict[str, bytes]:
        """A new dossier, without what says how often something was removed; its own script approves of it."""
        done = self("evidence", self.event, name)
        assert done.code == 0, done
        code, said = check(self.folder / name)
        assert (code, "all is as it was written" in said) == (0, True), said
        with zipfile.ZipFile(self.folder / name) as dossier:
            return {
                member: dossier.read(member)
                for member in dossier.namelist()
                if member not in ("audit.jsonl", "manifest.json")
            }

    def refused(self) -> str:
        done = self("evidence", self.event, "khong.zip")
        assert (done.code, done.out) == (69, "")
        assert not list(self.folder.glob("*khong*"))
        return done.err


@pytest.fixture(params=["sqlite", "postgresql"])
def site(request: pytest.FixtureRequest, ready: CommandLine, postgresql: Server) -> Iterator[Site]:
    if request.param == "sqlite":
        yield Site(ready, f"sqlite:///{ready.folder / 'qttd.db'}")
        return
    database = request.getfixturevalue("database")
    url = {"QTTD_STORE__URL": postgresql.network_url(database), "QTTD_STORE__PASSWORD": PASSWORD}
    yield Site(ready, postgresql.url(database), **url)


def test_a_dossier_out_of_an_archive(site: Site) -> None:
    before = site.members("truoc.zip")
    assert "bytes of 5 files" in site("retention", "apply", "--yes").err
    assert site.members("sau.zip") == before
    content = site.archive.read_bytes()
    for wrong in (b"", content[:-40], None):
        if wrong is None:
            site.archive.unlink()
        else:
            site.archive.write_bytes(wrong)
        said = site.refused()
        assert f"{site.archive}, which cannot be read" in said
        assert f"{CODE}_20240530090000.txt" in said
    moved = site.folder / "elsewhere.zip"
    moved.write_bytes(content)
    assert site("archive", "verify", "elsewhere.zip").code == 0
    assert site.members("lai.zip") == before

    with_readings = {"QTTD_RETENTION__READINGS_MONTHS": "13"}
    assert "5 readings" in site("retention", "apply", "--yes", **with_readings).err
    said = site.refused()
    assert "the readings of 2024-05 left the store" in said
    assert f"qttd archive put-back {moved}" in said
    assert "5 files and 5 readings" in site("archive", "put-back", str(moved)).err
    assert site.members("cuoi.zip") == before
