"""What this host sees of itself and a person must hear of: disks, certificates, logins that were shut out."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from datetime import datetime, timedelta
from pathlib import Path

from forwarder.system_watch import Look
from qttd.host_facts import MIB, disk_folders, door_certificate, room_of
from qttd.settings import Settings
from quality.events import EventKind
from receiver.admission.ban_file import Ban, BanFile, Misplaced, ban_path
from store.events.system_troubles import Trouble

_URGENT = timedelta(days=3)
"""A certificate that ends within this is an alarm, not a warning."""
_REMEMBERED = timedelta(days=1)
"""How long a right password from a wrong address goes on being a trouble."""


def look_at_host(settings: Settings) -> Look:
    """Everything, by the kind of event that it is."""
    journal = Path(settings.intake.journal)

    def look(now: datetime) -> Mapping[EventKind, Sequence[Trouble]]:
        bans, misplaced = _at_the_doors(journal, now)
        return {
            "disk_low": list(_low_disks(settings)),
            "certificate_expiring": list(_ending_certificate(settings, now)),
            "account_locked": [_ban(ban) for ban in bans],
            "wrong_address": [_misplaced(one) for one in misplaced],
        }

    return look


def _low_disks(settings: Settings) -> Iterator[Trouble]:
    """Warns at twice the room below which uploads are refused, and raises the alarm below it."""
    least = settings.intake.min_free_mib
    for name, folder in disk_folders(settings).items():
        free = room_of(folder).free_bytes // MIB
        subject, detail = f"{name} ({folder})", {"free_mib": free}
        if free < least:
            yield Trouble(subject, "alarm", detail)
        elif free < 2 * least:
            yield Trouble(subject, "warning", detail)


def _ending_certificate(settings: Settings, now: datetime) -> Iterator[Trouble]:
    """The FTP door's, from so many days before its end on, and one that cannot be read."""
    path = settings.ftp.tls_cert
    try:
        certificate = door_certificate(settings)
    except (OSError, ValueError) as error:
        yield Trouble(path, "alarm", {"message": str(error)})
        return
    if certificate is None:
        return
    left = certificate.not_valid_after_utc - now
    if left <= timedelta(days=settings.alarms.certificate_days):
        yield Trouble(path, "alarm" if left < _URGENT else "warning", {"days_left": left.days})


def _at_the_doors(journal: Path, now: datetime) -> tuple[list[Ban], list[Misplaced]]:
    """Whom failed logins have shut out, and right passwords from addresses that are not allowed."""
    if not ban_path(journal).is_file():
        return [], []  # no door was ever open here
    with closing(BanFile(journal)) as file:
        return file.bans(now), file.misplaced(now - _REMEMBERED)


def _ban(ban: Ban) -> Trouble:
    detail = {"account": ban.account, "address": ban.address, "until": ban.until.isoformat()}
    return Trouble(" ".join(filter(None, (ban.account, ban.address))), "warning", detail)


def _misplaced(one: Misplaced) -> Trouble:
    detail = {"account": one.account, "address": one.address}
    return Trouble(f"{one.account} {one.address}", "warning", detail)
