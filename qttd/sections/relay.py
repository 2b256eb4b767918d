"""The section [relay] of qttd.toml."""

from pydantic import Field

from qttd.sections.section import Seconds, Section


class RelaySettings(Section):
    """How the forwarder speaks with targets."""

    connect_timeout_seconds: Seconds = Field(
        default=15.0, description="a target that does not answer for so long cannot connect"
    )
    transfer_timeout_seconds: Seconds = Field(
        default=60.0, description="a transfer that stands still for so long has failed"
    )
