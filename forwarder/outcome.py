"""How a sending can end: a closed set, and the one place that decides which of them it was.

sent             acknowledged by the target
cannot_connect   the target is not there, or does not talk to us: nothing can be sent to it now
refused_login    it does not know us: tried again once an hour, so that no account is locked
transfer_error   it broke on the way, the disk there is full, a time-out
verify_failed    what arrived there does not have the size of what was sent
rejected_path    the target does not take a file under this path: only this one blocks its item

Senders raise RelayError; which outcome an exception or a reply code means is decided here.
"""

import errno
import ftplib
from typing import Literal

Outcome = Literal[
    "sent", "cannot_connect", "refused_login", "transfer_error", "verify_failed", "rejected_path"
]

Stage = Literal["connect", "login", "transfer"]
"""What was being done: the same reply means something else while logging in."""

_DETAIL_LENGTH = 300
_PATH_REPLIES = frozenset({"501", "550", "553"})
"""Replies that speak of the path. 552, a full disk, does not: it is mended there, and no file is at fault."""
_CLOSING = "421"
_UNKNOWN_USER = "430"
_PATH_ERRNOS = frozenset(
    {
        errno.EACCES,
        errno.EPERM,
        errno.EEXIST,
        errno.EISDIR,
        errno.ENOTDIR,
        errno.ENAMETOOLONG,
        errno.EINVAL,
        errno.EILSEQ,
        errno.ELOOP,
    }
)


class RelayError(Exception):
    """A sending that did not succeed. The text is the detail that the outbox keeps; it holds no secret."""

    def __init__(self, outcome: Outcome, detail: str) -> None:
        super().__init__(detail)
        self.outcome = outcome
        self.detail = detail


def ftp_failure(error: Exception, stage: Stage, doing: str) -> RelayError:
    """What an exception of ftplib or of a socket means. doing: what was asked, without anything secret."""
    text = one_line(f"{doing}: {_said(error)}")
    return RelayError(_ftp_outcome(error, stage), text)


def connection_is_lost(error: Exception) -> bool:
    """Whether the control connection is of no use after this: closed, or nobody knows where it stands."""
    answered = isinstance(error, ftplib.error_temp | ftplib.error_perm)
    return not answered or str(error)[:3] == _CLOSING


def folder_failure(error: OSError, doing: str) -> RelayError:
    """What an error of a local or mounted folder means."""
    outcome: Outcome = "rejected_path" if error.errno in _PATH_ERRNOS else "transfer_error"
    return RelayError(outcome, one_line(f"{doing}: {error.strerror or error}"))


def one_line(text: str) -> str:
    """A text for the outbox and the log: one line, without control characters, of bounded length."""
    flat = " ".join("".join(letter if letter.isprintable() else " " for letter in text).split())
    return flat if len(flat) <= _DETAIL_LENGTH else flat[: _DETAIL_LENGTH - 1] + "…"


def _ftp_outcome(error: Exception, stage: Stage) -> Outcome:
    code = str(error)[:3] if isinstance(error, ftplib.Error) else ""
    if stage == "connect":
        return "cannot_connect"
    if stage == "login":
        refused = isinstance(error, ftplib.error_perm) or code == _UNKNOWN_USER
        return "refused_login" if refused else "cannot_connect"
    if code in _PATH_REPLIES:
        return "rejected_path"
    return "transfer_error"


def _said(error: Exception) -> str:
    if isinstance(error, ftplib.Error):
        # Replies travel as Latin-1 here so that none can fail to decode; most servers write UTF-8.
        return str(error).encode("latin-1", "replace").decode("utf-8", "replace")
    if isinstance(error, TimeoutError):
        return "timed out"
    if isinstance(error, EOFError):
        return "the server closed the connection"
    return str(error) or type(error).__name__
