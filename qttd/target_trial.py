"""Trying a target out: all that relaying needs, once, with a small file. For `target test` and the doctor."""

from collections.abc import Iterator
from pathlib import Path
from secrets import token_hex

from forwarder.outcome import RelayError
from forwarder.sender import SendingTimes, Step
from forwarder.senders import sender_for
from qttd.errors import NotAllowedError, QttdError, UnreachableError
from store.access.secret_box import SecretBox
from store.relay.targets import Target


def try_target(target: Target, key_file: Path, times: SendingTimes = SendingTimes()) -> Iterator[Step]:  # noqa: B008 - an immutable value
    """Each step when it is done; leaves nothing behind at the target.

    Raises RelayError in the first step that cannot be done without, BadTargetUrlError for a scheme that this
    version does not speak, and SecretBoxError where the target's password cannot be opened.
    """
    sender = sender_for(target, SecretBox(key_file), times)
    try:
        yield from sender.trial(f"qttd-test-{token_hex(4)}.tmp")
    finally:
        sender.close()


def explained(name: str, error: RelayError) -> QttdError:
    """What a failed trial means, and how to mend it."""
    if error.outcome == "refused_login":
        return NotAllowedError(f"{name} refuses the login; `qttd target passwd {name}` changes the password")
    if error.outcome == "rejected_path":
        return NotAllowedError(f"{name} does not let this account write into the url's folder")
    return UnreachableError(f"{name} cannot be relayed to now: {error.outcome}")
