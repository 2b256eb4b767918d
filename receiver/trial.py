"""How somebody may look on at the FTP door and make trouble on purpose: the conformance kit's hooks.

A running department has none (FtpOptions.trial is None). What trouble there is, and what is made of
the answer of the logger to it, is qttd/conformance's matter.
"""

from typing import Protocol


class Trial(Protocol):
    """Called in the door's own thread: answers must be quick."""

    def refuses_session(self, peer: str) -> str | None:
        """The reply with which a new session is turned away; None: it may come in."""

    def refuses_upload(self, path: str, encrypted: bool) -> str | None:
        """The reply instead of taking an upload; None: it is taken. Asked once for each STOR."""

    def cuts(self, path: str, size: int) -> bool:
        """Whether the data connection is cut, now that so many bytes of the upload are here."""
