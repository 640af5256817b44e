"""The client's own outbound rules keep its SYN to the passive port from leaving.

What happens: a host firewall that lets out a few ports only, a policy daemon, or a security module stops the
connection before it reaches the network. Dropped, connect() times out; rejected, it fails at once.

How it is told: a packet tap sees outbound packets after the local firewall. connect() was called, and the tap sees no
SYN at all. Without a tap, EPERM or EACCES say the same: the kernel itself forbade it. In somebody else's capture made
at the client, the missing SYN may also mean that the client never tried.

What it is not: a SYN that leaves and gets no answer is `passive-port-dropped`. EHOSTUNREACH after
seconds means that the next machine on the way does not answer: `passive-host-unreachable`.
"""

from __future__ import annotations

from ftpdiag.cause import Grounds, cause
from ftpdiag.clues import remedies
from ftpdiag.clues.algs import perhaps_alg, told_by
from ftpdiag.clues.own_errors import BY_RULES, OWN_POLICY, found_nobody
from ftpdiag.clues.refusals import awaited
from ftpdiag.evidence import command_sighting, sighting
from ftpdiag.model import Answer, Confidence, DataChannel, Location, Mode, Opening, Verdict, View


@cause(
    title="The client's own firewall keeps its connection from leaving",
    judges=DataChannel,
    modes=(Mode.PASSIVE,),
    verdict=Verdict.BLOCKED,
    location=Location.CLIENT_HOST,
    remedies=remedies.LET_DATA_OUT_OF_HOST,
    references=("RFC 959 §4.1.2", "https://wiki.nftables.org/wiki-nftables/index.php/Netfilter_hooks"),
)
def passive_dropped_by_client_host(channel: DataChannel) -> Grounds | None:
    """connect() failed, and nothing left."""
    if channel.opened or channel.announced is None:
        return None
    wire, socket = channel.seen_at(View.CLIENT_WIRE), channel.socket
    if wire is None:
        return _forbidden(socket) if socket and channel.wire is None and socket.error in OWN_POLICY else None
    if wire.answer is not Answer.ABSENT:
        return None
    if socket is None:
        watched = channel.session.method is None and not channel.left_out
        return _in_a_capture(channel, wire) if watched and awaited(channel) else None
    ruled = socket.error is None or (socket.error in BY_RULES and not found_nobody(socket))
    if socket.answer is Answer.ACCEPTED or not ruled:
        return None
    how = "timed out" if socket.answer is Answer.SILENT else f"failed with {socket.error or socket.answer}"
    return Grounds(
        confidence=Confidence.PROVEN,
        summary=f"Your connection to {socket.target} never leaves this machine: its own firewall or policy stops it.",
        evidence=(
            sighting(socket, f"connect() to {socket.target} {how}."),
            sighting(wire, "No SYN was seen where packets leave, after the local firewall."),
        ),
        alternatives=perhaps_alg(channel),
        settle_with=told_by(channel),
    )


def _forbidden(socket: Opening) -> Grounds:
    return Grounds(
        confidence=Confidence.PROVEN,
        summary=f"Your connection to {socket.target} never leaves this machine: the kernel itself forbids it.",
        evidence=(sighting(socket, f"connect() to {socket.target} failed with {socket.error}."),),
    )


def _in_a_capture(channel: DataChannel, wire: Opening) -> Grounds:
    return Grounds(
        confidence=Confidence.POSSIBLE,
        summary=f"The server announced {channel.announced}, and no SYN to it left the client: its own firewall may "
        "have stopped it, or the client did not try.",
        evidence=(
            command_sighting(channel.negotiation, f"The server announced {channel.announced}."),
            sighting(wire, f"No SYN to {wire.target} was seen."),
        ),
    )
