"""Who may do what: the one place that decides. docs/security.md shows the same table to people.

A row is an action, and names the roles that may do it; every route asks for one (api/access.py), and a
test fails where a route asks for none. The roles are the outside contract's. An auditor reads everything
and changes nothing; a facility is bound to its own stations, so what shows all of them is for the others.
"""

from collections.abc import Mapping
from typing import Literal, NamedTuple, get_args

Role = Literal["admin", "operator", "reviewer", "viewer", "auditor", "facility"]
Action = Literal[
    "read",
    "upload",
    "overview",
    "handle events",
    "see alarms",
    "manage stations",
    "announce stops",
    "edit report data",
    "review",
    "comment on reviews",
    "close days",
    "read the audit log",
]
"""Named so that "may not {action}" is a sentence."""

ROLES: tuple[Role, ...] = get_args(Role)
ACTIONS: tuple[Action, ...] = get_args(Action)


class Permission(NamedTuple):
    """Who may do something, and what that is."""

    roles: frozenset[Role]
    what: str


def _may(*roles: Role, what: str) -> Permission:
    return Permission(frozenset(roles), what)


PERMISSIONS: Mapping[Action, Permission] = {
    "read": _may(*ROLES, what="stations, readings, files, events, reviews: all lists"),
    "upload": _may("admin", "operator", "facility", what="send station files, with a key"),
    "overview": _may(
        "admin", "operator", "reviewer", "viewer", "auditor", what="the page with every station"
    ),
    "handle events": _may("admin", "operator", "reviewer", what="acknowledge events, say how far they are"),
    "see alarms": _may("admin", "operator", "auditor", what="who is told of which events, and what left"),
    "manage stations": _may("admin", "operator", what="set phases, cancel announced stops"),
    "announce stops": _may(
        "admin", "operator", "facility", what="announce maintenance; a facility its own, and only beforehand"
    ),
    "edit report data": _may(
        "admin", "operator", what="write the data of the yearly report: devices, verifications, seals"
    ),
    "review": _may("admin", "reviewer", what="accept, reject and correct readings; undo that"),
    "comment on reviews": _may(
        "admin", "operator", "reviewer", "facility", what="say something about a review"
    ),
    "close days": _may("admin", "reviewer", what="close and reopen station-days"),
    "read the audit log": _may("admin", "auditor", what="who did what, and whether the log is whole"),
}
"""The table."""

_OWN_STATIONS_ONLY: frozenset[str] = frozenset({"facility"})


def may(role: str, action: Action) -> bool:
    """Whether the role allows it; an unknown role allows nothing."""
    return role in PERMISSIONS[action].roles


def own_stations_only(role: str) -> bool:
    """Whether the role sees and sends for nothing but the stations that are set for it."""
    return role in _OWN_STATIONS_ONLY
