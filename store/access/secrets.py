"""Passwords: how they are hashed and compared, for accounts of loggers and users of the pages.

argon2id at 19 MiB, two passes, one lane (the OWASP minimum): about 25 ms, where the library's own
default would take 64 MiB and several times as long for each of thousands of loggers. A plain password is
never stored, and never logged.
"""

from pwdlib.hashers.argon2 import Argon2Hasher

_HASHER = Argon2Hasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


def hash_password(plain: str | bytes) -> str:
    """A salted hash in the PHC text form (`$argon2id$…`); text is taken as UTF-8."""
    return _HASHER.hash(plain)


def verify_password(plain: str | bytes, hashed: str) -> bool:
    """True where `hashed` is of this password; False for another, or for text that is no argon2 hash."""
    return _HASHER.verify(plain, hashed)
