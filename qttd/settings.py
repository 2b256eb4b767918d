"""Reads the settings once, from qttd.toml and the environment, and says where each came from.

What exists is in qttd/settings_model.py. A wrong setting ends the command with exit code 78 and
every wrong key named, each with its source; a secret's value is never shown. Paths are relative
to the settings file, also those that come from the environment.
"""

import os
import tomllib
from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit, urlunsplit

from pydantic import BaseModel, SecretStr, ValidationError
from pydantic_core import ErrorDetails

from qttd.environment import CONFIG_VARIABLE, DEMO_CLOCK_VARIABLE, SUPERVISOR_VARIABLE
from qttd.errors import BadSettingsError
from qttd.sections.section import PATH
from qttd.settings_model import SECTIONS, Settings, Source

__all__ = [
    "SEARCHED",
    "Settings",
    "keys",
    "load",
    "password_of",
    "place",
    "redact_url",
    "store_url",
    "variable",
]

SEARCHED = (Path("qttd.toml"), Path("/etc/qttd/qttd.toml"))
"""Where settings are looked for when neither --config nor QTTD_CONFIG names a file."""


def load(path: Path | None = None) -> Settings:
    """The settings of `path`, else of QTTD_CONFIG, else of the first of SEARCHED that exists.

    Raises BadSettingsError, with every wrong key, also for an unknown key or variable.
    """
    file = _find(path).absolute()
    written = _read(file)
    problems = _unknown_sections(written) + _unknown_variables(os.environ)
    written["drop"] = _drop_folders(written.get("drop", []), os.environ)
    try:
        settings = Settings(**{section: value for section, value in written.items() if section in SECTIONS})
    except ValidationError as error:
        problems += [
            _explain(detail, file)
            for detail in error.errors(include_url=False)
            if not (detail["type"] == "extra_forbidden" and _from_environment(detail["loc"]))
        ]
    if problems:
        raise BadSettingsError("\n".join(dict.fromkeys(problems)))
    settings = _with_absolute_paths(settings, file.parent)
    settings._file = file
    settings._sources = {key: _source(key, written) for key in keys(settings)}
    return settings


def keys(settings: Settings) -> dict[str, Any]:
    """Every key in force with its value, in the file's order: `ftp.port` -> 2121, `drop.0.path` -> …"""
    found: dict[str, Any] = {}
    for section in type(settings).model_fields:
        value = getattr(settings, section)
        for prefix, part in _parts(section, value):
            for name in type(part).model_fields:
                found[f"{prefix}.{name}"] = getattr(part, name)
    return found


def variable(key: str) -> str:
    """The environment variable of a key: `ftp.port` -> `QTTD_FTP__PORT`."""
    section, *_, name = key.split(".")
    return f"QTTD_{section}__{name}".upper()


def password_of(section: str, password: SecretStr, file: str) -> str:
    """A section's password: its own, else the first line of its file; empty where it has neither.

    Raises BadSettingsError when the file cannot be read.
    """
    if password.get_secret_value() or not file:
        return password.get_secret_value()
    try:
        return Path(file).read_text(encoding="utf-8").partition("\n")[0].strip()
    except (OSError, UnicodeDecodeError) as error:
        raise BadSettingsError(f"{section}.password_file: cannot be read: {error}") from error


def store_url(settings: Settings) -> str:
    """The store's URL with its password, for opening it; never for showing it.

    Raises BadSettingsError when store.password_file cannot be read.
    """
    url = settings.store.url
    if url.startswith("sqlite"):
        return url
    password = password_of("store", settings.store.password, settings.store.password_file)
    if not password:
        return url
    parts = urlsplit(url)
    user, _, host = parts.netloc.rpartition("@")
    name = user.partition(":")[0]
    return urlunsplit(parts._replace(netloc=f"{name}:{quote(password, safe='')}@{host}"))


def host_key_of(settings: Settings) -> Path:
    """The SFTP door's host key: the one that is named, else the one that is made beside the journal."""
    return Path(settings.sftp.host_key or Path(settings.intake.journal).with_name("sftp_host_key"))


def redact_url(url: str) -> str:
    """The URL with any password in it replaced by ***."""
    scheme, separator, rest = url.partition("://")
    authority, slash, path = rest.partition("/")
    user, at, host = authority.rpartition("@")
    name, colon, _ = user.partition(":")
    if not (separator and at and colon):
        return url
    return f"{scheme}://{name}:***@{host}{slash}{path}"


def place() -> Path:
    """The file that load() would read; where there is none, the one that it would look for first."""
    if os.environ.get(CONFIG_VARIABLE):
        return Path(os.environ[CONFIG_VARIABLE])
    return next((candidate for candidate in SEARCHED if candidate.is_file()), SEARCHED[0])


def _find(path: Path | None) -> Path:
    named = path or (Path(os.environ[CONFIG_VARIABLE]) if os.environ.get(CONFIG_VARIABLE) else None)
    if named is not None:
        if not named.is_file():
            raise BadSettingsError(f"{named}: no such settings file; `qttd init` writes one")
        return named
    for candidate in SEARCHED:
        if candidate.is_file():
            return candidate
    places = " nor ".join(str(candidate) for candidate in SEARCHED)
    raise BadSettingsError(
        f"no settings: neither {places} exists; `qttd init` writes ./qttd.toml, --config names another"
    )


def _read(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8-sig"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise BadSettingsError(f"{file}: cannot be read as TOML: {error}") from error


def _parts(section: str, value: object) -> Iterator[tuple[str, BaseModel]]:
    if isinstance(value, BaseModel):
        yield section, value
    elif isinstance(value, list):
        for position, part in enumerate(value):
            yield f"{section}.{position}", part


def _unknown_sections(written: Mapping[str, Any]) -> list[str]:
    known = SECTIONS
    return [f"{name}: no such section{_nearest(name, known)}" for name in written if name not in known]


def _unknown_variables(environment: Mapping[str, str]) -> list[str]:
    known = {
        variable(f"{section}.{name}") for section, model in SECTIONS.items() for name in model.model_fields
    }
    known |= {CONFIG_VARIABLE, DEMO_CLOCK_VARIABLE, SUPERVISOR_VARIABLE}
    return [
        f"{name}: the environment sets it, but there is no such setting{_nearest(name.upper(), known)}"
        for name in sorted(environment)
        if name.upper().startswith("QTTD_") and name.upper() not in known
    ]


def _nearest(name: str, known: Mapping[str, Any] | set[str]) -> str:
    near = get_close_matches(name, sorted(known), n=1)
    return f"; is {near[0]} meant?" if near else ""


def _drop_folders(written: Any, environment: Mapping[str, str]) -> Any:
    """QTTD_DROP__PATH (several separated by `:`) replaces the list; other variables are for every folder."""
    paths = environment.get(variable("drop.path"))
    folders = written if paths is None else [{"path": path} for path in paths.split(os.pathsep) if path]
    for_all = {
        name: _plain_value(environment[variable(f"drop.{name}")])
        for name in SECTIONS["drop"].model_fields
        if name != "path" and variable(f"drop.{name}") in environment
    }
    if not for_all or not isinstance(folders, list):
        return folders
    return [{**folder, **for_all} if isinstance(folder, dict) else folder for folder in folders]


def _plain_value(text: str) -> float | bool | str:
    """What a variable's text means; one that is no number stays a text, which the model may refuse."""
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    try:
        return float(text)
    except ValueError:
        return text


def _explain(detail: ErrorDetails, file: Path) -> str:
    """One line for one wrong key: the key, what is wrong, the value unless secret, and the source."""
    place = ".".join(str(part) for part in detail["loc"])
    section, *rest = (str(part) for part in detail["loc"])
    if detail["type"] == "extra_forbidden":
        near = _nearest(rest[-1], set(SECTIONS[section].model_fields))
        return f"{place}: no such setting in {file.name}{near}"
    if detail["type"] == "missing":
        return f"{place}: is needed ({file.name})"
    message = detail["msg"].removeprefix("Value error, ")
    if not rest or isinstance(detail["input"], (dict, list, BaseModel)):
        head, colon, tail = message.partition(": ")
        return f"{section}.{head}: {tail}" if colon else f"{place}: {message}"
    source = variable(place) if _from_environment((place,)) else file.name
    shown = "" if rest[-1] == "password" else f", not {_show(place, detail['input'])}"
    return f"{place}: {message[0].lower()}{message[1:]}{shown} ({source})"


def _show(key: str, value: object) -> str:
    return repr(redact_url(value)) if key == "store.url" and isinstance(value, str) else repr(value)


def _with_absolute_paths(settings: Settings, folder: Path) -> Settings:
    changed: dict[str, Any] = {}
    for section in type(settings).model_fields:
        value = getattr(settings, section)
        if isinstance(value, list):
            changed[section] = [_absolute(part, folder) for part in value]
        else:
            changed[section] = _absolute(value, folder)
    return settings.model_copy(update=changed)


def _absolute(part: BaseModel, folder: Path) -> BaseModel:
    changed = {
        name: str(folder / getattr(part, name))
        for name, field in type(part).model_fields.items()
        if field.json_schema_extra == PATH and getattr(part, name)
    }
    url = getattr(part, "url", "")
    if url.startswith("sqlite:///"):
        changed["url"] = f"sqlite:///{folder / url.removeprefix('sqlite:///')}"
    return part.model_copy(update=changed)


def _from_environment(place: tuple[int | str, ...]) -> bool:
    """Whether a variable says it: then _unknown_variables has named it already."""
    wanted = variable(".".join(str(part) for part in place))
    return any(name.upper() == wanted for name in os.environ)


def _source(key: str, written: Mapping[str, Any]) -> Source:
    if _from_environment((key,)):
        return "environment"
    section, *_, name = key.split(".")
    table = written.get(section, {})
    if section == "drop":
        table = table[int(key.split(".")[1])]
    return "file" if name in table else "default"
