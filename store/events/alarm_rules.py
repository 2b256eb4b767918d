"""The alarm rules: who is told of which events."""

from collections.abc import Sequence
from datetime import time, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, insert, select, update

from quality.alarms import AlarmRule, Channel, Language, QuietHours
from store.audit import Act, record
from store.lists.alarms_csv import AlarmLine
from store.lists.csv_table import LineProblem, ListError, problems_of
from store.network.keys import code_key
from store.tables import alarm_rule, station


class RuleEntry(NamedTuple):
    """A rule as it is kept."""

    id: int
    name: str
    channel: Channel
    address: str
    language: Language
    kinds: list[str]
    stations: list[str]
    min_level: str
    repeat_minutes: int
    quiet_hours: str
    disabled: bool

    def cells(self) -> list[str]:
        """As alarms.csv writes it."""
        enabled = "no" if self.disabled else "yes"
        kinds, stations = ";".join(self.kinds), ";".join(self.stations)
        repeat = str(self.repeat_minutes)
        return [self.name, self.channel, self.address, self.language, kinds, stations, self.min_level, repeat,
                self.quiet_hours, enabled]  # fmt: skip

    def rule(self) -> AlarmRule:
        """As quality/alarms.py judges by it."""
        quiet = None
        if self.quiet_hours:
            quiet = QuietHours(*map(time.fromisoformat, self.quiet_hours.split("-")))
        repeat = timedelta(minutes=self.repeat_minutes)
        return AlarmRule(self.kinds, self.stations, self.min_level, repeat, quiet)  # type: ignore[arg-type]


class Imported(NamedTuple):
    """What an import did."""

    added: int
    changed: int
    unchanged: int


_COLUMNS = [alarm_rule.c[name] for name in RuleEntry._fields]


def all_rules(connection: Connection) -> list[RuleEntry]:
    """Every rule, by name."""
    return [RuleEntry(*row) for row in connection.execute(select(*_COLUMNS).order_by(alarm_rule.c.name))]


def import_rules(connection: Connection, lines: Sequence[AlarmLine], act: Act) -> Imported:
    """Adds or changes rules by name, all of them or, with ListError, none."""
    known = dict(connection.execute(select(station.c.code_key, station.c.code)).all())
    problems = problems_of(line.row for line in lines)
    for line in lines:
        problems += [
            LineProblem(line.row.line, "stations", f"there is no station {code}")
            for code in line.stations
            if code_key(code) not in known
        ]
    if problems:
        raise ListError(problems)
    present = {rule.name: rule for rule in all_rules(connection)}
    counts = {"added": 0, "changed": 0, "unchanged": 0}
    for line in lines:
        values = {
            "channel": line.channel,
            "address": line.address,
            "language": line.language,
            "kinds": list(line.kinds),
            "stations": [known[code_key(code)] for code in line.stations],
            "min_level": line.min_level,
            "repeat_minutes": line.repeat_minutes,
            "quiet_hours": line.quiet_hours,
            "disabled": not line.enabled,
        }
        before = present.get(line.name)
        if before is None:
            connection.execute(insert(alarm_rule).values(name=line.name, created_at=act.at, **values))
            record(connection, act, "alarm.add", line.name, values)
            counts["added"] += 1
        elif any(getattr(before, name) != value for name, value in values.items()):
            connection.execute(update(alarm_rule).where(alarm_rule.c.name == line.name).values(**values))
            record(connection, act, "alarm.change", line.name, values)
            counts["changed"] += 1
        else:
            counts["unchanged"] += 1
    return Imported(**counts)


def set_secret(connection: Connection, name: str, secret: str | None, act: Act) -> bool:
    """Sets what a webhook's messages are signed with (encrypted); False where there is no such rule."""
    done = connection.execute(update(alarm_rule).where(alarm_rule.c.name == name).values(secret=secret))
    if done.rowcount:
        record(connection, act, "alarm.secret", name, {"set": secret is not None})
    return bool(done.rowcount)


def secret_of(connection: Connection, rule_id: int) -> str | None:
    """The encrypted secret of a rule; None where it has none."""
    found: str | None = connection.scalar(select(alarm_rule.c.secret).where(alarm_rule.c.id == rule_id))
    return found
