"""The section [gateway] of qttd.toml."""

import re
from typing import Literal

from pydantic import Field, SecretStr, field_validator

from qttd.sections.section import PATH, Section
from store.lists.web_address import is_web_address

_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_KNOWN = ("to", "text", "subject")


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
        # a placeholder may stand anywhere behind the host
        if url and not is_web_address(url.replace("{", "").replace("}", "")):
            raise ValueError("should begin with https:// or http://, and name a host")
        return url

    @field_validator("url", "body")
    @classmethod
    def _known_placeholders(cls, text: str) -> str:
        for name in _PLACEHOLDER.findall(text):
            if name not in _KNOWN:
                raise ValueError(f"{{{name}}} is no placeholder; there are {{to}}, {{text}} and {{subject}}")
        return text
