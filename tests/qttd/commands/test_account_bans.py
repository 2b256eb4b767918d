"""`qttd account bans` and `unban`: whether the door is open or not, and without the store."""

from datetime import UTC, datetime
from pathlib import Path

from receiver.admission.ban_rules import BanPolicy
from receiver.admission.bans import Bans

from ..conftest import CommandLine


def test_bans_are_listed_and_lifted(ready: CommandLine) -> None:
    assert ready("account", "bans", "--json").json() == []
    assert ready("account", "unban").code == 0
    journal = ready.folder / "intake.db"
    bans = Bans(journal, BanPolicy(2, 3600.0), lambda: datetime.now(UTC))
    for address in ("203.0.113.9", "203.0.113.10"):
        for _ in range(2):
            bans.failed("thub", None, address)
    Path(ready.folder / "qttd.db").unlink()  # the store may be away
    first, second = ready("account", "bans", "--json").json()
    assert first.pop("until").endswith("+07:00")
    assert first == {"address": "203.0.113.9", "account": "", "times": 1}
    assert second["address"] == "203.0.113.10"
    assert "203.0.113.10" in ready("account", "bans").out
    done = ready("account", "unban", "203.0.113.9")
    assert (done.code, done.err) == (0, "lifted: 203.0.113.9\n")
    assert ready("account", "unban", "203.0.113.9").err == "203.0.113.9 was not banned\n"
    assert ready("account", "unban", "thub").err == "lifted: 203.0.113.10\n"
    assert ready("account", "bans", "--json").json() == []
    bans.close()


def test_a_file_that_is_none(ready: CommandLine) -> None:
    ready.write("intake.db-bans", "rubbish " * 1000)
    done = ready("account", "bans")
    assert done.code == 74
    assert "intake.db-bans" in done.err
