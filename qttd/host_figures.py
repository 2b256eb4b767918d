"""What the metrics say of this host: free disk, and until when its certificate is valid."""

from collections.abc import Iterator

from api.metrics import HostFigure
from qttd.host_facts import MIB, disk_folders, door_certificate, room_of
from qttd.settings import Settings


def host_figures(settings: Settings) -> Iterator[HostFigure]:
    """What cannot be looked at is left out: that a figure is missing is what an alert rule can ask."""
    for disk, folder in disk_folders(settings).items():
        try:
            room = room_of(folder)
        except OSError:
            continue
        yield HostFigure("disk_free_bytes", {"disk": disk}, room.free_bytes)
    yield HostFigure("disk_least_free_bytes", {"disk": "journal"}, settings.intake.min_free_mib * MIB)
    try:
        certificate = door_certificate(settings)
    except (OSError, ValueError):
        return
    if certificate is not None:
        ends = certificate.not_valid_after_utc.timestamp()
        yield HostFigure("certificate_expires_timestamp_seconds", {"door": "ftp"}, ends)
