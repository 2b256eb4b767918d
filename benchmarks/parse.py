"""How fast station files are read: `python benchmarks/parse.py` prints one JSON object.

`files_per_second` is a canonical file of ten lines, and `ratio_to_naive` compares it with what a
script would do at the least (decode, str.split, float; no check at all), in alternating rounds of
the same run, so that a busy machine bends both alike. `dialect_files_per_second` is a file of ten
lines none of which is canonical. `rubbish_seconds` are the worst of several mebibytes of rubbish,
each chosen to hurt another part of the parser. CPU time of this process, best of the rounds.
"""

import json
import random
import time
from collections.abc import Callable

from parsers.records import ParsedFile
from parsers.station_file import parse

NAME = "BG_TTBG_KHIKXQ_20260530101500.txt"
SYMBOLS = ("PM2,5", "PM10", "O3", "CO", "SO2", "NO2", "m,p-Xylene", "Radiation", "WindSpeed", "WindDir")
CANONICAL = "".join(
    f"{symbol}\t{n}3.4{n}\tug/m3\t20260530101500\t00\r\n" for n, symbol in enumerate(SYMBOLS, 1)
)
DIALECT = "".join(f"20260530101500\t{symbol}\t{n}3,4{n}\tug/m3\t0\n" for n, symbol in enumerate(SYMBOLS, 1))
MEBIBYTE = 1024 * 1024
FILES_A_ROUND, ROUNDS = 2000, 15


def naive(data: bytes) -> list[tuple[str, float, str, str, str]]:
    """What is done at the very least, and would be wrong for many a file."""
    readings = []
    for line in data.decode().split("\r\n"):
        if line:
            symbol, value, unit, measured_at, status = line.split("\t")
            readings.append((symbol, float(value), unit, measured_at, status))
    return readings


def rubbish() -> dict[str, bytes]:
    """A mebibyte each of what a broken or hostile client may send."""
    dice = random.Random(1)
    return {
        "random": dice.randbytes(MEBIBYTE),
        "high_bytes": bytes(dice.choices(range(0x80, 0x100), k=MEBIBYTE)),
        "short_lines": b"a\n" * (MEBIBYTE // 2),
        "one_line": b"a" * MEBIBYTE,
        "tabs": b"a\t" * (MEBIBYTE // 2),
        "white_space": b" \t\r\n" * (MEBIBYTE // 4),
        "nuls": b"pH\t7\r\n".ljust(MEBIBYTE, b"\0"),
        "bad_numbers": b"p\t1.1.1\t\t20260530101500\t00\n" * (MEBIBYTE // 27),
        "conflicts": b"".join(b"p\t%d\t\t20260530101500\t00\n" % n for n in range(MEBIBYTE // 30)),
        "digits": b"p\t" + b"1" * MEBIBYTE + b"\t\t20260530101500\t00\n",
        "combining": b"e" + "\u0323\u0302".encode() * (MEBIBYTE // 4) + b"\t1\t\t20260530101500\t00\n",
    }


def seconds(read: Callable[[bytes], object], data: bytes, times: int = 1) -> float:
    start = time.process_time()
    for _ in range(times):
        read(data)
    return time.process_time() - start


def station_file(data: bytes) -> ParsedFile:
    return parse(data, NAME)


def main() -> None:
    canonical, dialect = CANONICAL.encode(), DIALECT.encode()
    assert len(station_file(canonical).readings) == len(station_file(dialect).readings) == len(SYMBOLS)
    quick = plain = slow = float("inf")
    for _ in range(ROUNDS):
        quick = min(quick, seconds(station_file, canonical, FILES_A_ROUND) / FILES_A_ROUND)
        plain = min(plain, seconds(naive, canonical, FILES_A_ROUND) / FILES_A_ROUND)
        slow = min(slow, seconds(station_file, dialect, FILES_A_ROUND // 10) / (FILES_A_ROUND // 10))
    worst = {kind: round(seconds(station_file, data), 4) for kind, data in rubbish().items()}
    result = {
        "files_per_second": round(1 / quick),
        "naive_files_per_second": round(1 / plain),
        "ratio_to_naive": round(plain / quick, 3),
        "dialect_files_per_second": round(1 / slow),
        "rubbish_mebibyte_seconds": max(worst.values()),
        "rubbish_seconds": worst,
    }
    print(json.dumps(result, indent=2))


if __name__ == "__main__":
    main()
