"""The pages' two languages: which one a visitor gets, and how times and numbers are written in it.

Vietnamese first. Texts are marked in templates and in api/words.py in English, and translated in
api/locale/ (see its README); English needs no catalogue. The formats are of each language's own use:
30/05/2026 and 98,2 % here, 30 May 2026 and 98.2% there.
"""

from datetime import datetime, timedelta
from functools import lru_cache
from gettext import NullTranslations
from pathlib import Path

from babel import Locale
from babel.dates import format_datetime, format_timedelta
from babel.numbers import format_decimal, format_percent
from babel.support import Translations

from api.vietnam_time import VN
from api.words import JUST_NOW, Counted

DEFAULT = "vi"
NAMES = {"vi": "Tiếng Việt", "en": "English"}
"""The languages there are, each by its own name."""
COOKIE = "lang"
_FORMATTED = 2048
"""Formatted texts of each sort that are remembered."""

_LOCALES = Path(__file__).parent / "locale"
_BABEL = {"vi": Locale("vi"), "en": Locale("en", "GB")}
_PATTERNS = {
    "vi": {"long": "EEEE, dd/MM/yyyy", "short": "HH:mm dd/MM", "time": "HH:mm", "day": "dd/MM/yyyy"},
    "en": {"long": "EEEE, d MMMM yyyy", "short": "HH:mm, d MMM", "time": "HH:mm", "day": "d MMM yyyy"},
}


def choose(asked: str | None, remembered: str | None, accepted: str | None) -> str:
    """The language of a visit: the one asked for, else the one remembered, else the browser's choice.

    accepted: the Accept-Language header.
    """
    for wanted in (asked, remembered):
        if wanted in NAMES:
            return wanted
    for wanted in _by_preference(accepted or ""):
        if wanted in NAMES:
            return wanted
    return DEFAULT


def _by_preference(header: str) -> list[str]:
    weighed: list[tuple[float, int, str]] = []
    for place, part in enumerate(header.split(",")[:20]):
        tag, _semicolon, parameter = part.strip().partition(";")
        try:
            weight = float(parameter.strip().removeprefix("q=") or 1)
        except ValueError:
            weight = 0
        if weight > 0:
            weighed.append((-weight, place, tag.partition("-")[0].lower()))
    return [tag for _weight, _place, tag in sorted(weighed)]


class Language:
    """One language: its texts and its formats. Times are shown in Vietnam's."""

    def __init__(self, code: str) -> None:
        self.code = code
        self.translations: NullTranslations = (
            NullTranslations() if code == "en" else Translations.load(_LOCALES, [code])
        )
        self._babel = _BABEL[code]
        self._patterns = _PATTERNS[code]
        # A page of hundreds of stations writes the same few times and rates over and over.
        self.moment = lru_cache(_FORMATTED)(self._moment)
        self.ago = lru_cache(_FORMATTED)(self._ago)
        self.count = lru_cache(_FORMATTED)(self._count)
        self.rate = lru_cache(_FORMATTED)(self._rate)

    def text(self, message: str) -> str:
        """The text in this language."""
        return self.translations.gettext(message)

    def counted(self, number: int, of: Counted) -> str:
        """What so many are called; the number itself is written by `count`."""
        return self.translations.ngettext(of.one, of.many, number)

    def _moment(self, moment: datetime, pattern: str) -> str:
        """A moment: pattern long (a day with its weekday), short (time and day), time or day."""
        local = moment.astimezone(VN)
        return format_datetime(local.replace(tzinfo=None), self._patterns[pattern], locale=self._babel)

    def _ago(self, elapsed: timedelta) -> str:
        """How long ago: "5 minutes ago"; a moment ahead of the clock is "now"."""
        if elapsed < timedelta(minutes=1):
            return self.text(JUST_NOW)
        return format_timedelta(
            -elapsed, granularity="minute", threshold=1.2, add_direction=True, locale=self._babel
        )

    def _count(self, number: int) -> str:
        """A whole number, its thousands separated."""
        return format_decimal(number, locale=self._babel)

    def _rate(self, fraction: float | None) -> str:
        """A fraction of 1 in per cent; a dash where there is none. Never rounded up to 100 %."""
        if fraction is None:
            return "–"
        return format_percent(_shy_of_full(fraction), "#,##0.#%", locale=self._babel)


def _shy_of_full(fraction: float) -> float:
    return 0.999 if 0.999 < fraction < 1 else fraction


@lru_cache
def language(code: str) -> Language:
    """The language of that code, loaded once."""
    return Language(code)
