"""The list of rules holds every flag and every sign that the code can raise, and no other."""

import ast
from pathlib import Path

from quality.checks import cell
from quality.rules import RULES
from quality.signs.all_signs import CHANNEL_RULES
from quality.signs.sample import SIGN_RULES

ROOT = Path(__file__).parents[2]
ROOMS = ("api", "forwarder", "parsers", "qttd", "quality", "receiver", "store")


def raised() -> dict[str, set[int | None]]:
    """Every rule that a Flag is made of somewhere, with its codes; None: the channel's settings decide."""
    found: dict[str, set[int | None]] = {}
    for room in ROOMS:
        for file in (ROOT / room).rglob("*.py"):
            tree = ast.parse(file.read_text(encoding="utf-8"))
            constants = {
                target.id: node.value.value
                for node in tree.body
                if isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
                for target in node.targets
                if isinstance(target, ast.Name)
            }
            for call in ast.walk(tree):
                if isinstance(call, ast.Call) and ast.unparse(call.func) == "Flag":
                    first, *rest = call.args
                    if isinstance(first, ast.Starred):
                        continue  # read back from the store
                    rule = first.value if isinstance(first, ast.Constant) else constants[ast.unparse(first)]
                    codes = [node.value for node in ast.walk(rest[0]) if isinstance(node, ast.Constant)]
                    found.setdefault(str(rule), set()).update(
                        [code for code in codes if isinstance(code, int)] or [None]
                    )
    return found


def test_every_flag_is_a_rule_with_its_codes_and_no_rule_is_without_a_flag() -> None:
    flags = raised()
    rules = {rule.id: rule for rule in RULES if rule.kind == "reading"}
    assert set(rules) == set(flags)
    for rule_id, codes in flags.items():
        if codes == {None}:
            assert set(rules[rule_id].codes) == {3, 4}, rule_id
        else:
            assert codes <= set(rules[rule_id].codes), rule_id


def test_a_checks_usual_severity_stands_first() -> None:
    usual = {rule.id: rule.codes[0] for rule in RULES if set(rule.codes) == {3, 4}}
    assert {name: usual[name] for name in cell._DEFAULTS} == cell._DEFAULTS


def test_every_sign_is_a_rule() -> None:
    assert [rule.id for rule in RULES if rule.kind == "sign"] == list(SIGN_RULES)
    assert {*CHANNEL_RULES, "tamper_clock"} == set(SIGN_RULES)


def test_rules_are_told_in_both_languages_and_once() -> None:
    assert len({rule.id for rule in RULES}) == len(RULES)
    for rule in RULES:
        assert all(part.en and part.vi for part in (rule.name, rule.formula, rule.default)), rule.id
        assert rule.source, rule.id
        assert (rule.kind == "reading") == bool(rule.codes), rule.id
