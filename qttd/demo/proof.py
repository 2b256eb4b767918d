"""The proof at the end: whether every file, line and slot is where it must be. Pure, and severe.

It holds what the loggers were told, what the ministry's folder holds and what the store says against one
another and against what expectation.py makes of the raw files. Each check names what is wrong.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from hashlib import sha256
from typing import Literal, NamedTuple

from qttd.demo.evidence import Evidence
from qttd.demo.expectation import Expectation, Rejected, expect
from qttd.demo.logger import Delivery
from qttd.demo.station_plan import StationPlan
from qttd.demo.timing import Timing

CheckName = Literal[
    "acknowledged", "intact", "ministry", "nothing_else", "every_slot", "states", "relayed", "told", "outbox"
]


class Check(NamedTuple):
    """Something that must hold."""

    name: CheckName
    looked_at: int
    """How many things were compared."""
    wrong: Sequence[str] = ()
    """What is not as it must be; empty: it holds."""


class StationProof(NamedTuple):
    """A station's line in the last table."""

    plan: StationPlan
    expected: int
    """Slots × channels."""
    states: Mapping[str, int]
    received_rate: float | None
    on_time_rate: float | None
    files_in: int
    """In the ledger."""
    files_due: int
    """That must be at the ministry."""
    files_there: int
    proven: bool


class Proof(NamedTuple):
    """The outcome."""

    checks: Sequence[Check]
    stations: Sequence[StationProof]

    @property
    def holds(self) -> bool:
        """Whether nothing is wrong."""
        return not any(check.wrong for check in self.checks)


def prove(
    plans: Sequence[StationPlan],
    timing: Timing,
    delivered: Iterable[Delivery],
    evidence: Evidence,
    ministry: Mapping[str, bytes],
    rejected: Sequence[Rejected] = (),
    told: Collection[int] = (),
) -> Proof:
    """delivered: what was acknowledged to the loggers. ministry: path to content, as it lies there.

    rejected: what a person rejected. told: the events that the officer on duty was told of.
    """
    expected = expect(plans, evidence.files, timing.begin, timing.end, rejected)
    due = {path: content for files in expected.ministry.values() for path, content in files.items()}
    checks = [
        _acknowledged(delivered, evidence),
        Check(
            "intact",
            len(evidence.files),
            [file.path for file in evidence.files if sha256(file.content).hexdigest() != file.sha256],
        ),
        Check(
            "ministry",
            len(due),
            [
                f"{path}: {'differs' if path in ministry else 'is missing'}"
                for path, content in due.items()
                if ministry.get(path) != content
            ],
        ),
        Check("nothing_else", len(ministry), [path for path in ministry if path not in due]),
        _every_slot(plans, timing, evidence),
        _states(expected, evidence),
        _relayed(plans, evidence),
        _told(evidence, told),
        Check("outbox", 1, [f"{evidence.unsent} files wait"] if evidence.unsent else ()),
    ]
    wrong = [text for check in checks for text in check.wrong]
    return Proof(checks, [_station(plan, evidence, expected, ministry, wrong) for plan in plans])


def _acknowledged(delivered: Iterable[Delivery], evidence: Evidence) -> Check:
    told = Counter(delivered)
    kept = Counter(Delivery(file.account, file.path, file.sha256) for file in evidence.files)
    lost = told - kept
    return Check("acknowledged", told.total(), [f"{file.account}: {file.path}" for file in lost])


def _told(evidence: Evidence, told: Collection[int]) -> Check:
    """Every excess of a limit was told."""
    if not evidence.exceeding:
        return Check("told", 0, ["no limit was exceeded, although one should have been"])
    untold = [f"{code}: event {number}" for number, code in evidence.exceeding if number not in told]
    return Check("told", len(evidence.exceeding), untold)


def _every_slot(plans: Sequence[StationPlan], timing: Timing, evidence: Evidence) -> Check:
    """The states of each channel add up to the slots that are due."""
    wrong, looked_at = [], 0
    for plan in plans:
        due = (timing.end - timing.begin) // plan.interval
        looked_at += due * len(plan.channels)
        for channel in plan.channels:
            item = evidence.slots.get((plan.code, channel.symbol))
            if item is None:
                wrong.append(f"{plan.code} {channel.symbol}: there is no account")
            elif not item.expected == sum(item.states.values()) == due:
                counted = sum(item.states.values())
                wrong.append(f"{plan.code} {channel.symbol}: {counted} of {item.expected} counted, {due} due")
    return Check("every_slot", looked_at, wrong)


def _states(expected: Expectation, evidence: Evidence) -> Check:
    """The store counts each state as the raw files say."""
    wrong = []
    for (code, symbol), slots in expected.slots.items():
        item = evidence.slots.get((code, symbol))
        counted = {str(state): count for state, count in (item.states if item else {}).items() if count}
        if counted != {state: count for state, count in slots.items() if count}:
            wrong.append(f"{code} {symbol}: {_words(counted)} counted; the files say {_words(slots)}")
    return Check("states", len(expected.slots), wrong)


def _relayed(plans: Sequence[StationPlan], evidence: Evidence) -> Check:
    """Every valid or suspect slot has its receipt."""
    wrong = []
    for plan in plans:
        for channel in plan.channels:
            item = evidence.slots.get((plan.code, channel.symbol))
            if item is None or item.relayed_rate != 1:
                rate = None if item is None else item.relayed_rate
                wrong.append(f"{plan.code} {channel.symbol}: relayed {rate}")
    return Check("relayed", sum(len(plan.channels) for plan in plans), wrong)


def _station(
    plan: StationPlan,
    evidence: Evidence,
    expected: Expectation,
    ministry: Mapping[str, bytes],
    wrong: Sequence[str],
) -> StationProof:
    whole = evidence.slots.get((plan.code, None))
    there = [path for path in ministry if path.startswith(f"{plan.code}/")]
    return StationProof(
        plan,
        whole.expected if whole else 0,
        {str(state): count for state, count in whole.states.items()} if whole else {},
        whole.received_rate if whole else None,
        whole.on_time_rate if whole else None,
        sum(file.account == plan.account for file in evidence.files),
        len(expected.ministry[plan.code]),
        len(there),
        not any(text.startswith((f"{plan.code} ", f"{plan.code}/", f"{plan.account}:")) for text in wrong),
    )


def _words(slots: Mapping[str, int]) -> str:
    return ", ".join(f"{state} {count}" for state, count in slots.items() if count) or "nothing"
