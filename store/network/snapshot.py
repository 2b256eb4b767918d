"""The measuring network as the watcher looks things up in it: one snapshot, read whole.

A snapshot is loaded when the revision of the network or of the accounts has moved, inside the
transaction that uses it, so a batch is judged by one state of the settings. A department has
hundreds of stations and thousands of channels: that fits in memory many times over.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from sqlalchemy import Connection, insert, select

from quality.channel import Channel
from quality.checks.cell import read_checks
from quality.dated_rules import DatedRules
from quality.intervals import Intervals
from store.limits.dated_rules import load_rules
from store.network.intervals import load_intervals
from store.network.keys import code_key, symbol_key
from store.reviews.rejections import Rejection, rejections
from store.revisions import current
from store.tables import (
    account,
    account_station,
    api_key,
    channel,
    channel_setting,
    channel_symbol,
    parameter,
    station,
    station_alias,
)

_ANY_STATION_ROLES = ("admin", "operator")
DROP_FOLDER = ""
"""The account in whose name drop folders hand files over: the department itself."""
KEY_PREFIX = "key:"
"""What an API key's name is preceded by where an account is named."""


class Station(NamedTuple):
    """What the watcher needs to know of a station."""

    id: int
    code: str
    review: str
    """auto, hold:MINUTES or manual."""

    def release_at(self, received_at: datetime) -> datetime | None:
        """From when its readings may go, by its review policy; None: when a person says so."""
        if self.review == "auto":
            return received_at
        if self.review == "manual":
            return None
        return received_at + timedelta(minutes=int(self.review.partition(":")[2]))


class ChannelEntry(NamedTuple):
    """A channel and the id of its parameter."""

    parameter_id: int
    channel: Channel
    """Its settings as they are now."""
    earlier: tuple[tuple[datetime, Channel], ...] = ()
    """Settings that held before, each with the moment from which they no longer did, ascending."""

    def at(self, moment: datetime) -> Channel:
        """The settings that judge what was measured then."""
        for until, settings in self.earlier:
            if moment < until:
                return settings
        return self.channel


@dataclass
class Network:
    """Stations, channels and who may send for which station, at one revision."""

    revision: tuple[int, int]
    stations: dict[str, Station] = field(default_factory=dict)
    """By code key, aliases included."""
    by_id: dict[int, Station] = field(default_factory=dict)
    channels: dict[int, dict[str, ChannelEntry]] = field(default_factory=dict)
    """Per station id, by symbol."""
    intervals: dict[int, Intervals] = field(default_factory=dict)
    """Per station id, of every station."""
    declared: dict[int, frozenset[int]] = field(default_factory=dict)
    """Per station id, the parameters that have a channel."""
    senders: dict[str, frozenset[int] | None] = field(default_factory=dict)
    """Per account, the ids of the stations it may send for; None: any station."""
    awaiting: set[str] = field(default_factory=set)
    """Accounts that may also send for a code that no station has yet."""
    parameters: dict[str, int] = field(default_factory=dict)
    """Ids by the parameter's own name."""
    rejections: dict[int, tuple[Rejection, ...]] = field(default_factory=dict)
    """Per station id, the stretches of time whose values a person rejected."""
    rules: DatedRules = field(default_factory=DatedRules)
    """The dated figures."""

    def believed_ahead(self, received_at: datetime) -> timedelta:
        """How far a measured time may be ahead of its arrival: the figure in force when it arrived.

        Of the two times the arrival is the one that is known.
        """
        return self.rules.minutes("future_minutes", received_at)

    def station_of(self, code: str) -> Station | None:
        """The station with this code or alias."""
        return self.stations.get(code_key(code))

    def may_send(self, account_name: str, of: Station) -> bool:
        """Whether the account may send for the station. An account that is gone may send for none."""
        allowed = self.senders.get(account_name, frozenset())
        return allowed is None or of.id in allowed

    def only_station(self, account_name: str) -> Station | None:
        """The account's station, where it may send for exactly one.

        A code that is still to be declared counts: a file without a code could be that station's.
        """
        allowed = self.senders.get(account_name) or frozenset()
        if len(allowed) != 1 or account_name in self.awaiting:
            return None
        return self.by_id[next(iter(allowed))]


def network_revision(connection: Connection) -> tuple[int, int]:
    """What a snapshot's revision is compared with to know that it is still the newest."""
    return current(connection, "network"), current(connection, "accounts")


def load_network(connection: Connection) -> Network:
    """Reads the whole snapshot."""
    network = Network(network_revision(connection))
    _load_stations(connection, network)
    _load_channels(connection, network)
    _load_senders(connection, network)
    network.rejections = rejections(connection)
    network.rules = load_rules(connection)
    return network


def _load_stations(connection: Connection, network: Network) -> None:
    for row in connection.execute(select(station.c.id, station.c.code, station.c.code_key, station.c.review)):
        network.by_id[row.id] = network.stations[row.code_key] = Station(row.id, row.code, row.review)
    for alias in connection.execute(select(station_alias.c.alias_key, station_alias.c.station_id)):
        network.stations.setdefault(alias.alias_key, network.by_id[alias.station_id])
    network.intervals = load_intervals(connection)


def _load_channels(connection: Connection, network: Network) -> None:
    network.parameters = {
        row.code: row.id for row in connection.execute(select(parameter.c.code, parameter.c.id))
    }
    network.channels = channel_entries(connection)
    network.declared = {
        station_id: frozenset(entry.parameter_id for entry in by_symbol.values())
        for station_id, by_symbol in network.channels.items()
    }


def channel_entries(
    connection: Connection, station_ids: Collection[int] | None = None
) -> dict[int, dict[str, ChannelEntry]]:
    """The channels of these stations, or of all, per station id and symbol, with their earlier settings."""
    query = (
        select(
            channel,
            channel_symbol.c.symbol,
            parameter.c.code.label("parameter"),
            parameter.c.unit.label("usual_unit"),
            parameter.c.molar_mass,
        )
        .join(channel_symbol, channel_symbol.c.channel_id == channel.c.id)
        .join(parameter, parameter.c.id == channel.c.parameter_id)
    )
    settings = select(channel_setting).order_by(channel_setting.c.valid_until)
    if station_ids is not None:
        query = query.where(channel.c.station_id.in_(station_ids))
        settings = settings.join(channel, channel.c.id == channel_setting.c.channel_id).where(
            channel.c.station_id.in_(station_ids)
        )
    before: dict[int, list[Any]] = {}
    for setting in connection.execute(settings):
        before.setdefault(setting.channel_id, []).append(setting)
    found: dict[int, dict[str, ChannelEntry]] = {}
    for row in connection.execute(query):
        earlier = tuple((old.valid_until, _settings(row, old)) for old in before.get(row.id, ()))
        entry = ChannelEntry(row.parameter_id, _settings(row, row), earlier)
        found.setdefault(row.station_id, {})[row.symbol] = entry
    return found


def _settings(row: Any, dated: Any) -> Channel:
    """A channel's settings: what holds for ever from its own row, the rest from a row of its time."""
    return Channel(
        parameter=row.parameter,
        unit=row.unit or row.usual_unit,
        factor=dated.factor,
        device_min=dated.device_min,
        device_max=dated.device_max,
        usual_min=dated.usual_min,
        usual_max=dated.usual_max,
        molar_mass=row.molar_mass,
        checks=read_checks(dated.checks),
    )


def _load_senders(connection: Connection, network: Network) -> None:
    def senders(name: str, keys: Iterable[str]) -> None:
        known = [network.stations.get(key) for key in keys]
        network.senders[name] = frozenset(entry.id for entry in known if entry is not None)
        if None in known:
            network.awaiting.add(name)

    keys_of: dict[str, list[str]] = {name: [] for name in connection.scalars(select(account.c.name))}
    owned = select(account.c.name, account_station.c.code_key).join(
        account_station, account_station.c.account_id == account.c.id
    )
    for row in connection.execute(owned):
        keys_of[row.name].append(row.code_key)
    for name, keys in keys_of.items():
        senders(name, keys)
    for key in connection.execute(select(api_key.c.name, api_key.c.role, api_key.c.stations)):
        if key.role in _ANY_STATION_ROLES and not key.stations:
            network.senders[KEY_PREFIX + key.name] = None
        else:
            senders(KEY_PREFIX + key.name, map(code_key, key.stations))
    network.senders[DROP_FOLDER] = None


def undeclared_parameter(connection: Connection, network: Network, station_id: int, symbol: str) -> int:
    """The parameter under which a station's undeclared symbol is kept, made when it first comes.

    Where that very name is a parameter that the station declares under another symbol, the two
    must not meet in one key, so the undeclared one is kept under a name of its own.
    """
    code = symbol_key(symbol)
    found = network.parameters.get(code)
    if found is not None and found in network.declared.get(station_id, ()):
        code = f"{code} (undeclared)"
        found = network.parameters.get(code)
    if found is None:
        found = connection.execute(insert(parameter).values(code=code).returning(parameter.c.id)).scalar_one()
        network.parameters[code] = found
    return found
