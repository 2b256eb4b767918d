"""What a target is logged in with, and by what it proves itself: asked for where `qttd target` needs it.

A server's certificate or host key is looked at once, when the target is added, unless it was given: from then
on only that one is believed.
"""

import ftplib
from pathlib import Path

import asyncssh

from forwarder.ftps_connection import shown_certificate
from forwarder.sender import SendingTimes
from forwarder.sftp_connection import shown_host_key
from forwarder.target_trust import PREFIX, certificate_trust, host_trust
from forwarder.target_url import BadTargetUrlError, TargetUrl, parse_target_url
from qttd.errors import BadDataError, UnreachableError, UsageError
from qttd.output import read_password, say

FIRST = "first"
"""--trust first: what the server shows now."""


def target_url(url: str) -> TargetUrl:
    """The parts of `--url`. Raises UsageError."""
    try:
        return parse_target_url(url)
    except BadTargetUrlError as error:
        raise UsageError(f"--url: {error}") from error


def target_trust(url: TargetUrl, given: str | None) -> str:
    """What is kept of `--trust`: a fingerprint, a host key, an authority's PEM, or nothing.

    Raises UsageError, BadDataError, and UnreachableError where the server is asked and does not answer.
    """
    if url.scheme not in ("ftps", "sftp"):
        if given is not None:
            raise UsageError(f"--trust: {url.scheme} proves nothing; it is for ftps and sftp")
        return ""
    if given == FIRST or (given is None and url.scheme == "sftp"):
        return _shown(url)
    if given is None:
        return ""  # the authorities that this machine knows
    trust = given if given.startswith(PREFIX) else _read(given)
    try:
        (host_trust if url.scheme == "sftp" else certificate_trust)(trust)
    except BadTargetUrlError as error:
        raise BadDataError(f"--trust: {error}") from error
    return trust


def target_secret(url: TargetUrl, question: str, key: Path | None) -> str | None:
    """The password from stdin or a prompt, or the private key of a file; None where none is needed."""
    if key is None:
        return None if url.scheme == "file" else read_password(question)
    if url.scheme != "sftp":
        raise UsageError("--key: only sftp logs in with a key")
    return _private_key(key)


def _private_key(file: Path) -> str:
    try:
        try:
            key = asyncssh.read_private_key(file)
        except asyncssh.KeyImportError as error:
            if "passphrase" not in str(error).lower():
                raise
            key = asyncssh.read_private_key(file, read_password(f"passphrase of {file}"))
    except (asyncssh.KeyEncryptionError, asyncssh.KeyImportError) as error:
        raise BadDataError(
            f"--key: {file} is no private key, or not with this passphrase ({error}); "
            "`ssh-keygen -p -f COPY` takes the passphrase off a copy"
        ) from error
    return key.export_private_key("openssh").decode("ascii")


def _read(name: str) -> str:
    try:
        return Path(name).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise BadDataError(
            f"--trust: {name} is neither a file that can be read, nor {PREFIX}…, nor {FIRST}"
        ) from error


def _shown(url: TargetUrl) -> str:
    times = SendingTimes()
    try:
        if url.scheme == "sftp":
            trust = shown_host_key(url.host, url.port, times)
            seen = host_trust(trust).pin
        else:
            trust = seen = shown_certificate(url.host, url.port, times)
    except (ftplib.Error, EOFError, OSError, asyncssh.Error) as error:
        raise UnreachableError(
            f"{url.host}:{url.port} does not show what to trust ({error}); try again, or give --trust"
        ) from error
    say(f"{url.host} shows {seen}: compare it with what its administrator says; only this is trusted now")
    return trust
