"""The section [alarms] of qttd.toml."""

from datetime import datetime

from pydantic import Field, field_validator

from qttd.sections.section import Section


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
