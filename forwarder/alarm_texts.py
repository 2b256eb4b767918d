"""What an alarm says, in Vietnamese and English: what, where, since when, how much, and what to do.

Pure: an event and its names in, a text out. Times are Vietnam's. What its finder put into the event's detail
is told by forwarder/alarm_details.py; the kinds' words are in alarm_words.toml.
"""

import tomllib
from collections.abc import Mapping, Sequence
from importlib.resources import files
from typing import NamedTuple

from forwarder.alarm_details import about, details, figures, moment
from quality.alarms import Language
from store.events.view import EventEntry


class Text(NamedTuple):
    """A message: its subject, its full text, one line for a telephone, and in a few words what happened."""

    subject: str
    body: str
    short: str
    what: str


_KINDS: Mapping[str, Mapping[str, str]] = tomllib.loads(
    files("forwarder").joinpath("alarm_words.toml").read_text(encoding="utf-8")
)
_OCCASIONS: Mapping[str, Mapping[Language, str]] = {
    "level": {"vi": "", "en": ""},
    "ended": {"vi": "ĐÃ KẾT THÚC: ", "en": "OVER: "},
    "withdrawn": {"vi": "ĐÃ RÚT LẠI: ", "en": "WITHDRAWN: "},
    "again": {"vi": "TIẾP DIỄN TRỞ LẠI: ", "en": "GOES ON AFTER ALL: "},
    "reminder": {"vi": "NHẮC LẠI: ", "en": "STILL: "},
    "test": {"vi": "THỬ: ", "en": "TEST: "},
}
_LEVELS: Mapping[str, Mapping[Language, str]] = {
    "notice": {"vi": "thông báo", "en": "notice"},
    "warning": {"vi": "cảnh báo", "en": "warning"},
    "alarm": {"vi": "báo động", "en": "alarm"},
}
_FRAME: Mapping[Language, Mapping[str, str]] = {
    "vi": {
        "event": "Sự kiện", "level": "Mức độ", "station": "Trạm", "parameter": "Thông số",
        "subject": "Đối tượng", "since": "Bắt đầu", "until": "Kết thúc", "on": "vẫn tiếp diễn",
        "do": "Việc cần làm", "number": "Mã sự kiện",
    },
    "en": {
        "event": "Event", "level": "Level", "station": "Station", "parameter": "Parameter",
        "subject": "About",
        "since": "Since", "until": "Until", "on": "goes on",
        "do": "What to do", "number": "Event number",
    },
}  # fmt: skip


def compose(entry: EventEntry, station_name: str | None, occasion: str, language: Language) -> Text:
    """The message about one event on one occasion (quality/alarms.py)."""
    event, frame = entry.event, _FRAME[language]
    words = _KINDS[_words_of(entry, occasion)]
    head = _OCCASIONS[occasion.partition(":")[0]][language] + words[f"what_{language}"]
    subject = about(event, language)
    place = ", ".join(filter(None, (entry.parameter, entry.station, subject)))
    title = f"{head}: {place}" if place else head
    lines = [
        (frame["event"], head),
        (frame["level"], _LEVELS[event.level][language]),
        (frame["station"], _station(entry.station, station_name)),
        (frame["parameter"], entry.parameter),
        (frame["subject"], subject),
        (frame["since"], moment(event.started_at)),
        (frame["until"], frame["on"] if event.ended_at is None else moment(event.ended_at)),
        *details(event, language),
        (frame["do"], words[f"do_{language}"]),
        (frame["number"], str(event.id)),
    ]
    hidden = {
        "self_test": {frame["until"], frame["number"]} if occasion == "test" else {frame["until"]},
        "file_rejected": {frame["until"], frame["subject"]},
    }.get(event.kind, set())
    body = "".join(f"{label}: {value}\n" for label, value in lines if value and label not in hidden)
    short = " ".join(filter(None, (title, figures(event, language), f"({moment(event.started_at)})")))
    return Text(f"[QTTĐ] {title}", body, short, head)


def _words_of(entry: EventEntry, occasion: str) -> str:
    """Whose words in alarm_words.toml say it; a message that tries a rule is no self-test."""
    if occasion == "test":
        return "test"
    if entry.event.kind == "interrupted" and entry.parameter is not None:
        return "interrupted_channel"
    return entry.event.kind


def digest(texts: Sequence[Text], language: Language) -> Text:
    """Many messages to one recipient as one."""
    count = len(texts)
    heads = "; ".join(list(dict.fromkeys(text.what for text in texts))[:3])
    title = f"{count} {'cảnh báo' if language == 'vi' else 'alarms'}: {heads}"
    listed = "".join(f"- {text.short}\n" for text in texts)
    return Text(f"[QTTĐ] {title}", listed + "\n" + "\n".join(text.body for text in texts), title, heads)


def _station(code: str | None, name: str | None) -> str | None:
    return f"{name} ({code})" if code and name and name != code else code
