"""A target's URL, taken apart: scheme, user, host, port and folder. It never holds a password.

As in curl and RFC 1738 the path of an FTP URL, and here of ftps and sftp too, begins in the folder that the
login leads to; with a second slash (`ftp://user@host//srv/in`) it begins at the server's own root.
"""

from typing import NamedTuple
from urllib.parse import unquote, urlsplit

SUPPORTED = ("ftp", "ftps", "sftp", "file")
"""Schemes that files can be sent by."""
_PORTS = {"ftp": 21, "ftps": 21, "sftp": 22}


class BadTargetUrlError(ValueError):
    """The URL cannot be a target; the message says what to write instead."""


class TargetUrl(NamedTuple):
    """Where files go."""

    scheme: str
    user: str
    host: str
    port: int
    folder: str
    """Decoded. Of file: absolute. Else: relative to the login's folder, or from the server's root with a
    leading slash."""


def parse_target_url(url: str) -> TargetUrl:
    """Takes a URL apart. Raises BadTargetUrlError, whose message never repeats a password."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise BadTargetUrlError(f"the url cannot be read: {error}") from None
    if parts.password is not None:
        raise BadTargetUrlError(
            "the url holds a password: leave it out of the url (ftp://USER@HOST/PATH) and give it on stdin"
        )
    if parts.scheme not in SUPPORTED:
        supported = ", ".join(f"{scheme}://" for scheme in SUPPORTED)
        raise BadTargetUrlError(f"{parts.scheme or 'no scheme'!s} is not supported; targets are {supported}")
    if parts.query or parts.fragment:
        raise BadTargetUrlError("? and # must be written as %3F and %23 in the url's path")
    path = unquote(parts.path)
    if not path.isprintable():
        raise BadTargetUrlError("the url's path holds a control character")
    if parts.scheme == "file":
        if parts.hostname not in (None, "localhost") or not path.startswith("/"):
            raise BadTargetUrlError("a folder is written with three slashes: file:///srv/out")
        return TargetUrl("file", "", "", 0, path)
    if not parts.hostname:
        raise BadTargetUrlError(f"the url names no host: {parts.scheme}://USER@HOST:PORT/PATH")
    if not parts.username:
        raise BadTargetUrlError(f"the url names no user: {parts.scheme}://USER@HOST:PORT/PATH")
    if port == 0:
        raise BadTargetUrlError("the url's port should be between 1 and 65535")
    folder = path.removeprefix("/").rstrip("/") or ("/" if path == "//" else "")
    return TargetUrl(
        parts.scheme, unquote(parts.username), parts.hostname, port or _PORTS[parts.scheme], folder
    )
