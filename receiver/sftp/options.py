"""What the SFTP door is told when it starts; what both doors share stands in FtpOptions."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class SftpOptions:
    """Settings of one SFTP door. It listens on the FTP door's address."""

    port: int
    """0 takes a free one, which `on_ready` is told."""
    host_key: Path
    """The host's private key in OpenSSH's or PEM form."""
    make_host_key: bool = False
    """Make it where it is not there yet."""
    max_connections: int = 1000
    """Connections at once in this process: each costs far more memory than an FTP session."""
