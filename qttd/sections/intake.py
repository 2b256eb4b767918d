"""The section [intake] of qttd.toml."""

from pydantic import Field

from qttd.sections.section import PATH, Section


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
        le=1_073_741_824,
        description="with less free on the journal's disk, doors answer 452 and take nothing",
    )
