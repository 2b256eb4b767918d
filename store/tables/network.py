"""The measuring network: facilities, stations, their names, parameters, and channels.

A channel is one parameter at one station: the logger's symbols for it, unit, factor, ranges
and check settings. `*_key` columns hold what look-ups compare (see store/network/keys.py).
"""

from sqlalchemy import Boolean, Column, Date, Float, ForeignKey, Integer, Table, Text, UniqueConstraint, false

from store.tables.metadata import Id, metadata
from store.time_type import UtcTime

facility = Table(
    "facility",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
)

station = Table(
    "station",
    metadata,
    Column("id", Id, primary_key=True),
    Column("code", Text, nullable=False, doc="as the department writes it"),
    Column("code_key", Text, nullable=False, unique=True),
    Column("name", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("facility_id", ForeignKey("facility.id")),
    Column("province", Text, nullable=False, server_default=""),
    Column("interval_minutes", Integer, nullable=False, server_default="5"),
    Column("latitude", Float),
    Column("longitude", Float),
    Column("review", Text, nullable=False, server_default="auto"),
    Column("in_service_from", Date, doc="a day in Vietnam; empty: the day of the first reading"),
    Column("created_at", UtcTime, nullable=False),
)

station_interval = Table(
    "station_interval",
    metadata,
    Column("station_id", ForeignKey("station.id"), primary_key=True),
    Column("valid_until", Date, primary_key=True, doc="the first day in Vietnam on which it no longer held"),
    Column("interval_minutes", Integer, nullable=False),
)
"""Intervals that a station had before the one that its row has."""

station_alias = Table(
    "station_alias",
    metadata,
    Column("alias_key", Text, primary_key=True),
    Column("alias", Text, nullable=False),
    Column("station_id", ForeignKey("station.id"), nullable=False, index=True),
    Column("position", Integer, nullable=False, doc="order in which the department listed the aliases"),
)

parameter = Table(
    "parameter",
    metadata,
    Column("id", Id, primary_key=True),
    Column(
        "code", Text, nullable=False, unique=True, doc="the parameter's own name, as in limits: BOD5, PM2.5"
    ),
    Column("name_vi", Text, nullable=False, server_default=""),
    Column("unit", Text, nullable=False, server_default="", doc="usual unit; empty: none or any"),
    Column("molar_mass", Float, doc="g/mol, where ppm and mass convert"),
    Column("symbols", Text, nullable=False, server_default="", doc="known logger symbols, separated by ;"),
    Column("seeded", Boolean, nullable=False, server_default=false(), doc="came with qttd, not with a file"),
    Column("averaging", Text, nullable=False, server_default="mean", doc="mean, direction or total (a flow)"),
)

channel = Table(
    "channel",
    metadata,
    Column("id", Id, primary_key=True),
    Column("station_id", ForeignKey("station.id"), nullable=False),
    Column("parameter_id", ForeignKey("parameter.id"), nullable=False),
    Column("unit", Text, nullable=False, server_default=""),
    Column("factor", Float, nullable=False, server_default="1"),
    Column("device_min", Float),
    Column("device_max", Float),
    Column("usual_min", Float),
    Column("usual_max", Float),
    Column("checks", Text, nullable=False, server_default=""),
    UniqueConstraint("station_id", "parameter_id"),
)

channel_symbol = Table(
    "channel_symbol",
    metadata,
    Column("station_id", ForeignKey("station.id"), primary_key=True),
    Column("symbol", Text, primary_key=True, doc="NFC, compared letter by letter"),
    Column("channel_id", ForeignKey("channel.id"), nullable=False, index=True),
    Column("position", Integer, nullable=False, doc="order in which the department listed the symbols"),
)

channel_setting = Table(
    "channel_setting",
    metadata,
    Column("channel_id", ForeignKey("channel.id"), primary_key=True),
    Column("valid_until", UtcTime, primary_key=True, doc="judged what was measured before then"),
    Column("factor", Float, nullable=False),
    Column("device_min", Float),
    Column("device_max", Float),
    Column("usual_min", Float),
    Column("usual_max", Float),
    Column("checks", Text, nullable=False),
)
"""Settings that a channel had before those it has now."""
