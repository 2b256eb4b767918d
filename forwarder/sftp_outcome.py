"""What an exception of SSH or SFTP means, in the closed set of forwarder/outcome.py.

An SFTP server has few words: FAILURE stands for a full disk as well as for a name it cannot keep. So only
what plainly speaks of the path blocks a file; all else is tried again.
"""

import asyncssh

from forwarder.outcome import Outcome, RelayError, Stage, one_line

_OF_THE_PATH = (
    asyncssh.SFTPPermissionDenied,
    asyncssh.SFTPNoSuchFile,
    asyncssh.SFTPNoSuchPath,
    asyncssh.SFTPWriteProtect,
    asyncssh.SFTPInvalidFilename,
    asyncssh.SFTPFileIsADirectory,
    asyncssh.SFTPNotADirectory,
    asyncssh.SFTPOpUnsupported,
)
REFUSALS = (*_OF_THE_PATH, asyncssh.SFTPFailure, asyncssh.SFTPFileAlreadyExists)
"""The server said no, and the session goes on."""


def sftp_failure(error: Exception, stage: Stage, doing: str) -> RelayError:
    """doing: what was asked, without anything secret."""
    return RelayError(_outcome(error, stage), one_line(f"{doing}: {_said(error)}"))


def _outcome(error: Exception, stage: Stage) -> Outcome:
    if isinstance(error, asyncssh.PermissionDenied):
        return "refused_login"
    if stage != "transfer":
        return "cannot_connect"
    return "rejected_path" if isinstance(error, _OF_THE_PATH) else "transfer_error"


def _said(error: Exception) -> str:
    if isinstance(error, TimeoutError):
        return "timed out"
    if isinstance(error, asyncssh.PermissionDenied):
        return "the login is refused"
    return str(error) or type(error).__name__
