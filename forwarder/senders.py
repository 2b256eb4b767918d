"""Which sender speaks which scheme: the one table to extend for a new protocol."""

from collections.abc import Callable, Iterator
from pathlib import Path

from forwarder.folder_sender import FolderSender
from forwarder.ftp_sender import FtpSender
from forwarder.ftps_connection import FtpsConnection
from forwarder.outcome import RelayError
from forwarder.sender import Sender, SendingTimes, Step
from forwarder.target_trust import certificate_trust, host_trust
from forwarder.target_url import TargetUrl, parse_target_url
from store.access.secret_box import SecretBox
from store.relay.targets import Target

MakeSender = Callable[[TargetUrl, str, Target, SendingTimes], Sender]


def _ftps(url: TargetUrl, password: str, target: Target, times: SendingTimes) -> Sender:
    trust = certificate_trust(target.trust)
    return FtpSender(url, password, target.upload, times, lambda given: FtpsConnection(given, trust))


def _sftp(url: TargetUrl, secret: str, target: Target, times: SendingTimes) -> Sender:
    # takes a third of the role's start: only who has such a target waits for it
    from forwarder.sftp_sender import SftpSender

    return SftpSender(url, secret, target.upload, times, host_trust(target.trust))


_SENDERS: dict[str, MakeSender] = {
    "ftp": lambda url, password, target, times: FtpSender(url, password, target.upload, times),
    "ftps": _ftps,
    "sftp": _sftp,
    "file": lambda url, _password, target, _times: FolderSender(Path(url.folder), target.upload),
}


def sender_for(target: Target, secrets: SecretBox, times: SendingTimes) -> Sender:
    """A sender for a target, not yet connected.

    Raises BadTargetUrlError for a url or a trust that cannot be used, and SecretBoxError where the target's
    password cannot be opened.
    """
    url = parse_target_url(target.url)
    password = secrets.open(target.secret) if target.secret is not None else ""
    return _SENDERS[url.scheme](url, password, target, times)


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

    def sizes(self, folder: str) -> dict[str, int | None]:
        """See Sender."""
        raise self._refusal

    def close(self) -> None:
        """Nothing is open."""

    def abort(self) -> None:
        """Nothing can hang."""
