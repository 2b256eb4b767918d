"""Which sender speaks which scheme: the one table to extend for a new protocol."""

from collections.abc import Callable, Iterator
from pathlib import Path

from forwarder.folder_sender import FolderSender
from forwarder.ftp_sender import FtpSender
from forwarder.outcome import RelayError
from forwarder.sender import Sender, SendingTimes, Step
from forwarder.target_url import TargetUrl, parse_target_url
from store.relay_targets import Target, Upload
from store.secret_box import SecretBox

MakeSender = Callable[[TargetUrl, str, Upload, SendingTimes], Sender]

_SENDERS: dict[str, MakeSender] = {
    "ftp": FtpSender,
    "file": lambda url, _password, upload, _times: FolderSender(Path(url.folder), upload),
}


def sender_for(target: Target, secrets: SecretBox, times: SendingTimes) -> Sender:
    """A sender for a target, not yet connected.

    Raises BadTargetUrlError for a scheme that this version does not speak, and SecretBoxError where
    the target's password cannot be opened.
    """
    url = parse_target_url(target.url)
    password = secrets.open(target.secret) if target.secret is not None else ""
    return _SENDERS[url.scheme](url, password, target.upload, times)


class UnusableSender:
    """Stands in for a target whose settings cannot be used, so that its status says why."""

    def __init__(self, why: str) -> None:
        self._refusal = RelayError("refused_login", why)

    def connect(self) -> None:
        """See Sender."""
        raise self._refusal

    def send(self, path: str, content: bytes, *, may_be_there: bool) -> str:
        """See Sender."""
        raise self._refusal

    def trial(self, name: str) -> Iterator[Step]:
        """See Sender."""
        raise self._refusal

    def close(self) -> None:
        """Nothing is open."""

    def abort(self) -> None:
        """Nothing can hang."""
