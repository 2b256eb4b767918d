"""Writes the dossier of an event as a zip: what was received and reviewed, why it exceeds, how to check.

The same store gives the same bytes: members are in a fixed order and carry no time of their own. Whoever
holds a dossier can compare its SHA-256 with the one in the audit log, written when it was made.
"""

import csv
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from datetime import datetime, timedelta
from functools import partial
from hashlib import sha256
from importlib.resources import files as package_files
from io import StringIO
from pathlib import Path
from typing import IO, Any, Self
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from sqlalchemy import Connection

from parsers.vietnam_time import VN
from qttd.archive.book import BROKEN
from qttd.archive.held_bytes import HeldBytes
from qttd.errors import BadDataError, UnreachableError
from quality.months import month_of
from store.events import evidence
from store.events.evidence import Subject
from store.files import archives
from store.network.snapshot import ChannelEntry
from store.readings.reading_code import channels_by_parameter, code_of
from store.time_type import to_millis

_EPOCH = (1980, 1, 1, 0, 0, 0)
"""The only time a member of a zip is given: the first one it can have."""
_READING = (
    "measured_at", "parameter", "symbol", "text", "value", "unit_received", "status", "flags", "qartod",
    "valid", "review", "reviewed_value", "counted_value", "received_at", "file_id", "file_sha256", "line",
)  # fmt: skip
_HOUR = ("hour", "parameter", "averaging", "expected")
_SIDE = ("count", "mean", "min", "max")
_FILE = (
    "id", "member", "name", "path", "account", "door", "peer", "received_at", "size", "sha256", "encoding",
    "state",
)  # fmt: skip
_README = """QTTĐ: hồ sơ chứng cứ / dossier of evidence

event.json         sự kiện / the event
limit.txt          căn cứ của giới hạn / how the limit was derived (vi, en)
readings.csv       số liệu: như đã nhận và sau kiểm duyệt / readings as received and as reviewed
averages_hour.csv  trung bình giờ, cả hai lớp / hourly averages, both layers
calibrations.csv   các lần hiệu chuẩn trước và sau 7 ngày / calibrations within 7 days
reviews.jsonl      quyết định kiểm duyệt / decisions of reviewers
audit.jsonl        nhật ký thao tác, móc nối bằng mã băm / audit log lines with their hashes
files.csv, files/  tệp gốc và SHA-256 / original files and their SHA-256
manifest.json      SHA-256 của mọi thành phần / SHA-256 of every member
verify.py          chương trình kiểm tra, chỉ cần Python / checks all of it, needs only Python

Kiểm tra / check:  unzip -p HOSO.zip verify.py > verify.py && python3 verify.py HOSO.zip
Đối chiếu SHA-256 của tệp zip với nhật ký: qttd audit list --action event.evidence
Compare the zip's SHA-256 with the audit log.
"""


class _Dossier:
    """A zip under way, which notes each member's size and hash."""

    def __init__(self, target: IO[bytes]) -> None:
        self._zip = ZipFile(target, "w", ZIP_DEFLATED, compresslevel=6)
        self.members: dict[str, dict[str, Any]] = {}

    def add(self, name: str, data: bytes) -> None:
        """A member of which all bytes are there."""
        self.stream(name, [data])

    def stream(self, name: str, parts: Iterable[bytes]) -> None:
        """A member whose bytes come one part after the other."""
        info = ZipInfo(name, _EPOCH)
        info.compress_type = ZIP_DEFLATED
        info.external_attr = 0o644 << 16
        digest, size = sha256(), 0
        with self._zip.open(info, "w", force_zip64=True) as member:
            for part in parts:
                member.write(part)
                digest.update(part)
                size += len(part)
        self.members[name] = {"sha256": digest.hexdigest(), "size": size}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        """Ends the zip, also one that must be given up: then it has no manifest."""
        self._zip.close()


def write_dossier(
    connection: Connection, subject: Subject, target: IO[bytes], progress: Callable[[int, int], None]
) -> None:
    """Writes the dossier of an event. progress: is told how many of its files are in."""
    _refuse_removed(connection, subject)
    with _Dossier(target) as dossier:
        _write(dossier, connection, subject, progress)


def _write(
    dossier: _Dossier, connection: Connection, subject: Subject, progress: Callable[[int, int], None]
) -> None:
    dossier.add("README.txt", _README.encode())
    dossier.add("event.json", _json(_event(subject)))
    dossier.add("limit.txt", _limit(subject).encode())
    told = partial(_reading, channels_by_parameter(connection, subject.station_id))
    dossier.stream("readings.csv", _csv(_READING, map(told, evidence.readings(connection, subject))))
    heads = (*_HOUR, *(f"{side}_{name}" for side in ("received", "reviewed") for name in _SIDE))
    dossier.stream("averages_hour.csv", _csv(heads, map(_hour, evidence.hours(connection, subject))))
    calibrated = evidence.calibrations(connection, subject)
    dossier.stream("calibrations.csv", _csv(_READING, map(told, calibrated)))
    dossier.stream("reviews.jsonl", (_json(_plain(one)) for one in evidence.reviews(connection, subject)))
    dossier.stream(
        "audit.jsonl",
        (
            _json([one.id, to_millis(one.at), *one[2:]])  # as its hash is computed: store/audit.py
            for one in evidence.audit_rows(connection, subject)
        ),
    )
    lines = evidence.files(connection, subject)
    dossier.stream("files.csv", _csv(_FILE, map(_file, lines)))
    with ExitStack() as open_archives:
        archived = _Archived(connection, open_archives)
        for number, (line, content) in enumerate(evidence.contents(connection, lines), 1):
            dossier.add(_member(line), archived.bytes_of(line) if content is None else content)
            progress(number, len(lines))
    script = package_files("qttd.evidence").joinpath("verify.py").read_bytes()
    dossier.add("verify.py", script)
    manifest = {"event": subject.entry.event.id, "members": dossier.members}
    dossier.add("manifest.json", json.dumps(manifest, indent=1, sort_keys=True).encode() + b"\n")


class _Archived:
    """Files' bytes that left the store, out of the archives that have them; each is opened once."""

    def __init__(self, connection: Connection, stack: ExitStack) -> None:
        self._connection = connection
        self._stack = stack
        self._open: dict[str, HeldBytes] = {}

    def bytes_of(self, line: evidence.FileLine) -> bytes:
        """Raises UnreachableError, which says which archive is wanted and where it was seen last."""
        archive = archives.of_file(self._connection, line.id)
        path = "" if archive is None else archive.path
        try:
            if path not in self._open:
                self._open[path] = self._stack.enter_context(HeldBytes(Path(path)))
            content = self._open[path].of(line.id)
        except (OSError, BadDataError, *BROKEN) as error:
            raise UnreachableError(
                f"the bytes of file {line.id} ({line.name}) are in {path}, which cannot be read ({error}):"
                f" bring it there, or where it is now `qttd archive verify FILE`"
            ) from error
        if sha256(content).hexdigest() != line.sha256:
            raise UnreachableError(
                f"{path} holds file {line.id} ({line.name}) otherwise than it was received"
            )
        return content


def _refuse_removed(connection: Connection, subject: Subject) -> None:
    """Raises UnreachableError where readings of the event's time, or round it, are in archives only."""
    around = timedelta(days=evidence.CALIBRATION_DAYS)
    first, last = month_of(subject.begin - around), month_of(subject.end + around)
    found = archives.only_places_of_readings(connection, subject.station_id, first, last)
    if found:
        months = ", ".join(sorted({f"{one.month:%Y-%m}" for one in found}))
        files = " ".join(one.path for one in found)
        raise UnreachableError(
            f"the readings of {months} left the store: `qttd archive put-back {files}` brings them back for"
            " the dossier"
        )


def _event(subject: Subject) -> dict[str, Any]:
    one = subject.entry.event
    return {
        "id": one.id,
        "kind": one.kind,
        "station": subject.entry.station,
        "intervals": [
            {"valid_from": _cell(one.valid_from) or None, "minutes": one.minutes}
            for one in subject.intervals.history
        ],
        "parameter": subject.entry.parameter,
        "subject": one.subject,
        "level": one.level,
        "started_at": _cell(one.started_at),
        "ended_at": _cell(one.ended_at) or None,
        "withdrawn_at": _cell(one.withdrawn_at) or None,
        "state": one.state,
        "acknowledged_by": one.acknowledged_by,
        "note": one.note,
        "detail": one.detail,
        "window": {"from": _cell(subject.begin), "to": _cell(subject.end)},
    }


def _limit(subject: Subject) -> str:
    """The derivation in both languages; of an interruption there is none."""
    detail = subject.entry.event.detail
    words = detail.get("derivation")
    if not isinstance(words, dict):
        return "Sự kiện này không so với giới hạn nào.\nThis event is held against no limit.\n"
    sure = detail.get("confirmed", True)
    return (
        f"{words['vi']}\n{'' if sure else 'Giới hạn này chưa được xác nhận.' + chr(10)}"
        f"\n{words['en']}\n{'' if sure else 'This limit is not confirmed.' + chr(10)}"
    )


def _reading(channels: Mapping[int, ChannelEntry], row: Any) -> list[str]:
    counted = (row.reviewed_value if row.review == "corrected" else row.value) if row.valid else None
    values = (
        row.measured_at, row.parameter, row.symbol, row.text, row.value, row.unit, row.status, row.flags,
        code_of(row, channels), row.valid, row.review, row.reviewed_value, counted, row.received_at,
        row.file_id, row.file_sha256, row.line,
    )  # fmt: skip
    return [_cell(value) for value in values]


def _hour(row: Any) -> list[str]:
    values = [row.hour, row.parameter, row.averaging, row.expected]
    values += [getattr(row, f"{side}_{name}") for side in ("received", "reviewed") for name in _SIDE]
    return [_cell(value) for value in values]


def _file(line: evidence.FileLine) -> list[str]:
    values = {**line._asdict(), "member": _member(line)}
    return [_cell(values[name]) for name in _FILE]


def _member(line: evidence.FileLine) -> str:
    """Where a file lies in the dossier: by its id, since names repeat and may hold anything."""
    return f"files/{line.id}"


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, datetime):
        return value.astimezone(VN).isoformat()
    return repr(value) if isinstance(value, float) else str(value)


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    return {name: _cell(one) if isinstance(one, datetime) else one for name, one in values.items()}


def _json(value: Any) -> bytes:
    return json.dumps(value, ensure_ascii=False, sort_keys=True).encode("utf-8", "surrogatepass") + b"\n"


def _csv(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterable[bytes]:
    yield _row(heads)
    for row in rows:
        yield _row(row)


def _row(cells: Sequence[str]) -> bytes:
    text = StringIO(newline="")
    csv.writer(text, lineterminator="\n").writerow(cells)
    return text.getvalue().encode("utf-8", "surrogatepass")
