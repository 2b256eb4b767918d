"""Interruptions from literal arrivals; times are Vietnam's, +07:00."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import pytest

from quality.completeness import Span
from quality.dated_rules import DatedRules
from quality.interruptions import Arrival, Gap, Silence, Terms, channel_gaps, clipped, silences
from quality.intervals import Intervals
from quality.stretches import Stretch

MINUTE = timedelta(minutes=1)


def at(text: str) -> datetime:
    """ "30 10:15" is 2026-05-30T10:15+07:00; "10:15" is of that day."""
    day, _, clock = text.rpartition(" ")
    return datetime.fromisoformat(f"2026-05-{day or '30'}T{clock}+07:00")


def terms(*excused: Stretch, interval: int = 5) -> Terms:
    return Terms(Intervals(interval), DatedRules(), excused)


def sent(measured: str, after: float = 1) -> Arrival:
    """A file of one time that came so many minutes after it."""
    return Arrival(at(measured) + after * MINUTE, at(measured), at(measured))


def every_five(first: str, last: str, after: float = 1) -> list[Arrival]:
    moment, found = at(first), []
    while moment <= at(last):
        found.append(Arrival(moment + after * MINUTE, moment, moment))
        moment += 5 * MINUTE
    return found


def found(arrivals: Sequence[Arrival], now: str, *excused: Stretch) -> list[tuple[str, str | None]]:
    """The interruptions from the first arrival on, as day and time."""
    ordered = sorted(arrivals)
    return [
        (f"{one.started_at:%d %H:%M}", None if one.ended_at is None else f"{one.ended_at:%d %H:%M}")
        for one in silences(ordered, ordered[0].at, terms(*excused), at(now))
    ]


MORNING = every_five("09:00", "10:00")


def test_who_sends_is_not_interrupted() -> None:
    assert found(MORNING, "10:20") == []


def test_it_starts_at_the_last_good_slot_and_not_at_its_discovery() -> None:
    # the last file came at 10:01; interval and 15 minutes later is the boundary
    assert found(MORNING, "10:21") == []
    assert found(MORNING, "10:21:01") == [("30 10:00", None)]


def test_it_ends_at_the_first_slot_that_comes_in_time_whatever_is_back_filled() -> None:
    back_filled = [Arrival(at("14:00:20") + n * timedelta(seconds=1), m.first, m.last)
                   for n, m in enumerate(every_five("10:05", "13:55"))]  # fmt: skip
    again = every_five("14:00", "15:00")
    assert found(MORNING + back_filled + again, "15:02") == [("30 10:00", "30 14:00")]
    assert found(MORNING + again, "15:02") == [("30 10:00", "30 14:00")]


def test_a_buffer_that_is_drained_is_interrupted_until_it_has_caught_up() -> None:
    """Five hours, sent oldest first, one file a minute: 14:35 comes at 14:54, within what is tolerated."""
    drained = [
        Arrival(at("14:00") + n * MINUTE, m.first, m.last) for n, m in enumerate(every_five("10:05", "15:00"))
    ]
    ended = found(MORNING + drained, "15:01")
    assert ended == [("30 10:00", "30 14:35")]


def test_a_clock_that_is_off_is_no_interruption() -> None:
    """After the silence times are two hours behind, and stay so: the logger sends."""
    behind = [
        Arrival(a.at, a.at - 2 * 60 * MINUTE, a.at - 2 * 60 * MINUTE) for a in every_five("14:00", "16:00")
    ]
    assert found(MORNING + behind, "16:02") == [("30 10:00", "30 14:00")]
    # until it can be told from a buffer that is drained, it goes on
    assert found(MORNING + behind[:8], "14:37") == [("30 10:00", None)]
    ahead = [Arrival(a.at, a.at + 60 * MINUTE, a.at + 60 * MINUTE) for a in every_five("10:05", "12:00")]
    assert found(MORNING + ahead, "12:02") == []


def test_late_is_not_offline() -> None:
    late = every_five("09:00", "12:00", after=30)
    assert found(late, "12:32") == []
    hourly = [Arrival(at(f"{hour}:01"), at(f"{hour - 1:02}:05"), at(f"{hour}:00")) for hour in range(10, 13)]
    # one file an hour leaves forty minutes in which it could not be told from one that is broken
    assert found(hourly, "12:05") == [("30 10:00", "30 11:00"), ("30 11:00", "30 12:00")]


def test_always_some_minutes_late_it_comes_back_with_what_was_measured_after() -> None:
    late = every_five("09:00", "10:00", after=7)
    assert found(late + every_five("13:55", "15:00", after=7), "15:08") == [("30 10:00", "30 14:00")]


def test_a_second_silence_before_the_first_has_ended_is_the_same_interruption() -> None:
    one_old_file = [Arrival(at("12:00"), at("10:05"), at("10:05"))]
    assert found(MORNING + one_old_file, "12:10") == [("30 10:00", None)]
    assert found(MORNING + one_old_file + every_five("15:00", "15:10"), "15:12") == [("30 10:00", "30 15:00")]


def test_a_file_that_could_not_be_read_is_contact_and_no_slot() -> None:
    unreadable = [Arrival(at("10:10") + n * 10 * MINUTE, None, None) for n in range(6)]
    assert found(MORNING + unreadable, "11:05") == []
    assert found([*MORNING, Arrival(at("12:00"), None, None)], "12:05") == [("30 10:00", None)]


def test_midnight_month_and_year() -> None:
    def new_year(clock: str) -> datetime:
        return datetime.fromisoformat(f"2025-12-31T23:{clock}:00+07:00")

    before = [Arrival(new_year(clock) + MINUTE / 2, *[new_year(clock)] * 2) for clock in ("50", "55")]
    back = datetime.fromisoformat("2026-01-01T12:00:00+07:00")
    arrivals = [*before, Arrival(back + MINUTE, back, back)]
    (one,) = silences(arrivals, before[0].at, terms(), back + 2 * MINUTE)
    assert (one.started_at.isoformat(), one.ended_at and one.ended_at.isoformat()) == (
        "2025-12-31T23:55:00+07:00", "2026-01-01T12:00:00+07:00",
    )  # fmt: skip


def test_silence_in_what_is_excused_is_none() -> None:
    outage = Stretch(at("10:01"), at("13:55"))
    back = every_five("14:00", "14:30")
    assert found(MORNING + back, "14:32", outage) == []
    longer = every_five("14:20", "14:30")
    assert found(MORNING + longer, "14:32", outage) == [("30 10:00", "30 14:20")]


def test_from_where_it_was_watched_first() -> None:
    (one,) = silences([], at("08:02"), terms(), at("12:00"))
    assert one == Silence(at("08:02"), at("08:00"), None, None)


@pytest.mark.parametrize(
    ("counted", "parts"),
    [
        ([("29 00:00", "31 00:00")], [("30 10:00", "30 14:00")]),
        ([("30 11:00", "31 00:00")], [("30 11:00", "30 14:00")]),
        ([("29 00:00", "30 10:30")], [("30 10:00", "30 10:30")]),
        ([("29 00:00", "30 10:20")], []),  # too short to be one
        (
            [("29 00:00", "30 11:00"), ("30 13:00", "31 00:00")],
            [("30 10:00", "30 11:00"), ("30 13:00", "30 14:00")],
        ),
        ([], []),
    ],
)  # fmt: skip
def test_only_time_that_counts(counted: list[tuple[str, str]], parts: list[tuple[str, str]]) -> None:
    silence = Silence(at("10:01"), at("10:00"), at("14:00"), at("14:01"))
    stretches = [Stretch(at(begin), at(end)) for begin, end in counted]
    cut = clipped(silence, stretches, terms(), at("15:00"))
    assert [(one.started_at, one.ended_at) for one in cut] == [(at(b), at(e)) for b, e in parts]


def test_what_goes_on_ends_where_time_no_longer_counts() -> None:
    silence = Silence(at("10:01"), at("10:00"), None, None)
    (one,) = clipped(silence, [Stretch(at("29 00:00"), at("12:00"))], terms(), at("15:00"))
    assert (one.ended_at, one.settled_at) == (at("12:00"), at("12:00"))
    (one,) = clipped(silence, [Stretch(at("29 00:00"), at("31 00:00"))], terms(), at("15:00"))
    assert one.ended_at is None


DAY = date(2026, 5, 30)


def hourly(*lines: str) -> list[tuple[Span, str]]:
    return [(Span(DAY + timedelta(days=n), 60, 0, len(line)), line) for n, line in enumerate(lines)]


def gaps(*lines: str) -> list[tuple[str, str | None]]:
    return [
        (f"{one.started_at:%d %H}", None if one.ended_at is None else f"{one.ended_at:%d %H}")
        for one in channel_gaps(hourly(*lines))
    ]


def test_a_channels_gap_lies_between_two_usable_slots() -> None:
    assert gaps("V" * 24) == []
    assert gaps("VV-MC" + "E" * 5 + "V" * 14) == [("30 01", "30 10")]
    assert gaps("Vm-ce" + "F" + "R" + "s" + "-" * 15 + "v") == [("30 00", "30 05"), ("30 07", "30 23")]
    # across midnight and to the end of what is due
    assert gaps("V" * 20 + "----", "--VV" + "V" * 16 + "CCCC") == [("30 19", "31 02"), ("31 19", None)]
    # before it ever came
    assert gaps("-" * 24, "--" + "V" * 22) == [("30 00", "31 02")]


def test_what_is_excused_neither_ends_a_gap_nor_makes_one() -> None:
    assert gaps("VVPPPPVVOOOOVVVVVVVVVVVV") == []
    assert gaps("VV--PPPP--VVVVVVVVVVVVVV") == [("30 01", "30 10")]


def test_a_gap_ends_where_time_no_longer_counts() -> None:
    first = (Span(DAY, 60, 0, 10), "VVVVVVVV--")
    second = (Span(DAY, 60, 20, 24), "VVVV")
    assert channel_gaps([first, second]) == [Gap(at("07:00"), at("10:00"))]


CHANGED = date(2026, 5, 30)


@pytest.mark.parametrize(
    ("begin", "end", "offline"),
    [
        ("29 23:55", "30 01:10", False),  # five minutes, and 15 more, before midnight; an hour behind it
        ("29 23:55", "30 01:11", True),
        ("29 23:39", "30 00:00", True),  # was offline before the change, and stays so
        ("29 23:39", "30 00:01", True),
        ("29 23:40", "30 00:01", False),
        ("29 12:00", "29 12:21", True),
        ("30 12:00", "30 13:15", False),
        ("30 12:00", "30 13:16", True),
    ],
)
def test_over_a_change_of_the_interval_the_longer_one_is_waited_for(
    begin: str, end: str, offline: bool
) -> None:
    longer = Terms(Intervals(60, ((CHANGED, 5),)), DatedRules())
    assert longer.offline(at(begin), at(end)) == offline


def test_over_a_change_to_a_shorter_interval_the_longer_one_is_waited_for_too() -> None:
    shorter = Terms(Intervals(5, ((CHANGED, 60),)), DatedRules())
    assert not shorter.offline(at("29 23:00"), at("30 00:15"))
    assert shorter.offline(at("29 23:00"), at("30 00:16"))
    assert shorter.slot(at("29 23:59")) == at("29 23:00")
    assert shorter.slot(at("30 00:09")) == at("30 00:05")
