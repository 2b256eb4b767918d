"""What a logger's behaviour is worth: criteria, each passed, failed, worth a word, or not seen.

Pure: what was tried, what arrived, and when. The rules are those of docs/file-format.md (Circular
10/2021/TT-BTNMT, Annex 15) and of the facility's guide. The words are in words.py.
"""

import re
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Literal, NamedTuple

from parsers.records import ParsedFile
from parsers.station_file import parse
from parsers.vietnam_time import VN
from qttd.conformance.trouble import Attempt, Outage
from receiver.journal.arrival import waits_for_rename
from store.files.folder_layouts import LAYOUTS, dated_folder

Criterion = Literal[
    "login", "name", "format", "encoding", "missing_values", "status", "clock", "timing", "one_file_a_slot",
    "no_gaps", "folder", "after_a_cut", "after_a_refusal", "late_data", "oldest_first", "no_repeats",
    "rename", "encryption",
]  # fmt: skip
Verdict = Literal["pass", "fail", "advice", "not_seen"]

ON_TIME = timedelta(minutes=5)
MOST_EVIDENCE = 5
KNOWN_AT_ONCE: frozenset[Criterion] = frozenset({
    "name", "format", "encoding", "missing_values", "status", "clock", "timing", "one_file_a_slot",
    "oldest_first", "no_repeats",
})  # fmt: skip
"""What no later file makes good."""
_NAME = re.compile(r"[A-Za-z0-9]+(_[A-Za-z0-9]+)+_[0-9]{14}\.txt")
_ENCODING_NOTES = {"bom", "encoding_guessed"}
_STATUS_NOTES = {"status_assumed", "status_unknown"}
_FORMAT_NOTES = {
    "decimal_comma", "no_seconds", "unit_missing", "one_line", "time_first", "name_time_differs",
    "repeated_line",
}  # fmt: skip


class Arrived(NamedTuple):
    """A file that came whole."""

    path: str
    content: bytes
    at: datetime


class Finding(NamedTuple):
    """One criterion and what was found."""

    criterion: Criterion
    verdict: Verdict
    evidence: tuple[str, ...] = ()
    """Files, lines and times, so that the vendor can find them again."""


class _File(NamedTuple):
    arrived: Arrived
    name: str
    parsed: ParsedFile
    measured_at: datetime | None


def judge(
    attempts: Sequence[Attempt], arrived: Sequence[Arrived], outage: Outage | None, interval: timedelta
) -> list[Finding]:
    """Every criterion, in the order of the report. interval: the station's."""
    files = [_read(one) for one in arrived]
    troubled = _troubled(attempts, files, outage)
    return [
        Finding("login", "pass" if attempts else "fail"),
        _names(files),
        _format(files),
        _notes("encoding", files, _ENCODING_NOTES, "fail"),
        _missing_values(files),
        _notes("status", files, _STATUS_NOTES, "fail"),
        _clock(files),
        _timing(files, troubled),
        _one_file_a_slot(files, interval),
        _no_gaps(files, interval),
        _folder(files),
        _retried("after_a_cut", attempts, "cut"),
        _retried("after_a_refusal", attempts, "refused"),
        _late_data(files, outage, interval),
        _oldest_first(files, outage),
        _no_repeats(files),
        _renamed(attempts),
        _encrypted(attempts),
    ]


def conforms(findings: Sequence[Finding]) -> bool:
    """Whether nothing failed, and what was planned was seen."""
    return all(one.verdict in ("pass", "advice") for one in findings)


def _read(one: Arrived) -> _File:
    name = one.path.rpartition("/")[2]
    parsed = parse(one.content, name)
    times = [reading.measured_at for reading in parsed.readings]
    return _File(one, name, parsed, min(times, default=parsed.name_time))


def _finding(criterion: Criterion, seen: object, evidence: Sequence[str], bad: Verdict = "fail") -> Finding:
    if evidence:
        more = [f"… +{len(evidence) - MOST_EVIDENCE}"] if len(evidence) > MOST_EVIDENCE else []
        return Finding(criterion, bad, (*evidence[:MOST_EVIDENCE], *more))
    return Finding(criterion, "pass" if seen else "not_seen")


def _names(files: Sequence[_File]) -> Finding:
    bad = [file.name for file in files if not _NAME.fullmatch(file.name) or file.parsed.name_time is None]
    codes = Counter(file.parsed.station_code for file in files if file.parsed.station_code)
    if len(codes) > 1:
        bad.append(" / ".join(sorted(str(code) for code in codes)))
    return _finding("name", files, bad)


def _format(files: Sequence[_File]) -> Finding:
    bad = [
        f"{file.name}" + (f":{problem.line}" if problem.line else "") + f" {problem.code}"
        for file in files for problem in file.parsed.problems
    ]  # fmt: skip
    bad += [f"{file.name} {note}" for file in files for note in _all_notes(file) if note in _FORMAT_NOTES]
    bad += [f"{file.name} LF" for file in files if b"\r\n" not in file.arrived.content]
    return _finding("format", files, bad)


def _all_notes(file: _File) -> list[str]:
    notes = [*file.parsed.notes, *(note for reading in file.parsed.readings for note in reading.notes)]
    return list(dict.fromkeys(notes))


def _notes(criterion: Criterion, files: Sequence[_File], wanted: set[str], bad: Verdict) -> Finding:
    found = [f"{file.name} {note}" for file in files for note in _all_notes(file) if note in wanted]
    return _finding(criterion, files, found, bad)


def _missing_values(files: Sequence[_File]) -> Finding:
    """A device in error has no value: 0 beside status 02 looks like a measurement to others."""
    bad = [
        f"{file.name}:{reading.line} {reading.symbol} {reading.text} {reading.status}"
        for file in files for reading in file.parsed.readings
        if reading.status == "02" and reading.value == 0
    ]  # fmt: skip
    return _finding("missing_values", files, bad, "advice")


def _clock(files: Sequence[_File]) -> Finding:
    bad = [
        f"{file.name} {_local(file.arrived.at)}"
        for file in files
        if file.measured_at is not None and file.measured_at > file.arrived.at + ON_TIME
    ]
    return _finding("clock", files, bad)


def _troubled(attempts: Sequence[Attempt], files: Sequence[_File], outage: Outage | None) -> set[datetime]:
    """Measured times whose lateness is ours: of uploads that were cut or refused, and of the outage."""
    names = {attempt.path.rpartition("/")[2] for attempt in attempts if attempt.outcome != "taken"}
    hit = [attempt.at for attempt in attempts if attempt.outcome != "taken"]
    found = set()
    for file in files:
        at = file.measured_at
        if at is None:
            continue
        away = (
            outage is not None
            and outage.began_at - 2 * ON_TIME <= at <= outage.ends_at
            and file.arrived.at >= outage.began_at
        )
        behind = any(at - ON_TIME <= moment <= file.arrived.at for moment in hit)
        if file.name in names or away or behind:
            found.add(at)
    return found


def _timing(files: Sequence[_File], troubled: set[datetime]) -> Finding:
    judged = [file for file in files if file.measured_at is not None and file.measured_at not in troubled]
    bad = [
        f"{file.name} {_local(file.arrived.at)}"
        for file in judged
        if file.measured_at is not None and file.arrived.at > file.measured_at + ON_TIME
    ]
    return _finding("timing", judged, bad)


def _one_file_a_slot(files: Sequence[_File], interval: timedelta) -> Finding:
    bad = [f"{file.name} several_times" for file in files if "several_times" in file.parsed.notes]
    by_slot: dict[datetime, dict[bytes, str]] = {}
    for file in files:
        if file.measured_at is None:
            continue
        if _slot(file.measured_at, interval) != file.measured_at:
            bad.append(f"{file.name} {_local(file.measured_at)}")
        by_slot.setdefault(_slot(file.measured_at, interval), {})[file.arrived.content] = file.name
    bad += [" / ".join(sorted(names.values())) for names in by_slot.values() if len(names) > 1]
    return _finding("one_file_a_slot", files, bad)


def _slot(at: datetime, interval: timedelta) -> datetime:
    midnight = at.astimezone(VN).replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + (at - midnight) // interval * interval


def _missing_slots(files: Sequence[_File], interval: timedelta) -> list[datetime]:
    """What lacks in a row, of the time of the run: a file with a wrong hour leaves no gap of seven hours.

    A logger whose hour is always wrong is held to the row of its own.
    """
    came = {_slot(reading.measured_at, interval) for file in files for reading in file.parsed.readings}
    if not came:
        return []
    arrived = [file.arrived.at for file in files]
    earliest, latest = min(arrived) - max(interval, ON_TIME), max(arrived)
    row = [slot for slot in came if earliest <= slot <= latest] or came
    first, last = min(row), max(row)
    whole = (first + number * interval for number in range((last - first) // interval))
    return [slot for slot in whole if slot not in came]


def _no_gaps(files: Sequence[_File], interval: timedelta) -> Finding:
    return _finding("no_gaps", len(files) > 1, [_local(slot) for slot in _missing_slots(files, interval)])


def _folder(files: Sequence[_File]) -> Finding:
    """Any folder is taken; one that bears a date must bear the measured day, in one way for all files."""
    bad = []
    used: Counter[int | None] = Counter()
    for file in files:
        if file.measured_at is None:
            continue
        folder = file.arrived.path.rpartition("/")[0]
        fits = [
            layout for layout in LAYOUTS
            if dated_folder(layout, file.measured_at)
            and f"{folder}/".endswith(f"/{dated_folder(layout, file.measured_at)}/")
        ]  # fmt: skip
        # the layout with the most folders is the one that is meant: 2026/05/30 ends in no other's name
        used[max(fits, key=lambda layout: len(dated_folder(layout, file.measured_at or file.arrived.at)))
             if fits else None] += 1  # fmt: skip
        if not fits and re.search(r"(19|20)\d\d", folder):
            bad.append(file.arrived.path)
    if len(used) > 1:
        bad.append(" / ".join(sorted(str(layout) for layout in used)))
    return _finding("folder", files, bad, "advice")


def _retried(criterion: Criterion, attempts: Sequence[Attempt], outcome: str) -> Finding:
    for number, attempt in enumerate(attempts):
        if attempt.outcome == outcome:
            later = attempts[number + 1 :]
            if any(one.path == attempt.path and one.outcome == "taken" for one in later):
                return Finding(criterion, "pass")
            name = attempt.path.rpartition("/")[2]
            return Finding(criterion, "fail" if later else "not_seen", (f"{name} {_local(attempt.at)}",))
    return Finding(criterion, "not_seen")


def _late_data(files: Sequence[_File], outage: Outage | None, interval: timedelta) -> Finding:
    """What was measured while the server was away must come once it is back."""
    if outage is None or not any(file.arrived.at >= outage.ends_at for file in files):
        return Finding("late_data", "not_seen")
    missing = [
        slot for slot in _missing_slots(files, interval)
        if outage.began_at - interval <= slot <= outage.ends_at
    ]  # fmt: skip
    return _finding("late_data", True, [_local(slot) for slot in missing])


def _oldest_first(files: Sequence[_File], outage: Outage | None) -> Finding:
    if outage is None:
        return Finding("oldest_first", "not_seen")
    late = [
        file for file in sorted(files, key=lambda file: file.arrived.at)
        if file.arrived.at >= outage.ends_at and file.measured_at is not None
    ]  # fmt: skip
    times = [file.measured_at for file in late if file.measured_at is not None]
    kept_back = [at for at in times if at < outage.ends_at]
    bad = [f"{_local(later)} < {_local(before)}" for before, later in pairwise(times) if later < before]
    return _finding("oldest_first", len(kept_back) > 1, bad)


def _no_repeats(files: Sequence[_File]) -> Finding:
    """The same file again after its 226: the answer is not understood."""
    counts = Counter((file.name, file.arrived.content) for file in files)
    return _finding(
        "no_repeats", files, [f"{name} ×{many}" for (name, _), many in counts.items() if many > 1]
    )


def _renamed(attempts: Sequence[Attempt]) -> Finding:
    if not attempts:
        return Finding("rename", "not_seen")
    renames = any(waits_for_rename(attempt.path.rpartition("/")[2]) for attempt in attempts)
    return Finding("rename", "pass" if renames else "advice")


def _encrypted(attempts: Sequence[Attempt]) -> Finding:
    if not attempts:
        return Finding("encryption", "not_seen")
    return Finding("encryption", "pass" if all(attempt.encrypted for attempt in attempts) else "advice")


def _local(at: datetime) -> str:
    return f"{at.astimezone(VN):%H:%M:%S %d/%m}"
