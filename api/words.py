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
    """Why a file was rejected, and what to do about it. `remedy` may name {code} and {account}."""

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
