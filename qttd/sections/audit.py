"""The section [audit] of qttd.toml."""

import re

from pydantic import Field, field_validator

from qttd.sections.section import Section


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
