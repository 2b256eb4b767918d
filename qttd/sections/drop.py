"""The sections [[drop]] of qttd.toml."""

from typing import Literal

from pydantic import Field

from qttd.sections.section import PATH, Section


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
