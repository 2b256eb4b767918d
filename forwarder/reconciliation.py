"""What was sent to a target against what is there: missing, of another size, or never ours.

Only the folders that we sent to are listed. A content is not fetched back: its size, and the hash in our
receipt, are what a target can be asked about without being given the work of sending it all again.
"""

from collections.abc import Collection, Iterator
from itertools import groupby
from typing import Literal, NamedTuple

from forwarder.sender import TEMPORARY, Sender
from store.relay.reconcile import SentItem

Kind = Literal["missing", "size", "not_ours", "left_over"]
"""left_over: a temporary name of ours, of an upload that broke off."""


class Difference(NamedTuple):
    """One file that is not as our receipts say."""

    kind: Kind
    path: str
    item: SentItem | None
    """What we sent under that path; None for what is not ours."""
    size_there: int | None


class Reconciled(NamedTuple):
    """One folder of a target, compared."""

    folder: str
    sent: int
    differences: list[Difference]


def folder_of(path: str) -> str:
    """The folder of a path, without a slash at its end; empty for the target's root."""
    return path.rpartition("/")[0]


def compare(sender: Sender, items: Collection[SentItem]) -> Iterator[Reconciled]:
    """Each folder that items went to, once it is listed; `not_ours` says only that it is not among `items`.

    Raises RelayError.
    """
    by_folder = sorted(items, key=lambda item: (folder_of(item.path), item.path))
    for folder, group in groupby(by_folder, key=lambda item: folder_of(item.path)):
        sent = {item.path.rpartition("/")[2]: item for item in group}
        sender.connect()
        there = sender.sizes(folder)
        found = [
            difference
            for name, item in sent.items()
            if (difference := _compared(item, name in there, there.get(name))) is not None
        ]
        begins = f"{folder}/" if folder else ""
        for name in sorted(there.keys() - sent.keys()):
            kind: Kind = "left_over" if name.endswith(TEMPORARY) else "not_ours"
            found.append(Difference(kind, begins + name, None, there[name]))
        yield Reconciled(folder, len(sent), found)


def _compared(item: SentItem, is_there: bool, size: int | None) -> Difference | None:
    if not is_there:
        return Difference("missing", item.path, item, None)
    if size is not None and item.bytes is not None and size != item.bytes:
        return Difference("size", item.path, item, size)
    return None
