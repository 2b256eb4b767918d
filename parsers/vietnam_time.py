"""The one time zone of the field: Vietnam, UTC+7, no daylight saving.

Station files carry local time; everything inside qttd is UTC. Both ends of that
conversion name this constant, so that no hour is ever left to the machine's own zone.
"""

from datetime import timedelta, timezone

VN = timezone(timedelta(hours=7), "+07:00")
"""Vietnam time, the zone of every time in a station file and of every time shown to people."""
