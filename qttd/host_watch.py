"""What this host sees of itself and a person must hear of: disks, certificates, logins that were shut out."""

import shutil
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime, timedelta
from pathlib import Path

from cryptography import x509

from forwarder.system_watch import Look
from qttd.settings import Settings
from receiver.ban_file import BanFile, ban_path
from store.system_troubles import Trouble

MIB = 1024 * 1024
_URGENT = timedelta(days=3)
"""A certificate that ends within this is an alarm, not a warning."""


def look_at_disks(settings: Settings) -> Look:
    """Warns at twice the room below which uploads are refused, and raises the alarm below it."""
    folders = {"journal": Path(settings.intake.journal).parent}
    if settings.store.url.startswith("sqlite:///"):
        folders["store"] = Path(settings.store.url.removeprefix("sqlite:///")).parent

    def look(_now: datetime) -> Sequence[Trouble]:
        return list(_low_disks(folders, settings.intake.min_free_mib))

    return look


def _low_disks(folders: dict[str, Path], least: int) -> Iterator[Trouble]:
    for name, folder in folders.items():
        free = shutil.disk_usage(folder).free // MIB
        if free < 2 * least:
            level = "alarm" if free < least else "warning"
            yield Trouble(f"{name} ({folder})", level, {"free_mib": free})  # type: ignore[arg-type]  # a literal


def look_at_certificates(settings: Settings) -> Look:
    """The FTP door's certificate, from so many days before its end on."""
    before = timedelta(days=settings.alarms.certificate_days)

    def look(now: datetime) -> Sequence[Trouble]:
        if not settings.ftp.tls_cert:
            return ()
        path = Path(settings.ftp.tls_cert)
        try:
            ends = x509.load_pem_x509_certificates(path.read_bytes())[0].not_valid_after_utc
        except (OSError, ValueError) as error:
            return [Trouble(str(path), "alarm", {"message": str(error)})]
        left = ends - now
        if left > before:
            return ()
        return [Trouble(str(path), "alarm" if left < _URGENT else "warning", {"days_left": left.days})]

    return look


def look_at_bans(settings: Settings) -> Look:
    """Addresses and accounts that failed logins have shut out of this host's doors."""

    def look(now: datetime) -> Sequence[Trouble]:
        with _ban_file(settings) as file:
            return [
                Trouble(
                    " ".join(filter(None, (ban.account, ban.address))),
                    "warning",
                    {"account": ban.account, "address": ban.address, "until": ban.until.isoformat()},
                )
                for ban in (file.bans(now) if file else ())
            ]

    return look


def look_at_addresses(settings: Settings) -> Look:
    """Right passwords from addresses that their accounts do not allow, until a day without one."""

    def look(now: datetime) -> Sequence[Trouble]:
        with _ban_file(settings) as file:
            return [
                Trouble(
                    f"{one.account} {one.address}",
                    "warning",
                    {"account": one.account, "address": one.address},
                )
                for one in (file.misplaced(now - timedelta(days=1)) if file else ())
            ]

    return look


@contextmanager
def _ban_file(settings: Settings) -> Iterator[BanFile | None]:
    """What this host's doors know of failed logins; None where no door was ever open."""
    journal = Path(settings.intake.journal)
    if not ban_path(journal).is_file():
        yield None
        return
    with closing(BanFile(journal)) as file:
        yield file
