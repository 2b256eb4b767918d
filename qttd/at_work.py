"""Whether anybody works on a store that is about to be moved or replaced."""

import os
import socket
from datetime import datetime

from sqlalchemy import Connection

from qttd.errors import TryAgainError
from qttd.heartbeat import BEAT_WITHIN
from store.role_beats import Beat, latest


def refuse_at_work(connection: Connection, now: datetime) -> None:
    """Raises TryAgainError where a role works on the store that writes more than signs of life.

    The doors alone (`receive`) may: what they take is in their journal.
    """
    busy = [f"{beat.role} on {beat.host}" for beat in latest(connection) if _is_at_work(beat, now)]
    if busy:
        raise TryAgainError(
            f"at work on the store: {', '.join(busy)}. Stop qttd, run the doors alone"
            " (`qttd run --role receive`) so that loggers find them open, and try again in 15 seconds"
        )


def _is_at_work(beat: Beat, now: datetime) -> bool:
    return not beat.role.startswith("receive") and now - beat.beat_at <= BEAT_WITHIN and not _has_ended(beat)


def _has_ended(beat: Beat) -> bool:
    """Known of this host's processes only."""
    if beat.host != socket.gethostname():
        return False
    try:
        os.kill(beat.pid, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        pass  # it lives, as another user
    return False
