"""How many files a process may have open: the FTP door needs two for each session."""

import resource

from qttd.doctor.finding import Finding, ok, warning
from qttd.settings import Settings
from receiver.ftp.door import SPARE_FILES


def check_open_files(settings: Settings) -> Finding:
    """The limit of this process; a service has the one of its unit."""
    wanted = settings.ftp.max_connections
    needed = 2 * wanted + SPARE_FILES
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    if hard == resource.RLIM_INFINITY or hard >= needed:
        return ok("open_files", f"{wanted} sessions fit (ftp.max_connections)")
    message = f"{hard} open files allow {max((hard - SPARE_FILES) // 2, 1)} of {wanted} sessions"
    remedy = (
        f"LimitNOFILE={needed} in the unit, as deploy/qttd.service has it, or a lower ftp.max_connections"
    )
    return warning("open_files", message, remedy)
