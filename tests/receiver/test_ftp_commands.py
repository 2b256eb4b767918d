"""Files and folders as clients see them, and what they may not do."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from receiver.admission.accounts import Account

from .conftest import Accounts, Client, Door


def test_folders(door: Door) -> None:
    with door.client() as client:
        assert client.ask("PWD") == '257 "/" is the current directory.'
        assert client.ask("CWD Nam 2026").startswith("550")
        assert client.ask("MKD Nam 2026").startswith('257 "/Nam 2026"')
        assert client.ask("MKD Nam 2026").startswith("550")
        assert client.ask("CWD Nam 2026").startswith("250")
        assert client.ask("XMKD thang 05").startswith("257")
        assert client.ask("MKD thang 05/ngay 30").startswith("257")
        assert client.names() == ["thang 05"]
        assert client.ask("CWD thang 05/ngay 30").startswith("250")
        assert client.ask("XPWD") == '257 "/Nam 2026/thang 05/ngay 30" is the current directory.'
        assert client.store("x.txt", b"x").startswith("226")
        assert client.ask("CDUP").startswith("250")
        assert client.ask("RMD ngay 30").startswith("550")
        assert client.ask("DELE ngay 30/x.txt").startswith("250")
        assert client.ask("RMD ngay 30").startswith("250")
        assert client.names() == []
        assert client.ask("CWD").startswith("250")
        assert client.ask("CWD ../../..").startswith("250")
        assert client.ask("PWD").startswith('257 "/"')
        assert client.ask("RMD /").startswith("550")


def test_a_folder_exists_while_something_is_in_it(door: Door) -> None:
    with door.client() as client:
        assert client.store("/2026/05/30/x.txt", b"x").startswith("226")
        assert client.names("/") == ["2026"]
        assert client.names("/2026") == ["05"]
        assert client.ask("CWD /2026/05").startswith("250")
        assert client.ask("CWD /2026/0").startswith("550")
        assert client.ask("MKD /2026/05").startswith("550")
        assert client.ask("DELE /2026/05/30/x.txt").startswith("250")
        assert client.ask("CWD /2026/05").startswith("550")
    assert door.files() == [("/2026/05/30/x.txt", b"x", "complete")]


@pytest.mark.parametrize("verb", ["STOR", "APPE"])
def test_a_file_is_not_put_where_a_folder_is(door: Door, verb: str) -> None:
    with door.client() as client:
        client.ask("MKD made")
        client.store("2026/05/x.txt", b"x")
        for path in ("made", "2026", "2026/05"):
            client.passive()
            assert client.ask(f"{verb} {path}") == "550 A folder has that name."
        assert client.ask("RMD made").startswith("250")
        assert client.store("made", b"y").startswith("226")
    assert [path for path, *_ in door.files()] == ["/2026/05/x.txt", "/made"]


def test_neighbours_with_similar_names_are_not_mixed_up(door: Door) -> None:
    with door.client() as client:
        for path in ["a/x.txt", "a-b/x.txt", "a/c/y.txt", "a0/x.txt", "a.b/x.txt", "A/x.txt"]:
            assert client.store(path, b"x").startswith("226")
        assert client.names() == ["A", "a", "a-b", "a.b", "a0"]
        assert client.names("a") == ["c", "x.txt"]
        client.ask("RNFR a")
        assert client.ask("RNTO z").startswith("250")
        assert client.names() == ["A", "a-b", "a.b", "a0", "z"]
        assert client.names("z") == ["c", "x.txt"]
        assert client.names("z/c") == ["y.txt"]
    assert len(door.files()) == 6  # moving folders enters nothing anew


def test_renaming_folders(door: Door) -> None:
    with door.client() as client:
        client.store("a/x.txt", b"x")
        client.store("b/x.txt", b"x")
        client.store("f.txt", b"x")
        for source, target, answer in [
            ("a", "a/deeper", "550"),
            ("a", "b", "550"),
            ("a", "f.txt", "550"),
            ("f.txt", "a", "550"),
            ("f.txt", "/", "550"),
        ]:
            assert client.ask(f"RNFR {source}").startswith("350")
            assert client.ask(f"RNTO {target}").startswith(answer), (source, target)
        assert client.ask("RNFR /").startswith("550")
        assert client.ask("RNFR nothing").startswith("550")
        assert client.ask("RNTO x").startswith("503")


def test_rename_is_the_arrival_of_a_temporary_file(door: Door) -> None:
    with door.client() as client:
        for name in ["x.tmp", "y.TXT.PART", ".z.txt"]:
            assert client.store(name, b"abc").startswith("226")
        assert door.files() == []
        assert client.names() == [".z.txt", "x.tmp", "y.TXT.PART"]
        assert client.ask("SIZE x.tmp") == "213 3"
        assert client.read("RETR x.tmp") == b"abc"
        client.ask("RNFR x.tmp")
        assert client.ask("RNTO 2026/x.txt").startswith("250")
        client.ask("RNFR .z.txt")
        assert client.ask("RNTO z.txt").startswith("250")
        assert client.names() == ["2026", "y.TXT.PART", "z.txt"]
    assert door.files() == [("/2026/x.txt", b"abc", "complete"), ("/z.txt", b"abc", "complete")]


def test_deleting_hides(door: Door) -> None:
    with door.client() as client:
        client.store("x.txt", b"x")
        assert client.ask("DELE x.txt").startswith("250")
        assert client.ask("DELE x.txt").startswith("550")
        assert client.ask("SIZE x.txt").startswith("550")
        assert client.ask("RETR x.txt").startswith(("550", "425"))
        assert client.names() == []
    assert door.files() == [("/x.txt", b"x", "complete")]


def test_listings(door: Door) -> None:
    with door.client() as client:
        client.store("a.txt", b"12345")
        client.store("b.csv", b"1")
        client.store("sub/c.txt", b"1")
        lines = client.read("LIST").decode().splitlines()
        assert lines == [
            "drwxr-xr-x   2 qttd     qttd            0 May 30 03:16 sub",
            "-rw-r--r--   1 qttd     qttd            5 May 30 03:16 a.txt",
            "-rw-r--r--   1 qttd     qttd            1 May 30 03:16 b.csv",
        ]
        for command in ["LIST -la", "LIST -a -l /", "LIST /", "LIST -al ."]:
            assert client.read(command).decode().splitlines() == lines
        assert client.read("LIST a.txt").decode().splitlines() == lines[1:2]
        assert client.read("NLST *.txt") == b"a.txt\r\n"
        assert client.read("NLST sub/*.txt") == b"c.txt\r\n"
        assert client.read("MLSD").decode().splitlines() == [
            "type=dir;modify=20260530031600;perm=elcmp; sub",
            "type=file;size=5;modify=20260530031600;perm=adfrw; a.txt",
            "type=file;size=1;modify=20260530031600;perm=adfrw; b.csv",
        ]
        client.send(b"MLST a.txt\r\n")
        assert client.line() == b"250-Listing /a.txt"
        assert client.line() == b" type=file;size=5;modify=20260530031600;perm=adfrw; /a.txt"
        assert client.reply().startswith("250")
        assert client.ask("OPTS MLST size;").startswith("200")
        assert client.read("MLSD sub").decode() == "size=1; c.txt\r\n"
        assert client.ask("MDTM a.txt") == "213 20260530031600"
        assert client.ask("STAT a.txt") == "213 End of status."
        for command in [
            "SIZE sub",
            "MDTM sub",
            "MDTM nothing",
            "NLST nothing",
            "MLST nothing",
            "LIST *x/*.txt",
        ]:
            client.passive()
            assert client.ask(command).startswith("550"), command
        assert client.ask("MLSD a.txt").startswith("501")


def test_a_listing_of_several_pages(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("receiver.file_tree.PAGE", 3)
    names = [f"{at}.txt" for at in range(10)]
    with door.client() as client:
        for name in names:
            assert client.store(name, b"x").startswith("226")
        assert client.names() == names


def test_small_talk(door: Door) -> None:
    with door.client(login=False) as client:
        assert client.ask("SYST").startswith("215 UNIX")
        assert client.ask("NOOP").startswith("200")
        assert client.ask("noop").startswith("200")
        assert client.ask("FEAT") == "211 End FEAT."
        assert client.ask("HELP").startswith("214")
        assert client.ask("OPTS UTF8 ON").startswith("200")
        assert client.ask("STAT").startswith("211")
        for command in ["LIST", "STOR x", "PASV", "CWD /", "SITE x", "STAT /", "REIN", "ABOR"]:
            assert client.ask(command).startswith("530"), command
        client.login()
        assert client.ask("SITE CHMOD 644 x").startswith("202")
        assert client.ask("MODE S").startswith("200")
        assert client.ask("MODE B").startswith("504")
        assert client.ask("STRU F").startswith("200")
        assert client.ask("TYPE I").startswith("200")
        assert client.ask("TYPE E").startswith("504")
        assert client.ask("ALLO 1000").startswith("202")
        assert client.ask("XYZZY").startswith("500")
        assert client.ask("").startswith("500")
        assert client.ask("STOR").startswith("501")
        assert client.ask("MFMT 20260530101500 x").startswith("500")
        assert client.ask("STOR x.txt").startswith("425")
        assert client.ask("LIST").startswith("425")
        assert client.ask("REIN").startswith("220")
        assert client.ask("PWD").startswith("530")
        client.login()
        assert client.ask("EPSV ALL").startswith("200")
        assert client.ask("PASV").startswith("501")
        assert client.ask("PORT 127,0,0,1,200,1").startswith("501")
        assert client.ask("EPSV 2").startswith("522")
        assert client.ask("QUIT").startswith("221")


def test_lines_may_end_in_a_bare_line_feed_and_come_in_pieces(door: Door) -> None:
    with door.client() as client:
        client.send(b"NO")
        client.send(b"OP\nNOOP\r")
        assert client.reply().startswith("200")
        client.send(b"\n")
        assert client.reply().startswith("200")


@pytest.mark.parametrize(
    ("given", "path"),
    [
        (b"../../../etc/passwd", "/etc/passwd"),
        (b"/../x.txt", "/x.txt"),
        (b"..\\..\\x.txt", "/x.txt"),
        (b"C:\\x.txt", "/C:/x.txt"),
        (b"CON", "/CON"),
        (b"x y  z.txt", "/x y  z.txt"),
        (b"-rf", "/-rf"),
        (b"$(reboot).txt", "/$(reboot).txt"),
        (b"'; DROP TABLE arrival; --.txt", "/'; DROP TABLE arrival; --.txt"),
        (b"%s%n%x.txt", "/%s%n%x.txt"),
        ("Th\u00e1ng 5/Nhi\u1ec7t\u0111\u1ed9.txt".encode(), "/Th\u00e1ng 5/Nhi\u1ec7t\u0111\u1ed9.txt"),
        ("A\u0301psua\u0302\u0301t.txt".encode(), "/A\u0301psua\u0302\u0301t.txt"),
        (b"Th\xe1ng.txt", "/Th\uefe1ng.txt"),
        (b"n" * 255, "/" + "n" * 255),
    ],
)  # fmt: skip
def test_strange_names_are_only_names(door: Door, given: bytes, path: str) -> None:
    with door.client() as client:
        assert client.store(given, b"x").startswith("226")
        assert client.ask(b"SIZE " + given) == "213 1"
        folder, _, name = given.replace(b"\\", b"/").rpartition(b"/")
        if b".." not in folder:
            assert client.read(b"NLST " + folder).split(b"\r\n")[0] == name
    assert door.files() == [(path, b"x", "complete")]


@pytest.mark.parametrize(
    "given",
    [b"a\0b", b"a\rb", b"a\x07b", b"n" * 256, b"n" * 4096, b"a/" * 1500 + b"x", "\u1ead".encode() * 100],
)
@pytest.mark.parametrize("command", [b"STOR", b"CWD", b"MKD", b"SIZE", b"RNFR", b"LIST", b"DELE", b"RETR"])
def test_impossible_names(door: Door, command: bytes, given: bytes) -> None:
    with door.client() as client:
        client.passive()
        assert client.ask(command + b" " + given).startswith("553")
        assert client.ask("NOOP").startswith("200")
    assert door.files() == []


@pytest.mark.parametrize("given", [b"/", b"..", b".", b"a/..", b"a/../"])
def test_the_root_is_no_file(door: Door, given: bytes) -> None:
    with door.client() as client:
        client.passive()
        assert client.ask(b"STOR " + given).startswith("550")


def test_endless_line(door: Door) -> None:
    with door.client() as client:
        client.send(b"STOR " + b"x" * 20_000)
        assert client.reply().startswith("500")


def test_too_many_commands_at_once(door: Door) -> None:
    with door.client() as client:
        client.passive()
        assert client.ask("STOR x.txt").startswith("150")
        client.send(b"PWD\r\n" * 5000)
        with pytest.raises((EOFError, ConnectionResetError)):
            client.reply()


@pytest.mark.parametrize(
    "command",
    [
        "PORT 127,0,0,2,200,1",
        "PORT 127,0,0,1,0,80",
        "EPRT |1|10.0.0.1|5000|",
        "EPRT |2|::1|5000|",
        "PORT x",
        "EPRT x",
    ],
)
def test_data_goes_to_the_client_itself_only(door: Door, command: str) -> None:
    with door.client() as client:
        assert client.ask(command)[:3] in ("501", "522")
        assert client.ask("LIST").startswith("425")


def test_accounts_do_not_see_each_other(make_door: Callable[..., Door], account: Account) -> None:
    door = make_door(Accounts(account, replace(account, name="other")))
    with door.client() as client, Client(door.host, door.port) as other:
        client.store("2026/x.txt", b"x")
        other.login("other")
        assert other.names() == []
        assert other.ask("CWD 2026").startswith("550")
        other.passive()
        assert other.ask("RETR 2026/x.txt").startswith("550")
        assert other.ask("DELE 2026/x.txt").startswith("550")
        assert other.store("2026/x.txt", b"mine").startswith("226")
        assert client.read("RETR 2026/x.txt") == b"x"
