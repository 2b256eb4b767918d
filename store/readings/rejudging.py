"""A reading of the store judged anew, as if its line came now: under other settings, or under a channel.

What was received stays what it is: text, unit, status, file and arrival. The flags against neighbours stay
too, as far as their checks are on, because settling (store/slots/settling.py) judges them right after, where
the caller marks the reading; so a reading that nothing changed for is found unchanged.
"""

from parsers.number import is_missing, number_of
from parsers.records import Reading
from quality.checks.neighbours import RULES
from quality.conflict import contradicted, is_contradicted
from quality.judge import judge
from quality.review import stands
from quality.verdict import flags_from_json, flags_to_json
from store.network.snapshot import ChannelEntry, Network
from store.readings.written import ReadingRow


def judged(row: ReadingRow, entry: ChannelEntry, network: Network) -> ReadingRow:
    """The row as the channel's settings at its measured time make it, under the channel's parameter."""
    text = row["text"]
    number = None if is_missing(text) else number_of(text)
    item = Reading(row["line"], row["symbol"], text, number, row["unit"], row["measured_at"], row["status"])
    settings = entry.at(row["measured_at"])
    verdict = judge(item, settings, row["received_at"], network.believed_ahead(row["received_at"]))
    own = flags_to_json(verdict.flags)
    if row["flags"] is not None and is_contradicted(row["flags"]):
        own = contradicted(own)
    if row["flags"] is not None:
        on = settings.checks.rules
        among = [flag for flag in flags_from_json(row["flags"]) if flag.rule in RULES and flag.rule in on]
        if among:
            own = flags_to_json((*flags_from_json(own), *among))
    valid = verdict.valid
    if own is not None or row["review"] is not None:
        flags = flags_from_json(own)
        valid = stands(row["status"], verdict.value, flags, row["review"], row["reviewed_value"]).valid
    judged_row: ReadingRow = {
        **row,
        "parameter_id": entry.parameter_id,
        "value": verdict.value,
        "valid": valid,
        "flags": own,
    }
    return judged_row
