"""What the codes of the system are called on the pages, in plain words: states, kinds, reasons, outcomes.

N_ marks a text for the catalogue; it is translated where it is shown. Every code of the outside
contract has its words here, and a test holds the lists to it.
"""

from typing import NamedTuple

from api.condition import Condition, Group
from api.strip import Mark
from quality.events import EventKind


def N_(message: str) -> str:  # noqa: N802 - gettext's own name for it, which the extraction looks for
    """Marks a text for translation and leaves it as it is."""
    return message


class Counted(NamedTuple):
    """What is counted: one of it, and several."""

    one: str
    many: str


def NN_(one: str, many: str) -> Counted:  # noqa: N802 - as above, for what is counted
    """Marks both numbers of a text for translation."""
    return Counted(one, many)


JUST_NOW = N_("just now")


class Reason(NamedTuple):
    """What went wrong, and what to do about it. A rejected file's `remedy` may name {code} and {account}."""

    what: str
    remedy: str


CONDITIONS: dict[Condition, str] = {
    "exceeding": N_("Over the limit"),
    "offline": N_("Offline"),
    "device_error": N_("Device error"),
    "warning": N_("Warning"),
    "calibrating": N_("Calibrating"),
    "planned_stop": N_("Announced stop"),
    "ok": N_("Normal"),
    "testing": N_("Under test"),
    "stopped": N_("Out of service"),
}

GROUPS: dict[Group, str] = {
    "attention": N_("Need somebody's attention"),
    "steady": N_("In order"),
    "uncounted": N_("Not counted: under test, or out of service"),
}

MARKS: dict[Mark, str] = {
    "valid": N_("Valid"),
    "suspect": N_("Suspect"),
    "failed_check": N_("Failed a check"),
    "missing_value": N_("Without a value"),
    "calibrating": N_("Calibrating"),
    "device_error": N_("Device error"),
    "rejected": N_("Rejected by a person"),
    "absent": N_("Nothing came"),
    "planned_stop": N_("Announced stop"),
    "our_outage": N_("Our server was down"),
    "uncounted": N_("Not counted"),
}

UNSOLVED: dict[EventKind, Counted] = {
    "limit_exceeded": NN_("excess", "excesses"),
    "interrupted": NN_("interruption", "interruptions"),
    "tamper": NN_("sign", "signs"),
}
"""Events of a station that nobody has dealt with yet."""

TROUBLES: dict[EventKind, str] = {
    "disk_low": N_("The disk is nearly full"),
    "relay_stuck": N_("The relay is stuck"),
    "certificate_expiring": N_("A certificate is running out"),
    "account_locked": N_("Shut out after failed logins"),
    "wrong_address": N_("Login from an address that is not allowed"),
}
"""What is wrong with the system itself."""

KINDS = {
    "wastewater": N_("Waste water"),
    "surface_water": N_("Surface water"),
    "groundwater": N_("Groundwater"),
    "stack": N_("Stack emission"),
    "ambient_air": N_("Ambient air"),
}

REASONS = {
    "no_station": Reason(
        N_("The station is not declared"),
        N_(
            "Declare the station {code}, or make it an alias of the right one. The files are then read again."
        ),
    ),
    "not_allowed": Reason(
        N_("The account may not send for this station"),
        N_("Give {account} the station {code}, or correct the logger. The files are then read again."),
    ),
    "empty_file": Reason(
        N_("The file is empty"), N_("Check the logger: it sends files without any measurement.")
    ),
    "not_text": Reason(
        N_("The file is not text"), N_("Check what {account} sends: only station files belong here.")
    ),
    "too_large": Reason(
        N_("The file is too large"),
        N_("Check what {account} sends, or raise max_file_kib in the settings and have it sent again."),
    ),
    "not_renamed": Reason(
        N_("The upload was never finished"),
        N_("It kept its temporary name for 24 hours. Check the logger's connection."),
    ),
    "internal_error": Reason(
        N_("qttd could not store the file"),
        N_("The bytes are kept. Please tell the people who run the server."),
    ),
}
UNREADABLE = Reason(
    N_("No line could be read"),
    N_("Look at what is wrong line by line: qttd file {id}. Then correct the logger."),
)
"""For all other reasons: the problem code of the file's lines."""

OUTCOMES = {
    "sent": N_("Delivered"),
    "cannot_connect": N_("Cannot connect"),
    "refused_login": N_("Login refused"),
    "transfer_error": N_("Transfer failed"),
    "verify_failed": N_("Size differs after sending"),
    "rejected_path": N_("Path or name refused"),
}

_UNKNOWN_PAGE = Reason(N_("There is no such page"), N_("The address may be mistyped, or an old one."))
_ERRORS = {
    403: Reason(
        N_("This cannot be done from here"),
        N_("The page was opened before you last signed in, or elsewhere. Open the overview and do it again."),
    ),
    404: _UNKNOWN_PAGE,
    405: _UNKNOWN_PAGE,
    500: Reason(
        N_("The server made a mistake"),
        N_("It is in the server's log. Please tell the people who run the server."),
    ),
    503: Reason(
        N_("The data cannot be shown just now"),
        N_(
            "The database does not answer. Files from the stations are still received and kept. "
            "This page tries again by itself."
        ),
    ),
}
_MISUNDERSTOOD = Reason(N_("The request makes no sense"), N_("Open the overview and try again."))


def error(status: int) -> Reason:
    """What a page with that status says: what went wrong, and what to do about it."""
    return _ERRORS.get(status, _MISUNDERSTOOD)
