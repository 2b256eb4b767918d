"""The documents name every setting, command, option and event that there is, and none that there is not."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeGuard

import pytest
from annotated_types import Ge, Le
from typer.main import get_command

from qttd import command_line
from qttd.settings_model import SECTIONS

ROOT = Path(__file__).parents[2]
ROOMS = ("api", "forwarder", "parsers", "qttd", "quality", "receiver", "store")
LEVELS = {"debug", "info", "warning", "error", "exception", "critical"}


def document(name: str) -> str:
    return (ROOT / "docs" / name).read_text(encoding="utf-8")


def test_every_setting_and_its_default() -> None:
    rows = dict(re.findall(r"^\| `([a-z]+\.[a-z_]+)` \| `?(.*?)`? \|", document("settings.md"), re.MULTILINE))
    expected = {}
    for section, model in SECTIONS.items():
        for name, field in model.model_fields.items():
            default = "" if name == "password" else field.default
            text = f'"{default}"' if isinstance(default, str) else str(default).lower().removesuffix(".0")
            expected[f"{section}.{name}"] = "needed" if field.is_required() else text
    assert rows == expected


def test_the_bounds_of_every_setting() -> None:
    rows = dict(re.findall(r"^\| `([a-z]+\.[a-z_]+)` \|.*?\|(.*)\|$", document("settings.md"), re.MULTILINE))
    for section, model in SECTIONS.items():
        for name, field in model.model_fields.items():
            said = bounds(field.metadata)
            assert said in rows[f"{section}.{name}"], (section, name, said)


def bounds(constraints: list[Any]) -> str:
    """How the document tells them; empty where a setting has no upper one."""
    low: float | None = next((one.ge for one in constraints if isinstance(one, Ge)), None)
    high: float | None = next((one.le for one in constraints if isinstance(one, Le)), None)
    if high is None:
        return ""
    return f"{high} at most" if low is None else f"{low} to {high}"


def commands(command: Any, path: tuple[str, ...]) -> Iterator[tuple[str, set[str]]]:
    """Every command that can be called, with its visible options."""
    children = getattr(command, "commands", None)
    if children:
        for name, child in children.items():
            yield from commands(child, (*path, name))
        return
    options = {
        option
        for parameter in command.params
        if not getattr(parameter, "hidden", False)
        for option in parameter.opts
        if option.startswith("--")
    }
    yield " ".join(path), options - {"--help"}


@pytest.mark.filterwarnings("ignore:The asyn(core|chat) module:DeprecationWarning")  # pyftpdlib's
def test_every_command_and_its_options() -> None:
    group = get_command(command_line.app)
    context = group.make_context("qttd", ["check"])
    found: dict[str, set[str]] = {}
    for name in command_line.COMMANDS:
        found |= dict(commands(group.get_command(context, name), (name,)))
    documented = {}
    for section in re.split(r"^### ", document("commands.md"), flags=re.MULTILINE)[1:]:
        title, _, body = section.partition("\n")
        words = re.match(r"`qttd ([a-z -]+)", title)
        assert words, title
        body = body.partition("\n## ")[0]
        options = {
            option
            for line in re.findall(r"^- (.*?):", body, re.MULTILINE)
            for option in re.findall(r"--[a-z-]+", line)
        }
        documented[words[1].strip()] = options
    assert documented == found


def events() -> dict[str, str]:
    """Every event that the code logs, with one place where it does."""
    found: dict[str, str] = {}
    for room in ROOMS:
        for file in (ROOT / room).rglob("*.py"):
            tree = ast.parse(file.read_text(encoding="utf-8"))
            for function in ast.walk(tree):
                if isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef):
                    for call in filter(_logs, ast.walk(function)):
                        place = f"{file.relative_to(ROOT)}:{call.lineno}"
                        found |= dict.fromkeys(_names(call, function, tree), place)
    return found


def _logs(node: ast.AST) -> TypeGuard[ast.Call]:
    """Whether it is a call such as `log.info(…)`."""
    return (
        isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr in LEVELS
        and re.fullmatch(r"(self\.)?_?log(ger)?", ast.unparse(node.func.value)) is not None
    )


def _names(call: ast.Call, function: ast.FunctionDef | ast.AsyncFunctionDef, tree: ast.AST) -> list[str]:
    """The event's name; where the function was given it, what its callers in the file give."""
    event = call.args[0]
    if isinstance(event, ast.Constant):
        return [str(event.value)]
    assert isinstance(event, ast.Name), ast.unparse(call)
    position = [argument.arg for argument in function.args.args if argument.arg != "self"].index(event.id)
    given = [
        node.args[position]
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func).split(".")[-1] == function.name
    ]
    assert given, ast.unparse(call)
    assert all(isinstance(name, ast.Constant) for name in given), ast.unparse(call)
    return [str(name.value) for name in given if isinstance(name, ast.Constant)]


def test_every_event() -> None:
    rows = [line.split("|")[1] for line in document("events.md").splitlines() if line.startswith("| `")]
    documented = {name for row in rows for name in re.findall(r"`([a-z_]+)`", row)}
    logged = events()
    assert {name: place for name, place in logged.items() if name not in documented} == {}
    assert documented - set(logged) == set()
    assert all(re.fullmatch(r"[a-z]+(_[a-z]+)*", name) for name in logged)


@pytest.mark.parametrize("name", sorted(path.name for path in (ROOT / "docs").glob("*.md")))
def test_links_between_documents_lead_somewhere(name: str) -> None:
    for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", document(name)):
        assert (ROOT / "docs" / target).exists(), target
