"""The data connection stands for the client, and the server never had it.

What happens: the client's SYN to the passive port is answered, and yet it, or what follows it, does not come to the
server. A SYN proxy (in firewalls against floods of SYNs, and in load balancers) answers in the server's name first,
and only then tries to reach the server, where a rule behind it drops that. Or a filter without state lets the SYN
pass and not the ACK after it, and the server, which waits for that, repeats its SYN-ACK.

How it is told: the connection opens, not one byte moves, and the SYN-ACK gives its sender away: it comes from fewer
hops away than the server's on the control connection, or it has the window 0 with which a SYN proxy keeps the client
waiting. From nearer than the server, it may also close the connection, or take an upload, while the server says nothing
to the command. Or the SYN-ACK is repeated again and again, although the client acknowledged it each time. All are
likely.
Captures of both ends prove it: a SYN-ACK arrives that the server never sent, or the server sees no ACK.

What it is not: a SYN proxy whose connection to the server succeeds is no fault. Where nothing speaks for either, a
connection that opens and moves nothing is `data-stalled`. A SYN that nobody answers is `passive-port-dropped`, and so
is this where it is captured at the server: a SYN comes, and the server's own firewall drops it.
"""

from __future__ import annotations

from collections.abc import Iterator

from ftpdiag.cause import Grounds, cause
from ftpdiag.clues import hops
from ftpdiag.clues.between import put_in
from ftpdiag.clues.settings import FIX_THEN_OPEN_PASSIVE_RANGE
from ftpdiag.clues.unspoken import answered_by_device, unspoken
from ftpdiag.clues.widths import carried
from ftpdiag.clues.wording import client_of, times
from ftpdiag.evidence import command_sighting, packet_sighting, quotation, sighting
from ftpdiag.model import (
    Alternative,
    Carriage,
    Confidence,
    DataChannel,
    Ending,
    Evidence,
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

_REPEATED = 3
"""SYN-ACKs, at 0, 1 and 3 s (RFC 6298 §2.1): the client acknowledged each, and no three of these are lost by chance."""

_OPEN = frozenset({Ending.OPEN, Ending.STALLED, Ending.STOPPED})


@cause(
    title="The data connection is open on the client's side only",
    judges=DataChannel,
    modes=(Mode.PASSIVE,),
    verdict=Verdict.BROKEN,
    location=Location.UNKNOWN,
    remedies=(
        Remedy(
            who="network",
            product="SYN proxy (flood protection, load balancer)",
            text="Behind it, let it open connections to the passive ports of $server, or exempt these from it.\n"
            "nftables: take the passive ports out of the rule with `synproxy`; pf: keep state, not synproxy state; "
            "FortiGate: the DoS policy's tcp_syn_flood; Cisco ASA: set connection embryonic-conn-max 0.",
        ),
        Remedy(
            who="network",
            product="filter without state",
            text="Let all of a connection to the passive ports pass, not its SYN only, in both directions.",
        ),
        *FIX_THEN_OPEN_PASSIVE_RANGE,
    ),
    references=("RFC 4987 §3.7", "RFC 9293 §3.5"),
    overrides=("data-peer-rejected", "data-reset-midway", "data-stalled", "passive-other-backend"),
)
def data_half_open(channel: DataChannel) -> Grounds | None:
    """Open, nothing moves, and the SYN-ACK is none of the server's; or the server goes on repeating it."""
    near, carriage = channel.wire, channel.carriage
    if near is None or near.view is View.SERVER_WIRE or carriage is None or channel.completed:
        return None
    return _never_spoken_of(channel, near) or _nothing_moved(channel, near, carriage)


def _nothing_moved(channel: DataChannel, near: Opening, carriage: Carriage) -> Grounds | None:
    syn_acks = [
        one for one in near.packets if isinstance(one, Segment) and one.flags & Flag.SYN and one.flags & Flag.ACK
    ]
    if not near.established or carried(channel) or carriage.ending not in _OPEN or not syn_acks:
        return None
    if carriage.ending is Ending.OPEN and channel.refusal is None:
        return None  # the recording may simply have ended
    if put_in(syn_acks[0], channel.session):
        return _answered_for_it(channel, near, syn_acks[0], Confidence.PROVEN)
    nearer = hops.nearer(syn_acks[0], channel.session)
    if nearer is Confidence.LIKELY or not syn_acks[0].window:
        return _answered_for_it(channel, near, syn_acks[0], Confidence.LIKELY)
    return _unacknowledged(channel, near, syn_acks)


def _never_spoken_of(channel: DataChannel, near: Opening) -> Grounds | None:
    """However it ended, and whatever an upload was taken for: who answered is not the server, which says nothing."""
    device = answered_by_device(channel) if unspoken(channel) else None
    if device is None or (channel.carriage and channel.carriage.to_client):
        return None
    proven = put_in(device, channel.session)
    return _answered_for_it(channel, near, device, Confidence.PROVEN if proven else Confidence.LIKELY)


def _answered_for_it(channel: DataChannel, near: Opening, answer: Segment, confidence: Confidence) -> Grounds:
    server = channel.session.server.host
    away = hops.nearer(answer, channel.session) and hop_of(answer.ttl)
    device = f"A device {hops.away(away)}" if away else "A device on the way"
    proven = confidence is Confidence.PROVEN
    return Grounds(
        confidence=confidence,
        location=Location.PATH if proven else None,
        hop=away or None,
        summary=f"{device} answers the SYN to {near.target} in the name of {server}, and {_came_of_it(channel)}: "
        + ("the server never saw that connection." if proven else "most likely the server never had that connection."),
        evidence=(
            packet_sighting(answer, _telling(answer, channel)),
            *((Evidence(text="That SYN-ACK is not in the server's capture."),) if proven else ()),
            *_nothing(channel),
        ),
        alternatives=() if proven else _alternatives(channel),
    )


def _came_of_it(channel: DataChannel) -> str:
    taken = channel.carriage.to_server if channel.carriage else 0
    return f"takes {taken} bytes of which the server says nothing" if taken else "not one byte moves"


def _telling(answer: Segment, channel: DataChannel) -> str:
    ttl = f"The SYN-ACK has a TTL of {answer.ttl}, the server's on the control connection {channel.session.server_ttl}"
    return f"{ttl}; its window is 0." if not answer.window else f"{ttl}."


def _unacknowledged(channel: DataChannel, near: Opening, syn_acks: list[Segment]) -> Grounds | None:
    far = channel.seen_at(View.SERVER_WIRE)
    proven = far is not None and far.unacknowledged
    if not proven and len(syn_acks) < _REPEATED:
        return None
    return Grounds(
        confidence=Confidence.PROVEN if proven else Confidence.LIKELY,
        location=Location.PATH if proven else None,
        summary=f"{client_of(channel.session).capitalize()} acknowledges the SYN-ACK from {near.target}, and it is "
        "repeated all the same: what follows the SYN is lost on its way to the server.",
        evidence=(
            packet_sighting(syn_acks[-1], f"The SYN-ACK came {times(len(syn_acks))}, though it was acknowledged."),
            *((sighting(far, "No ACK of it is in the server's capture."),) if far and proven else ()),
            *_nothing(channel),
        ),
        alternatives=() if proven else _alternatives(channel),
    )


def _nothing(channel: DataChannel) -> Iterator[Evidence]:
    if channel.refusal:
        yield quotation(channel.refusal, "The server's reply.")
    elif channel.transfer and not channel.transfer.replies:
        yield command_sighting(channel.transfer, "No reply to it came, not even a 150.")


def _alternatives(channel: DataChannel) -> tuple[Alternative, ...]:
    """The server's own word is asked for once."""
    word = "; or the server's own word, with --patience: 425 says that it has no data connection"
    both = "captures on both sides at the same time"
    ended = channel.carriage is not None and channel.carriage.ending not in _OPEN
    cause = "data-peer-rejected" if ended else "data-stalled"
    return (Alternative(cause=cause, settle_with=both if channel.refusal else both + word),)
