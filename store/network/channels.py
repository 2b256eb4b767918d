"""Channels as administration sees them: the whole list, lists of changes, and taking one away.

Declaring a channel, or changing which numbers are its own and in which unit (symbols, unit), has the
station's readings under those symbols judged anew. A changed factor, range or check is dated: it judges
what was measured from then on (store/network/setting_history.py), and what it would change in the past is
shown to a person before it is (store/readings/recheck.py).
"""

from collections.abc import Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection, delete, insert, select, update

from parsers.vietnam_time import VN
from quality.checks.cell import read_checks
from store import revisions
from store.audit import Act, record
from store.lists.channels_csv import ChannelEntry, ChannelLine
from store.lists.csv_table import LineProblem, ListError, problems_of
from store.network import setting_history
from store.network.keys import code_key, symbol_key
from store.network.setting_history import CHANNEL_SETTINGS
from store.readings import judge_again
from store.tables import channel, channel_symbol, parameter, station, station_alias

Key = tuple[int, str]
"""Station id and the parameter's own name."""


class ChannelChanges(NamedTuple):
    """What a list changed; channels by "STATION PARAMETER"."""

    added: tuple[str, ...]
    changed: tuple[str, ...]
    unchanged: tuple[str, ...]
    new_parameters: tuple[str, ...]
    """Parameters that were known nowhere before: perhaps misspelt ones."""
    taken_back: int = 0
    """Later changes of settings that an earlier `valid_from` took back."""
    without_channel: tuple[str, ...] = ()
    """Parameters that a check names and the station does not declare, as "STATION PARAMETER"."""


class _Known(NamedTuple):
    id: int
    entry: ChannelEntry


def all_channels(connection: Connection) -> list[ChannelEntry]:
    """Every channel, by station code and parameter."""
    entries = (known.entry for known in _load(connection).values())
    return sorted(entries, key=lambda entry: (code_key(entry.station_code), entry.parameter))


def put_channels(
    connection: Connection, lines: Sequence[ChannelLine], act: Act, valid_from: datetime | None = None
) -> ChannelChanges:
    """Adds and updates the channels of a list. Raises ListError with every bad line; nothing changes then.

    valid_from: aware; a changed factor, range or check judges what was measured from then on, None: from
    now on. A channel that is declared for the first time, or in another unit, holds from ever.
    """
    known = _load(connection)
    stations = _stations(connection)
    parameters = _Parameters(connection)
    problems = problems_of(line.row for line in lines)
    wanted: dict[Key, ChannelEntry] = {}
    line_of: dict[Key, int] = {}
    for line in lines:
        found = stations.get(code_key(line.station_code))
        if line.station_code and found is None:
            problems.append(
                LineProblem(
                    line.row.line, "station_code", f"{line.station_code} is no station; import it first"
                )
            )
        if found is None or not line.parameter:
            continue
        key = (found[0], parameters.name_of(line.parameter))
        if key in line_of:
            message = f"{key[1]} of {found[1]} stands in line {line_of[key]} too; list all its symbols in one"
            problems.append(LineProblem(line.row.line, "parameter", message))
            continue
        line_of[key] = line.row.line
        if line.given["symbols"] is None:
            continue
        present = known[key].entry if key in known else ChannelEntry(found[1], (), key[1])
        wanted[key] = replace(present, **line.given)
        problems += _range_problems(line.row.line, wanted[key])
        problems += _check_problems(line.row.line, wanted[key], parameters)
    problems += _shared_symbols({key: one.entry for key, one in known.items()} | wanted, line_of)
    if problems:
        raise ListError(problems)
    return _write(connection, known, wanted, parameters, act, valid_from or act.at)


def remove_channel(connection: Connection, station_code: str, parameter_name: str, act: Act) -> bool:
    """Takes a channel away; its readings stay and become undeclared ones. False where there is none."""
    found = _stations(connection).get(code_key(station_code))
    known = _load(connection)
    key = (found[0], _Parameters(connection).name_of(parameter_name)) if found else None
    if key is None or key not in known:
        return False
    number, entry = known[key]
    connection.execute(delete(channel_symbol).where(channel_symbol.c.channel_id == number))
    setting_history.forget(connection, CHANNEL_SETTINGS, number)
    connection.execute(delete(channel).where(channel.c.id == number))
    judge_again.ask(connection, key[0], entry.symbols, act.at)
    record(connection, act, "channel.remove", _title(entry), asdict(entry))
    revisions.bump(connection, "network")
    return True


class _Parameters:
    """Finds a parameter by its own name, else by a symbol that is known for it."""

    def __init__(self, connection: Connection) -> None:
        self.ids: dict[str, int] = {}
        self._by_symbol: dict[str, str] = {}
        query = select(parameter.c.id, parameter.c.code, parameter.c.symbols).order_by(parameter.c.id)
        for row in connection.execute(query):
            self.ids[row.code] = row.id
            for symbol in row.symbols.split(";"):
                self._by_symbol.setdefault(symbol_key(symbol), row.code)

    def name_of(self, text: str) -> str:
        """The parameter's own name; the text itself where no parameter is known by it."""
        return text if text in self.ids else self._by_symbol.get(text, text)


def _load(connection: Connection) -> dict[Key, _Known]:
    symbols: dict[int, list[str]] = {}
    for row in connection.execute(select(channel_symbol).order_by(channel_symbol.c.position)):
        symbols.setdefault(row.channel_id, []).append(row.symbol)
    rows = connection.execute(
        select(channel, station.c.code.label("station_code"), parameter.c.code.label("parameter"))
        .join(station, station.c.id == channel.c.station_id)
        .join(parameter, parameter.c.id == channel.c.parameter_id)
    )
    return {
        (row.station_id, row.parameter): _Known(
            row.id,
            ChannelEntry(
                station_code=row.station_code,
                symbols=tuple(symbols.get(row.id, ())),
                parameter=row.parameter,
                unit=row.unit,
                factor=row.factor,
                device_min=row.device_min,
                device_max=row.device_max,
                usual_min=row.usual_min,
                usual_max=row.usual_max,
                checks=row.checks,
            ),
        )
        for row in rows
    }


def _stations(connection: Connection) -> dict[str, tuple[int, str]]:
    """Id and code of every station, by the keys of its code and aliases."""
    codes = {row.id: (row.id, row.code) for row in connection.execute(select(station.c.id, station.c.code))}
    names = {code_key(code): (number, code) for number, code in codes.values()}
    for row in connection.execute(select(station_alias.c.alias_key, station_alias.c.station_id)):
        names.setdefault(row.alias_key, codes[row.station_id])
    return names


def _range_problems(line: int, entry: ChannelEntry) -> list[LineProblem]:
    return [
        LineProblem(line, f"{name}_max", f"{high:g} is not above {name}_min, {low:g}")
        for name, low, high in (
            ("device", entry.device_min, entry.device_max),
            ("usual", entry.usual_min, entry.usual_max),
        )
        if low is not None and high is not None and not low < high
    ]


def _check_problems(line: int, entry: ChannelEntry, parameters: _Parameters) -> list[LineProblem]:
    """A channel can neither be compared with itself nor go with itself."""
    named = read_checks(entry.checks).named_parameters
    return [
        LineProblem(line, "checks", f"{name} is this channel itself; name another parameter")
        for name in named
        if parameters.name_of(symbol_key(name)) == entry.parameter or symbol_key(name) in entry.symbols
    ]


def _without_channel(final: dict[Key, ChannelEntry], wanted: dict[Key, ChannelEntry]) -> tuple[str, ...]:
    known: dict[int, set[str]] = {}
    for (station_id, name), entry in final.items():
        known.setdefault(station_id, set()).update((name, *entry.symbols))
    return tuple(
        dict.fromkeys(
            f"{entry.station_code} {name}"
            for (station_id, _), entry in wanted.items()
            for name in read_checks(entry.checks).named_parameters
            if name not in known[station_id]
        )
    )


def _shared_symbols(final: dict[Key, ChannelEntry], line_of: dict[Key, int]) -> list[LineProblem]:
    """Every symbol that would mean two channels of one station, told on a line that brings it."""
    problems = []
    owner: dict[tuple[int, str], Key] = {}
    for key, entry in final.items():
        for symbol in entry.symbols:
            other = owner.setdefault((key[0], symbol), key)
            if other != key:
                told, meant = (key, other) if key in line_of else (other, key)
                message = f"{symbol} is a symbol of {final[meant].parameter} of {entry.station_code} too"
                problems.append(LineProblem(line_of[told], "symbol", message))
    return problems


def _write(
    connection: Connection,
    known: dict[Key, _Known],
    wanted: dict[Key, ChannelEntry],
    parameters: _Parameters,
    act: Act,
    valid_from: datetime,
) -> ChannelChanges:
    added = {key: entry for key, entry in wanted.items() if key not in known}
    changed = {
        key: entry
        for key, entry in wanted.items()
        if key in known
        and (
            entry != known[key].entry
            or setting_history.reaches_beyond(connection, CHANNEL_SETTINGS, known[key].id, valid_from)
        )
    }
    taken_back = 0
    new_parameters = list(dict.fromkeys(name for _, name in added if name not in parameters.ids))
    for name in new_parameters:
        statement = insert(parameter).values(code=name).returning(parameter.c.id)
        parameters.ids[name] = connection.execute(statement).scalar_one()
        record(connection, act, "parameter.add", name)
    ids = {key: known[key].id for key in changed}
    for key, entry in added.items():
        values = _columns(entry) | {"station_id": key[0], "parameter_id": parameters.ids[key[1]]}
        ids[key] = connection.execute(insert(channel).values(values).returning(channel.c.id)).scalar_one()
        judge_again.ask(connection, key[0], entry.symbols, act.at)
        record(connection, act, "channel.add", _title(entry), asdict(entry))
    for key, entry in changed.items():
        before = known[key].entry
        old, new = asdict(before), asdict(entry)
        difference: dict[str, object] = {
            name: [old[name], new[name]] for name in old if old[name] != new[name]
        }
        if before.unit != entry.unit:
            # ranges and limits of another unit say nothing of these values: it is declared anew
            setting_history.forget(connection, CHANNEL_SETTINGS, ids[key])
        else:
            taken = setting_history.change_from(connection, CHANNEL_SETTINGS, ids[key], old, new, valid_from)
            taken_back += taken
            if taken or any(name in difference for name in CHANNEL_SETTINGS.dated):
                difference["valid_from"] = valid_from.astimezone(VN).isoformat()
        connection.execute(update(channel).where(channel.c.id == ids[key]).values(_columns(entry)))
        if (before.symbols, before.unit) != (entry.symbols, entry.unit):
            judge_again.ask(connection, key[0], {*before.symbols, *entry.symbols}, act.at)
        record(connection, act, "channel.change", _title(entry), difference)
    # every symbol that goes leaves before any comes: two channels may exchange theirs
    connection.execute(delete(channel_symbol).where(channel_symbol.c.channel_id.in_(ids.values())))
    symbols = [
        {"station_id": key[0], "symbol": symbol, "channel_id": ids[key], "position": position}
        for key, entry in (added | changed).items()
        for position, symbol in enumerate(entry.symbols)
    ]
    if symbols:
        connection.execute(insert(channel_symbol), symbols)
    if ids:
        revisions.bump(connection, "network")
    return ChannelChanges(
        tuple(_title(entry) for entry in added.values()),
        tuple(_title(entry) for entry in changed.values()),
        tuple(_title(entry) for key, entry in wanted.items() if key not in ids),
        tuple(new_parameters),
        taken_back,
        _without_channel({key: one.entry for key, one in known.items()} | wanted, wanted),
    )


def _columns(entry: ChannelEntry) -> dict[str, object]:
    values = asdict(entry)
    del values["station_code"], values["symbols"], values["parameter"]
    return values


def _title(entry: ChannelEntry) -> str:
    return f"{entry.station_code} {entry.parameter}"
