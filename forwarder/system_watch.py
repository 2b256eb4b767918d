"""The watches over devices and the system itself: the relay, rejected files, what one host can see of itself.

Each looks once a round and leaves events (store/events/system_troubles.py); what a host knows of its disks,
its certificates and its doors comes in as a function, because they live in other rooms.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Connection

from forwarder.alarm_worker import Watch
from quality.events import EventKind
from store.events.device_troubles import keep_device_troubles
from store.events.system_troubles import Trouble, keep, stuck_relays, tell_rejected_files

Look = Callable[[datetime], Mapping[EventKind, Sequence[Trouble]]]
"""All that a host sees at a moment; a kind with nothing in it says that its troubles are over."""


def watch_relays(after: timedelta) -> Watch:
    """A target that fails while something has been waiting for longer than `after`."""

    def watch(connection: Connection, now: datetime) -> None:
        keep(connection, "relay_stuck", stuck_relays(connection, now, after), now)

    return watch


def watch_rejected_files() -> Watch:
    """Files that were rejected today."""
    return tell_rejected_files


def watch_devices() -> Watch:
    """Devices that report an error, or calibrate for too long."""
    return keep_device_troubles


def watch_host(host: str, look: Look) -> Watch:
    """What this host sees of itself: the subjects of its troubles begin with its name."""
    prefix = f"{host}: "

    def watch(connection: Connection, now: datetime) -> None:
        for kind, found in look(now).items():
            troubles = [trouble._replace(subject=prefix + trouble.subject) for trouble in found]
            keep(connection, kind, troubles, now, prefix)

    return watch
