"""What the metrics say of this host: free disk, what quotas refused, until when its certificate is valid."""

import sqlite3
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from api.metrics import HostFigure
from qttd.host_facts import MIB, disk_folders, door_certificate, room_of
from qttd.settings import Settings
from receiver.admission.quotas import used_today


def host_figures(settings: Settings, now: datetime) -> Iterator[HostFigure]:
    """What cannot be looked at is left out: that a figure is missing is what an alert rule can ask."""
    for disk, folder in disk_folders(settings).items():
        try:
            room = room_of(folder)
        except OSError:
            continue
        yield HostFigure("disk_free_bytes", {"disk": disk}, room.free_bytes)
    yield HostFigure("disk_least_free_bytes", {"disk": "journal"}, settings.intake.min_free_mib * MIB)
    try:
        used = used_today(Path(settings.intake.journal), now)
    except sqlite3.Error:
        used = {}
    for sender, use in used.items():
        yield HostFigure("quota_refusals_today", {"account": sender}, use.refused)
    try:
        certificate = door_certificate(settings)
    except (OSError, ValueError):
        return
    if certificate is not None:
        ends = certificate.not_valid_after_utc.timestamp()
        yield HostFigure("certificate_expires_timestamp_seconds", {"door": "ftp"}, ends)
