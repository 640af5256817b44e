"""The way to the announced passive port ends at a machine that nobody can find.

What happens: the control connection works, and the router in front of the passive port, or this machine itself, asks
its network for the host with that address and hears nothing. The device in front of the server forwards the passive
ports to a machine that is switched off or has another address by now; or the announced address is wrong; or packets
to these ports are led by another way (policy routing) whose next router is down.

How it is told: a router's ICMP error “host unreachable”. Or connect() fails with EHOSTUNREACH, and the tap sees no SYN
leave: ARP or neighbour discovery went unanswered, which takes seconds.
Routers send few such errors at a time: an attempt without an answer takes the word that another attempt at the same
host got at about the same time, unless anything else was answered there meanwhile.

False friends: a firewall can be told to reject in these very words, this machine's own among them. The finding is
likely, never proven.
"""

from __future__ import annotations

from ftpdiag.cause import Grounds, cause
from ftpdiag.clues import settings
from ftpdiag.clues.hops import answerer, place, server_hop
from ftpdiag.clues.own_errors import found_nobody
from ftpdiag.clues.silence import too_soon
from ftpdiag.clues.unreachable import NOBODY_ANSWERS, said_beside
from ftpdiag.evidence import packet_sighting, sighting
from ftpdiag.model import (
    Alternative,
    Answer,
    Confidence,
    DataChannel,
    IcmpError,
    Location,
    Mode,
    Opening,
    Remedy,
    Verdict,
    View,
)
from ftpdiag.stacks import hop_of


@cause(
    title="Nobody answers for the address behind the passive port",
    judges=DataChannel,
    modes=(Mode.PASSIVE,),
    verdict=Verdict.BLOCKED,
    location=Location.UNKNOWN,
    remedies=(
        Remedy(
            who="network",
            product="router or NAT in front of the server",
            text="Forward the passive ports to the same machine as port $port, by the address that it has now.\n"
            "nftables: nft list ruleset | grep dnat; iptables: $iptables -t nat -S PREROUTING",
        ),
        *settings.ANNOUNCE_PUBLIC_ADDRESS,
        Remedy(
            who="client",
            product="Linux",
            text="See which way your packets take, and whether its next router answers:\n"
            "ip route get $server ipproto tcp dport $data_port; ip neighbour",
        ),
    ),
    references=("RFC 1812 §4.3.2.8", "RFC 1812 §4.3.3.1", "RFC 4443 §2.4", "RFC 4443 §3.1", "RFC 1122 §2.3.2.1"),
    overrides=("passive-port-dropped",),
)
def passive_host_unreachable(channel: DataChannel) -> Grounds | None:
    """Host unreachable, says a router; or this machine itself, and nothing left it."""
    wire, socket = channel.wire, channel.socket
    if channel.opened or wire is None:
        return None
    answer = answerer(wire)
    if isinstance(answer, IcmpError):
        return _by_router(channel, wire, answer) if answer.reason in NOBODY_ANSWERS else None
    if wire.answer is Answer.SILENT:
        word = None if too_soon(wire) else said_beside(channel, wire)
        return _by_router(channel, wire, word) if word else None
    absent = wire.view is View.CLIENT_WIRE and wire.answer is Answer.ABSENT
    return _by_this_machine(wire, socket) if absent and socket and found_nobody(socket) else None


def _by_router(channel: DataChannel, wire: Opening, error: IcmpError) -> Grounds:
    hop = hop_of(error.ttl)
    location = place(wire.view, hop, server_hop(channel.session))
    silent = wire.answer is Answer.SILENT
    said = f"{error.reporter} answered with the ICMP error “{error.reason}”."
    beside = (
        f"{error.reporter} answered with the ICMP error “{error.reason}” to the SYN to {error.destination} at that "
        "time; routers send few such errors at a time, and it is about the same host."
    )
    return Grounds(
        confidence=Confidence.LIKELY,
        summary=f"{error.reporter} cannot find the machine behind {wire.target}: {error.reason}.",
        evidence=(
            sighting(wire, f"The SYN to {wire.target} passed{', and nothing came back' if silent else ''}."),
            packet_sighting(error, beside if silent else said),
        ),
        location=Location.UNKNOWN if location is Location.SERVER_HOST else location,
        hop=hop if wire.view is View.CLIENT_WIRE else None,
        alternatives=(
            Alternative(
                cause="passive-port-rejected",
                settle_with=f"the rules of {error.reporter}: a firewall can be told to reject in these words",
            ),
            *((_DROPPED,) if silent else ()),
        ),
    )


_DROPPED = Alternative(
    cause="passive-port-dropped",
    settle_with="the same probe in a minute, with one --method: then the router has nobody else to tell",
)
"""Where the router said nothing to this very attempt."""


def _by_this_machine(wire: Opening, socket: Opening) -> Grounds:
    return Grounds(
        confidence=Confidence.LIKELY,
        summary=f"No SYN to {socket.target} could leave ({socket.error}): nobody on this machine's own network answers "
        "for its address or for the router towards it; or this machine's own firewall rejects what leaves.",
        evidence=(
            sighting(socket, f"connect() to {socket.target} failed with {socket.error}."),
            sighting(wire, "No SYN was seen where packets leave, after the local firewall."),
        ),
        alternatives=(
            Alternative(
                cause="passive-dropped-by-client-host",
                settle_with="this machine's outbound rules: a rule can reject with “host unreachable”",
            ),
        ),
    )
