"""Rejected files by what is wrong and who can mend it, as the overview lists them."""

from collections.abc import Iterable
from typing import NamedTuple

from api.words import REASONS, UNREADABLE, Reason
from store.files.file_view import FileEntry


class RejectedGroup(NamedTuple):
    """Rejected files that have the same cause and the same remedy."""

    reason: Reason
    code: str
    """The station's code as the names wrote it; empty where they have none."""
    account: str
    files: int
    newest: FileEntry


def grouped(files: Iterable[FileEntry]) -> list[RejectedGroup]:
    """Rejected files, newest first, as one group for each cause at each station and account."""
    groups: dict[tuple[str, str, str], RejectedGroup] = {}
    for entry in files:
        code = entry.station_code or entry.station or ""
        reason = REASONS.get(entry.reason or "", UNREADABLE)
        key = (reason.what, code, entry.account)
        present = groups.get(key)
        if present is None:
            groups[key] = RejectedGroup(reason, code, entry.account, 1, entry)
        else:
            groups[key] = present._replace(files=present.files + 1)
    return list(groups.values())
