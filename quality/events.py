"""What can happen that a person must hear of: the kinds of events, how grave they are, and how far they are.

Only the words, which are the outside contract's and EnviSoft's. Events are kept by store/events/writing.py,
and found by whoever judges: averages against limits, the watch over interruptions, the signs of manipulation,
the alarms for what befalls the system itself.
"""

from typing import Literal, get_args

EventKind = Literal[
    "limit_exceeded", "limit_warning", "interrupted", "calibrating_long", "device_error", "file_rejected",
    "account_locked", "wrong_address", "relay_stuck", "disk_low", "certificate_expiring", "self_test",
    "tamper",
]  # fmt: skip
EVENT_KINDS: tuple[EventKind, ...] = get_args(EventKind)

EventLevel = Literal["notice", "warning", "alarm"]
"""notice: to be known of. warning: to be looked at. alarm: to be acted on."""
EVENT_LEVELS: tuple[EventLevel, ...] = get_args(EventLevel)

EventState = Literal["unsolved", "checking", "solving", "solved"]
"""How far people are with it, as EnviSoft has it: chưa xử lý, đang kiểm tra, đang xử lý, đã xử lý.

That an event has ended does not make it solved, and one that goes on may be."""
EVENT_STATES: tuple[EventState, ...] = get_args(EventState)
