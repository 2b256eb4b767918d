"""Reads the public keys that accounts are given: OpenSSH's .pub files, and the other forms it exports."""

import asyncssh

from qttd.errors import BadDataError
from store.access.account_keys import PublicKey

LEAST_RSA_BITS = 2048


def read_public_key(text: str) -> PublicKey:
    """The key of a text. Raises BadDataError, also for kinds that are no longer safe."""
    if "PRIVATE KEY" in text:
        raise BadDataError("that is a private key: it stays with the logger; give its .pub file")
    try:
        key = asyncssh.import_public_key(text.strip().encode())
    except (asyncssh.KeyImportError, ValueError) as error:
        raise BadDataError(f"that is no public key: {error}") from error
    kind = key.get_algorithm()
    bits = getattr(key.pyca_key, "key_size", 0)
    if kind == "ssh-dss" or (kind == "ssh-rsa" and bits < LEAST_RSA_BITS):
        raise BadDataError(
            f"a key of kind {kind} with {bits} bits is not safe; make one with ssh-keygen -t ed25519"
        )
    line = key.export_public_key("openssh").decode("utf-8", "replace").strip()
    plain = " ".join(line.split(" ", 2)[:2])
    return PublicKey(
        plain, key.get_fingerprint(), (key.get_comment_bytes() or b"").decode("utf-8", "replace")
    )
