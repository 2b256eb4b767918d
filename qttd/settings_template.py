"""The commented qttd.toml that `qttd init` writes: every key, with its default and what it is for."""

from pydantic import SecretStr
from pydantic.fields import FieldInfo

from qttd.settings_model import SECTIONS

_HEAD = """\
# Settings of qttd. Each key can also be given as QTTD_SECTION__KEY in the environment, which wins.
# Paths are relative to this file. An unknown key is an error. `qttd check` shows what is in force.
"""


def settings_text() -> str:
    """The file's text; read back it gives exactly the defaults."""
    parts = [_HEAD]
    for section, model in SECTIONS.items():
        keys = [_key(name, field, section == "drop") for name, field in model.model_fields.items()]
        head = f"# {model.__doc__}\n" + ("# [[drop]]" if section == "drop" else f"[{section}]")
        parts.append("\n".join((head, *keys)) + "\n")
    return "\n".join(parts)


def _key(name: str, field: FieldInfo, off: bool) -> str:
    """`key = value  # what it is for`; commented out where there is no default that could stand there."""
    if isinstance(field.default, SecretStr):
        off = True
    value = '"/srv/ftp"' if field.is_required() else _toml(field.default)
    line = f"{'# ' if off else ''}{name} = {value}"
    return f"{line:<38} # {field.description}"


def _toml(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float)):
        return f"{value:g}" if isinstance(value, float) else str(value)
    return '"' + (value.get_secret_value() if isinstance(value, SecretStr) else str(value)) + '"'
