"""The server calls back, its SYN reaches this machine, and this machine's own firewall drops it.

What happens: in active mode the server opens the data connection to the port that the client announced. To a host
firewall that is an unsolicited inbound connection, so its default is to drop it without a word. The server repeats
its SYN, gives up after a minute and answers 425; the transfer seems to hang.

How it is told: a packet tap sees inbound packets before the local firewall. The tap sees the server's SYN, this
machine sends no SYN-ACK, and accept() never fires on a socket that is listening. Nothing else does that.
"""

from __future__ import annotations

from ftpdiag import remedies
from ftpdiag.diagnosis import Grounds, cause, sighting
from ftpdiag.model import Answer, Confidence, DataChannel, Location, Mode, Verdict, View


@cause(
    title="This machine's own firewall drops the server's call-back",
    judges=DataChannel,
    modes=(Mode.ACTIVE,),
    verdict=Verdict.BLOCKED,
    location=Location.CLIENT_HOST,
    remedies=(*remedies.ACCEPT_CALL_BACK_ON_HOST, remedies.USE_PASSIVE),
    references=("RFC 959 §3.2", "RFC 1579", "https://wiki.nftables.org/wiki-nftables/index.php/Conntrack_helpers"),
)
def active_dropped_by_client_host(channel: DataChannel) -> Grounds | None:
    """SYN in on the wire of the client, nothing out, nothing at the socket."""
    wire, socket = channel.seen_at(View.CLIENT_WIRE), channel.seen_at(View.CLIENT_SOCKET)
    if wire is None or wire.answer is not Answer.SILENT:
        return None
    if socket is not None and socket.answer is not Answer.ABSENT:
        return None
    return Grounds(
        confidence=Confidence.PROVEN if socket else Confidence.LIKELY,
        summary=f"The server's SYN from {wire.opener} reaches this machine, which never answers it: "
        "the firewall of this machine drops it.",
        evidence=(
            sighting(wire, f"The server's SYN to {wire.target} arrived here, {wire.tries} in all; no SYN-ACK left."),
            *((sighting(socket, f"accept() on {socket.target} never returned."),) if socket else ()),
        ),
    )
