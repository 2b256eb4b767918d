"""What a person or a program may be, as commands take it."""

from enum import StrEnum


class Role(StrEnum):
    """The closed set of roles (store.access.users.ROLES), as a choice on the command line."""

    admin = "admin"
    operator = "operator"
    reviewer = "reviewer"
    viewer = "viewer"
    auditor = "auditor"
    facility = "facility"
