"""Which address PASV names, where this host is known to its clients under another one.

Behind a router the world comes in by one address and the department's own network by another, so the answer
depends on where a client comes from: the narrowest network that holds it decides.
"""

from ipaddress import AddressValueError, IPv4Address, IPv4Network, ip_address
from typing import NamedTuple


class Rule(NamedTuple):
    """Clients of a network are told an address; None: the one that they are connected to."""

    network: IPv4Network
    address: IPv4Address | None


class Masquerade(NamedTuple):
    """All rules, the narrowest network first."""

    rules: tuple[Rule, ...] = ()

    def address_for(self, peer: str) -> str | None:
        """The address for a client at that address, None where it is the one that it is connected to."""
        client = ip_address(peer.partition("%")[0])
        for rule in self.rules:
            if client.version == 4 and client in rule.network:
                return None if rule.address is None else str(rule.address)
        return None


def read_masquerade(text: str) -> Masquerade:
    """Reads `ADDRESS`, or entries `NETWORK=ADDRESS` separated by commas, in which an ADDRESS alone is for
    all other clients and `NETWORK=` means our own address. Raises ValueError with what is wrong.
    """
    rules: dict[IPv4Network, Rule] = {}
    for entry in filter(None, (part.strip() for part in text.split(","))):
        network_text, named, address_text = entry.rpartition("=")
        try:
            network = IPv4Network(network_text.strip() or "0.0.0.0/0")
            address = IPv4Address(address_text.strip()) if address_text.strip() else None
        except (AddressValueError, ValueError) as error:
            raise ValueError(f"{entry!r} should be ADDRESS or NETWORK=ADDRESS, in IPv4: {error}") from None
        if named and not network_text.strip():
            raise ValueError(f"{entry!r} names no network")
        if network in rules:
            raise ValueError(f"{network} stands there twice")
        rules[network] = Rule(network, address)
    return Masquerade(tuple(sorted(rules.values(), key=lambda rule: -rule.network.prefixlen)))
