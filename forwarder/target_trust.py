"""By what a target proves that it is the target: of ftps its certificate, of sftp its host key.

`trust` is one text, kept with the target. Of ftps: empty (the authorities that this machine knows), the PEM
of another authority, or `SHA256:` and the certificate's own fingerprint in hexadecimal digits. Of sftp: the
host key as in OpenSSH's .pub files, or its fingerprint as ssh-keygen prints it. An unencrypted fallback does
not exist.
"""

import base64
import binascii
import hashlib
import ssl
from typing import NamedTuple

from forwarder.target_url import BadTargetUrlError

PREFIX = "SHA256:"


class BadTrustError(BadTargetUrlError):
    """The text proves nothing; the message says what to write instead."""


class CertificateTrust(NamedTuple):
    """Whom to believe over TLS."""

    context: ssl.SSLContext
    pin: str | None
    """The certificate's fingerprint, where nothing else counts."""

    def accepts(self, certificate: bytes) -> bool:
        """Whether a certificate (DER) is the pinned one; always where none is."""
        return self.pin is None or fingerprint(certificate) == self.pin


class HostTrust(NamedTuple):
    """Which host key to believe."""

    pin: str
    """`SHA256:…` as OpenSSH prints it."""
    kind: str | None
    """The key's kind, where the whole key is known: the only one that is asked for."""


def certificate_trust(trust: str | None) -> CertificateTrust:
    """What `trust` says of an ftps target. Raises BadTrustError."""
    context = ssl.create_default_context()
    if not trust:
        return CertificateTrust(context, None)
    if trust.startswith(PREFIX):
        digits = trust.removeprefix(PREFIX).replace(":", "").lower()
        if len(digits) != 64 or any(digit not in "0123456789abcdef" for digit in digits):
            raise BadTrustError("a certificate's fingerprint is SHA256: and 64 hexadecimal digits")
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE  # the fingerprint is looked at instead, before anything is sent
        return CertificateTrust(context, PREFIX + digits)
    try:
        context = ssl.create_default_context(cadata=trust)
    except (ssl.SSLError, ValueError) as error:
        raise BadTrustError(f"that is no certificate of an authority in PEM form: {error}") from error
    return CertificateTrust(context, None)


def host_trust(trust: str | None) -> HostTrust:
    """What `trust` says of an sftp target. Raises BadTrustError."""
    if not trust:
        raise BadTrustError("the host key is not known: `qttd target change NAME --trust first` takes it")
    if trust.startswith(PREFIX):
        try:
            length = len(base64.b64decode(trust.removeprefix(PREFIX) + "=", validate=True))
        except binascii.Error:
            length = 0
        if length != 32:
            raise BadTrustError("a host key's fingerprint is SHA256: and 43 letters (ssh-keygen -l)")
        return HostTrust(trust, None)
    # takes its time to import, which a department without such a target need not spend
    import asyncssh

    try:
        key = asyncssh.import_public_key(trust)
    except (asyncssh.KeyImportError, ValueError) as error:
        raise BadTrustError(f"that is no host key as in OpenSSH's .pub files: {error}") from error
    return HostTrust(key.get_fingerprint(), key.get_algorithm())


def fingerprint(certificate: bytes) -> str:
    """Of a certificate in DER form."""
    return PREFIX + hashlib.sha256(certificate).hexdigest()
