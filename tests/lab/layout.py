"""The name of a layout -> its network: client, client-edge, provider, server-edge, server.

IPv6 is routed in every layout. A public server has a second address, 203.0.113.3. An edge that translates owns the
public address behind which it hides its side and, as home routers do, drops what nobody there asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from ftpdiag.demo.network import Host, Network


class Layout(StrEnum):
    """What the edges do."""

    ROUTED = "routed"
    CLIENT_NAT = "client-nat"
    SERVER_NAT = "server-nat"
    TWO_UPLINKS = "two-uplinks"
    """What the client opens to a high port, and what comes from port 20, goes by a second edge of the client's."""

    PRIVATE_CLIENT = "private-client"
    """The client has a private address, and all is routed: the network of a company that has public addresses too."""

    CARRIER_NAT = "carrier-nat"
    """As with `client-nat`, but the edge's address is of a shared space, and the router `carrier-nat` translates it."""

    SHARED_ADDRESS = "shared-address"
    """The client itself has an address of the provider's shared space; the edge translates it."""

    ONE_EDGE = "one-edge"
    """Client and server are behind the same edge, `client-edge`, which forwards its public address, 203.0.113.2."""

    TWO_SERVERS = "two-servers"
    """Behind the server's edge stands a second server, `second-server`; the case says who is led to which."""

    LONG = "long"
    """Between the provider and the server's edge lies one more router, `backbone`."""


CLIENT = "198.51.100.2"
SERVER = "203.0.113.2"

CLIENT_NAT = f"""
table ip nat {{
    chain source {{
        type nat hook postrouting priority srcnat
        oifname "provider" snat to {CLIENT}
    }}
    chain unasked {{
        type filter hook input priority filter
        iifname "provider" ct state new drop
    }}
}}
"""

SERVER_NAT = f"""
table ip nat {{
    chain target {{
        type nat hook prerouting priority dstnat
        iifname "provider" ip daddr {SERVER} tcp dport {{ 21, 990, 50000-50100 }} dnat to 10.2.0.2
    }}
    chain source {{
        type nat hook postrouting priority srcnat
        oifname "provider" snat to {SERVER}
    }}
    chain unasked {{
        type filter hook input priority filter
        iifname "provider" ct state new drop
    }}
}}
"""


def build(network: Network, layout: Layout) -> Mapping[str, Host]:
    """Bring the hosts up and wire them."""
    return _one_edge(network) if layout is Layout.ONE_EDGE else _two_edges(network, layout)


def _one_edge(network: Network) -> Mapping[str, Host]:
    client, edge, provider, server = hosts = (
        network.host("client"),
        network.router("client-edge"),
        network.router("provider"),
        network.host("server"),
    )
    network.link(edge, client, "10.1.0.0/24")
    network.link(edge, server, "10.2.0.0/24")
    network.link(provider, edge, "198.18.1.0/30")
    client.ip("route add default via 10.1.0.1")
    server.ip("route add default via 10.2.0.1")
    edge.ip("route add default via 198.18.1.1", f"address add {SERVER}/32 dev lo")
    return {host.name: host for host in hosts}


def _two_edges(network: Network, layout: Layout) -> Mapping[str, Host]:
    client, client_edge, provider, server_edge, server = hosts = (
        network.host("client"),
        network.router("client-edge"),
        network.router("provider"),
        network.router("server-edge"),
        network.host("server"),
    )
    client_subnet, gateway_of_client = _CLIENTS.get(layout, ("198.51.100.0/29", "198.51.100.1"))
    server_subnet = "10.2.0.0/24" if layout in {Layout.SERVER_NAT, Layout.TWO_SERVERS} else "203.0.113.0/29"
    network.link(client_edge, client, client_subnet, "2001:db8:c::/64")
    more: tuple[Host, ...] = ()
    if layout is Layout.CARRIER_NAT:
        more = (_carrier(network, client_edge, provider),)
    else:
        network.link(provider, client_edge, "198.18.1.0/30", "2001:db8:18:1::/64")
    if layout is Layout.LONG:
        backbone = _backbone(network, provider, server_edge)
        more = (backbone,)
    else:
        network.link(provider, server_edge, "198.18.2.0/30", "2001:db8:18:2::/64")
    network.link(server_edge, server, server_subnet, "2001:db8:5::/64")
    for host, gateway, gateway6 in (
        (client, gateway_of_client, "2001:db8:c::1"),
        (client_edge, "100.64.0.1" if layout is Layout.CARRIER_NAT else "198.18.1.1", "2001:db8:18:1::1"),
        (server_edge, "198.18.2.1", "2001:db8:18:2::1"),
        (server, "10.2.0.1" if server_subnet.startswith("10.") else "203.0.113.1", "2001:db8:5::1"),
    ):
        host.ip(f"route add default via {gateway}", f"route add default via {gateway6}")
    by = "2001:db8:18:5::2" if layout is Layout.CARRIER_NAT else "2001:db8:18:1::2"
    routed = client_subnet if layout is Layout.PRIVATE_CLIENT else "198.51.100.0/29"
    provider.ip(f"route add {routed} via 198.18.1.2", f"route add 2001:db8:c::/64 via {by}")
    if layout is not Layout.LONG:
        provider.ip("route add 203.0.113.0/29 via 198.18.2.2", "route add 2001:db8:5::/64 via 2001:db8:18:2::2")
    if not server_subnet.startswith("10."):
        server.ip("address add 203.0.113.3/29 dev server-edge")
    if layout is Layout.CARRIER_NAT:
        client_edge.nft(CLIENT_NAT.replace("provider", "carrier-nat").replace(CLIENT, "100.64.0.2"))
    if layout in {Layout.CLIENT_NAT, Layout.SHARED_ADDRESS}:
        client_edge.ip(f"address add {CLIENT}/32 dev lo")
        client_edge.nft(CLIENT_NAT)
    if layout is Layout.SERVER_NAT:
        server_edge.ip(f"address add {SERVER}/32 dev lo")
        server_edge.nft(SERVER_NAT)
    if layout in {Layout.TWO_SERVERS, Layout.TWO_UPLINKS}:
        uplink = layout is Layout.TWO_UPLINKS
        more = (_second_edge(network, client, provider) if uplink else _second_server(network, server_edge),)
    return {host.name: host for host in (*hosts, *more)}


_CLIENTS = {
    Layout.CLIENT_NAT: ("10.1.0.0/24", "10.1.0.1"),
    Layout.PRIVATE_CLIENT: ("10.1.0.0/24", "10.1.0.1"),
    Layout.CARRIER_NAT: ("10.1.0.0/24", "10.1.0.1"),
    Layout.SHARED_ADDRESS: ("100.64.1.0/24", "100.64.1.1"),
}
"""The client's network and its router there, where they are not public."""


def _carrier(network: Network, client_edge: Host, provider: Host) -> Host:
    carrier = network.router("carrier-nat")
    network.link(carrier, client_edge, "100.64.0.0/30", "2001:db8:18:1::/64")
    network.link(provider, carrier, "198.18.1.0/30", "2001:db8:18:5::/64")
    carrier.ip(
        "route add default via 198.18.1.1",
        "route add default via 2001:db8:18:5::1",
        "route add 2001:db8:c::/64 via 2001:db8:18:1::2",
        f"address add {CLIENT}/32 dev lo",
    )
    carrier.nft(CLIENT_NAT)
    return carrier


def _backbone(network: Network, provider: Host, server_edge: Host) -> Host:
    backbone = network.router("backbone")
    network.link(provider, backbone, "198.18.4.0/30", "2001:db8:18:4::/64")
    network.link(backbone, server_edge, "198.18.2.0/30", "2001:db8:18:2::/64")
    provider.ip("route add default via 198.18.4.2", "route add default via 2001:db8:18:4::2")
    backbone.ip(
        "route add default via 198.18.4.1",
        "route add default via 2001:db8:18:4::1",
        "route add 203.0.113.0/29 via 198.18.2.2",
        "route add 2001:db8:5::/64 via 2001:db8:18:2::2",
    )
    return backbone


def _second_server(network: Network, server_edge: Host) -> Host:
    """The edge has the public address of both."""
    second = network.host("second-server")
    network.link(server_edge, second, "10.3.0.0/24")
    second.ip("route add default via 10.3.0.1")
    server_edge.ip(f"address add {SERVER}/32 dev lo")
    return second


def _second_edge(network: Network, client: Host, provider: Host) -> Host:
    """The client's address stays the same by either way; the rules lead by port (policy routing)."""
    second = network.router("second-edge")
    network.link(second, client, "198.51.100.8/29")
    network.link(provider, second, "198.18.3.0/30")
    second.ip("route add default via 198.18.3.1", f"route add {CLIENT} via 198.51.100.10")
    client.ip(
        "rule add ipproto tcp dport 1024-65534 lookup 2",
        f"route add default via 198.51.100.9 src {CLIENT} table 2",
    )
    provider.ip("rule add ipproto tcp sport 20 lookup 2", "route add 198.51.100.0/29 via 198.18.3.2 table 2")
    return second
