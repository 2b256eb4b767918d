"""The golden corpus: tests/samples holds station files, and beside each what must be read from it.

The `.json` beside a sample is the object of `qttd parse --json`, checked by hand against
docs/file-format.md. A change of the parser that changes one of them changes the contract.
"""

import json
from pathlib import Path
from typing import get_args

import pytest

from parsers.records import NoteCode, ProblemCode
from parsers.station_file import parse
from qttd.commands.parse import as_object

SAMPLES = Path(__file__).parents[1] / "samples"
EXPECTED = sorted(SAMPLES.glob("*.json"))

ONLY_THE_LEDGER_KNOWS = {"too_large", "no_station", "not_allowed", "not_renamed", "internal_error"}


@pytest.mark.parametrize("expected", EXPECTED, ids=lambda path: path.name.removesuffix(".json"))
def test_sample_is_read_as_written_beside_it(expected: Path) -> None:
    sample = expected.with_suffix("")
    assert as_object(parse(sample.read_bytes(), sample.name)) == json.loads(expected.read_text("utf-8"))


def test_every_sample_has_its_expectation() -> None:
    samples = {path.name for path in SAMPLES.iterdir() if path.suffix in (".txt", ".csv", ".lsi", ".xml")}
    assert samples == {path.name.removesuffix(".json") for path in EXPECTED}
    assert len(samples) >= 49


def test_the_corpus_shows_every_code_the_parser_can_give() -> None:
    objects = [json.loads(path.read_text("utf-8")) for path in EXPECTED]
    notes = {note for file in objects for part in (file, *file["readings"]) for note in part["notes"]}
    problems = {problem["code"] for file in objects for problem in file["problems"]}
    assert notes == set(get_args(NoteCode))
    assert problems == set(get_args(ProblemCode)) - ONLY_THE_LEDGER_KNOWS
