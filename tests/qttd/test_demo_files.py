"""The simulated loggers write what they are meant to: real-shaped files, each odd in its own way."""

from datetime import datetime

import pytest

from parsers.station_file import parse
from parsers.vietnam_time import VN
from qttd.demo.device_file import Sample, device_file, samples_at
from qttd.demo.disturbance import contradicting, disturbed
from qttd.demo.plain_reader import read_plain
from qttd.demo.station_plan import StationPlan
from qttd.demo.stations import PM25, STATIONS, by_code
from qttd.demo.story import Scene
from store.files.folder_layouts import LAYOUTS

MOMENT = datetime(2026, 5, 30, 10, 15, tzinfo=VN)
LATER = datetime(2026, 5, 30, 10, 20, tzinfo=VN)


@pytest.mark.parametrize("plan", STATIONS, ids=lambda plan: plan.code)
def test_every_logger_writes_what_the_parser_reads_without_a_problem(plan: StationPlan) -> None:
    samples = samples_at(plan, MOMENT)
    file = device_file(plan, samples)
    parsed = parse(file.content, file.name)
    assert parsed.state == "accepted"
    assert [(item.symbol, item.unit, item.measured_at, item.status) for item in parsed.readings] == [
        (sample.symbol, sample.unit, MOMENT, "00") for sample in samples
    ]
    assert [item.value for item in parsed.readings] == [float(sample.text) for sample in samples]
    assert parsed.station_code == (None if plan.style == "no_seconds" else plan.code)


@pytest.mark.parametrize(
    ("code", "notes"),
    [
        ("BN_GHTR_NUOTHA", set()),
        ("TN_CDBA_NUOMAT", {"one_line"}),
        ("CT_CTRG_NUOMAT", {"bom", "decimal_comma"}),
        ("DL_GK07_NUONGM", {"no_seconds"}),
    ],
)
def test_oddities_are_real(code: str, notes: set[str]) -> None:
    file = device_file(by_code()[code], samples_at(by_code()[code], MOMENT))
    parsed = parse(file.content, file.name)
    assert {*parsed.notes, *(note for item in parsed.readings for note in item.notes)} == notes


def test_the_literal_bytes_of_three_makes() -> None:
    samples = [
        Sample("pH", "7.12", "", MOMENT),
        Sample("Nhiệtđộ", "28.5", "oC", MOMENT, "01"),
    ]
    plans = by_code()
    assert device_file(plans["BN_GHTR_NUOTHA"], samples) == (
        "2026/05/30",
        "BN_GHTR_NUOTHA_20260530101500.txt",
        "pH\t7.12\t\t20260530101500\t00\r\nNhiệtđộ\t28.5\toC\t20260530101500\t01\r\n".encode(),
        1,
    )
    assert device_file(plans["CT_CTRG_NUOMAT"], samples[:1]).content == (
        b"\xef\xbb\xbfpH\t7,12\t\t20260530101500\t00\r\n"
    )
    groundwater = device_file(plans["DL_GK07_NUONGM"], samples[:1])
    assert groundwater.path == "DL_GK07_NUONGM/30_05_2026 10_15.lsi"
    assert groundwater.content == b"pH\t7.12\t\t202605301015\t00\r\n"


def test_letters_and_marks_apart() -> None:
    plan = by_code()["HN_HSEN_KHIKXQ"]
    content = device_file(plan, samples_at(plan, MOMENT)).content
    assert "Nhiệtđộ".encode() not in content
    assert "Nhiệtđộ" in {line.symbol for line in read_plain(content).lines}


def test_several_times_in_one_file_are_named_by_the_newest() -> None:
    plan = by_code()["TH_XMDT_KHIOK1"]
    file = device_file(plan, [*samples_at(plan, MOMENT), *samples_at(plan, LATER)])
    assert file.name == "TH_XMDT_KHIOK1_20260530102000.txt"
    parsed = parse(file.content, file.name)
    assert {item.measured_at for item in parsed.readings} == {MOMENT, LATER}
    assert len(parsed.readings) == 2 * len(plan.channels)


def test_the_same_day_is_the_same_in_every_run_and_within_every_range() -> None:
    for plan in STATIONS:
        assert samples_at(plan, MOMENT) == samples_at(plan, MOMENT)
        for channel, sample in zip(plan.channels, samples_at(plan, MOMENT), strict=True):
            assert channel.device_min <= float(sample.text) * channel.scale <= channel.device_max
            assert channel.usual_max is None or float(sample.text) * channel.scale <= channel.usual_max


@pytest.mark.parametrize(
    ("kind", "text", "status"),
    [
        ("missing", "---", "00"),
        ("device_error", "0.0", "02"),
        ("calibration", "134.0", "01"),
        ("out_of_range", "2000.0", "00"),
    ],
)
def test_scenes_change_their_own_channel_in_their_own_slots(kind: str, text: str, status: str) -> None:
    plan = by_code()["HN_HSEN_KHIKXQ"]
    scene = Scene(kind, 10, 12, plan.code, PM25.symbol)  # type: ignore[arg-type]  # a kind of the list above
    samples = samples_at(plan, MOMENT)
    for slot in (9, 12):
        assert disturbed(plan, [scene], slot, samples) == samples
    for slot in (10, 11):
        changed = disturbed(plan, [scene], slot, samples)
        assert [one for one in changed if one.symbol != PM25.symbol] == [
            one for one in samples if one.symbol != PM25.symbol
        ]
        (own,) = (one for one in changed if one.symbol == PM25.symbol)
        assert (own.text, own.status) == (text, status)


def test_a_clock_that_is_ahead_moves_name_and_lines() -> None:
    plan = by_code()["HCM_VLAN_KHIKXQ"]
    ahead = disturbed(plan, [Scene("clock_ahead", 0, 8, plan.code)], 0, samples_at(plan, MOMENT))
    assert device_file(plan, ahead).name == "HCM_VLAN_KHIKXQ_20260530104500.txt"


def test_a_contradiction_changes_one_value() -> None:
    plan = by_code()["BN_GHTR_NUOTHA"]
    samples = samples_at(plan, MOMENT)
    changed = contradicting(plan, "COD", samples)
    assert [one.symbol for one, other in zip(samples, changed, strict=True) if one != other] == ["COD"]


def test_the_dozen_differ() -> None:
    assert len(STATIONS) == 12
    assert {plan.kind for plan in STATIONS} == {
        "wastewater", "surface_water", "groundwater", "stack", "ambient_air",
    }  # fmt: skip
    assert {plan.layout for plan in STATIONS} == set(LAYOUTS)
    assert {plan.upload for plan in STATIONS} == {"straight", "renamed", "checked", "encrypted"}
    assert len({plan.style for plan in STATIONS}) == 5
