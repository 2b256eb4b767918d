"""The section [ftp] of qttd.toml."""

from re import fullmatch
from typing import Self

from pydantic import Field, field_validator, model_validator

from qttd.sections.section import PATH, Port, Seconds, Section
from receiver.ftp.masquerade import read_masquerade


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
    max_connections: int = Field(
        default=10000, ge=2, le=2_000_000_000, description="sessions at once, of each process"
    )
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
        le=1_000_000,
        description="sessions of one address that have not logged in; more are turned away",
    )
    fruitless_sessions_per_minute: int = Field(
        default=1200,
        ge=1,
        le=1_000_000,
        description="sessions without a login, of an address that no account ever came from",
    )

    @field_validator("passive_ports")
    @classmethod
    def _range(cls, text: str) -> str:
        first, _, last = text.partition("-")
        if not fullmatch(r"\s*[0-9]{1,5}\s*-\s*[0-9]{1,5}\s*", text):
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
