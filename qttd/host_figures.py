"""What the metrics say of this host: free disk, and until when its certificate is valid."""

import os
from collections.abc import Iterator
from pathlib import Path

from cryptography import x509

from api.metrics import HostFigure
from qttd.settings import Settings
from receiver.ftp_options import MIB


def host_figures(settings: Settings) -> Iterator[HostFigure]:
    """What cannot be looked at is left out: that a figure is missing is what an alert rule can ask."""
    journal = Path(settings.intake.journal).parent
    folders = {"journal": journal}
    if settings.store.url.startswith("sqlite"):
        folders["store"] = Path(settings.store.url.removeprefix("sqlite:///")).parent
    for disk, folder in folders.items():
        try:
            space = os.statvfs(folder)
        except OSError:
            continue
        yield HostFigure("disk_free_bytes", {"disk": disk}, space.f_bavail * space.f_frsize)
    yield HostFigure("disk_least_free_bytes", {"disk": "journal"}, settings.intake.min_free_mib * MIB)
    if settings.ftp.tls_cert:
        try:
            first = x509.load_pem_x509_certificates(Path(settings.ftp.tls_cert).read_bytes())[0]
        except (OSError, ValueError):
            return
        yield HostFigure(
            "certificate_expires_timestamp_seconds", {"door": "ftp"}, first.not_valid_after_utc.timestamp()
        )
