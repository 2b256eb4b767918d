"""What must have become of the files in the ledger: told anew from their raw bytes, for the proof.

The rules are docs/rulebook.md's, sections 2, 3 and 3a, as far as the demonstration needs them, written
down a second time in the plainest way: the first value of a key is in force; a line goes to the ministry
unless it is undeclared, contradicted, without a number, outside the device's range or from the future;
calibration and error lines go; each slot has one state. Nothing of quality/ or forwarder/ is used.
"""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import NamedTuple

from parsers.vietnam_time import VN
from qttd.demo.plain_reader import PlainFile, PlainLine, read_plain
from qttd.demo.station_plan import StationPlan

_AHEAD = timedelta(minutes=5)
_BEST_FIRST = (
    "valid", "suspect", "failed_check", "missing_value", "calibrating", "device_error", "rejected",
)  # fmt: skip

Slots = Counter[str]
"""State -> slots."""


class KeptFile(NamedTuple):
    """A file of the ledger."""

    account: str
    path: str
    """From the account's root, without a leading slash."""
    received_at: datetime
    sha256: str
    state: str
    content: bytes


class Rejected(NamedTuple):
    """What a person rejected: a channel's values from `begin` up to `end`, not included."""

    station: str
    symbol: str
    begin: datetime
    end: datetime


class Expectation(NamedTuple):
    """What must be there when everything is done."""

    ministry: dict[str, dict[str, bytes]]
    """By station, path at the ministry -> content."""
    slots: dict[tuple[str, str], Slots]
    """By station and symbol, how many slots of the shown time are in which state; `absent` is one."""


class _InForce(NamedTuple):
    line: PlainLine
    received_at: datetime


def expect(
    plans: Iterable[StationPlan],
    files: Iterable[KeptFile],
    begin: datetime,
    end: datetime,
    rejected: Sequence[Rejected] = (),
) -> Expectation:
    """Whose file is whose is told by the account: each is of one station.

    files: in order of arrival. begin, end: the shown time, aware. What a check finds in a run of values, a
    person has rejected too, so that no second rule for runs is needed here.
    """
    by_account: dict[str, list[tuple[KeptFile, PlainFile]]] = defaultdict(list)
    for file in files:
        by_account[file.account].append((file, read_plain(file.content)))
    expectation = Expectation({}, {})
    for plan in plans:
        own = by_account[plan.account]
        in_force, contradicted = _in_force(own)
        reviewed = [one for one in rejected if one.station == plan.code]
        expectation.ministry[plan.code] = _ministry_files(plan, own, in_force, reviewed)
        states = _slot_states(plan, in_force, contradicted, reviewed, begin, end)
        due = (end - begin) // plan.interval
        for channel in plan.channels:
            counted = Counter(states[channel.symbol].values())
            counted["absent"] = due - counted.total()
            expectation.slots[plan.code, channel.symbol] = counted
    return expectation


def _in_force(
    files: Iterable[tuple[KeptFile, PlainFile]],
) -> tuple[dict[tuple[str, datetime], _InForce], set[tuple[str, datetime]]]:
    """The first reading of every key, and the keys for which another value came later."""
    in_force: dict[tuple[str, datetime], _InForce] = {}
    contradicted = set()
    for kept, plain in files:
        for line in plain.lines:
            first = in_force.setdefault(line.key, _InForce(line, kept.received_at))
            if first.line.said != line.said:
                contradicted.add(line.key)
    return in_force, contradicted


def _is_rejected(key: tuple[str, datetime], rejected: Sequence[Rejected]) -> bool:
    symbol, moment = key
    return any(one.symbol == symbol and one.begin <= moment < one.end for one in rejected)


def _fails(plan: StationPlan, standing: _InForce) -> bool:
    line = standing.line
    if line.number is None or line.measured_at - standing.received_at > _AHEAD:
        return True
    channel = plan.channel(line.symbol)
    return not channel.device_min <= line.number * channel.scale <= channel.device_max


def _ministry_files(
    plan: StationPlan,
    files: Iterable[tuple[KeptFile, PlainFile]],
    in_force: Mapping[tuple[str, datetime], _InForce],
    rejected: Sequence[Rejected],
) -> dict[str, bytes]:
    def goes(line: PlainLine) -> bool:
        standing = in_force[line.key]
        if standing.line.said != line.said or _is_rejected(line.key, rejected):
            return False
        return line.status != "00" or not _fails(plan, standing)

    of_path: dict[str, list[PlainFile]] = defaultdict(list)
    for kept, plain in files:
        if plain.lines:
            of_path[_remote_path(plan, kept.path, plain)].append(plain)
    result = {}
    for path, group in of_path.items():
        going = {line.said for plain in group for line in plain.lines if goes(line)}
        if not going:
            continue
        fullest = next((one for one in group if {line.said for line in one.lines} >= going), None)
        result[path] = b"".join(_without(one, goes) for one in ([fullest] if fullest else group))
    return result


def _without(plain: PlainFile, goes: Callable[[PlainLine], bool]) -> bytes:
    """The file's rows, with the cells of what may not go left out: all of them where all may go."""
    rows = []
    for lines, end in plain.rows:
        kept = [line for line in lines if goes(line)]
        if kept:
            rows.append(b"\t".join(cell for line in kept for cell in line.cells) + end)
    return plain.bom + b"".join(rows)


def _remote_path(plan: StationPlan, path: str, plain: PlainFile) -> str:
    digits = path.rpartition(".")[0][-14:]
    if len(digits) == 14 and digits.isdigit():
        stamp = digits
    else:
        stamp = f"{plain.lines[0].measured_at.astimezone(VN):%Y%m%d%H%M%S}"
    return f"{plan.code}/{stamp[:4]}/{stamp[4:6]}/{stamp[6:8]}/{plan.code}_{stamp}.txt"


def _slot_states(
    plan: StationPlan,
    in_force: Mapping[tuple[str, datetime], _InForce],
    contradicted: set[tuple[str, datetime]],
    rejected: Sequence[Rejected],
    begin: datetime,
    end: datetime,
) -> dict[str, dict[int, str]]:
    """By symbol, the state of every slot in which something came; several readings: the best of them."""
    states: dict[str, dict[int, str]] = defaultdict(dict)
    for (symbol, moment), standing in in_force.items():
        if not begin <= moment < end:
            continue
        slot = (moment - begin) // plan.interval
        state = _state(plan, standing, (symbol, moment) in contradicted)
        if _is_rejected((symbol, moment), rejected):
            state = "rejected"
        before = states[symbol].get(slot, state)
        states[symbol][slot] = min(before, state, key=_BEST_FIRST.index)
    return states


def _state(plan: StationPlan, standing: _InForce, contradicted: bool) -> str:
    line = standing.line
    if line.status == "02":
        return "device_error"
    if line.status == "01":
        return "calibrating"
    if line.number is None:
        return "missing_value"
    if _fails(plan, standing):
        return "failed_check"
    usual_max = plan.channel(line.symbol).usual_max
    unusual = usual_max is not None and line.number * plan.channel(line.symbol).scale > usual_max
    return "suspect" if unusual or contradicted else "valid"
