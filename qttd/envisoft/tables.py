"""Tables of EnviSoft's database, as mongoexport writes them (JSON lines, an array, or CSV), to flat records.

What a field means is in fields.py. A record is a flat mapping of texts: a number inside `$numberLong`
and its kin, an `$oid` and a `$date` become what they stand for, and what is nested gets a name with dots.
"""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NamedTuple

from parsers.export_sheet import ExportError, sheets_of
from parsers.export_table import plain
from parsers.vietnam_time import VN
from qttd.errors import BadDataError

MOST_BYTES = 128 * 1024 * 1024
SUFFIXES = (".json", ".jsonl", ".csv")
LISTS = frozenset({"indicators", "parameters", "station_indicators", "measuring_list", "thong_so"})
"""Fields whose list holds records of its own, one for each parameter of a station."""
_NUMBERS = ("$numberInt", "$numberLong", "$numberDouble", "$numberDecimal")


class Record(NamedTuple):
    """One document or line."""

    source: str
    """File and number, as a person finds it: `stations.json: record 3`."""
    table: str
    """The file's name without its extension, as field names are compared."""
    fields: Mapping[str, str]
    """By the field's name in small letters with `_`; empty ones are left out."""


def read_tables(paths: list[Path]) -> list[Record]:
    """The records of files, and of the .json, .jsonl and .csv files in folders. Raises BadDataError."""
    files: list[Path] = []
    for path in paths:
        if path.is_dir():
            files += sorted(one for one in path.iterdir() if one.suffix.lower() in SUFFIXES)
        else:
            files.append(path)
    if not files:
        raise BadDataError(f"no .json, .jsonl or .csv file in {', '.join(map(str, paths))}")
    return [record for file in files for record in _records(file)]


def field_name(text: str) -> str:
    """A field's name as it is compared: `stationCode`, `Station Code` and `station_code` are one."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", text.strip())
    return re.sub(r"[^a-z0-9.]+", "_", plain(spaced)).strip("_")


def _records(file: Path) -> Iterator[Record]:
    if file.stat().st_size > MOST_BYTES:
        raise BadDataError(f"{file} is larger than {MOST_BYTES // 1048576} MiB: is it a table of stations?")
    data = file.read_bytes()
    table = field_name(file.name.partition(".")[0])
    documents = _csv(file, data) if file.suffix.lower() == ".csv" else _json(file, data)
    for number, document in documents:
        unit = "line" if file.suffix.lower() == ".csv" else "record"
        source = f"{file.name}: {unit} {number}"
        flat = dict(_flat(document, ""))
        yield Record(source, table, flat)
        parent = {"station_code": flat.get("station_code", flat.get("code", ""))}
        for name, value in document.items():
            if field_name(name) not in LISTS or not isinstance(value, list):
                continue
            for position, inner in enumerate(value, 1):
                if isinstance(inner, dict):
                    fields = parent | dict(_flat(inner, ""))
                    yield Record(f"{source}, {name} {position}", "station_indicators", fields)


def _csv(file: Path, data: bytes) -> Iterator[tuple[int, dict[str, Any]]]:
    try:
        (sheet,) = sheets_of(data)
        rows = enumerate(sheet.rows, 1)
        header: list[str] = []
        for line, row in rows:
            cells = [str(cell or "") for cell in row]
            if not any(cell.strip() for cell in cells):
                continue
            if header:
                # to the letter: white space is part of a password
                pairs = zip(header, cells, strict=False)
                yield line, {name: cell for name, cell in pairs if name and cell.strip()}
            else:
                header = [cell.strip() for cell in cells]
    except ExportError as error:
        raise BadDataError(f"{file}: {error}") from error


def _json(file: Path, data: bytes) -> Iterator[tuple[int, dict[str, Any]]]:
    try:
        text = data.decode("utf-8-sig")
        if text.lstrip().startswith("["):
            documents = list(enumerate(json.loads(text), 1))
        else:
            lines = enumerate(text.split("\n"), 1)
            documents = [(number, json.loads(line)) for number, line in lines if line.strip()]
    except (ValueError, RecursionError) as error:
        raise BadDataError(f"{file}: cannot be read as mongoexport's JSON: {error}") from error
    for number, document in documents:
        if not isinstance(document, dict):
            raise BadDataError(f"{file}: record {number} is no object")
        yield number, document


def _flat(document: Mapping[str, Any], before: str) -> Iterator[tuple[str, str]]:
    for name, value in document.items():
        key = before + (name if name == "_id" else field_name(name))
        plainly = _plain(value)
        if isinstance(plainly, dict):
            yield from _flat(plainly, f"{key}.")
        elif isinstance(plainly, list):
            texts = [str(one) for one in map(_plain, plainly) if isinstance(one, str | int | float)]
            if texts:
                yield key, ";".join(texts)
        elif plainly not in (None, ""):
            yield key, str(plainly)


def _plain(value: Any) -> Any:
    """What a value of MongoDB's extended JSON stands for."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if not isinstance(value, dict) or len(value) != 1:
        return value
    ((kind, inner),) = value.items()
    if kind == "$oid":
        return inner
    if kind in _NUMBERS:
        number = str(inner)
        return number.removesuffix(".0")
    if kind == "$date":
        inner = _plain(inner)
        text = str(inner)
        if re.fullmatch(r"-?\d+", text):
            return datetime.fromtimestamp(int(text) / 1000, UTC).astimezone(VN).date().isoformat()
        try:
            moment = datetime.fromisoformat(text)
        except ValueError:
            return text  # said as a wrong day by whoever reads it
        return (moment if moment.tzinfo is None else moment.astimezone(VN)).date().isoformat()
    return value
