"""EnviSoft's stations, parameters, limits and FTP accounts, brought into the store, all or nothing.

Its records are written as our own lists, and go through the very readers and repositories that `qttd
station import` and its kin use; a wrong cell is told with the file and record that it came from. What
means nothing here is listed, so that a person sees what was left behind.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, NoReturn

from sqlalchemy import Connection, Engine

from qttd.envisoft.fields import (
    ACCOUNT,
    CHANNEL,
    IDS,
    LAYOUT,
    LIMIT,
    STATION,
    all_names,
    is_account,
    is_channel,
    is_hash,
    is_station,
    kind_of,
    take,
)
from qttd.envisoft.tables import LISTS, Record
from store.access import accounts
from store.audit import Act
from store.engine import writing
from store.lists.accounts_csv import AccountLine, read_account_list
from store.lists.channels_csv import read_channels
from store.lists.csv_table import LineProblem, ListError, write_rows
from store.lists.stations_csv import read_stations
from store.network import channels, stations
from store.network.keys import code_key

_KNOWN = all_names(STATION, CHANNEL, LIMIT, ACCOUNT) | {*LAYOUT, *IDS, *LISTS}


class Limit(NamedTuple):
    """A limit of EnviSoft's, as it stood there."""

    station_code: str
    parameter: str
    standard: str
    min: str
    max: str
    tendency: str
    preparing: str
    unit: str


BASES = {"wastewater": "day", "stack": "hour"}
"""What a limit is compared with by default (docs/rulebook.md, section 6); elsewhere the hour's mean."""


def permits_csv(lists: "Lists") -> str:
    """EnviSoft's limits of single stations, in the columns of `qttd limit permit import`."""
    kinds = {code_key(row["code"]): row.get("kind", "") for row in lists.stations}
    rows = [
        {
            "station_code": limit.station_code,
            "parameter": limit.parameter,
            "unit": limit.unit,
            "min": limit.min,
            "max": limit.max,
            "basis": BASES.get(kinds.get(code_key(limit.station_code), ""), "hour"),
            "permit": f"EnviSoft {limit.standard}".strip(),
        }
        for limit in lists.limits
        if limit.min or limit.max
    ]
    columns = ("station_code", "parameter", "unit", "min", "max", "basis", "permit")
    return write_rows(columns, [[row[name] for name in columns] for row in rows])


class Counts(NamedTuple):
    """What became of one of our lists."""

    added: int = 0
    changed: int = 0
    unchanged: int = 0


@dataclass
class Lists:
    """Our lists, as rows of texts, each with where it came from."""

    stations: list[dict[str, str]] = field(default_factory=list)
    channels: list[dict[str, str]] = field(default_factory=list)
    accounts: dict[str, dict[str, str]] = field(default_factory=dict, repr=False)
    sources: dict[str, list[str]] = field(
        default_factory=lambda: {"stations": [], "channels": [], "accounts": []}
    )
    limits: list[Limit] = field(default_factory=list)
    layouts: dict[str, str] = field(default_factory=dict)
    """EnviSoft's path_format by station: how its folders are named, for who looks through them."""
    problems: list[str] = field(default_factory=list)
    not_taken: Counter[tuple[str, str]] = field(default_factory=Counter)
    """(table, field) that mean nothing here, and in how many records."""


@dataclass(frozen=True)
class Outcome:
    """What an import did, or would do."""

    stations: Counts
    channels: Counts
    accounts: Counts
    new_parameters: tuple[str, ...]


class TablesError(Exception):
    """Something in the tables is wrong; `problems` names every record. Nothing was changed."""

    def __init__(self, problems: Sequence[str]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(problems))


class _DryRunError(Exception):
    """Undoes the transaction of a dry run."""


def lists_of(records: Iterable[Record], kinds: Mapping[str, str], with_accounts: bool = True) -> Lists:
    """Sorts records into our lists. kinds: EnviSoft's numbers of the kinds of stations, where it has such."""
    lists = Lists()
    every = list(records)
    codes = {
        record.fields[name]: take(record.fields, STATION)["code"]
        for record in every if is_station(record.fields) and not is_channel(record.fields)
        for name in ("_id", "id") if name in record.fields
    }  # fmt: skip
    for record in every:
        lists.not_taken.update((record.table, name) for name in record.fields if _means_nothing(name))
        if is_channel(record.fields):
            _channel(lists, record, codes)
            continue
        used = False
        if is_station(record.fields):
            _station(lists, record, kinds)
            used = True
        if is_account(record.fields):
            used = True
            if with_accounts:
                _account(lists, record)
        if not used:
            lists.not_taken[record.table, "(whole records)"] += 1
    return lists


def bring_in(
    engine: Engine,
    lists: Lists,
    hashes_of: Callable[[Engine, list[AccountLine]], dict[str, str]],
    act: Act,
    dry_run: bool,
) -> Outcome:
    """Adds and updates all of it in one transaction. Raises TablesError.

    hashes_of gives the hashes of new passwords. It is asked before the transaction: each takes its time.
    """
    account_lines = _accounts(lists)
    hashes = hashes_of(engine, account_lines)
    outcome: Outcome | None = None
    try:
        with writing(engine) as connection:
            outcome = _put(connection, lists, account_lines, hashes, act)
            if dry_run:
                _undo()
    except _DryRunError:
        pass  # a dry run ends here on purpose: the transaction is undone
    if outcome is None:
        raise TablesError(["nothing was done"])
    return outcome


def _undo() -> NoReturn:
    raise _DryRunError


def _put(
    connection: Connection, lists: Lists, account_lines: list[AccountLine], hashes: dict[str, str], act: Act
) -> Outcome:
    problems = list(lists.problems)
    station_counts, channel_counts, account_counts = Counts(), Counts(), Counts()
    new_parameters: tuple[str, ...] = ()
    stations_are_in = True
    try:
        if lists.stations:
            put = stations.put_stations(connection, read_stations(_csv(lists.stations)), act)
            station_counts = Counts(*(len(part) for part in put[:3]))
    except ListError as error:
        stations_are_in = False
        problems += _told(lists, "stations", error)
    try:
        if lists.channels:
            changes = channels.put_channels(connection, read_channels(_csv(lists.channels)), act)
            channel_counts = Counts(*(len(part) for part in changes[:3]))
            new_parameters = changes.new_parameters
    except ListError as error:
        # without its stations nearly every channel would be told to have none
        told = _told(lists, "channels", error)
        problems += [line for line in told if stations_are_in or "is no station" not in line]
    try:
        account_counts = Counts(*accounts.put_accounts(connection, account_lines, hashes.get, act))
    except ListError as error:
        problems += _told(lists, "accounts", error)
    if problems:
        raise TablesError(problems)
    return Outcome(station_counts, channel_counts, account_counts, new_parameters)


def _accounts(lists: Lists) -> list[AccountLine]:
    """The account list as its own reader gives it. Raises TablesError where that cannot read it at all."""
    try:
        return read_account_list(_csv(list(lists.accounts.values()), ("name",)))
    except ListError as error:
        raise TablesError(_told(lists, "accounts", error)) from error


def _csv(rows: Sequence[Mapping[str, str]], needed: Sequence[str] = ()) -> bytes:
    """Rows as one of our lists. A column that no row has is left out, and says nothing."""
    columns = list(dict.fromkeys([*needed, *(name for row in rows for name in row)]))
    if not rows:
        columns = list(needed) or columns
    return write_rows(columns, [[row.get(name, "") for name in columns] for row in rows]).encode()


def _told(lists: Lists, table: str, error: ListError) -> list[str]:
    sources = lists.sources[table]

    def place(problem: LineProblem) -> str:
        at = problem.line - 2  # the header is line 1
        return sources[at] if 0 <= at < len(sources) else table

    return [
        f"{place(problem)}: {problem.column}: {problem.message}" if problem.column
        else f"{place(problem)}: {problem.message}"
        for problem in error.problems
    ]  # fmt: skip


def _means_nothing(name: str) -> bool:
    return name not in _KNOWN and name.partition(".")[0] not in LISTS


def _station(lists: Lists, record: Record, kinds: Mapping[str, str]) -> None:
    row = take(record.fields, STATION)
    if "kind" in row:
        known = kind_of(row["kind"], kinds)
        if known == row["kind"] and known.isdigit():
            lists.problems.append(
                f"{record.source}: kind: what {known} means is not known; say it with --kind {known}=stack"
            )
        row["kind"] = known
    row.setdefault("name", row["code"])
    row.setdefault("kind", "")
    if code_key(row.get("aliases", "")) == code_key(row["code"]):
        del row["aliases"]
    lists.stations.append(row)
    lists.sources["stations"].append(record.source)
    for name in LAYOUT:
        if name in record.fields:
            lists.layouts[row["code"]] = record.fields[name]


def _channel(lists: Lists, record: Record, codes: Mapping[str, str]) -> None:
    row = take(record.fields, CHANNEL)
    reference = record.fields.get("station_id")
    if "station_code" not in row and reference is not None:
        code = codes.get(reference)
        if code is None:
            lists.problems.append(f"{record.source}: station_id: no station here has the id {reference}")
            return
        row["station_code"] = code
    row["station_code"] = codes.get(row["station_code"], row["station_code"])
    row.setdefault("symbol", row["parameter"])
    lists.channels.append(row)
    lists.sources["channels"].append(record.source)
    limit = take(record.fields, LIMIT)
    if limit:
        said = {name: limit.get(name, "") for name in LIMIT}
        place = (row["station_code"], row["parameter"])
        lists.limits.append(Limit(*place, **said, unit=row.get("unit", "")))


def _account(lists: Lists, record: Record) -> None:
    row = take(record.fields, ACCOUNT)
    password = row.get("password", "")
    if is_hash(password):
        lists.problems.append(
            f"{record.source}: password: is a hash, not a password; leave the column out and give a new one,"
            " or leave the accounts out (--no-accounts)"
        )
        return
    name = row["name"]
    known = lists.accounts.get(name)
    if known is None:
        lists.accounts[name] = {"name": name, "stations": "", **row}
        lists.sources["accounts"].append(record.source)
        return
    if password and known.setdefault("password", password) != password:
        lists.problems.append(f"{record.source}: password: {name} has another one in an earlier record")
    both = f"{known.get('stations', '')};{row.get('stations', '')}".split(";")
    known["stations"] = ";".join(filter(None, dict.fromkeys(both)))
