"""The FTP commands about files and folders, on the account's tree in the journal.

Answers are chosen for loggers and simple programs: SIZE works in ASCII mode too (the bytes are the
same), LIST takes ls options and patterns, MKD of a folder that is there says 550, CWD into a
folder that is not says 550 so that the logger makes it. Changes are answered after their commit.
"""

import time
from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import partial

from receiver.file_tree import Node
from receiver.ftp.control import ControlChannel
from receiver.ftp.file_system import facts, list_line, stamp
from receiver.ftp.reader import LISTING, LOOKING, ReaderFS
from receiver.journal.arrival import to_microseconds
from receiver.journal.changes import Change, Hide, MakeFolder, RemoveFolder, Rename
from receiver.journal.committer import CommitError, Outcome
from receiver.path_text import encode_path, split_path
from receiver.reader_tree import Look
from receiver.refusals import QuotaExceededError, RefusedError

LIST_CHUNK = 32768
CHANGING_FOLDER = frozenset({b"CWD", b"XCWD"})


class Lines:
    """A producer for pyftpdlib: the lines of a listing, made as the client takes them."""

    def __init__(self, lines: Iterator[str]) -> None:
        self._lines = lines

    def more(self) -> bytes:
        """Some more bytes, none at the end."""
        chunk = bytearray()
        for line in self._lines:
            chunk += encode_path(line)
            if len(chunk) >= LIST_CHUNK:
                break
        return bytes(chunk)


def without_options(line: str) -> str:
    """What LIST and NLST name behind the options of ls."""
    while line.startswith("-"):
        line = line.partition(" ")[2].lstrip()
    return line


class TreeCommands(ControlChannel):
    """A session that can look at its files and folders, and change them."""

    def perform(self, verb: bytes, line: str) -> None:
        """As for any session; a reader's looks wait for the store, and the lines behind them too."""
        fs = self.fs if verb in LOOKING and self.authenticated else None
        if not isinstance(fs, ReaderFS) or (verb == b"STAT" and (self.transfer_running or not line)):
            super().perform(verb, line)
        elif fs.found is not None:
            try:
                super().perform(verb, line)
            finally:
                fs.found = None
        else:
            if verb in LISTING:
                path = fs.ftp2fs(without_options(line))
            else:
                path = fs.ftp2fs(line or ("/" if verb in CHANGING_FOLDER else ""))
            self.owe_answer()
            self.door.readers.look(fs.reader, path, verb, partial(self._looked, fs, verb, line))

    def _looked(self, fs: ReaderFS, verb: bytes, line: str, found: Look | None) -> None:
        if self._closed:
            return
        if found is None:
            self.respond("451 The files can not be looked up at the moment; try again later.")
            self.answer_given()
        else:
            fs.found = found
            self.resume(verb, encode_path(line))

    # --- listings

    def do_list(self, line: str) -> None:
        nodes = self.matching(line)
        if self.begin_transfer():
            now = time.time()
            self.send_data(Lines(list_line(node, now) for node in nodes))

    def do_nlst(self, line: str) -> None:
        nodes = self.matching(line)
        if self.begin_transfer():
            self.send_data(Lines(node.name + "\r\n" for node in nodes))

    def do_mlsd(self, line: str) -> None:
        path = self.fs.ftp2fs(line)
        if not self.fs.isdir(path):
            self.respond("501 No such folder.")
        elif self.begin_transfer():
            wanted = self._current_facts
            writable = self.fs.writable
            nodes = self.fs.children(path)
            self.send_data(Lines(facts(node, wanted, node.name, writable=writable) for node in nodes))

    def matching(self, line: str) -> Iterator[Node]:
        """What LIST, NLST and STAT mean by their argument: options of ls, a folder, a file, a pattern."""
        path = self.fs.ftp2fs(without_options(line))
        node = self.fs.file(path)
        if node is not None:
            return iter([node])
        if self.fs.isdir(path):
            return self.fs.children(path)
        folder, pattern = split_path(path)
        if not any(sign in pattern for sign in "*?[") or not self.fs.isdir(folder or "/"):
            raise RefusedError("No such file or folder")
        return (node for node in self.fs.children(folder or "/") if fnmatchcase(node.name, pattern))

    # --- looking

    def do_size(self, line: str) -> None:
        self.respond(f"213 {self.file_at(self.fs.ftp2fs(line)).size}")

    def do_mdtm(self, line: str) -> None:
        self.respond(f"213 {stamp(self.file_at(self.fs.ftp2fs(line)))}")

    def do_mlst(self, line: str) -> None:
        path = self.fs.ftp2fs(line)
        node = self.fs.node(path)
        if node is None:
            raise RefusedError("No such file or folder")
        self.push(
            f"250-Listing {path}\r\n {facts(node, self._current_facts, path, writable=self.fs.writable)}"
        )
        self.respond("250 End.")

    def do_cwd(self, line: str) -> None:
        path = self.fs.ftp2fs(line or "/")
        if not self.fs.isdir(path):
            raise RefusedError("No such folder")
        self.fs.cwd = path
        self.respond(f'250 "{path}" is the current folder.')

    def do_cdup(self, line: str) -> None:
        self.fs.cwd = self.fs.ftp2fs("..")
        self.respond(f'250 "{self.fs.cwd}" is the current folder.')

    def file_at(self, path: str) -> Node:
        """The file of an absolute path. Raises RefusedError."""
        node = self.fs.file(path)
        if node is None:
            raise RefusedError("No such file")
        return node

    def content_of(self, node: Node) -> bytes:
        """A file's bytes. Raises RefusedError where they were purged meanwhile."""
        content = self.fs.content(node)
        if content is None:
            raise RefusedError("No such file")
        return content

    # --- changing

    def do_mkd(self, line: str) -> None:
        path = self.fs.ftp2fs(line)
        quoted = path.replace('"', '""')
        made_at = to_microseconds(self.door.now())
        self._change(MakeFolder(self.fs.account, path, made_at), f'257 "{quoted}" made.')

    def do_rmd(self, line: str) -> None:
        self._change(RemoveFolder(self.fs.account, self.fs.ftp2fs(line)), "250 Folder removed.")

    def do_dele(self, line: str) -> None:
        self._change(Hide(self.fs.account, self.fs.ftp2fs(line)), "250 File removed.")

    def do_rnfr(self, line: str) -> None:
        self._refuse_reader()
        path = self.fs.ftp2fs(line)
        if path == "/" or self.fs.node(path) is None:
            raise RefusedError("No such file or folder")
        self._rnfr = path
        self.respond("350 Send the new name.")

    def do_rnto(self, line: str) -> None:
        source, self._rnfr = self._rnfr, None
        if source is None:
            self.respond("503 Send RNFR first.")
            return
        renamed_at = to_microseconds(self.door.now())
        quota = None if self.account is None else self.account.quota
        rename = Rename(self.fs.account, source, self.fs.ftp2fs(line), renamed_at, quota)
        self._change(rename, "250 Renamed.")

    def _change(self, change: Change, reply: str) -> None:
        self._refuse_reader()

        def answer(outcome: Outcome) -> None:
            if isinstance(outcome, CommitError):
                self.respond("451 That could not be stored; try again later.")
            elif isinstance(outcome, QuotaExceededError):
                self.respond(f"552 Too much for one day: {outcome}")
            elif isinstance(outcome, RefusedError):
                self.respond(f"550 {outcome}.")
            else:
                self.respond(reply)
            self.answer_given()

        self.owe_answer()
        self.commit(change, answer)

    def _refuse_reader(self) -> None:
        if self.account is None or "upload" not in self.account.permissions:
            raise RefusedError("This account may not change anything")
