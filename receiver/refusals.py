"""Why the committer refuses a change while the others of its transaction go on."""


class RefusedError(Exception):
    """The change is impossible as things stand; the message is for the client."""


class QuotaExceededError(RefusedError):
    """It would exceed the sender's quota; nothing of it was kept."""
