"""What a web address is that messages are posted to: alarm rules and the gateway's setting ask here."""

from urllib.parse import urlsplit

_LONGEST = 2000


def is_web_address(text: str) -> bool:
    """Whether it is http:// or https:// with a host, and a port that can be."""
    try:
        parts = urlsplit(text)
        port = parts.port
    except ValueError:  # brackets without an address in them, a port that is no number
        return False
    return (
        parts.scheme in ("http", "https")
        and bool(parts.hostname)
        and port != 0
        and len(text) <= _LONGEST
        and not any(letter.isspace() or not letter.isprintable() for letter in text)
    )
