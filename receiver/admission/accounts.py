"""Accounts of loggers as the doors need them, and where they come from.

The store is the source; this room only reads it, through a protocol, so that a door can also run
for hours without it (see account_cache). What an account may send is judged later, by the watcher: a
door takes a foreign station's file too, since a refused logger would send it for ever.
"""

from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import Literal, Protocol

from receiver.admission.quotas import Quota

Permission = Literal["upload", "read"]


@dataclass(frozen=True, slots=True)
class Account:
    """One account. Equal values mean that nothing has changed."""

    name: str
    password_hash: str
    """argon2 in the PHC text form."""
    stations: frozenset[str] = frozenset()
    """Codes of the stations it sends for."""
    allow: tuple[IPv4Network | IPv6Network, ...] = ()
    """Networks it may come from; none means any."""
    permissions: frozenset[Permission] = frozenset({"upload"})
    disabled: bool = False
    layout: int = 0
    """Of a reader's dated folders (store/files/folder_layouts.py)."""
    keys: frozenset[str] = frozenset()
    """Public keys it may log in with over SFTP: kind and base64, as in OpenSSH's .pub files."""

    quota: Quota | None = None
    """How much it may upload a day."""

    def admits(self, peer: str) -> bool:
        """True where the account may log in from that address (text, without a port)."""
        if not self.allow:
            return True
        address = ip_address(peer.partition("%")[0])
        return any(address.version == network.version and address in network for network in self.allow)


class AccountSource(Protocol):
    """Where the accounts are kept. Both calls may raise anything while the store is away."""

    def revision(self) -> int:
        """A number that changes whenever any account does; cheap enough to be asked each second."""

    def load(self) -> list[Account]:
        """All accounts, disabled ones too."""
