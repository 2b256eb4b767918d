"""A reading of the store judged anew, as if its line came now: under other settings, or under a channel.

What was received stays what it is: text, unit, status, file and arrival. The flags against neighbours stay
too, as far as their checks are on, because settling (store/slots/settling.py) judges them right after, where
the caller marks the reading; so a reading that nothing changed for is found unchanged.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

from parsers.number import is_missing, number_of
from parsers.records import Reading
from quality.channel import Channel
from quality.checks.neighbours import RULES
from quality.conflict import CONTRADICTED, is_contradicted
from quality.judge import judge
from quality.review import Review, stands
from quality.verdict import flags_from_json, flags_to_json
from store.network.snapshot import ChannelEntry, Network
from store.readings.written import ReadingRow


class Kept(NamedTuple):
    """What judging asks of a stored reading."""

    parameter_id: int
    line: int
    symbol: str
    text: str
    unit: str
    status: str
    flags: str | None
    review: Review | None
    reviewed_value: float | None


class Judged(NamedTuple):
    """What judging says of it."""

    value: float | None
    valid: bool
    flags: str | None


def judge_anew(
    kept: Kept, measured_at: datetime, received_at: datetime, settings: Channel, believed_ahead: timedelta
) -> Judged:
    """What the settings of its measured time make of a reading. Both times aware."""
    text = kept.text
    number = None if is_missing(text) else number_of(text)
    item = Reading(kept.line, kept.symbol, text, number, kept.unit, measured_at, kept.status)
    verdict = judge(item, settings, received_at, believed_ahead)
    if not verdict.flags and kept.flags is None and kept.review is None:
        return Judged(verdict.value, verdict.valid, None)
    flags = verdict.flags
    if kept.flags is not None:
        stood = flags_from_json(kept.flags)
        if is_contradicted(kept.flags):
            flags = (*flags, CONTRADICTED)
        on = settings.checks.rules
        flags = (*flags, *(flag for flag in stood if flag.rule in RULES and flag.rule in on))
    valid = stands(kept.status, verdict.value, flags, kept.review, kept.reviewed_value).valid
    return Judged(verdict.value, valid, flags_to_json(flags))


def judged(row: ReadingRow, entry: ChannelEntry, network: Network) -> ReadingRow:
    """The row as the channel's settings at its measured time make it, under the channel's parameter."""
    kept = Kept(
        row["parameter_id"], row["line"], row["symbol"], row["text"], row["unit"], row["status"],
        row["flags"], row["review"], row["reviewed_value"],
    )  # fmt: skip
    measured_at, received_at = row["measured_at"], row["received_at"]
    ahead = network.believed_ahead(received_at)
    value, valid, flags = judge_anew(kept, measured_at, received_at, entry.at(measured_at), ahead)
    judged_row: ReadingRow = {
        **row,
        "parameter_id": entry.parameter_id,
        "value": value,
        "valid": valid,
        "flags": flags,
    }
    return judged_row
