"""The virtual file systems of sessions: pyftpdlib's AbstractedFS on the account's tree in the journal.

No path of a client ever reaches the disk; the methods of the base class that would are not used
by this door's commands. Here live the working folder and the texts of listings.
"""

import time
from collections.abc import Iterator

from pyftpdlib.filesystems import AbstractedFS

from receiver.file_tree import FileTree, Node
from receiver.path_text import absolute_path

HALF_A_YEAR = 182 * 86400
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class VirtualFS(AbstractedFS):  # type: ignore[misc]  # pyftpdlib brings no types
    """Paths are absolute, `/` separated texts of `path_text`; real and virtual ones are the same."""

    writable = True

    def __init__(self, account: str) -> None:
        super().__init__("/", None)  # no way back to the session: a closed one is freed at once
        self.account = account

    def ftp2fs(self, ftppath: str) -> str:
        """The absolute path of what the client named. Raises BadPathError.

        Some devices put the name between quotation marks, as in a shell: they are no part of it.
        """
        if len(ftppath) > 2 and ftppath[0] == ftppath[-1] == '"':
            ftppath = ftppath[1:-1]
        return absolute_path(self.cwd, ftppath)

    def fs2ftp(self, fspath: str) -> str:
        return fspath

    def validpath(self, path: str) -> bool:
        return path.startswith("/")

    def realpath(self, path: str) -> str:
        return path

    def node(self, path: str) -> Node | None:
        """The file or folder there."""
        raise NotImplementedError

    def file(self, path: str) -> Node | None:
        """The file there."""
        raise NotImplementedError

    def isdir(self, path: str) -> bool:
        """True where there is a folder."""
        raise NotImplementedError

    def children(self, path: str) -> Iterator[Node]:
        """What is in a folder, read as it is consumed."""
        raise NotImplementedError

    def content(self, node: Node) -> bytes | None:
        """A file's bytes, None where they are gone meanwhile."""
        raise NotImplementedError


class JournalFS(VirtualFS):
    """What an account that sends has sent."""

    def __init__(self, account: str, tree: FileTree) -> None:
        super().__init__(account)
        self.tree = tree

    def node(self, path: str) -> Node | None:
        return self.tree.node(self.account, path)

    def file(self, path: str) -> Node | None:
        return self.tree.file(self.account, path)

    def isdir(self, path: str) -> bool:
        return self.tree.folder_exists(self.account, path)

    def children(self, path: str) -> Iterator[Node]:
        return self.tree.children(self.account, path)

    def content(self, node: Node) -> bytes | None:
        return self.tree.content(node)


def list_line(node: Node, now: float) -> str:
    """A line as of `ls -l`, times in UTC."""
    kind, links = ("drwxr-xr-x", 2) if node.is_folder else ("-rw-r--r--", 1)
    seconds = node.modified_at // 1_000_000
    moment = time.gmtime(seconds)
    clock = f"{moment.tm_hour:02}:{moment.tm_min:02}" if now - seconds < HALF_A_YEAR else f" {moment.tm_year}"
    date = f"{_MONTHS[moment.tm_mon - 1]} {moment.tm_mday:2} {clock}"
    return f"{kind} {links:3} qttd     qttd     {node.size:8} {date} {node.name}\r\n"


def stamp(node: Node) -> str:
    """The time of a file or folder as MDTM and MLSD write it: yyyyMMddHHmmss in UTC."""
    return time.strftime("%Y%m%d%H%M%S", time.gmtime(node.modified_at // 1_000_000))


def facts(node: Node, wanted: list[str], name: str, *, writable: bool = True) -> str:
    """A line as of MLSD or MLST (RFC 3659) with the facts the client wants."""
    known = {
        "type": "dir" if node.is_folder else "file",
        "size": str(node.size),
        "modify": stamp(node),
        "perm": ("elcmp" if writable else "el") if node.is_folder else ("adfrw" if writable else "r"),
    }
    chosen = [fact for fact in wanted if fact in known and not (fact == "size" and node.is_folder)]
    return "".join(f"{fact}={known[fact]};" for fact in chosen) + f" {name}\r\n"
