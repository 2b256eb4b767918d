"""The tables of docs/rulebook.md and docs/rulebook.vi.md, made from the rules in the code.

The rulebooks' sentences are written by people; what stands between `<!-- made: NAME -->` and
`<!-- end -->` is made here, by `make rulebook`, and a test fails where it is not the newest.
"""

import re
import sys
from collections.abc import Callable, Iterable, Sequence
from datetime import date
from pathlib import Path
from typing import Literal

from quality.indices.editions import WQI_VARIANTS, Band, aqi_edition, wqi_edition
from quality.qartod import MEANINGS, RESULTS
from quality.rules import RULES, Kind, Rule

Language = Literal["en", "vi"]
_BLOCK = re.compile(r"(<!-- made: ([a-z_0-9]+) -->\n).*?(<!-- end -->)", re.DOTALL)
_SEVERITIES = {
    "en": {2: "2 not evaluated", 3: "3 suspect", 4: "4 fail", 9: "9 missing"},
    "vi": {2: "2 chưa xét", 3: "3 nghi ngờ", 4: "4 không đạt", 9: "9 thiếu"},
}
_HEADS = {
    "en": {
        "reading": ("rule", "name", "EnviSoft", "raised when", "severity", "default", "source"),
        "sign": ("rule", "name", "raised when", "default", "source"),
        "figure": ("id", "name", "formula", "default", "source"),
    },
    "vi": {
        "reading": ("mã", "tên", "EnviSoft", "gắn cờ khi", "mức", "mặc định", "nguồn"),
        "sign": ("mã", "tên", "báo khi", "mặc định", "nguồn"),
        "figure": ("mã", "tên", "công thức", "mặc định", "nguồn"),
    },
}
_FAR = date(9999, 1, 1)
"""The newest editions are shown."""


def rewritten(text: str, language: Language) -> str:
    """A rulebook with its made tables made anew. KeyError for a table that nobody makes."""
    return _BLOCK.sub(lambda found: f"{found[1]}{_TABLES[found[2]](language)}\n{found[3]}", text)


def made_tables(text: str) -> list[str]:
    """The names of the tables that a rulebook has made."""
    return [found[2] for found in _BLOCK.finditer(text)]


def rule_columns(rule: Rule, language: Language) -> dict[str, str]:
    """A rule in one language, by the English names of the columns."""
    vietnamese = language == "vi"
    return {
        "id": rule.id,
        "kind": rule.kind,
        "name": rule.name.vi if vietnamese else rule.name.en,
        "envisoft": rule.envisoft,
        "formula": rule.formula.vi if vietnamese else rule.formula.en,
        "severity": ", ".join(_SEVERITIES[language][code] for code in rule.codes),
        "default": rule.default.vi if vietnamese else rule.default.en,
        "source": rule.source.vi if vietnamese else rule.source.en,
    }


def _rules(kind: Kind) -> Callable[[Language], str]:
    def table(language: Language) -> str:
        chosen = [rule_columns(rule, language) for rule in RULES if rule.kind == kind]
        names = {
            "reading": ("id", "name", "envisoft", "formula", "severity", "default", "source"),
            "sign": ("id", "name", "formula", "default", "source"),
            "figure": ("id", "name", "formula", "default", "source"),
        }[kind]
        rows = ([f"`{row['id']}`", *(row[name] for name in names[1:])] for row in chosen)
        return _markdown(_HEADS[language][kind], rows)

    return table


def _aqi_scales(language: Language) -> str:
    edition = aqi_edition(_FAR)
    if edition is None:
        return ""
    bases = {
        "1h": ("1 hour", "1 giờ"),
        "nowcast": ("NowCast", "NowCast"),
        "max_8h": ("greatest 8 hours", "8 giờ lớn nhất"),
    }
    scales = [*edition.hour, *(scale for scale in edition.day if scale.basis == "max_8h")]
    index = [value for _, value in edition.hour[0].curve.points]
    rows = []
    for scale in scales:
        points = [_number(concentration) for concentration, _ in scale.curve.points]
        basis = bases[scale.basis][language == "vi"]
        rows.append([f"{scale.parameter}, {basis}", *points, *["–"] * (len(index) - len(points))])
    return _markdown(("µg/m³", *(f"I = {_number(value)}" for value in index)), rows)


def _aqi_bands(language: Language) -> str:
    edition = aqi_edition(_FAR)
    return _bands(edition.bands if edition is not None else (), 500, language)


def _wqi_bands(language: Language) -> str:
    edition = wqi_edition("envisoft", _FAR)
    return _bands(edition.bands if edition is not None else (), 100, language)


def _wqi_scales(language: Language) -> str:
    names = (
        ("parameter", "unit", "break points → value")
        if language == "en"
        else ("thông số", "đơn vị", "mức → điểm")
    )
    rows: dict[tuple[str, str, str], dict[str, str]] = {}
    for variant in WQI_VARIANTS:
        edition = wqi_edition(variant, _FAR)
        for scale in edition.scales if edition is not None else ():
            points = "; ".join(f"{_number(x)} → {_number(y)}" for x, y in scale.curve.points)
            rows.setdefault((scale.names[0], scale.unit, points), {})[variant] = scale.group
    return _markdown(
        (*names, *(f"`{variant}`" for variant in WQI_VARIANTS)),
        ([*key, *(groups.get(variant, "–") for variant in WQI_VARIANTS)] for key, groups in rows.items()),
    )


def _bands(known: Sequence[Band], last: int, language: Language) -> str:
    ends = [*(band.first - 1 for band in known[1:]), last][: len(known)]
    heads = ("index", "name", "colour") if language == "en" else ("chỉ số", "mức", "màu")
    rows = (
        [
            f"{band.first}–{end}",
            f"{band.name_vi} ({band.name_en})" if language == "en" else band.name_vi,
            ", ".join(map(str, band.colour)),
        ]
        for band, end in zip(known, ends, strict=True)
    )
    return _markdown(heads, rows)


def _number(value: float) -> str:
    return f"{value:.10g}"


def _markdown(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [heads, ["---"] * len(heads), *rows]
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in line) + " |" for line in lines)


def _qartod_codes(language: Language) -> str:
    heads = ("code", "a reading has it when") if language == "en" else ("mã", "số liệu có mã này khi")
    names = {1: "1 pass" if language == "en" else "1 đạt", **_SEVERITIES[language]}
    told = ((names[code], getattr(MEANINGS[code], language)) for code in RESULTS)
    return _markdown(heads, told)


_TABLES: dict[str, Callable[[Language], str]] = {
    "reading_rules": _rules("reading"),
    "qartod_codes": _qartod_codes,
    "sign_rules": _rules("sign"),
    "figures": _rules("figure"),
    "aqi_scales": _aqi_scales,
    "aqi_bands": _aqi_bands,
    "wqi_scales": _wqi_scales,
    "wqi_bands": _wqi_bands,
}


def main(paths: Sequence[str]) -> None:
    """Rewrites the rulebooks at the paths; one that ends in .vi.md is Vietnamese."""
    for path in map(Path, paths):
        language: Language = "vi" if path.name.endswith(".vi.md") else "en"
        path.write_text(rewritten(path.read_text(encoding="utf-8"), language), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
