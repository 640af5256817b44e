"""The server declines active mode, or never calls back although nothing holds it.

What happens: active mode is switched off in the server's configuration, or the server cannot make the socket that it
needs: port 20 is taken or needs rights it gave up, or a policy of its machine forbids it.

How it is told: PORT, EPRT or the transfer command gets a 4yz or 5yz reply at once, in words about the mode or the
socket. In a capture made at the server: after the transfer command no SYN ever leaves it. Its own firewall may hold
that SYN just as well, so it is blocked only where the server says that it tried, and else could not be told.

What it is not: words about the address are `active-address-refused`; an EPRT that the server does not know is
`active-eprt-unsupported`; a 425 after a failed attempt is about the network, `active-inbound-dropped`.
"""

from __future__ import annotations

from ftpdiag.cause import Grounds, cause
from ftpdiag.clues import remedies, settings
from ftpdiag.clues.announced import perhaps_rewritten
from ftpdiag.clues.refusals import Declined, awaited, refusal
from ftpdiag.clues.unsupported import ANSWERED_BY_A_DEVICE
from ftpdiag.evidence import command_sighting, quotation, sighting
from ftpdiag.model import Alternative, Answer, Confidence, DataChannel, Location, Method, Mode, Tls, Verdict, View


@cause(
    title="The server declines active mode",
    judges=DataChannel,
    modes=(Mode.ACTIVE,),
    verdict=Verdict.REFUSED,
    or_else="blocked or unknown where it agrees, and no call leaves it",
    location=Location.SERVER_CONFIG,
    remedies=(remedies.USE_PASSIVE, *settings.ENABLE_ACTIVE),
    references=("RFC 959 §4.2",),
)
def active_refused_by_server(channel: DataChannel) -> Grounds | None:
    """A reply that declines the mode; or, at the server's wire, no SYN."""
    said = refusal(channel)
    if said is not None and _declined(channel, said.what) and not channel.opened:
        changed = perhaps_rewritten(channel) if said.what is Declined.RIGHT_ADDRESS else ()
        sure = channel.session.tls is not Tls.NONE or said.what is Declined.MODE
        return Grounds(
            confidence=Confidence.PROVEN if sure else Confidence.LIKELY,
            summary=f"The server {channel.session.server} {_declines(channel)}: “{said.reply.lines[-1]}”.",
            evidence=(
                command_sighting(channel.negotiation, "The client asked to be called."),
                quotation(said.reply, "The server declined."),
            ),
            alternatives=changed or (() if sure else (ANSWERED_BY_A_DEVICE,)),
        )
    wire = channel.wire
    if wire is None or wire.view is not View.SERVER_WIRE or wire.answer is not Answer.ABSENT:
        return None
    if channel.left_out or not awaited(channel):
        return None
    return Grounds(
        confidence=Confidence.LIKELY,
        verdict=Verdict.BLOCKED if said else Verdict.UNKNOWN,
        summary=f"The server was asked to call {channel.announced}, and no SYN ever left it: it did not try, or its "
        "own firewall lets none out.",
        evidence=(
            command_sighting(channel.negotiation, f"The server was told to call {channel.announced}."),
            sighting(wire, "No SYN to that port was seen at the server, where packets pass after its own firewall."),
        ),
        location=Location.SERVER_HOST,
        alternatives=(
            Alternative(
                cause="active-inbound-dropped",
                settle_with="the server's own rules for what leaves it, and its log: whether it tried",
            ),
        ),
    )


def _declines(channel: DataChannel) -> str:
    """The command, where it is that one: the other may work."""
    negotiated = channel.negotiation.final
    if negotiated is not None and not negotiated.positive:
        return f"declines {channel.method}"
    return "declines to open data connections"


def _declined(channel: DataChannel, what: Declined) -> bool:
    return what in {Declined.MODE, Declined.RIGHT_ADDRESS} or (
        what is Declined.METHOD and channel.method is not Method.EPRT
    )
