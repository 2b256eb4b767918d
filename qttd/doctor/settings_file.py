"""The settings file and the secrets beside it: who may read and who may write them.

That the settings are valid is seen by loading them, before anything else is looked at.
"""

import stat
from collections.abc import Iterator
from pathlib import Path

from cryptography.fernet import Fernet

from qttd.doctor.finding import Finding, failed, ok, warning, wrong_setting
from qttd.errors import BadSettingsError
from qttd.settings import Settings, store_url

_OTHERS_WRITE = stat.S_IWGRP | stat.S_IWOTH
_OTHERS_READ = stat.S_IRGRP | stat.S_IROTH


def check_settings_file(settings: Settings) -> Iterator[Finding]:
    """The file's permissions, and the password file where there is one."""
    file = settings.file
    mode = file.stat().st_mode
    holds_password = settings.sources["store.password"] == "file"
    if mode & _OTHERS_WRITE:
        yield failed("settings", f"{file} can be changed by others than its owner", f"chmod go-w {file}")
    elif holds_password and mode & stat.S_IROTH:
        yield warning("settings", f"{file} holds a password and everybody may read it", f"chmod o-r {file}")
    else:
        yield ok("settings", f"{file} is valid, and only its owner may change it")
    try:
        store_url(settings)
    except BadSettingsError as error:
        yield wrong_setting("settings", str(error), "make the file readable, or clear store.password_file")


def check_key_file(settings: Settings) -> Finding:
    """The key that relay passwords are encrypted with."""
    path = Path(settings.store.key_file)
    try:
        Fernet(path.read_bytes().strip())
        mode = path.stat().st_mode
    except FileNotFoundError:
        message = f"store.key_file: {path} is not there, so no target's password can be opened"
        return wrong_setting(
            "key_file", message, "put it back from your backup; `qttd migrate` makes a new one"
        )
    except (OSError, ValueError) as error:
        message = f"store.key_file: {path} cannot be used: {error}"
        return wrong_setting("key_file", message, "put it back from your backup")
    if mode & (_OTHERS_READ | _OTHERS_WRITE):
        return warning("key_file", f"others than its owner may read {path}", f"chmod 600 {path}")
    return ok("key_file", f"{path} is a key, and only its owner may read it")
