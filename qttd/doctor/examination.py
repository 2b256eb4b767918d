"""The whole examination, in the order in which one thing needs another."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from qttd.doctor.archives import check_archives
from qttd.doctor.backups import check_backup
from qttd.doctor.certificate import check_certificate
from qttd.doctor.clock import check_clock_against_store, check_clock_is_kept
from qttd.doctor.databases import check_journal, check_store
from qttd.doctor.finding import Finding, failed, not_applicable
from qttd.doctor.folders import check_disk, check_folders
from qttd.doctor.network import check_network
from qttd.doctor.open_files import check_open_files
from qttd.doctor.ports import check_ports, check_running
from qttd.doctor.settings_file import check_key_file, check_settings_file
from qttd.doctor.targets import check_targets
from qttd.errors import BadSettingsError, UnreachableError
from qttd.failures import explain
from qttd.settings import Settings
from qttd.store_access import open_store

_NEED_THE_STORE = (
    "running", "clock_went_back", "target", "accounts", "channels", "first_readings", "undeclared", "backup",
    "archives",
)  # fmt: skip


def examine(settings: Settings, now: datetime, backup_days: int) -> Iterator[Finding]:
    """Every finding as soon as it is known. `now` is aware."""
    yield from check_settings_file(settings)
    yield check_key_file(settings)
    yield from check_folders(settings)
    yield from check_disk(settings)
    yield from check_ports(settings)
    yield check_open_files(settings)
    yield check_clock_is_kept()
    yield from check_certificate(settings, now)
    yield from check_journal(settings)
    try:
        with open_store(settings) as engine:
            yield from _of_the_store(settings, engine, now, backup_days)
    except BadSettingsError as error:
        yield Finding("store", "failed", str(error), "set store.url right", error.exit_code)
        yield from _unseen()
    except (UnreachableError, SQLAlchemyError) as error:
        remedy = "start the database, or mend store.url; `qttd migrate` makes or brings up a store"
        yield failed("store", explain(error)[1].removeprefix("qttd: "), remedy)
        yield from _unseen()


def _of_the_store(settings: Settings, engine: Engine, now: datetime, backup_days: int) -> Iterator[Finding]:
    yield from check_store(settings, engine)
    yield from check_running(settings, engine)
    yield from check_clock_against_store(engine, now)
    yield from check_targets(settings, engine)
    yield from check_network(engine, now)
    yield check_backup(engine, now, backup_days)
    yield from check_archives(settings, engine)


def _unseen() -> Iterator[Finding]:
    for check in _NEED_THE_STORE:
        yield not_applicable(check, "cannot be looked at without the store")
