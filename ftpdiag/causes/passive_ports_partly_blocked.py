"""Some ports of the server's passive range pass, and others do not.

What happens: the firewall, the NAT or the container publishes one range, and the server announces another that only
overlaps it: 50000-50100 in the server's settings, 50000-50050 in the rule. So transfers fail now and then, by the port
that the server happens to pick. Or the range holds a port that a firewall knows by another protocol (5060 SIP, 6667
IRC), whose inspection drops what does not speak that.

How it is told: of several passive ports of one server, dialled alike, some open and some do not, and those that do not
lie side by side. A live probe samples ports when its first passive data connections disagree, or when `--samples N`
asks it to; a capture shows the same over many sessions. What is said of the range is what was seen of it: the borders
lie somewhere between the ports that were dialled.

What it is not: where all of one method fail and all of another pass, it is not the port. Where ports fail that lie
among others which pass, chance decides, such as a balancer that leads to another machine (`passive-other-backend`).
"""

from __future__ import annotations

from ftpdiag.cause import Extent, Grounds, cause
from ftpdiag.clues import settings
from ftpdiag.clues.hops import answerer, nearer, place, server_hop
from ftpdiag.clues.ports import Ports, dialled, samples_evidence
from ftpdiag.clues.trials import gap, walk_evidence
from ftpdiag.evidence import sighting
from ftpdiag.model import (
    Alternative,
    Answer,
    Confidence,
    DataChannel,
    Flag,
    Location,
    Mode,
    Opening,
    Remedy,
    Segment,
    Verdict,
    View,
)
from ftpdiag.stacks import hop_of

CERTAIN, UNLIKELY, ARGUABLE = 0.001, 0.05, 0.25
"""How likely chance may sort the ports as well: up to this it is proven, likely, possible."""


@cause(
    title="Some of the server's passive ports are blocked, and others are not",
    judges=DataChannel,
    modes=(Mode.PASSIVE,),
    verdict=Verdict.BLOCKED,
    location=Location.UNKNOWN,
    remedies=(
        Remedy(
            who="network",
            product="any firewall, NAT or container in front of the server",
            text="Open and forward exactly the range that the server announces; or narrow that range to what is open, "
            "by the server's own setting. $low-$high stands for it.",
        ),
        *settings.FIX_THEN_OPEN_PASSIVE_RANGE,
    ),
    references=("RFC 959 §4.1.2", "RFC 2428 §3"),
    overrides=(
        "passive-port-dropped",
        "passive-egress-policy",
        "passive-port-rejected",
        "passive-port-refused",
        "passive-host-unreachable",
    ),
    extent=Extent.MODE,
)
def passive_ports_partly_blocked(channel: DataChannel) -> Grounds | None:
    """Ports that fail side by side, among those that were dialled alike."""
    opening = channel.wire or channel.socket
    if channel.opened or channel.announced is None or opening is None or opening.answer not in _OUTCOMES:
        return None
    absent = opening.answer is Answer.ABSENT
    if absent and opening.view is View.CLIENT_WIRE:
        return None
    ports = dialled(channel)
    confidence = _confidence(ports)
    if not ports.mixed or confidence is None:
        return None
    location, hop = _place(channel, opening)
    return Grounds(
        confidence=Confidence.LIKELY if absent and confidence is Confidence.PROVEN else confidence,
        summary=f"Of the passive ports that {channel.session.server.host} announces, {ports.told()}.{_claimed(ports)}",
        evidence=(
            *samples_evidence(ports),
            sighting(opening, f"The SYN to {opening.target} {_OUTCOMES[opening.answer]}."),
            *(walk_evidence(channel) if opening.answer is Answer.SILENT else ()),
        ),
        location=location,
        hop=hop,
        remedies=_remedies(ports),
        alternatives=_alternatives(confidence),
    )


_OUTCOMES = {
    Answer.SILENT: "was never answered",
    Answer.REFUSED: "was answered with a RST",
    Answer.REJECTED: "was answered with an ICMP error",
    Answer.ABSENT: "did not come as far as where this was recorded",
}


def _confidence(ports: Ports) -> Confidence | None:
    if ports.claimed:
        return Confidence.LIKELY
    if ports.chance > (UNLIKELY if ports.by_time else ARGUABLE):
        return None
    if ports.by_time or ports.chance > UNLIKELY:
        return Confidence.POSSIBLE
    return Confidence.LIKELY if ports.chance > CERTAIN else Confidence.PROVEN


def _claimed(ports: Ports) -> str:
    if not ports.claimed:
        return ""
    return f" Firewalls know what fails as {ports.claimed}, and drop there what does not speak that."


_INSPECTIONS = {
    "H.323": ("h323 h225", "h323"),
    "IRC": ("", "irc"),
    "PPTP": ("pptp", "pptp"),
    "RTSP": ("rtsp", "rtsp"),
    "SCCP": ("skinny", ""),
    "SIP": ("sip", "sip"),
}
"""What a Cisco ASA calls the inspection of a protocol, and what Linux calls its helper."""


def _remedies(ports: Ports) -> tuple[Remedy, ...]:
    """Of ports that another protocol claims."""
    if not ports.claimed:
        return ()
    names = ports.claimed.split(", ")
    numbers = ", ".join(map(str, sorted(ports.failed)))
    asa = [f"\n  no inspect {_INSPECTIONS[one][0]}" for one in names if _INSPECTIONS[one][0]]
    linux = " ".join(f"nf_conntrack_{_INSPECTIONS[one][1]}" for one in names if _INSPECTIONS[one][1])
    in_linux = (
        f"Find who sets the helper on {numbers} (nft list ruleset | grep -A3 'ct helper'; iptables -t raw -S), take "
        f"that rule out; then: modprobe -r {linux}"
    )
    return (
        Remedy(
            who="server",
            product="any FTP server",
            text=f"Keep {numbers} out of the passive range: let it begin above, such as 50000-50100.",
        ),
        Remedy(
            who="network",
            product="any firewall that inspects content",
            text=f"Switch its inspection of {ports.claimed} off (its ALG), or exempt ports {numbers} of $server.",
        ),
        *((Remedy(who="network", product="Cisco ASA", text=_ASA + "".join(asa)),) if asa else ()),
        *((Remedy(who="network", product="Linux", text=in_linux),) if linux else ()),
        Remedy(
            who="network",
            product="FortiGate",
            text=f"config system session-helper\nshow\nThen delete the entries of {numbers}, each by its number."
            + (_SIP_ALG if "SIP" in names else ""),
        ),
    )


_ASA = "policy-map global_policy\n class inspection_default"

_SIP_ALG = (
    "\nAnd of SIP:\nconfig system settings\nset sip-expectation disable\nset sip-nat-trace disable\n"
    "set default-voip-alg-mode kernel-helper-based\nend"
)


def _alternatives(confidence: Confidence) -> tuple[Alternative, ...]:
    if confidence is not Confidence.POSSIBLE:
        return ()
    again = "the same probe with --samples 40: whether the ports that fail still lie side by side"
    return (Alternative(cause="passive-other-backend", settle_with=again),)


def _place(channel: DataChannel, opening: Opening) -> tuple[Location, int | None]:
    """Of whatever stops it."""
    answer, session = answerer(opening), channel.session
    if opening.view is not View.CLIENT_WIRE:
        return Location.UNKNOWN, None
    if answer is None:
        gone = gap(channel)
        return (gone.location, gone.hop) if gone else (Location.UNKNOWN, None)
    hop, server = hop_of(answer.ttl), server_hop(session)
    if isinstance(answer, Segment) and answer.flags & Flag.RST and server is not None:
        if hop >= server:
            return (Location.SERVER_HOST, hop) if hop == server else (Location.UNKNOWN, None)
        if nearer(answer, session) is Confidence.POSSIBLE:
            return Location.UNKNOWN, None
    return place(opening.view, hop, server), hop
