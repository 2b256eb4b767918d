"""A folder tree to store: how many files of ten lines a second, walking, reading, journal and ingest in all.

Writes a tree of 50 stations in the dated folders of layout 0, and times `TreeImport` over it with the
journal and SQLite at `synchronous=FULL`; then times a second run, which finds everything known.

    python benchmarks/import_tree.py [FILES]
"""

import json
import logging
import os
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import structlog
from ingest import START, body, code_of, prepare

from receiver.drop.memory import journal_of_imports
from receiver.drop.tree_import import TreeImport, TreeOptions, TreeTally
from receiver.ingest.ingest_role import spare_garbage_collection
from receiver.journal.arrivals import Journal

STATIONS = 50


def plant(root: Path, files: int) -> None:
    for number in range(files):
        at = START + timedelta(hours=7, minutes=5 * (number // STATIONS))
        code, stamp = code_of(number % STATIONS), f"{at:%Y%m%d%H%M%S}"
        folder = root / code / f"{at:%Y/%m/%d}"
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{code}_{stamp}.txt"
        path.write_bytes(body(number, stamp))
        arrived = (at - timedelta(hours=7)).timestamp() + 60
        os.utime(path, (arrived, arrived))


def main() -> None:
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    files = int(sys.argv[1]) if len(sys.argv) > 1 else 20_000
    with tempfile.TemporaryDirectory(dir=os.environ.get("QTTD_BENCH_DIR")) as name:
        folder = Path(name)
        plant(folder / "srv", files)
        engine = prepare(f"sqlite:///{folder}/qttd.db")
        spare_garbage_collection()
        seconds = []
        for _ in range(2):
            with Journal.open(journal_of_imports(folder / "intake.db")) as journal:
                began = time.perf_counter()
                work = TreeImport(
                    TreeOptions(folder / "srv"), engine, journal, None,
                    lambda: datetime.now(UTC),
                )  # fmt: skip
                tally: TreeTally = work.run(lambda _tally, _path: None)
                seconds.append(time.perf_counter() - began)
            assert tally.found == files
        size = journal_of_imports(folder / "intake.db").stat().st_size
        print(
            json.dumps(
                {
                    "files_per_s": round(files / seconds[0]),
                    "known_files_per_s": round(files / seconds[1]),
                    "journal_bytes_per_file": round(size / files),
                }
            )
        )


if __name__ == "__main__":
    main()
