"""The four roles, each put together from the settings and the rooms, and run in this process.

Here settings become plain values. A role function returns when `stop` is set and what was in flight is
done; everything it opened is closed then.
"""

import os
import signal
import sys
import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from types import FrameType
from typing import Annotated, Literal

import structlog
from sqlalchemy import Engine

from qttd.clock import clock_of_process, system_now
from qttd.heartbeat import Life, heartbeat
from qttd.logging import configure_logging
from qttd.readiness import Readiness, doors_of
from qttd.settings import Settings, host_key_of
from qttd.store_access import any_store, open_store, refuse_missing_file
from qttd.store_accounts import StoreAccounts

RoleName = Literal["receive", "ingest", "forward", "api"]

_ANSWER_SECONDS = 120
"""The longest a statement may take in a role that answers somebody: who asked has long gone."""

log = structlog.get_logger()


def run_role(role: RoleName, settings: Settings, worker: int) -> None:
    """Runs one role until SIGTERM or SIGINT; SIGHUP reloads its certificates. `worker` counts from 0."""
    name = role if worker == 0 else f"{role}-{worker + 1}"
    configure_logging(settings.log.level, settings.log.format, name)
    if role != "forward":
        # the journal and what lies beside it hold files and password hashes; what the forwarder puts into
        # folders is for others to read
        os.umask(0o077)
    stop, reload = threading.Event(), threading.Event()

    def on_stop(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    def on_reload(_number: int, _frame: FrameType | None) -> None:
        reload.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, on_stop)
    signal.signal(signal.SIGHUP, on_reload)
    if role == "receive":
        refuse_missing_file(settings)
        # the doors open whether the store is there or not: the journal holds what comes
        with any_store(settings, _ANSWER_SECONDS) as engine, heartbeat(engine, name) as life:
            _receive(settings, engine, stop, reload, worker, life)
        return
    seconds = _ANSWER_SECONDS if role == "api" else None
    with open_store(settings, seconds) as engine, heartbeat(engine, name) as life:
        _ROLES[role](settings, engine, stop, life)


def _receive(
    settings: Settings,
    engine: Engine,
    stop: threading.Event,
    reload: threading.Event,
    worker: int,
    life: Life,
) -> None:
    from qttd.drop_thread import DropThread
    from qttd.service_manager import ServiceManager
    from receiver.admission.ban_rules import BanPolicy
    from receiver.ftp.masquerade import read_masquerade
    from receiver.ftp.options import MIB, FtpOptions
    from receiver.receive_role import run_receive
    from receiver.sftp.options import SftpOptions

    ftp = settings.ftp
    ports = ftp.passive_range
    share = len(ports) // ftp.workers
    options = FtpOptions(
        host=ftp.host,
        port=ftp.port,
        # each worker hands out ports of its own: two may not listen on one
        passive_ports=ports[worker * share : (worker + 1) * share],
        implicit_port=ftp.implicit_port or None,
        masquerade=read_masquerade(ftp.masquerade),
        max_connections=ftp.max_connections,
        tls_cert=Path(ftp.tls_cert) if ftp.tls_cert else None,
        tls_key=Path(ftp.tls_key) if ftp.tls_key else None,
        require_tls=ftp.require_tls,
        max_file_bytes=settings.intake.max_file_kib * 1024,
        control_timeout=ftp.control_timeout_seconds,
        data_timeout=ftp.data_timeout_seconds,
        min_free_bytes=settings.intake.min_free_mib * MIB,
        bans=BanPolicy(ftp.ban_after, ftp.ban_minutes * 60),
        waiting_logins_per_address=ftp.waiting_logins_per_address,
        fruitless_sessions_per_minute=ftp.fruitless_sessions_per_minute,
        reader_days=ftp.reader_days,
    )
    journal = Path(settings.intake.journal)
    # systemd's, where this role runs alone; a supervisor has taken the address out and speaks for all
    manager = ServiceManager.of(os.environ)
    sftp = None
    if settings.sftp.port:
        sftp = SftpOptions(
            port=settings.sftp.port,
            host_key=host_key_of(settings),
            make_host_key=not settings.sftp.host_key,
            max_connections=settings.sftp.max_connections,
        )
    now = clock_of_process()
    drops = DropThread(settings, now, stop) if settings.drop and worker == 0 else None

    def opened(_ports: object) -> None:
        # under a demonstration's clock our own outages would lie in another time than its slots
        if now is system_now:
            life.doors_open()
        manager.ready()

    try:
        run_receive(
            options,
            journal,
            StoreAccounts(engine),
            now,
            stop,
            reload,
            opened,
            store=engine,
            sftp=sftp,
        )
    finally:
        stop.set()
        if drops is not None:
            drops.join()


def _ingest(settings: Settings, engine: Engine, stop: threading.Event, life: Life) -> None:
    from receiver.ingest.ingest_role import run_ingest

    now = clock_of_process()

    def read(until: datetime) -> None:
        # beats are of the machine's own clock, not of a demonstration's
        if now is system_now:
            life.has_read(until)

    run_ingest(
        engine,
        Path(settings.intake.journal),
        now=now,
        stop=stop,
        on_read=read,
        keep=timedelta(days=settings.intake.keep_days),
    )


def _forward(settings: Settings, engine: Engine, stop: threading.Event, _life: Life) -> None:
    from forwarder.audit_herald import AuditMail, run_audit_herald
    from forwarder.relay_worker import SWITCH_SECONDS, run_forward
    from qttd.alarms import work_on_alarms
    from qttd.mail_server import mail_server
    from store.access.secret_box import SecretBox

    sys.setswitchinterval(SWITCH_SECONDS)
    now = clock_of_process()
    server, addresses = mail_server(settings), settings.audit.addresses
    mail = AuditMail(server, addresses) if server is not None and addresses else None
    beside = {
        "alarms": lambda told: work_on_alarms(settings, engine, told),
        "audit-herald": lambda told: run_audit_herald(engine, now, mail, told),
    }
    run_forward(engine, SecretBox(Path(settings.store.key_file)), now, stop, beside=beside)


def _api(settings: Settings, engine: Engine, stop: threading.Event, _life: Life) -> None:
    from fastapi import Depends

    from api.access import Caller, uploader
    from api.app import create_app
    from api.server import run_api
    from qttd.host_figures import host_figures
    from qttd.sender_quotas import SenderQuotas
    from qttd.session_rules import session_rules
    from receiver.ftp.options import MIB
    from receiver.http_door import HttpDoorOptions, upload_router
    from receiver.journal.arrivals import Journal
    from receiver.journal.committer import Committer
    from store.engine import reading
    from store.files import ledger

    def sender(caller: Annotated[Caller, Depends(uploader)]) -> str:
        return caller.account

    now = clock_of_process()
    readiness = Readiness(engine, doors_of(settings))
    options = HttpDoorOptions(settings.intake.max_file_kib * 1024, settings.intake.min_free_mib * MIB)
    with Journal.open(settings.intake.journal) as journal:

        def backlog() -> int:
            """Arrivals of this host's journal that are not in the ledger yet."""
            newest = journal.last_id()
            with reading(engine) as connection:
                return newest - ledger.position(connection, journal.uuid)

        committer = Committer(journal)
        try:
            door = upload_router(committer, journal.spool, options, now, sender, SenderQuotas(engine).of)
            app = create_app(
                engine,
                now,
                readiness,
                [door],
                page_login=settings.api.page_login,
                sessions=session_rules(settings),
                tls_in_front=settings.api.tls_in_front,
                backlog=backlog,
                host=lambda: host_figures(settings, now()),
                max_body_bytes=settings.api.max_body_kib * 1024,
            )
            run_api(app, settings.api.host, settings.api.port, stop, on_ready=lambda _port: None)
        finally:
            committer.close()


_ROLES: dict[RoleName, Callable[[Settings, Engine, threading.Event, Life], None]] = {
    "ingest": _ingest,
    "forward": _forward,
    "api": _api,
}
