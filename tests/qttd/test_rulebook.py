"""The rulebooks' tables are what the code says today, in both languages; `qttd rules` says the same."""

from pathlib import Path
from typing import Any

import pytest

from qttd.rulebook import Language, made_tables, rewritten
from quality.rules import RULES

DOCS = Path(__file__).parents[2] / "docs"
TABLES = {
    "qartod_codes", "reading_rules", "sign_rules", "figures", "aqi_scales", "aqi_bands", "wqi_scales",
    "wqi_bands",
}  # fmt: skip


@pytest.mark.parametrize(("name", "language"), [("rulebook.md", "en"), ("rulebook.vi.md", "vi")])
def test_a_rulebook_is_the_newest(name: str, language: Language) -> None:
    text = (DOCS / name).read_text(encoding="utf-8")
    assert set(made_tables(text)) == TABLES
    assert rewritten(text, language) == text, "run `make rulebook`"


def test_what_stands_between_the_tables_stays() -> None:
    text = "Before.\n\n<!-- made: sign_rules -->\nold\n<!-- end -->\n\nAfter.\n"
    made = rewritten(text, "en")
    assert made.startswith("Before.\n\n<!-- made: sign_rules -->\n| rule | name |")
    assert made.endswith(" |\n<!-- end -->\n\nAfter.\n")
    assert "old" not in made
    with pytest.raises(KeyError, match="nobody_makes_this"):
        rewritten("<!-- made: nobody_makes_this -->\n<!-- end -->", "en")


def test_the_command_prints_the_same(qttd: Any) -> None:
    items = qttd("rules", "--json").json()
    assert [item["id"] for item in items] == [rule.id for rule in RULES]
    flat = next(item for item in items if item["id"] == "flat_line")
    assert (flat["envisoft"], flat["severity"]) == ("Giá trị liên tục bằng nhau", "4 không đạt, 3 nghi ngờ")
    table = qttd("rules", "--language", "en").out
    assert table.splitlines()[0].split() == [
        "id", "kind", "name", "envisoft", "formula", "severity", "default", "source",
    ]  # fmt: skip
    assert "value < 0" in table
