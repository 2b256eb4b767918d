"""The section [log] of qttd.toml."""

from typing import Literal

from pydantic import Field

from qttd.sections.section import Section


class LogSettings(Section):
    """The log, on stderr."""

    level: Literal["debug", "info", "warning", "error"] = Field(
        default="info", description="debug, info, warning or error"
    )
    format: Literal["console", "json"] = Field(
        default="console", description="console (for people) or json (one object a line)"
    )
