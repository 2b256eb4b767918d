"""How old the newest backup is. `qttd backup` leaves a line in the audit log, which is looked at here."""

from datetime import datetime, timedelta

from sqlalchemy import Engine

from qttd.doctor.finding import Finding, ok, warning
from qttd.output import counted, local_time
from store.engine import reading
from store.health_view import newest_backup

_REMEDY = "`qttd backup FILE`, best every night onto another machine"


def check_backup(engine: Engine, now: datetime, most_days: int) -> Finding:
    """Warns where the newest one is older than `most_days`, or there is none."""
    with reading(engine) as connection:
        newest = newest_backup(connection)
    if newest is None:
        return warning("backup", "none was ever made of this store", _REMEDY)
    age = now - newest
    if age > timedelta(days=most_days):
        return warning(
            "backup", f"the newest is {counted(age.days, 'day')} old ({local_time(newest)})", _REMEDY
        )
    return ok("backup", f"the newest was made at {local_time(newest)}")
