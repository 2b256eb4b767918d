"""Which lines may be relayed: section 3a of the rulebook, line by line."""

from datetime import UTC, datetime, timedelta

import pytest

from quality.relay_policy import RelayLine, withheld_because
from quality.review import Review
from quality.verdict import Flag

NOW = datetime(2026, 5, 30, 3, tzinfo=UTC)
FAIL, SUSPECT, MISSING = Flag("gross_range", 4), Flag("gross_range", 3), Flag("missing", 9)
CALIBRATING, BROKEN = Flag("calibrating", 4), Flag("device_error", 4)
UNDECLARED, UNKNOWN = Flag("undeclared", 4), Flag("status_unknown", 4)


@pytest.mark.parametrize(
    ("status", "value", "flags", "reason"),
    [
        ("00", 7.1, (), None),
        ("00", 0.0, (), None),
        ("00", 7.1, (SUSPECT,), None),
        ("00", 7.1, (Flag("unit_mismatch", 2),), None),
        ("00", 7.1, (FAIL,), "failed_check"),
        ("00", 7.1, (SUSPECT, FAIL), "failed_check"),
        ("00", None, (MISSING,), "missing"),
        ("00", 7.1, (UNDECLARED,), "undeclared"),
        ("01", 7.1, (CALIBRATING,), None),
        ("01", 7.1, (CALIBRATING, FAIL), None),
        ("01", None, (CALIBRATING, MISSING), None),
        ("02", 0.0, (BROKEN,), None),
        ("02", None, (BROKEN, MISSING), None),
        ("02", 0.0, (BROKEN, UNDECLARED), "undeclared"),
        ("03", 7.1, (UNKNOWN,), "failed_check"),
        ("03", None, (UNKNOWN, MISSING), "missing"),
    ],
)
def test_what_is_withheld(
    status: str, value: float | None, flags: tuple[Flag, ...], reason: str | None
) -> None:
    assert withheld_because(RelayLine(status, value, flags, NOW), NOW) == reason


@pytest.mark.parametrize(
    ("status", "value", "flags", "review", "corrected", "reason"),
    [
        ("00", 7.1, (), "rejected", None, "rejected"),
        ("01", 7.1, (CALIBRATING,), "rejected", None, "rejected"),
        ("00", 7.1, (UNDECLARED,), "rejected", None, "undeclared"),
        ("00", 7.1, (UNDECLARED,), "accepted", None, "undeclared"),
        ("00", 7.1, (FAIL,), "accepted", None, None),
        ("03", 7.1, (UNKNOWN,), "accepted", None, None),
        ("00", None, (MISSING,), "accepted", None, "missing"),
        ("00", None, (MISSING,), "corrected", 7.2, None),
        ("00", 71.0, (FAIL,), "corrected", 7.1, None),
    ],
)
def test_a_person_s_word_comes_before_the_checks(
    status: str,
    value: float | None,
    flags: tuple[Flag, ...],
    review: Review,
    corrected: float | None,
    reason: str | None,
) -> None:
    assert withheld_because(RelayLine(status, value, flags, NOW, review, corrected), NOW) == reason
    assert withheld_because(RelayLine(status, value, flags, None, review, corrected), NOW) == (
        reason or "not_released"
    )


@pytest.mark.parametrize("status", ["01", "02"])
def test_a_target_may_drop_status_lines(status: str) -> None:
    assert withheld_because(RelayLine(status, 7.1, (CALIBRATING,), NOW), NOW, "drop") == "status_line"
    assert withheld_because(RelayLine("00", 7.1, (), NOW), NOW, "drop") is None


@pytest.mark.parametrize(
    ("release_at", "reason"),
    [
        (NOW, None),
        (NOW - timedelta(days=1), None),
        (NOW + timedelta(milliseconds=1), "not_released"),
        (None, "not_released"),
    ],
)
def test_the_review_policy_releases(release_at: datetime | None, reason: str | None) -> None:
    assert withheld_because(RelayLine("00", 7.1, (), release_at), NOW) == reason
    assert withheld_because(RelayLine("01", 7.1, (CALIBRATING,), release_at), NOW) == reason


def test_what_will_never_go_is_not_said_to_wait() -> None:
    assert withheld_because(RelayLine("00", None, (MISSING,), None), NOW) == "missing"
    assert withheld_because(RelayLine("02", 1.0, (BROKEN,), None), NOW, "drop") == "status_line"
