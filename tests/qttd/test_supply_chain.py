"""What qttd is made of is valid CycloneDX, and the audit never calls well what it could not look up."""

import importlib.util
import json
from importlib.resources import files
from pathlib import Path
from types import ModuleType
from typing import Any

import jsonschema
import pytest
from referencing import Registry, Resource

ROOT = Path(__file__).parents[2]


def program(name: str) -> ModuleType:
    spec = importlib.util.spec_from_file_location(name, ROOT / f".ci/{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def known(name: str, *vulnerabilities: dict[str, Any]) -> dict[str, Any]:
    return {"name": name, "version": "1", "vulns": list(vulnerabilities)}


def unknown(name: str) -> dict[str, Any]:
    return {"name": name, "skip_reason": f"Dependency not found on PyPI: {name}"}


BAD = {"id": "GHSA-1", "fix_versions": ["2"]}


@pytest.mark.parametrize(
    ("answers", "code", "told"),
    [
        ({"pypi": [known("a"), known("b")]}, 0, "no known vulnerability in 2 packages"),
        ({"pypi": [known("a"), known("b", BAD)]}, 1, "b: GHSA-1, mended in 2"),
        ({"pypi": [known("a"), unknown("b")]}, 69, "NOT KNOWN: only 1 of 2"),
        ({"pypi": []}, 69, "NOT KNOWN: only 0 of 2"),
        ({"pypi": [unknown("a"), unknown("b")], "osv": [known("a"), known("b")]}, 0, "no known"),
        ({"pypi": [unknown("a"), known("b", BAD)], "osv": []}, 1, "b: GHSA-1, mended in 2"),
        ({"pypi": [known("a", {"id": "X", "fix_versions": []})], "osv": []}, 1, "a: X, mended in no version"),
    ],
)
def test_the_audit_is_well_only_where_every_package_was_looked_up(
    answers: dict[str, list[dict[str, Any]]], code: int, told: str
) -> None:
    got, lines = program("audit").judge(answers, 2)
    assert got == code
    assert lines[0].startswith(told)


def test_the_bill_of_materials_is_valid_cyclonedx() -> None:
    bundle = program("bundle")
    bill = json.loads(bundle.run(bundle.UV, *bundle.SBOM))
    schemas = files("cyclonedx.schema") / "_res"

    def schema(name: str) -> dict[str, Any]:
        found: dict[str, Any] = json.loads((schemas / name).read_text(encoding="utf-8"))
        return found

    others = ("spdx.SNAPSHOT.schema.json", "jsf-0.82.SNAPSHOT.schema.json")
    resources = [Resource.from_contents(schema(name)) for name in others]
    registry: Registry[Any] = Registry().with_resources([(str(each.id()), each) for each in resources])
    validator = jsonschema.Draft7Validator(schema("bom-1.5.SNAPSHOT.schema.json"), registry=registry)
    assert [error.message for error in validator.iter_errors(bill)] == []
    components = {component["name"]: component for component in bill["components"]}
    assert components["sqlalchemy"]["purl"].startswith("pkg:pypi/sqlalchemy@")
    assert "pytest" not in components, "what only tests need is no part of the product"
    with pytest.raises(jsonschema.ValidationError):
        validator.validate({**bill, "components": [{"name": "x"}]})
