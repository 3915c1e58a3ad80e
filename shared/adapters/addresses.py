"""Which network addresses a host name that a user gave may lead to (SSRF)."""

import ipaddress

type Address = ipaddress.IPv4Address | ipaddress.IPv6Address

_REFUSED = tuple(
    ipaddress.ip_network(network)
    for network in (
        "168.63.129.16/32",  # Azure's own services for a machine: DHCP, DNS, guest agent
        "169.254.0.0/16",  # link-local, with Azure's instance metadata at 169.254.169.254
        "100.64.0.0/10",  # shared by the customers of one carrier (RFC 6598)
        "192.88.99.0/24",  # 6to4 relays (RFC 7526)
        "2001::/32",  # Teredo (RFC 4380), which embeds other addresses
        "2002::/16",  # 6to4 (RFC 3056), which does too
        "fec0::/10",  # site-local (RFC 3879)
    )
)
_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")
"""RFC 6052: on a network without IPv4, DNS64 gives such an address for any public host."""


def is_public(address: Address) -> bool:
    """Whether an address is one of the public internet's, itself and what it embeds."""
    if isinstance(address, ipaddress.IPv6Address):
        embedded = _embedded(address)
        if embedded is not None:
            return is_public(embedded)
    if any(address in network for network in _REFUSED if network.version == address.version):
        return False
    return address.is_global and not address.is_multicast and not address.is_reserved


def _embedded(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFF_FFFF)
    return address.ipv4_mapped
