"""`qttd stage`, from the first look to the last step."""

import os
import time
from typing import Any

CODE = "QN_THUB_NUODAU"


def test_a_station_goes_its_way(ready: Any) -> None:
    ready("station", "import", ready.write("s.csv", f"code,name,kind\n{CODE},Trạm,wastewater\n"))
    (one,) = ready("stage", "--json").json()
    assert one == {
        "station": CODE, "stage": "silent", "shadow_files": 0, "own_files": 0, "last_shadow_at": None,
        "last_own_at": None, "targets": [], "way_back": "",
        "next": 'watch its folder ([[drop]] mode = "shadow"), or have its logger send here',
    }  # fmt: skip
    text = ready("stage")
    assert text.out.split()[:3] == ["station", "stage", "shadow_files"]
    assert "shadows: none; reader accounts: none\nsilent: 1 station\n  next: watch its folder" in text.err


def test_the_shadow_in_the_settings_is_named(ready: Any) -> None:
    settings = ready.folder / "qttd.toml"
    settings.write_text(settings.read_text(encoding="utf-8") + '\n[[drop]]\npath = "old"\nmode = "shadow"\n')
    ready("account", "add", "envisoft", "--reader", stdin="secret\n")
    done = ready("stage", "--hours", "1")
    assert f"shadows: {ready.folder / 'old'}; reader accounts: envisoft\n" in done.err


def test_what_an_import_brought_is_no_stage(ready: Any) -> None:
    ready("station", "import", ready.write("s.csv", f"code,name,kind\n{CODE},Trạm,wastewater\n"))
    (ready.folder / "srv").mkdir()
    path = ready.folder / "srv" / f"{CODE}_20260530101500.txt"
    path.write_bytes(b"pH\t7.12\t\t20260530101500\t00\r\n")
    os.utime(path, (time.time(), time.time()))
    assert ready("import-tree", "srv").code == 0
    assert ready("stage", "--json").json()[0]["stage"] == "silent"
