"""Which settings exist: one class a section of qttd.toml (qttd/sections/), one field a key.

A field's default is the documented one and its description is the comment that `qttd init`
writes above the key. Nothing is read here (qttd/settings.py does that), and no room sees these
classes: qttd/roles.py hands each room plain values.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import PrivateAttr, model_validator
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from qttd.sections.alarms import AlarmsSettings
from qttd.sections.api import ApiSettings
from qttd.sections.audit import AuditSettings
from qttd.sections.drop import DropSettings
from qttd.sections.ftp import FtpSettings
from qttd.sections.gateway import GatewaySettings
from qttd.sections.intake import IntakeSettings
from qttd.sections.log import LogSettings
from qttd.sections.mail import MailSettings
from qttd.sections.relay import RelaySettings
from qttd.sections.retention import RetentionSettings
from qttd.sections.section import Section
from qttd.sections.sftp import SftpSettings
from qttd.sections.store import StoreSettings

Source = Literal["default", "file", "environment"]

SECTIONS: Mapping[str, type[Section]] = {
    "store": StoreSettings,
    "intake": IntakeSettings,
    "ftp": FtpSettings,
    "sftp": SftpSettings,
    "api": ApiSettings,
    "drop": DropSettings,
    "relay": RelaySettings,
    "retention": RetentionSettings,
    "mail": MailSettings,
    "alarms": AlarmsSettings,
    "gateway": GatewaySettings,
    "audit": AuditSettings,
    "log": LogSettings,
}
"""The sections in the file's order; [[drop]] may stand there several times."""


class _Environment(EnvSettingsSource):
    """QTTD_SECTION__KEY, except for the list of drop folders, which qttd/settings.py puts together."""

    def __call__(self) -> dict[str, Any]:
        values = super().__call__()
        values.pop("drop", None)
        return values


class Settings(BaseSettings):
    """All settings. Later sources win: defaults, the file (given as keywords), the environment.

    Paths in it are absolute once qttd/settings.py has loaded it.
    """

    model_config = SettingsConfigDict(
        extra="forbid", frozen=True, strict=True, env_prefix="QTTD_", env_nested_delimiter="__"
    )

    store: StoreSettings = StoreSettings()
    intake: IntakeSettings = IntakeSettings()
    ftp: FtpSettings = FtpSettings()
    sftp: SftpSettings = SftpSettings()
    api: ApiSettings = ApiSettings()
    drop: list[DropSettings] = []
    relay: RelaySettings = RelaySettings()
    retention: RetentionSettings = RetentionSettings()
    mail: MailSettings = MailSettings()
    alarms: AlarmsSettings = AlarmsSettings()
    gateway: GatewaySettings = GatewaySettings()
    audit: AuditSettings = AuditSettings()
    log: LogSettings = LogSettings()

    @model_validator(mode="after")
    def _sections_fit_together(self) -> Self:
        if self.audit.mail_to and not self.mail.host:
            raise ValueError("audit.mail_to: needs a mail server (mail.host)")
        return self

    _file: Path = PrivateAttr()
    _sources: Mapping[str, Source] = PrivateAttr()

    @property
    def file(self) -> Path:
        """The settings file, absolute."""
        return self._file

    @property
    def sources(self) -> Mapping[str, Source]:
        """Where each key's value comes from: `ftp.port` -> `environment`."""
        return self._sources

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        return (_Environment(settings_cls), init_settings)
