"""A device reads FTP on port 21 only: the same server, reached on another control port, cannot have data connections.

What happens: a firewall or NAT router that understands FTP (ALG, connection tracking helper, inspection) is told which
control ports to read, and by default that is 21. A session on 2121 is any TCP connection to it: what is announced there
stays closed, and private addresses stay private.

How it is told: by the difference, in the clear. The same handshakes are made on both control ports of one server
(`--also-port`), several times each: on port 21 the data connections pass each time, on the other never. It is proven
where the client's private address in PORT is called on port 21, and declined on the other. Where the other port is not
the one that was asked for, it is information.

What it is not: two servers on one address may have a range of passive ports each, or a firewall each, of which one
blocks: what they announce, their greetings and their distance show that, and then it is possible at most. Where
sessions on port 21 are stopped as well, no device that reads FTP is to blame.
"""

from __future__ import annotations

from msgspec.structs import replace

from ftpdiag.cause import Grounds, cause
from ftpdiag.clues import remedies, settings
from ftpdiag.clues.comparable import coincidences, other_server, overlooked, translated
from ftpdiag.clues.compared import OFTEN, USUAL_PORT, Tally, counted, on_port, passed, stopped
from ftpdiag.clues.refusals import address_declined
from ftpdiag.clues.stops import located, locating, stop
from ftpdiag.evidence import channel_sighting
from ftpdiag.model import Alternative, Confidence, DataChannel, Evidence, Location, Mode, Remedy, Tls, Verdict

_WATCH_BOTH_PORTS = (
    Remedy(who="client", product="any FTP client", text="Use port 21, if the server listens there."),
    Remedy(
        who="network",
        product="nftables",
        text="Where the helper is set (nft list ruleset | grep 'ct helper set'), name both ports:\n"
        'tcp dport { 21, $port } ct helper set "NAME"',
    ),
    Remedy(
        who="network",
        product="Linux with iptables",
        text="$iptables -t raw -A PREROUTING -p tcp --dport $port -j CT --helper ftp",
    ),
    Remedy(
        who="network",
        product="Cisco ASA",
        text="class-map ftp-$port\n match port tcp eq $port\npolicy-map global_policy\n class ftp-$port\n  inspect ftp",
    ),
    Remedy(
        who="network",
        product="FortiGate",
        text="config system session-helper\nedit 0\nset name ftp\nset protocol 6\nset port $port\nnext\nend",
    ),
)


@cause(
    title="A device on the way reads FTP on port 21 only",
    judges=DataChannel,
    verdict=None,
    or_else="blocked or refused where the other port is the one that was asked for",
    location=Location.UNKNOWN,
    remedies=(*_WATCH_BOTH_PORTS, *settings.FIX_THEN_OPEN_PASSIVE_RANGE),
    references=("RFC 2663 §5", "RFC 3235 §4.2"),
    overrides=(
        "active-address-refused",
        "active-dropped-by-client-host",
        "active-inbound-dropped",
        "passive-address-unroutable",
        "passive-dropped-by-client-host",
        "passive-egress-policy",
        "passive-port-dropped",
        "passive-port-refused",
        "passive-port-rejected",
    ),
)
def alg_bound_to_port_21(channel: DataChannel) -> Grounds | None:
    """On another port stopped, always; on port 21, never."""
    if channel.session.tls is not Tls.NONE or channel.inferred:
        return None
    if channel.session.server.port == USUAL_PORT:
        return _elsewhere(channel) if passed(channel) else None
    own, usual = on_port(channel, channel.session.server.port), on_port(channel, USUAL_PORT)
    if not stopped(channel) or not _differ(own, usual):
        return None
    where = stop(channel)
    nat = translated(own, usual) is not None
    location = Location.CLIENT_NETWORK if nat and where.location is Location.UNKNOWN else where.location
    chances = () if nat else _chances(own, usual)
    return Grounds(
        confidence=Confidence.PROVEN if nat else Confidence.POSSIBLE if chances else Confidence.LIKELY,
        verdict=Verdict.REFUSED if address_declined(channel) else Verdict.BLOCKED,
        summary=_summary(channel, own) + (f" {where.told}" if where.told else ""),
        evidence=(
            counted(usual, f"With the control port {USUAL_PORT}"),
            counted(own, f"With the control port {channel.session.server.port}"),
            *_told_apart(own, usual),
            channel_sighting(channel, f"{channel.announced} was announced, and stopped."),
            *located(channel),
        ),
        location=location,
        hop=where.hop,
        remedies=_remedies(channel, location),
        alternatives=(*chances, *overlooked(own, usual)),
        settle_with=locating(channel),
    )


_RANGES = "the settings of both servers: each may take its passive ports from another range"

_SERVERS = "the settings of both servers, and of what stands before each: they do not seem to be one"


def _told_apart(other: Tally, usual: Tally) -> tuple[Evidence, ...]:
    return (said,) if (said := other_server(other, usual)) else ()


def _chances(other: Tally, usual: Tally) -> tuple[Alternative, ...]:
    """What it may be, but for a device that reads port 21 alone."""
    if not _told_apart(other, usual):
        return coincidences(other, usual, _RANGES)
    cause = "passive-port-dropped" if other.stopped[0].mode is Mode.PASSIVE else "active-inbound-dropped"
    return (Alternative(cause=cause, settle_with=_SERVERS),)


def _remedies(channel: DataChannel, location: Location) -> tuple[Remedy, ...]:
    if channel.mode is Mode.ACTIVE:
        return (*_WATCH_BOTH_PORTS, *remedies.beside_a_helper(location))
    return (*_WATCH_BOTH_PORTS, *settings.open_by_hand(location))


def _differ(other: Tally, usual: Tally) -> bool:
    often = min(len(other.stopped), len(usual.passed)) >= OFTEN
    return often and other.only_stopped and usual.only_passed


def _summary(channel: DataChannel, other: Tally) -> str:
    port = other.stopped[0].session.server.port
    return (
        f"Each {channel.mode} data connection passes where the control port is {USUAL_PORT}, and each is stopped "
        f"where it is {port}: a device on the way reads FTP on port {USUAL_PORT} only."
    )


def _elsewhere(channel: DataChannel) -> Grounds | None:
    """What was asked for works; on the other control port it would not."""
    for port in sorted({one.change.port or USUAL_PORT for one in channel.retries} - {USUAL_PORT}):
        other, usual = on_port(channel, port), on_port(channel, USUAL_PORT)
        if _differ(other, usual):
            told = _remedies(channel, Location.UNKNOWN)
            chances = _chances(other, usual)
            return Grounds(
                confidence=Confidence.POSSIBLE if chances else Confidence.LIKELY,
                alternatives=chances,
                summary=_summary(channel, other),
                evidence=(
                    counted(usual, f"With the control port {USUAL_PORT}"),
                    counted(other, f"With the control port {port}"),
                    *_told_apart(other, usual),
                ),
                remedies=tuple(replace(one, text=one.text.replace("$port", str(port))) for one in told),
            )
    return None
