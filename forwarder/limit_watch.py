"""The limit watch: holds averages against limits when they change, and when a period is over.

A loop round store.limits.exceedances.judge_due. Settling and changes of limits only ask for days; losing the
watch loses nothing, the days stay asked for. It rests between its rounds, so that a day whose files come one
after the other is judged once for many of them.
"""

from collections.abc import Callable
from datetime import datetime
from threading import Event

import structlog
from sqlalchemy import Engine

from store.engine import STORE_AWAY
from store.limits.exceedances import judge_due

log = structlog.get_logger()

REST_SECONDS = 2.0
RETRY_SECONDS = 5.0
"""How long it rests when the store does not answer."""
_DAYS = 64
"""Station days judged in one transaction: a fraction of a second, so that other writers hardly notice."""


def run_limit_watch(
    engine: Engine,
    now: Callable[[], datetime],
    stop: Event,
    rest_seconds: float = REST_SECONDS,
    retry_seconds: float = RETRY_SECONDS,
) -> None:
    """Judges until `stop` is set; the transaction that is under way then is finished.

    A store that is locked or away is waited for; any other error is a bug and ends the role.
    """
    while not stop.is_set():
        try:
            taken = judge_due(engine, now(), _DAYS)
        except STORE_AWAY as error:
            log.warning("limit_watch_waits_for_store", error=str(error.orig))
            stop.wait(retry_seconds)
            continue
        if taken < _DAYS:
            stop.wait(rest_seconds)
