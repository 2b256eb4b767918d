"""The section [checks] of qttd.toml."""

from pydantic import Field

from qttd.sections.section import Section


class ChecksSettings(Section):
    """What every station is judged by, where its channels say nothing else."""

    future_minutes: int = Field(
        default=5, ge=0, le=1440, description="measured later than arrived by more than this fails"
    )
