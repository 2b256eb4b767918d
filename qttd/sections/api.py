"""The section [api] of qttd.toml."""

from typing import Literal

from pydantic import Field

from qttd.sections.section import Port, Section


class ApiSettings(Section):
    """Pages, REST and metrics, over HTTP. Put a TLS proxy in front for other hosts."""

    host: str = Field(default="127.0.0.1", min_length=1, description="address to listen on")
    port: Port = Field(default=8080, description="port")
    page_login: Literal["remote", "always", "never"] = Field(
        default="remote",
        description="who signs in to open the page: who comes from another machine, everybody, or nobody",
    )
    session_idle_minutes: int = Field(
        default=30, ge=1, le=1440, description="who does nothing for so long is signed out"
    )
    session_hours: int = Field(
        default=12, ge=1, le=168, description="everybody is signed out after so many hours"
    )
    max_body_kib: int = Field(
        default=1024, ge=16, le=65536, description="the largest body of a request that is no upload"
    )
    tls_in_front: bool = Field(
        default=False,
        description="a proxy speaks TLS: cookies go over TLS only, X-Forwarded-For is believed",
    )
