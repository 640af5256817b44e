"""The SYN is answered from another address than it was sent to.

What happens: a NAT or a load balancer leads the SYN to the server, and the server's answer does not come back through
it: the two are in one network with the client, or the server has another way out. So nobody puts the first address
back into the answer, or a second NAT puts in its own. The client knows nothing of a connection to that address, and
resets it.

How it is told: a SYN-ACK comes to the very port that sent the SYN, acknowledges just that SYN, and is from another
address. No firewall drops anything: that no answer comes from the right address is all that else would be seen. Where
it comes from as far away as the server, it is likely the server, and its own network that gives it two addresses.

What it is not: a server that calls back from another address is `active-source-address-differs`, one that takes data
from the client's other address, or does not, `data-peer-rejected`. Nothing at all in answer is `control-dropped` or
`passive-port-dropped`; a stateful firewall before the tap makes that of this.
"""

from __future__ import annotations

from ftpdiag.cause import Grounds, cause
from ftpdiag.clues import remedies
from ftpdiag.clues.hops import from_server_itself
from ftpdiag.evidence import packet_sighting, sighting
from ftpdiag.model import Answer, Confidence, ControlSession, DataChannel, Location, Mode, Remedy, Verdict, View

_NONE = frozenset({Answer.SILENT, Answer.ABSENT, Answer.ACCEPTED})
"""How views see it that got no other answer. Accepted: at another tap, before the answer got its other address."""


@cause(
    title="Another address answers the SYN",
    judges=(ControlSession, DataChannel),
    modes=(Mode.PASSIVE,),
    verdict=Verdict.BLOCKED,
    location=Location.UNKNOWN,
    remedies=remedies.ANSWER_BY_THE_SAME_WAY,
    references=("RFC 9293 §3.10.7.3", "RFC 3022 §2.2"),
    overrides=("control-dropped", "passive-port-dropped"),
)
def answer_address_differs(subject: ControlSession | DataChannel) -> Grounds | None:
    """A SYN, and a SYN-ACK to it from elsewhere."""
    wire = next((one for one in subject.openings if one.stray), None)
    if (
        wire is None
        or wire.stray is None
        or any(one.established or one.answer not in _NONE for one in subject.openings)
    ):
        return None
    stray = wire.stray
    session = subject.session if isinstance(subject, DataChannel) else subject
    at_server = from_server_itself(stray, session)
    came = wire.view is View.CLIENT_WIRE  # a tap before that may see an answer that a NAT still puts right
    return Grounds(
        confidence=Confidence.PROVEN if came and not at_server else Confidence.LIKELY,
        location=Location.SERVER_NETWORK if at_server else Location.UNKNOWN,
        summary=f"The SYN to {wire.target} is answered by {stray.source}, which it was not sent to, so that no "
        "connection comes of it: something leads the SYN there, and the answer goes past it.",
        remedies=(
            Remedy(
                who="client",
                product="any FTP client",
                text=f"Where {stray.source.host} is the server's own address: talk to the server there.",
            ),
            *remedies.ANSWER_BY_THE_SAME_WAY,
            *((remedies.USE_ACTIVE,) if isinstance(subject, DataChannel) else ()),
        ),
        evidence=(
            sighting(wire, f"The SYN to {wire.target} passed."),
            packet_sighting(stray, f"The SYN-ACK to it came from {stray.source}."),
        ),
    )
