"""Every text of the pages has its translation, none is left over, and what is compiled is the newest."""

from gettext import GNUTranslations
from pathlib import Path

from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po

import api

API = Path(api.__file__).parent
CATALOGUE = API / "locale" / "vi" / "LC_MESSAGES"


def _marked() -> set[str | tuple[str, ...]]:
    """What the templates and words.py say, in English."""
    found = extract_from_dir(
        API,
        [("**.py", "python"), ("**/templates/**.html", "jinja2")],
        {"**/templates/**.html": {"newstyle_gettext": "true", "silent": "false"}},
        {"_": None, "gettext": None, "ngettext": (1, 2), "N_": None, "NN_": (1, 2)},
    )
    return {message for _file, _line, message, _comments, _context in found}


def test_every_text_is_translated_and_none_is_left_over() -> None:
    with (CATALOGUE / "messages.po").open("rb") as file:
        catalogue = read_po(file, "vi")
    translated = {message.id: message for message in catalogue if message.id}
    assert set(translated) == _marked()
    for message in translated.values():
        parts = message.string if isinstance(message.string, tuple) else (message.string,)
        assert all(part.strip() for part in parts), message.id
        assert not message.fuzzy, message.id
        assert not message.check(catalogue), message.id


def test_names_to_be_filled_in_are_the_same_in_both() -> None:
    with (CATALOGUE / "messages.po").open("rb") as file:
        for message in read_po(file, "vi"):
            if isinstance(message.id, str) and message.id:
                for name in ("{code}", "{account}", "{id}"):
                    assert (name in message.id) == (name in str(message.string)), message.id


def test_what_is_compiled_is_what_is_written() -> None:
    with (CATALOGUE / "messages.po").open("rb") as file:
        written = read_po(file, "vi")
    with (CATALOGUE / "messages.mo").open("rb") as file:
        compiled = GNUTranslations(file)
    for message in written:
        if isinstance(message.id, tuple):
            assert compiled.ngettext(message.id[0], message.id[1], 2) == message.string[0]
        elif message.id:
            assert compiled.gettext(message.id) == message.string
