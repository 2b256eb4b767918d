"""The section [retention] of qttd.toml."""

from pydantic import Field, field_validator

from qttd.sections.section import PATH, Section

_LEAST_RAW, _LEAST_READINGS = 3, 13
"""Reader accounts look 60 days back; a yearly figure needs its year."""


class RetentionSettings(Section):
    """What leaves the store once a month archive holds it. As delivered, nothing ever does."""

    archives: str = Field(
        default="",
        description="where `qttd archive make` puts month archives, best on another disk",
        json_schema_extra=PATH,
    )
    raw_months: int = Field(
        default=0,
        ge=0,
        le=1200,
        description="the bytes of archived files leave the store after so many months (3 or more); 0: never",
    )
    readings_months: int = Field(
        default=0,
        ge=0,
        le=1200,
        description="the readings of archived months leave it after so many months (13 or more); 0: never",
    )

    @field_validator("raw_months")
    @classmethod
    def _raw(cls, months: int) -> int:
        if 0 < months < _LEAST_RAW:
            raise ValueError(f"should be 0, or {_LEAST_RAW} or more")
        return months

    @field_validator("readings_months")
    @classmethod
    def _readings(cls, months: int) -> int:
        if 0 < months < _LEAST_READINGS:
            raise ValueError(f"should be 0, or {_LEAST_READINGS} or more")
        return months
