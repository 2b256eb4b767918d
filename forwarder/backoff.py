"""How long to leave a target, or one of its stations, alone after a failure.

Doubling up to a cap, for ever: a ministry that was down for a week finds everything waiting. The
jitter keeps many targets and hosts from knocking at the same second. A refused login waits an
hour, because servers lock accounts that guess.
"""

import random
from datetime import timedelta

from forwarder.outcome import Outcome

FIRST = timedelta(seconds=1)
LONGEST = timedelta(minutes=5)
REFUSED_LOGIN = timedelta(hours=1)
_DOUBLINGS = 20


def pause_after(outcome: Outcome, failures: int, chance: random.Random) -> timedelta:
    """The pause after so many failures in a row (from 1): three quarters of its nominal length, or more."""
    if outcome == "refused_login":
        return REFUSED_LOGIN
    nominal = LONGEST if failures > _DOUBLINGS else min(FIRST * 2.0 ** (failures - 1), LONGEST)
    return nominal * chance.uniform(0.75, 1.0)
