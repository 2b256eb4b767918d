"""Every way in which a qttd command can fail, with its exit code.

One root, `QttdError`. The message of each error says what is wrong and how to mend it, in words
for the operator; it is printed alone, without a traceback. Rooms raise their own typed errors;
qttd/failures.py says which exit code each of those means.
"""

from typing import ClassVar


class QttdError(Exception):
    """A failure that ends a command. `exit_code` follows sysexits, as docs/commands.md lists them."""

    exit_code: ClassVar[int] = 70


class UsageError(QttdError):
    """The command was called in a way that cannot be meant."""

    exit_code = 64


class BadDataError(QttdError):
    """What was given to read (a list, a file, an id) is wrong; nothing was changed."""

    exit_code = 65


class UnreachableError(QttdError):
    """Something that is needed does not answer: the store, a port, a target."""

    exit_code = 69


class InputOutputError(QttdError):
    """A file or folder could not be read or written."""

    exit_code = 74


class TryAgainError(QttdError):
    """Nothing is wrong, but not now: somebody else holds what is needed."""

    exit_code = 75


class NotAllowedError(QttdError):
    """The operating system, or a rule of qttd's own, forbids it."""

    exit_code = 77


class BadSettingsError(QttdError):
    """A setting is missing, unknown or wrong. The message names its key."""

    exit_code = 78
