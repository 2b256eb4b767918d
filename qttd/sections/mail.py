"""The section [mail] of qttd.toml."""

from re import fullmatch
from typing import Literal, Self

from pydantic import Field, SecretStr, model_validator

from qttd.sections.section import PATH, Port, Section

_ADDRESS = r"[^@\s<>,;]+@[^@\s<>,;]+"
_SENDER = rf"{_ADDRESS}|[^@<>\r\n]*<{_ADDRESS}>"
"""An address, or a name and an address in angle brackets."""


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
        if self.host and not fullmatch(_SENDER, self.sender):
            raise ValueError("sender: mail needs the address that it comes from")
        return self
