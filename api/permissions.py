"""Who may do what: the one place that decides.

Everyone with a key or a user's name reads. A facility reads and sends for its own stations only.
The roles are the outside contract's.
"""

from typing import Literal

Action = Literal["read", "upload"]

_ALLOWED: dict[str, frozenset[Action]] = {
    "admin": frozenset({"read", "upload"}),
    "operator": frozenset({"read", "upload"}),
    "reviewer": frozenset({"read"}),
    "viewer": frozenset({"read"}),
    "auditor": frozenset({"read"}),
    "facility": frozenset({"read", "upload"}),
}
_OWN_STATIONS_ONLY = frozenset({"facility"})

ROLES = tuple(_ALLOWED)


def may(role: str, action: Action) -> bool:
    """Whether the role allows it; an unknown role allows nothing."""
    return action in _ALLOWED.get(role, frozenset())


def own_stations_only(role: str) -> bool:
    """Whether the role sees and sends for nothing but the stations that are set for it."""
    return role in _OWN_STATIONS_ONLY
