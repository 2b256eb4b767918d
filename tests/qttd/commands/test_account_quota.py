"""`qttd account quota`: set, heard of at the doors, shown with what was sent, and taken back."""

from datetime import UTC, datetime
from pathlib import Path

from qttd.sender_quotas import SenderQuotas
from qttd.store_accounts import StoreAccounts
from receiver.admission.account_cache import AccountCache
from receiver.admission.quotas import Quota
from receiver.journal.arrivals import Journal
from receiver.journal.committer import Committer
from store.audit import entries
from store.engine import open_engine, reading
from tests.qttd.conftest import CommandLine


def test_a_quota_from_the_command_line_to_the_door(ready: CommandLine, tmp_path: Path) -> None:
    assert ready("account", "add", "thub", "--stations", "A", stdin="quan-trac-1\n").code == 0
    assert ready("apikey", "add", "bot", "--role", "operator").code == 0
    engine = open_engine(f"sqlite:///{ready.folder / 'qttd.db'}")
    source = StoreAccounts(engine)
    before = source.revision()
    assert [account.quota for account in source.load()] == [None]
    assert ready("account", "quota", "thub", "--files", "1", "--mib", "2").code == 0
    assert ready("account", "quota", "key:bot", "--mib", "1").code == 0
    assert source.revision() > before
    accounts = source.load()
    assert [account.quota for account in accounts] == [Quota(1, 2 << 20)]
    cache = AccountCache(tmp_path / "intake.db")
    cache.save(accounts)
    assert cache.load() == accounts  # the doors know it while the store is away
    assert SenderQuotas(engine).of("key:bot") == Quota(None, 1 << 20)
    assert SenderQuotas(engine).of("key:other") is None
    with Journal.open(ready.folder / "intake.db") as journal:
        committer = Committer(journal)
        for _ in range(3):
            done = committer.submit(
                "thub", "x.txt", b"12345", arrived_at=datetime.now(UTC), peer="", door="ftp",
                quota=accounts[0].quota,
            )  # fmt: skip
            done.exception(timeout=10)
        committer.close()
    (line,) = ready("account", "list", "--json").json()
    assert (line["quota_files"], line["quota_bytes"]) == (1, 2 << 20)
    assert (line["files_today"], line["bytes_today"], line["refused_today"]) == (1, 5, 2)
    assert "refused_today" in ready("account", "list").out
    assert ready("account", "quota", "thub").code == 0
    (line,) = ready("account", "list", "--json").json()
    assert (line["quota_files"], line["quota_bytes"], line["files_today"]) == (None, None, None)
    assert ready("account", "quota", "nobody", "--files", "1").code == 65
    assert ready("account", "quota", "key:nobody", "--files", "1").code == 65
    with reading(engine) as connection:
        kept = [(entry.subject, entry.detail) for entry in entries(connection, 9, action="account.quota")]
    assert kept == [
        ("thub", {"files": 1, "bytes": 2 << 20}),
        ("key:bot", {"files": None, "bytes": 1 << 20}),
        ("thub", {"files": None, "bytes": None}),
    ]
    engine.dispose()
