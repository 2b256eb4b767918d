"""What systemd is told about the daemon (sd_notify(3)): ready, reloading, stopping, and that it lives.

A datagram to the socket that systemd names in the environment. Without one nothing is told, as in a
terminal or a container.
"""

import os
import socket
import time
from collections.abc import MutableMapping

import structlog

log = structlog.get_logger()

_PATIENCE_SECONDS = 1.0


class ServiceManager:
    """systemd's end of the socket; used by the supervisor alone."""

    def __init__(self, address: str = "", watchdog_seconds: float = 0.0) -> None:
        """address: a path, or `@` and a name of Linux's abstract ones. Without one nothing is told."""
        self._address = "\0" + address[1:] if address.startswith("@") else address
        self._every = watchdog_seconds / 2
        self._next = 0.0

    @classmethod
    def of(cls, environment: MutableMapping[str, str]) -> "ServiceManager":
        """Takes what is meant for this process out of the environment, so that no child speaks for it."""
        address = environment.pop("NOTIFY_SOCKET", "")
        usec = environment.pop("WATCHDOG_USEC", "")
        pid = environment.pop("WATCHDOG_PID", "")
        ours = usec.isdigit() and pid in ("", str(os.getpid()))
        return cls(address, int(usec) / 1e6 if ours else 0.0)

    def ready(self) -> None:
        """Everything that must be open is open."""
        self._tell("READY=1\nSTATUS=the doors are open")

    def reloading(self) -> None:
        """Settings or certificates are being read anew; `ready` ends it."""
        self._tell(f"RELOADING=1\nMONOTONIC_USEC={time.monotonic_ns() // 1000}")

    def stopping(self) -> None:
        """What is in flight is being finished."""
        self._tell("STOPPING=1\nSTATUS=finishing what is in flight")

    def alive(self) -> None:
        """To be called often: tells it at half the watchdog's time."""
        if self._every and time.monotonic() >= self._next:
            self._next = time.monotonic() + self._every
            self._tell("WATCHDOG=1")

    def _tell(self, state: str) -> None:
        if not self._address:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as channel:
                channel.settimeout(_PATIENCE_SECONDS)
                channel.sendto(state.encode(), self._address)
        except OSError as error:
            log.warning("service_manager_not_told", state=state.partition("\n")[0], error=str(error))
