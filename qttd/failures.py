"""Which exit code, and which words, every failure means. Nothing here knows a command.

Rooms raise their own typed errors; here they are mapped to docs/commands.md's codes. What is in no
mapping is our own bug: a short message, exit code 70, and the details in a file of their own.
"""

import re
import sys
import tempfile
import traceback

import typer

from qttd.errors import QttdError

USAGE = 64
BAD_DATA = 65
UNREACHABLE = 69
OUR_BUG = 70
INPUT_OUTPUT = 74
TRY_AGAIN = 75
NOT_ALLOWED = 77
BAD_SETTINGS = 78
INTERRUPTED = 130
BROKEN_PIPE = 141
"""What a shell reports for a program that SIGPIPE ended, as most programs are in `| head`."""

_NOT_UTF8 = re.compile("[\udc80-\udcff]")
"""How Python keeps the bytes of an argument that are not UTF-8."""
_NAMED_OTHERWISE = {
    "parameters": "parameter", "file_id": "file", "attachment": "attach", "announced_at": "announced",
}  # fmt: skip
"""Options whose names are not those of the REST interface's values."""
_BUSY = frozenset({"55P03", "40001", "40P01"})
"""SQLSTATE: a lock not had in time, and two writers that met."""
_LOGIN_REFUSED = ("password authentication failed", "no password supplied", "no pg_hba.conf entry", 'role "')
"""How PostgreSQL says that it lets somebody not in: such an error carries no SQLSTATE."""


def explain(error: Exception) -> tuple[int, str]:
    """The exit code and the message for a failure."""
    if isinstance(error, QttdError):
        return error.exit_code, f"qttd: {error}" if "\n" not in str(error) else str(error)
    if isinstance(error, typer.TyperException):
        return USAGE, _usage(error)
    if isinstance(error, UnicodeEncodeError) and _NOT_UTF8.search(str(error.object)):
        there = error.object[max(error.start - 20, 0) : error.end + 20]
        return USAGE, f"qttd: {there!a} is not UTF-8; does the terminal write UTF-8?"
    if found := _of_rooms(error):
        return found
    if isinstance(error, PermissionError):
        return NOT_ALLOWED, f"qttd: {error.strerror}: {error.filename}"
    if isinstance(error, OSError):
        place = f": {error.filename}" if error.filename else ""
        code = UNREACHABLE if isinstance(error, ConnectionError) else INPUT_OUTPUT
        return code, f"qttd: {error.strerror or error}{place}"
    return OUR_BUG, _bug(error)


def _of_rooms(error: Exception) -> tuple[int, str] | None:
    """The errors that rooms raise. Imported only here: a command that succeeds need not load them."""
    from quality.dated_rules import RuleError
    from receiver.journal.schema import JournalError
    from store.access.accounts import AccountProblemError
    from store.access.api_keys import ApiKeyProblemError
    from store.access.secret_box import SecretBoxError
    from store.access.users import UserProblemError
    from store.engine import STORE_AWAY, is_damaged
    from store.events.handling import NoSuchEventError
    from store.lists.csv_table import CellError, ListError
    from store.postgres import WrongEncodingError
    from store.registers import NoSuchLineError
    from store.reviews.problem import ClosedDayError, ReviewProblemError
    from store.service.interruption_view import NoSuchInterruptionError, NoteProblemError
    from store.service.phases import PhaseProblemError
    from store.service.planned_stops import StopProblemError

    if isinstance(error, ListError):
        return BAD_DATA, "\n".join(map(str, error.problems))
    if isinstance(
        error,
        (
            AccountProblemError,
            ApiKeyProblemError,
            CellError,
            NoSuchEventError,
            NoSuchInterruptionError,
            NoSuchLineError,
            NoteProblemError,
            PhaseProblemError,
            RuleError,
            UserProblemError,
        ),
    ):
        return BAD_DATA, f"qttd: {error}"
    if isinstance(error, JournalError):
        return INPUT_OUTPUT, f"qttd: intake.journal: {error}"
    if isinstance(error, ReviewProblemError):
        return BAD_DATA, f"qttd: {_option(error.field)}{error}"
    if isinstance(error, StopProblemError):
        return BAD_DATA, f"qttd: {_option(error.field)}{error.what}"
    if isinstance(error, ClosedDayError):
        return NOT_ALLOWED, f"qttd: {error}"
    if isinstance(error, SecretBoxError):
        return BAD_SETTINGS, f"qttd: store.key_file: {error}"
    if isinstance(error, WrongEncodingError):
        return BAD_SETTINGS, f"qttd: store.url: {error}"
    if is_damaged(error):
        return INPUT_OUTPUT, (
            f"qttd: the store's file is damaged: {getattr(error, 'orig', '')}; end the service, set"
            " the file aside and restore the newest backup (docs/admin-guide.md, sections 11 and 14)"
        )
    return _store_failure(error) if isinstance(error, STORE_AWAY) else None


def _option(field: str) -> str:
    """The option that a value of the REST interface's name is given by, before what is wrong with it."""
    if field in ("id", "text"):
        return ""  # arguments, which the message names
    return f"--{_NAMED_OTHERWISE.get(field, field)}: "


def _usage(error: typer.TyperException) -> str:
    context = getattr(error, "ctx", None)
    hint = f"\nTry '{context.command_path} --help'." if context is not None else ""
    # typer has values judged by pydantic, which puts its own class of error before our words
    return f"qttd: {error.format_message().replace('Value error, ', '', 1)}{hint}"


def _store_failure(error: Exception) -> tuple[int, str]:
    """An error of the database driver: busy, full, or not there."""
    original = getattr(error, "orig", None)
    cause = " ".join(str(original or error).split())
    state = getattr(original, "sqlstate", None) or ""
    if "locked" in cause or "busy" in cause or state in _BUSY:
        return TRY_AGAIN, "qttd: the store is busy; try again"
    if "disk I/O" in cause or ("full" in cause and not state) or state.startswith("53"):
        return INPUT_OUTPUT, f"qttd: the store cannot be written: {cause}"
    if any(words in cause for words in _LOGIN_REFUSED):
        return UNREACHABLE, (
            f"qttd: PostgreSQL refuses the login: {cause}"
            " (the user stands in store.url, the password in QTTD_STORE__PASSWORD or store.password_file)"
        )
    hint = " (does PostgreSQL run, and is store.url right?)" if hasattr(original, "sqlstate") else ""
    return UNREACHABLE, f"qttd: the store cannot be used: {cause}{hint}"


def _bug(error: Exception) -> str:
    """Puts the traceback into a file, and says which."""
    text = "".join(traceback.format_exception(error))
    try:
        with tempfile.NamedTemporaryFile("w", prefix="qttd-", suffix=".trace", delete=False) as file:
            file.write(f"{sys.argv[0]} {sys.argv[1:2]}\n{text}")
        place = file.name
    except OSError as failed:
        return f"qttd: our bug (and its details fit nowhere: {failed.strerror}):\n{text}"
    return f"qttd: our bug: {type(error).__name__}; please report it with {place}"
