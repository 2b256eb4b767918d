"""What the FTP door is told when it starts: plain values, read from the settings by qttd."""

from dataclasses import dataclass, field
from pathlib import Path

from receiver.admission.ban_rules import BanPolicy
from receiver.ftp.masquerade import Masquerade
from receiver.trial import Trial

MIB = 1024 * 1024


@dataclass(frozen=True, slots=True)
class FtpOptions:
    """Settings of one FTP door. Times are seconds."""

    host: str = "0.0.0.0"  # noqa: S104 - a receiving server listens to the world
    """Address to listen on; "::" takes IPv6 and IPv4."""
    port: int = 2121
    """0 takes a free one, which `on_ready` is told."""
    passive_ports: range = range(26000, 31000)
    """Each data connection that is waited for takes one."""
    implicit_port: int | None = None
    """A second port, encrypted from the first byte; needs `tls_cert`. 0 takes a free one."""
    masquerade: Masquerade = field(default_factory=Masquerade)
    """What PASV names instead of our own address, behind a NAT."""
    max_connections: int = 10_000
    """Sessions at once in this process; data connections do not count."""
    tls_cert: Path | None = None
    """PEM chain; with `tls_key` explicit FTPS is offered."""
    tls_key: Path | None = None
    require_tls: bool = False
    """Refuse log-ins and transfers that are not encrypted."""
    max_file_bytes: int = MIB
    control_timeout: float = 300.0
    """A session without a command ends after this."""
    login_timeout: float = 60.0
    """A session that has not logged in ends after this."""
    data_timeout: float = 60.0
    """A transfer without progress is cut after this."""
    connect_timeout: float = 30.0
    """How long a data connection is waited for."""
    min_free_bytes: int = 256 * MIB
    """Below this much free disk uploads are refused with 452."""
    login_delay: float = 1.0
    """A refused login is answered after this."""
    bans: BanPolicy = field(default_factory=BanPolicy)
    """When failed logins shut an address or an account out."""
    waiting_logins_per_address: int = 4000
    """Sessions of one address that have not logged in yet; more are turned away."""
    fruitless_sessions_per_minute: int = 1200
    """Sessions that ended without a login, of an address that no account ever came from."""
    reader_days: int = 60
    """Reader accounts see the files that arrived within so many days."""
    trial: Trial | None = None
    """Who looks on and makes trouble; only the conformance kit."""
    shutdown_grace: float = 20.0
    """How long transfers may still take when the role is to end."""
