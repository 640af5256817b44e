"""The server calls back, its SYN reaches this machine, and this machine's own firewall drops it.

What happens: in active mode the server opens the data connection to the port that the client announced. To a host
firewall that is a connection nobody here asked for, and its default is to drop it without a word. The server repeats
its SYN, gives up after a minute and answers 425; the transfer seems to hang.

How it is told: a packet tap sees inbound packets before the local firewall. It sees the server's SYN arrive, no
SYN-ACK leaves, and accept() never returns on a socket that listens: it is dropped on its way in, or the answer on
its way out, or the kernel refuses the source address (strict rp_filter). All of these are this machine's own. In a
capture that somebody else made at the client there is no such socket to ask: the finding is likely, not proven.

What it is not: if the SYN never arrives, it was lost on the way (`active-inbound-dropped`). If this machine answers
it with a RST or an ICMP error, see `active-refused-by-client-host`; with a SYN-ACK, `active-answer-lost`.
"""

from __future__ import annotations

from ftpdiag.cause import Grounds, cause
from ftpdiag.clues import remedies
from ftpdiag.clues.algs import perhaps_alg, told_by
from ftpdiag.clues.between import followed
from ftpdiag.clues.nat import third_host
from ftpdiag.clues.refusals import awaited
from ftpdiag.clues.silence import ignored, went_on
from ftpdiag.clues.wording import client_of, times
from ftpdiag.evidence import sighting
from ftpdiag.model import Confidence, DataChannel, Location, Mode, Verdict, View


@cause(
    title="The client's own firewall drops the server's call-back",
    judges=DataChannel,
    modes=(Mode.ACTIVE,),
    verdict=Verdict.BLOCKED,
    location=Location.CLIENT_HOST,
    remedies=(*remedies.ACCEPT_CALL_BACK_ON_HOST, remedies.LOOSEN_REVERSE_PATH, remedies.USE_PASSIVE),
    references=("RFC 959 §3.2", "RFC 1579", "https://wiki.nftables.org/wiki-nftables/index.php/Conntrack_helpers"),
)
def active_dropped_by_client_host(channel: DataChannel) -> Grounds | None:
    """SYN in on the wire of the client, nothing out, nothing at the socket."""
    wire, socket = channel.seen_at(View.CLIENT_WIRE), channel.socket
    if wire is None or not ignored(wire) or wire.opener.host != channel.session.server.host:
        return None
    if third_host(channel):
        return None  # whoever does not answer there, it is not the client
    if channel.opened or not (wire.tries > 1 or awaited(channel) or went_on(channel.session, wire)):
        return None
    here = client_of(channel.session)
    return Grounds(
        confidence=Confidence.PROVEN if socket or followed(wire) else Confidence.LIKELY,
        summary=f"The server's SYN from {wire.opener} reaches {here}, which never answers it: "
        f"the firewall of {here} drops it.",
        evidence=(
            sighting(wire, f"The server's SYN to {wire.target} arrived {times(wire.tries)}; no SYN-ACK left."),
            *((sighting(socket, f"accept() on {socket.target} never returned."),) if socket else ()),
        ),
        alternatives=perhaps_alg(channel),
        settle_with=told_by(channel),
    )
