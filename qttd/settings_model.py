"""Which settings exist: one class a section of qttd.toml, one field a key.

A field's default is the documented one and its description is the comment that `qttd init`
writes above the key. Nothing is read here (qttd/settings.py does that), and no room sees these
classes: qttd/roles.py hands each room plain values.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, PrivateAttr, SecretStr, field_validator, model_validator
from pydantic_settings import (
    BaseSettings,
    EnvSettingsSource,
    PydanticBaseSettingsSource,
    SettingsConfigDict,
)

from receiver.masquerade import read_masquerade

Source = Literal["default", "file", "environment"]

Port = Annotated[int, Field(ge=1, le=65535)]
Seconds = Annotated[float, Field(gt=0, le=86400)]
PATH: dict[str, Any] = {"path": True}
"""Marks a key that names a file or folder, relative to the settings file unless absolute."""


class Section(BaseModel):
    """What all sections share: unknown keys are errors, a number in quotes is not a number."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class StoreSettings(Section):
    """Where everything is kept."""

    url: str = Field(
        default="sqlite:///qttd.db",
        description="sqlite:///FILE, or postgresql://user@host/db",
    )
    password: SecretStr = Field(
        default=SecretStr(""),
        description="password of a PostgreSQL store; better in QTTD_STORE__PASSWORD or in password_file",
    )
    password_file: str = Field(
        default="", description="a file whose first line is that password", json_schema_extra=PATH
    )
    key_file: str = Field(
        default="qttd.key",
        description="the key that relay passwords are encrypted with; keep it with your backups",
        json_schema_extra=PATH,
    )

    @field_validator("url")
    @classmethod
    def _known_database(cls, url: str) -> str:
        scheme, _, rest = url.partition("://")
        if scheme == "sqlite":
            if not rest.startswith("/") or rest in ("/", "/:memory:") or "?" in rest:
                raise ValueError("should be sqlite:///FILE (the store cannot live in memory)")
        elif scheme not in ("postgresql", "postgresql+psycopg"):
            raise ValueError("should begin with sqlite:/// or postgresql://")
        return url


class IntakeSettings(Section):
    """The journal that every door writes into before it answers."""

    journal: str = Field(
        default="intake.db",
        min_length=1,
        description="the intake journal, a file on a local disk",
        json_schema_extra=PATH,
    )
    keep_days: int = Field(default=7, ge=1, le=3660, description="how long clients still see their files")
    max_file_kib: int = Field(default=1024, ge=1, le=1_048_576, description="the largest file a door takes")
    min_free_mib: int = Field(
        default=256,
        ge=0,
        description="with less free on the journal's disk, doors answer 452 and take nothing",
    )


class FtpSettings(Section):
    """The FTP door."""

    host: str = Field(default="0.0.0.0", min_length=1, description="address to listen on; :: for IPv6")  # noqa: S104 - a door
    port: Port = Field(default=2121, description="control port")
    passive_ports: str = Field(
        default="26000-30999",
        description="each waiting data connection needs one; keep below the kernel's own range",
    )
    implicit_port: int = Field(
        default=0, ge=0, le=65535, description="a port for FTPS that is encrypted from the first byte; 0: off"
    )
    masquerade: str = Field(
        default="",
        description="address to give to clients where this host is behind a router, or NETWORK=ADDRESS, …",
    )
    workers: int = Field(default=1, ge=1, le=64, description="receiving processes that share the port")
    max_connections: int = Field(default=10000, ge=2, description="sessions at once, of each process")
    tls_cert: str = Field(
        default="", description="with tls_key: explicit FTPS is offered", json_schema_extra=PATH
    )
    tls_key: str = Field(default="", description="private key of tls_cert", json_schema_extra=PATH)
    require_tls: bool = Field(default=False, description="true: no login without TLS")
    data_timeout_seconds: Seconds = Field(
        default=60.0, description="a data connection that is silent so long is closed"
    )
    control_timeout_seconds: Seconds = Field(
        default=300.0, description="a control connection that is silent so long is closed"
    )
    reader_days: int = Field(
        default=60,
        ge=1,
        le=36500,
        description="reader accounts see the files that arrived within so many days",
    )
    ban_after: int = Field(
        default=10,
        ge=0,
        le=10000,
        description="failed logins within an hour that shut an address out; 0: never",
    )
    ban_minutes: float = Field(
        default=10.0,
        gt=0,
        le=1440,
        description="how long at first; each further time twice as long, a day at most",
    )
    waiting_logins_per_address: int = Field(
        default=4000,
        ge=1,
        description="sessions of one address that have not logged in; more are turned away",
    )
    fruitless_sessions_per_minute: int = Field(
        default=1200,
        ge=1,
        description="sessions without a login, of an address that no account ever came from",
    )

    @field_validator("passive_ports")
    @classmethod
    def _range(cls, text: str) -> str:
        first, dash, last = text.partition("-")
        if not (dash and first.strip().isascii() and first.strip().isdigit() and last.strip().isdigit()):
            raise ValueError('should be FIRST-LAST, such as "26000-30999"')
        if not 1024 <= int(first) <= int(last) <= 65535:
            raise ValueError("should be FIRST-LAST with 1024 <= FIRST <= LAST <= 65535")
        return text

    @field_validator("masquerade")
    @classmethod
    def _addresses(cls, text: str) -> str:
        read_masquerade(text)
        return text

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        if bool(self.tls_cert) != bool(self.tls_key):
            missing = "tls_key" if self.tls_cert else "tls_cert"
            raise ValueError(f"{missing}: tls_cert and tls_key belong together")
        if self.require_tls and not self.tls_cert:
            raise ValueError("require_tls: needs tls_cert and tls_key")
        if self.port in self.passive_range or self.implicit_port in self.passive_range:
            raise ValueError("passive_ports: the control port lies inside of them")
        if self.implicit_port and not self.tls_cert:
            raise ValueError("implicit_port: needs tls_cert and tls_key")
        if self.implicit_port == self.port:
            raise ValueError("implicit_port: is the control port already")
        return self

    @property
    def passive_range(self) -> range:
        """The passive ports, first to last included."""
        first, _, last = self.passive_ports.partition("-")
        return range(int(first), int(last) + 1)


class SftpSettings(Section):
    """The SFTP door: on the FTP door's address, with its accounts, limits and bans."""

    port: int = Field(default=0, ge=0, le=65535, description="0: off")
    host_key: str = Field(
        default="",
        description="private key; empty: sftp_host_key beside the journal, made at the first start",
        json_schema_extra=PATH,
    )
    max_connections: int = Field(default=1000, ge=1, description="connections at once, of each process")


class ApiSettings(Section):
    """Pages, REST and metrics, over HTTP. Put a TLS proxy in front for other hosts."""

    host: str = Field(default="127.0.0.1", min_length=1, description="address to listen on")
    port: Port = Field(default=8080, description="port")
    page_login: Literal["remote", "always", "never"] = Field(
        default="remote",
        description="who signs in to open the page: who comes from another machine, everybody, or nobody",
    )
    session_idle_minutes: int = Field(
        default=30, ge=1, le=1440, description="who does nothing for so long is signed out"
    )
    session_hours: int = Field(
        default=12, ge=1, le=168, description="everybody is signed out after so many hours"
    )
    tls_in_front: bool = Field(
        default=False,
        description="a proxy speaks TLS: cookies go over TLS only, X-Forwarded-For is believed",
    )


class DropSettings(Section):
    """A folder that others write station files into."""

    path: str = Field(min_length=1, description="the folder", json_schema_extra=PATH)
    settle_seconds: float = Field(
        default=10.0, ge=0, le=86400, description="a file is taken once it has not changed for so long"
    )
    mode: Literal["take", "shadow"] = Field(
        default="take",
        description="shadow: another server's tree; arrival is the file's time, and nothing is relayed",
    )
    rescan_seconds: float = Field(
        default=30.0, gt=0, le=86400, description="how often the tree is looked through"
    )
    max_age_days: float = Field(
        default=0.0,
        ge=0,
        le=36500,
        description="older files are left to `qttd import-tree`; 0: all are taken",
    )
    polling: bool = Field(
        default=False,
        description="true on a network share, which sends no events: only the looking through counts",
    )


class ChecksSettings(Section):
    """What every station is judged by, where its channels say nothing else."""

    future_minutes: int = Field(
        default=5, ge=0, le=1440, description="measured later than arrived by more than this fails"
    )


class RelaySettings(Section):
    """How the forwarder speaks with targets."""

    connect_timeout_seconds: Seconds = Field(
        default=15.0, description="a target that does not answer for so long cannot connect"
    )
    transfer_timeout_seconds: Seconds = Field(
        default=60.0, description="a transfer that stands still for so long has failed"
    )


class MailSettings(Section):
    """The department's mail server, for alarms."""

    host: str = Field(default="", description="name of the server; empty: no mail is sent")
    port: Port = Field(default=587, description="587 with starttls, 465 with tls, mostly")
    security: Literal["starttls", "tls", "none"] = Field(
        default="starttls", description="starttls, tls or none (only on a network of your own)"
    )
    sender: str = Field(default="", description="the address that mails come from")
    user: str = Field(default="", description="empty: no login")
    password: SecretStr = Field(
        default=SecretStr(""), description="better in QTTD_MAIL__PASSWORD or in password_file"
    )
    password_file: str = Field(
        default="", description="a file whose first line is that password", json_schema_extra=PATH
    )
    ca_file: str = Field(
        default="", description="authorities to trust instead of the system's", json_schema_extra=PATH
    )

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.host and "@" not in self.sender:
            raise ValueError("sender: mail needs the address that it comes from")
        return self


class AlarmsSettings(Section):
    """What people are told, and when; who is told stands in the alarm rules (`qttd alarm import`)."""

    self_test_at: str = Field(
        default="07:00", description="when the daily proof that alarms go out is sent, in Vietnam"
    )
    relay_stuck_minutes: int = Field(
        default=60, ge=5, le=44640, description="a target that fails for so long is told of"
    )
    certificate_days: int = Field(
        default=30, ge=1, le=365, description="a certificate that ends within so many days is told of"
    )

    @field_validator("self_test_at")
    @classmethod
    def _time_of_day(cls, text: str) -> str:
        try:
            datetime.strptime(text, "%H:%M")  # noqa: DTZ007 - a time of the day
        except ValueError:
            raise ValueError('should be a time of the day, such as "07:00"') from None
        return text


class GatewaySettings(Section):
    """An SMS or Zalo provider's HTTP call; {to}, {text} and {subject} are put in."""

    url: str = Field(default="", description="empty: there is none")
    method: Literal["POST", "GET", "PUT"] = Field(default="POST", description="POST, GET or PUT")
    body: str = Field(default="", description="what is sent, with the placeholders")
    content_type: str = Field(default="application/json", description="of the body")
    password: SecretStr = Field(
        default=SecretStr(""),
        description="the whole Authorization header; better in QTTD_GATEWAY__PASSWORD or in password_file",
    )
    password_file: str = Field(
        default="", description="a file whose first line is that header", json_schema_extra=PATH
    )

    @field_validator("url")
    @classmethod
    def _http(cls, url: str) -> str:
        if url and not url.startswith(("https://", "http://")):
            raise ValueError("should begin with https:// or http://")
        return url


class AuditSettings(Section):
    """The audit log. Its day's last hash leaves the house, so that nobody can make all of it anew."""

    mail_to: str = Field(
        default="", description="addresses outside, separated by commas; empty: only the log tells it"
    )

    @field_validator("mail_to")
    @classmethod
    def _are_addresses(cls, text: str) -> str:
        for address in filter(None, map(str.strip, text.split(","))):
            if not re.fullmatch(r"[^@\s]+@[^@\s]+", address):
                raise ValueError(f"{address!r} is no e-mail address")
        return text

    @property
    def addresses(self) -> list[str]:
        """The addresses, one by one."""
        return [address for address in map(str.strip, self.mail_to.split(",")) if address]


class LogSettings(Section):
    """The log, on stderr."""

    level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="debug, info, warning or error"
    )
    format: Literal["console", "json"] = Field(
        default="console", description="console (for people) or json (one object a line)"
    )


SECTIONS: Mapping[str, type[Section]] = {
    "store": StoreSettings,
    "intake": IntakeSettings,
    "ftp": FtpSettings,
    "sftp": SftpSettings,
    "api": ApiSettings,
    "drop": DropSettings,
    "checks": ChecksSettings,
    "relay": RelaySettings,
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
    checks: ChecksSettings = ChecksSettings()
    relay: RelaySettings = RelaySettings()
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
