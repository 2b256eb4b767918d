"""The proof is real: whatever is missing, changed, superfluous or miscounted makes it fail."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256

import pytest

from parsers.vietnam_time import VN
from qttd.demo.device_file import Sample, device_file, samples_at
from qttd.demo.evidence import Evidence
from qttd.demo.expectation import KeptFile, Rejected, expect
from qttd.demo.logger import Delivery
from qttd.demo.proof import CheckName, Proof, prove
from qttd.demo.station_plan import StationPlan
from qttd.demo.stations import COD, PH
from qttd.demo.timing import SLOT, Timing
from quality.slot_state import SLOT_STATES
from store.slots.completeness import CompletenessItem

PLAN = StationPlan("QN_TEST_NUOTHA", "Trạm thử", "wastewater", "", "QN", 21.0, 107.0, (PH, COD), layout=0)
TIMING = Timing(date(2026, 5, 30), 12, 0.3125)
BEGIN = datetime(2026, 5, 30, tzinfo=VN)


def line(symbol: str, text: str, moment: datetime, status: str = "00") -> Sample:
    return Sample(symbol, text, "mg/L" if symbol == "COD" else "", moment, status)


def kept(samples: list[Sample], arrived: datetime | None = None, content: bytes | None = None) -> KeptFile:
    """The ledger's row for a file of these samples, or for these bytes under that file's name."""
    file = device_file(PLAN, samples)
    data = file.content if content is None else content
    received_at = arrived or samples[0].measured_at + timedelta(minutes=1)
    return KeptFile(
        PLAN.account, file.path, received_at.astimezone(UTC), sha256(data).hexdigest(), "accepted", data
    )


def path(moment: datetime) -> str:
    return f"QN_TEST_NUOTHA/2026/05/30/QN_TEST_NUOTHA_{moment:%Y%m%d%H%M%S}.txt"


class Story:
    """A ledger, what the loggers know, the ministry's folder, and the store's account, all agreeing."""

    def __init__(self, files: list[KeptFile]) -> None:
        self.files = files
        expected = expect([PLAN], files, TIMING.begin, TIMING.end)
        self.ministry = dict(expected.ministry[PLAN.code])
        self.delivered = [Delivery(file.account, file.path, file.sha256) for file in files]
        self.states = {symbol: Counter(slots) for (_, symbol), slots in expected.slots.items()}
        self.relayed: float | None = 1.0
        self.unsent = 0
        self.exceeding = [(7, PLAN.code)]
        self.told = {7}

    def prove(self) -> Proof:
        slots = {(PLAN.code, symbol): self.item(states) for symbol, states in self.states.items()}
        whole = self.item(sum(self.states.values(), Counter()))
        evidence = Evidence(self.files, {**slots, (PLAN.code, None): whole}, self.exceeding, self.unsent)
        return prove([PLAN], TIMING, self.delivered, evidence, self.ministry, told=self.told)

    def item(self, states: Counter[str]) -> CompletenessItem:
        counts = {state: states.get(state, 0) for state in SLOT_STATES}
        due = TIMING.slots * (1 if states in self.states.values() else len(self.states))
        return CompletenessItem(
            PLAN.code, "2026-05-30", None, due, counts, 1.0, 1.0, 1.0, 1.0, {"bo": self.relayed},
            self.relayed, 0, 0.8,
        )  # fmt: skip


@pytest.fixture
def story() -> Story:
    return Story([kept(samples_at(PLAN, BEGIN + number * SLOT)) for number in range(10)])


def wrong(proof: Proof) -> dict[CheckName, list[str]]:
    return {check.name: list(check.wrong) for check in proof.checks if check.wrong}


def test_it_holds_where_everything_agrees(story: Story) -> None:
    proof = story.prove()
    assert wrong(proof) == {}
    assert proof.holds
    (station,) = proof.stations
    assert station.proven
    assert (station.files_in, station.files_due, station.files_there) == (10, 10, 10)
    assert (station.expected, station.states["valid"], station.states["absent"]) == (24, 20, 4)


def test_a_file_that_is_missing_at_the_ministry(story: Story) -> None:
    del story.ministry[path(BEGIN)]
    proof = story.prove()
    assert wrong(proof) == {"ministry": [f"{path(BEGIN)}: is missing"]}
    assert not proof.stations[0].proven


def test_one_byte_that_differs_at_the_ministry(story: Story) -> None:
    content = story.ministry[path(BEGIN)]
    story.ministry[path(BEGIN)] = content.replace(b"\t00\r\n", b"\t01\r\n", 1)
    assert wrong(story.prove()) == {"ministry": [f"{path(BEGIN)}: differs"]}


def test_a_temporary_file_that_was_left_at_the_ministry(story: Story) -> None:
    story.ministry[path(BEGIN) + ".qttd-part"] = b"half"
    proof = story.prove()
    assert wrong(proof) == {"nothing_else": [path(BEGIN) + ".qttd-part"]}
    assert not proof.stations[0].proven


def test_an_acknowledged_file_that_is_not_in_the_ledger(story: Story) -> None:
    story.delivered.append(Delivery(PLAN.account, "2026/05/30/lost.txt", "0" * 64))
    assert wrong(story.prove()) == {"acknowledged": [f"{PLAN.account}: 2026/05/30/lost.txt"]}


def test_a_file_that_was_acknowledged_twice_must_be_there_twice(story: Story) -> None:
    story.delivered.append(story.delivered[0])
    assert list(wrong(story.prove())) == ["acknowledged"]


def test_bytes_of_the_ledger_that_are_not_those_received(story: Story) -> None:
    story.files[3] = story.files[3]._replace(sha256="0" * 64)
    story.delivered.pop(3)
    assert wrong(story.prove()) == {"intact": [story.files[3].path]}


def test_a_slot_that_is_lost(story: Story) -> None:
    story.states["COD"]["absent"] -= 1
    assert wrong(story.prove())["every_slot"] == [f"{PLAN.code} COD: 11 of 12 counted, 12 due"]


def test_a_slot_that_is_counted_as_something_else(story: Story) -> None:
    story.states["COD"]["valid"] -= 1
    story.states["COD"]["absent"] += 1
    proof = story.prove()
    assert wrong(proof) == {
        "states": [f"{PLAN.code} COD: valid 9, absent 3 counted; the files say valid 10, absent 2"]
    }
    assert not proof.stations[0].proven


def test_a_valid_slot_without_a_receipt(story: Story) -> None:
    story.relayed = 0.95
    assert list(wrong(story.prove())) == ["relayed"]


def test_a_file_that_still_waits(story: Story) -> None:
    story.unsent = 1
    assert list(wrong(story.prove())) == ["outbox"]


def test_what_may_not_go_is_cut_out_of_a_file() -> None:
    samples = [line("pH", "7.1", BEGIN), line("COD", "---", BEGIN)]
    expected = expect([PLAN], [kept(samples)], TIMING.begin, TIMING.end)
    assert expected.ministry[PLAN.code] == {path(BEGIN): b"pH\t7.1\t\t20260530000000\t00\r\n"}
    assert expected.slots[PLAN.code, "COD"] == {"missing_value": 1, "absent": 11}


@pytest.mark.parametrize(
    ("text", "status", "goes", "state"),
    [
        ("41.8", "00", True, "valid"),
        ("500.0", "00", True, "valid"),
        ("500.1", "00", False, "failed_check"),
        ("-0.1", "00", False, "failed_check"),
        ("---", "00", False, "missing_value"),
        ("900.0", "01", True, "calibrating"),
        ("---", "02", True, "device_error"),
    ],
)
def test_which_lines_go_and_how_their_slots_count(text: str, status: str, goes: bool, state: str) -> None:
    file = kept([line("COD", text, BEGIN, status)])
    expected = expect([PLAN], [file], TIMING.begin, TIMING.end)
    assert expected.ministry[PLAN.code] == ({path(BEGIN): file.content} if goes else {})
    assert expected.slots[PLAN.code, "COD"] == {state: 1, "absent": 11}


def test_a_reading_from_the_future_fails_and_stays_here() -> None:
    early = BEGIN - timedelta(minutes=5, seconds=1)
    expected = expect([PLAN], [kept([line("pH", "7.1", BEGIN)], early)], TIMING.begin, TIMING.end)
    assert expected.ministry[PLAN.code] == {}
    assert expected.slots[PLAN.code, "pH"] == {"failed_check": 1, "absent": 11}


def test_a_cut_file_is_completed_by_the_one_that_follows() -> None:
    whole = kept([line("pH", "7.1", BEGIN), line("COD", "41.8", BEGIN)])
    half = kept([line("pH", "7.1", BEGIN)], BEGIN, whole.content[: whole.content.index(b"COD") + 5])
    expected = expect([PLAN], [half, whole], TIMING.begin, TIMING.end)
    assert expected.ministry[PLAN.code] == {path(BEGIN): whole.content}
    alone = expect([PLAN], [half], TIMING.begin, TIMING.end)
    assert alone.ministry[PLAN.code] == {path(BEGIN): b"pH\t7.1\t\t20260530000000\t00\r\n"}


def test_the_first_of_two_values_stands_and_is_suspect() -> None:
    first = kept([line("pH", "7.1", BEGIN), line("COD", "41.8", BEGIN)])
    second = kept([line("pH", "7.1", BEGIN), line("COD", "12.0", BEGIN)], BEGIN + timedelta(minutes=20))
    expected = expect([PLAN], [first, second], TIMING.begin, TIMING.end)
    assert expected.ministry[PLAN.code] == {path(BEGIN): first.content}
    assert expected.slots[PLAN.code, "COD"] == {"suspect": 1, "absent": 11}
    assert expected.slots[PLAN.code, "pH"] == {"valid": 1, "absent": 11}


def test_rubbish_goes_nowhere_and_counts_for_nothing() -> None:
    rubbish = kept([line("pH", "7.1", BEGIN)], content=bytes(range(256)))
    expected = expect([PLAN], [rubbish], TIMING.begin, TIMING.end)
    assert expected.ministry[PLAN.code] == {}
    assert expected.slots[PLAN.code, "pH"] == {"absent": 12}


def test_an_excess_that_nobody_was_told_of_is_noticed(story: Story) -> None:
    story.told.clear()
    assert wrong(story.prove()) == {"told": [f"{PLAN.code}: event 7"]}
    story.exceeding.clear()
    assert list(wrong(story.prove())) == ["told"]


def test_what_a_person_rejected_does_not_go_and_counts_as_rejected() -> None:
    files = [kept(samples_at(PLAN, BEGIN + number * SLOT)) for number in range(4)]
    rejected = Rejected(PLAN.code, "COD", BEGIN + SLOT, BEGIN + 3 * SLOT)
    before, after = (expect([PLAN], files, TIMING.begin, TIMING.end, reviews) for reviews in ((), [rejected]))
    changed = [
        name
        for name, content in before.ministry[PLAN.code].items()
        if after.ministry[PLAN.code][name] != content
    ]
    assert changed == [path(BEGIN + SLOT), path(BEGIN + 2 * SLOT)]
    assert b"COD" not in after.ministry[PLAN.code][changed[0]]
    assert after.slots[PLAN.code, "COD"]["rejected"] == 2
    assert after.slots[PLAN.code, "pH"] == before.slots[PLAN.code, "pH"]
