"""Who may do what: the one place that decides.

Everyone with a key reads. A facility reads and sends for its own stations only, so the overview,
which shows all of them, is for everyone else. The roles are the outside contract's.
"""

from typing import Literal

Action = Literal["read", "upload", "overview", "handle events"]

_ALLOWED: dict[str, frozenset[Action]] = {
    "admin": frozenset({"read", "upload", "overview", "handle events"}),
    "operator": frozenset({"read", "upload", "overview", "handle events"}),
    "reviewer": frozenset({"read", "overview", "handle events"}),
    "viewer": frozenset({"read", "overview"}),
    "auditor": frozenset({"read", "overview"}),
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
