"""What was declared against what came: accounts, stations and channels that do not fit together."""

from collections.abc import Iterator
from datetime import datetime, timedelta

from sqlalchemy import Engine

from qttd.doctor.finding import Finding, named, not_applicable, ok, warning
from qttd.output import counted, local_time
from store.engine import reading
from store.health_view import (
    FirstReading,
    accounts_that_never_sent,
    declared,
    first_readings,
    stations_without_channels,
    undeclared_parameters,
)

_LONG_BEFORE = timedelta(days=366)
"""A logger whose clock was reset says 1970, 2000 or 2010; what was kept back for a while does not."""
_LATELY = timedelta(days=1)


def check_network(engine: Engine, now: datetime) -> Iterator[Finding]:
    """Everything that leaves holes in the account of slots, or fills it with slots that never were."""
    with reading(engine) as connection:
        there = declared(connection)
        silent = accounts_that_never_sent(connection)
        bare = stations_without_channels(connection)
        first = first_readings(connection)
        undeclared = undeclared_parameters(connection, now - _LATELY)
    if there.senders:
        yield _of_accounts(silent)
    else:
        yield not_applicable("accounts", "there is none that may send; `qttd account add` adds one")
    if there.stations:
        yield _of_channels(bare)
        yield _of_undeclared([f"{station} {parameter}" for station, parameter in undeclared])
    else:
        for check in ("channels", "undeclared"):
            yield not_applicable(check, "there is no station; `qttd station import` adds some")
    yield _of_first_readings(first)


def _of_accounts(silent: list[str]) -> Finding:
    if not silent:
        return ok("accounts", "every account has sent")
    remedy = (
        "look at the logger's address, user and password, and at its firewall; "
        "`qttd account disable NAME` closes one that is not needed"
    )
    return warning("accounts", f"{len(silent)} never sent anything: {named(silent)}", remedy)


def _of_channels(bare: list[str]) -> Finding:
    if not bare:
        return ok("channels", "every station has channels")
    message = f"nothing is expected of {counted(len(bare), 'station')} without a channel: {named(bare)}"
    return warning("channels", message, "`qttd channel import F.csv`")


def _of_undeclared(undeclared: list[str]) -> Finding:
    if not undeclared:
        return ok("undeclared", "what was measured during the last day is all declared")
    message = (
        f"{len(undeclared)} measured during the last day are no channel of their station, and so not valid: "
        f"{named(undeclared)}"
    )
    return warning("undeclared", message, "`qttd channel import F.csv`; what came before is judged anew then")


def _of_first_readings(first: list[FirstReading]) -> Finding:
    if not first:
        return not_applicable("first_readings", "no station without in_service_from has a reading yet")
    odd = [
        f"{station.code} ({local_time(station.measured_at)})"
        for station in first
        if station.measured_at < station.arrived_at - _LONG_BEFORE
    ]
    if not odd:
        return ok("first_readings", "no station begins long before its first file came")
    message = (
        f"{counted(len(odd), 'station begins', 'stations begin')} more than a year before the first file,"
        f" perhaps by a clock that was reset, and every slot since then is expected: {named(odd)}"
    )
    return warning("first_readings", message, "give in_service_from with `qttd station import F.csv`")
