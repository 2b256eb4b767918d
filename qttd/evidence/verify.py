"""Checks a dossier of evidence: python3 verify.py DOSSIER.zip. Needs nothing but Python 3.9 or newer.

Every member has the size and SHA-256 of the manifest, and none is missing or put in; every original file has
the SHA-256 of the ledger; every reading stands in its file, on its line, as received; every hourly mean can
be computed again from the readings; every line of the audit log has the hash of what it says. Prints what is
wrong and ends with 1, or with 0 where all is as it was written.
"""

import csv
import hashlib
import io
import json
import math
import pathlib
import re
import sys
import zipfile
from collections.abc import Iterator


def problems_of(path: str) -> Iterator[str]:
    """What is wrong with the dossier, one sentence each."""
    with zipfile.ZipFile(path) as dossier:
        names = dossier.namelist()
        if "manifest.json" not in names:
            yield "manifest.json is missing"
            return
        manifest = json.loads(dossier.read("manifest.json"))["members"]
        for name in sorted(set(names) - set(manifest) - {"manifest.json"}):
            yield f"{name} is not in the manifest: it was put in"
        for name in sorted({name for name in names if names.count(name) > 1}):
            yield f"{name} is there twice"
        missing = sorted(set(manifest) - set(names))
        for name in missing:
            yield f"{name} is missing"
        for name in sorted(set(manifest) & set(names)):
            data = dossier.read(name)
            told = manifest[name]
            if len(data) != told["size"] or hashlib.sha256(data).hexdigest() != told["sha256"]:
                yield f"{name} was altered: its SHA-256 is not the manifest's"
        if missing:
            return
        yield from _files(dossier)
        yield from _readings(dossier, "readings.csv")
        yield from _readings(dossier, "calibrations.csv")
        yield from _hours(dossier)
        yield from _audit(dossier)


def _rows(dossier: zipfile.ZipFile, name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(dossier.read(name).decode("utf-8", "surrogatepass"), newline="")))


def _files(dossier: zipfile.ZipFile) -> Iterator[str]:
    """Original files against the ledger's hashes."""
    for row in _rows(dossier, "files.csv"):
        if row["member"] not in dossier.namelist():
            yield f"{row['member']} ({row['name']}) is missing"
            continue
        data = dossier.read(row["member"])
        if hashlib.sha256(data).hexdigest() != row["sha256"] or str(len(data)) != row["size"]:
            yield f"{row['member']} ({row['name']}) is not the file that was received"


def _readings(dossier: zipfile.ZipFile, name: str) -> Iterator[str]:
    """Each reading's symbol and text against its line in the original file."""
    known = {row["id"]: row for row in _rows(dossier, "files.csv")}
    lines: dict[str, list[str]] = {}
    for row in _rows(dossier, name):
        file = known.get(row["file_id"])
        where = f"{name}: {row['parameter']} at {row['measured_at']}"
        if file is None:
            if name == "readings.csv":
                yield f"{where}: its file {row['file_id']} is not in the dossier"
            continue
        if file["sha256"] != row["file_sha256"]:
            yield f"{where}: its file has another SHA-256"
        if file["member"] not in dossier.namelist():
            continue  # said already
        if row["file_id"] not in lines:
            data = dossier.read(file["member"])
            whole = data.decode(file["encoding"] or "utf-8", "replace")
            lines[row["file_id"]] = re.split("\r\n|\r|\n", whole)
        number = int(row["line"])
        text = lines[row["file_id"]][number - 1] if number <= len(lines[row["file_id"]]) else ""
        # as a cell of its own, not as a part of another number or of the time
        if row["text"] and not re.search(rf"(?<![\w.]){re.escape(row['text'])}(?!\w)", text):
            yield f"{where}: {row['text']!r} does not stand in line {number} of {file['name']}"


def _hours(dossier: zipfile.ZipFile) -> Iterator[str]:
    """Hourly means against the readings: plain means; directions are left to whoever likes trigonometry."""
    intervals = json.loads(dossier.read("event.json"))["intervals"]
    layers: dict[str, dict[tuple[str, str], list[float]]] = {"received": {}, "reviewed": {}}
    for row in _rows(dossier, "readings.csv"):
        key = (row["measured_at"][:13], row["parameter"])
        if row["status"] == "00" and row["value"]:
            layers["received"].setdefault(key, []).append(float(row["value"]))
        if row["counted_value"]:
            layers["reviewed"].setdefault(key, []).append(float(row["counted_value"]))
    for row in _rows(dossier, "averages_hour.csv"):
        if row["averaging"] == "direction":
            continue
        held = [one for one in intervals if (one["valid_from"] or "") <= row["hour"][:10]]
        if 60 % held[-1]["minutes"]:
            continue  # slots reach over hours: which one a reading belongs to is in the rulebook, section 5
        for layer, values in layers.items():
            own = values.get((row["hour"][:13], row["parameter"]), [])
            mean = row[layer + "_mean"]
            if bool(own) != bool(mean) or (
                own and not math.isclose(math.fsum(own) / len(own), float(mean), rel_tol=1e-9, abs_tol=1e-12)
            ):
                yield f"averages_hour.csv: {row['parameter']} at {row['hour']}: not the mean of the readings"


def _audit(dossier: zipfile.ZipFile) -> Iterator[str]:
    """Each line's hash over everything it says, as the audit log computes it."""
    for line in dossier.read("audit.jsonl").decode("utf-8", "surrogatepass").split("\n")[:-1]:
        *told, digest = json.loads(line)
        text = json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
        if hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest() != digest:
            yield f"audit.jsonl: line {told[0]} of the log is not what was written"


def main(arguments: list[str]) -> int:
    """Checks the dossier that the first argument names."""
    if len(arguments) != 1:
        sys.stderr.write("usage: python3 verify.py DOSSIER.zip\n")
        return 64
    found = 0
    for problem in problems_of(arguments[0]):
        sys.stdout.write(problem + "\n")
        found += 1
    digest = hashlib.sha256(pathlib.Path(arguments[0]).read_bytes()).hexdigest()
    verdict = f"{found} problems" if found else "all is as it was written"
    sys.stdout.write(f"SHA-256 {digest}\n{verdict}\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
