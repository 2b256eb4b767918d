"""What each note and each problem of a station file means, and how a problem is mended.

The words of `qttd parse` for the person at the logger; docs/file-format.md has the rules
themselves. Every code of parsers/records.py has its sentence here.
"""

from parsers.records import NoteCode, ProblemCode

NOTES: dict[NoteCode, str] = {
    "bom": "the file begins with a byte order mark; it was read without it.",
    "encoding_guessed": "the bytes are no UTF-8; they were read as Windows-1258. Check letters beyond ASCII.",
    "decimal_comma": "a number has a decimal comma; it was read as a decimal point.",
    "no_seconds": "a time has 12 digits; its seconds were taken as 00.",
    "status_assumed": "a status is empty or left out; it was taken as 00, measuring.",
    "status_unknown": "a status is none of 00, 01 and 02; it was kept as written, and the checks fail it.",
    "unit_missing": "a line has no column for the unit.",
    "one_line": "several readings stand on one line.",
    "time_first": "the time stands before the symbol.",
    "several_times": "the readings are of several times: a logger that drains its buffer.",
    "name_time_differs": "no reading has the time that the file's name says; the readings' own times count.",
    "repeated_line": "a reading stands in the file twice, with the same words; it counts once.",
    "missing_value": "a value is missing; it is kept as missing, never as 0.",
}

PROBLEMS: dict[ProblemCode, str] = {
    "bad_number": "write the value as digits with a decimal point, without thousands separators; "
    "for no value leave the cell empty or write ---.",
    "bad_time": "write the time as yyyyMMddHHmmss in Vietnam time, in the fourth column (in XML also as "
    "2026-05-30T10:15:00+07:00); check the logger's clock.",
    "bad_columns": "write symbol, value, unit, time and status with one TAB between each two, "
    "an empty unit as an empty cell, and no header line; in XML as attributes of a reading, and no others.",
    "cut_line": "the upload broke off, or the logger ends no line: send the whole file again, "
    "and end every line with CR LF (in XML, close every element).",
    "conflict": "the first of the two stands; let the logger write each parameter once for each time.",
    "empty_file": "the logger wrote no reading; look at its data source and its disk.",
    "not_text": "send the text file itself: not zipped, encrypted or in a spreadsheet's format; as UTF-8.",
    "too_large": "send one file per transmission, and split what was buffered; the limit is "
    "intake.max_file_kib in the settings.",
    "no_station": "add the station, or name this code as one of its aliases.",
    "not_allowed": "let the account send for this station, or use the station's own account.",
    "not_renamed": "rename the file to its final name when its upload is complete.",
    "internal_error": "a fault of qttd's own: report it with the file.",
}
