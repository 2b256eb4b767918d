"""The section [sftp] of qttd.toml."""

from pydantic import Field

from qttd.sections.section import PATH, Section


class SftpSettings(Section):
    """The SFTP door: on the FTP door's address, with its accounts, limits and bans."""

    port: int = Field(default=0, ge=0, le=65535, description="0: off")
    host_key: str = Field(
        default="",
        description="private key; empty: sftp_host_key beside the journal, made at the first start",
        json_schema_extra=PATH,
    )
    max_connections: int = Field(default=1000, ge=1, description="connections at once, of each process")
