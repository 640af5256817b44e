"""IPv6 is translated to IPv4 on the way, and nobody translates what FTP says.

What happens: the client has IPv6, the server has IPv4, and a NAT64 in between translates headers. EPRT |2| then asks an
IPv4 server to call an IPv6 address, which it cannot; so does `EPSV 2` ask it for IPv6. A helper in the NAT64 would have
to translate the commands too (RFC 6384), and cannot under TLS. EPSV without an argument works: its reply names a port
only, and the client dials the address that it already talks to.

How it is told: EPRT comes to nothing over IPv6, or EPSV with an argument is declined, and the server sees the client at
an IPv4 address: it says so in STAT or in the refusal. That is proof; an address of the server in 64:ff9b::/96 makes it
likely, since NAT64s have that prefix for addresses of their own making. In a capture beyond the translation, an IPv6
address is announced, or IPv6 asked for, on a control connection of IPv4.

What it is not: a server that speaks IPv6 and does not know EPRT is `active-eprt-unsupported`. A proxy or load balancer
that takes IPv6 and leads to an IPv4 server looks the same while EPSV works; where it does not, it is `family-mismatch`.
"""

from __future__ import annotations

from ftpdiag.cause import Grounds, cause
from ftpdiag.clues.compared import stopped
from ftpdiag.clues.families import Translated, translated
from ftpdiag.clues.refusals import Declined, data_declined, refusal
from ftpdiag.clues.stops import stop
from ftpdiag.evidence import command_sighting, quotation
from ftpdiag.model import DataChannel, Location, Method, Mode, Remedy, Verdict


@cause(
    title="IPv6 is translated to IPv4 on the way, and FTP is not",
    judges=DataChannel,
    verdict=Verdict.REFUSED,
    or_else="blocked where the server agrees, and the data connection does not come to be",
    location=Location.UNKNOWN,
    remedies=(
        Remedy(
            who="client",
            product="any FTP client",
            text="Use passive mode with EPSV and no argument: nothing in it needs to be translated.\n"
            "curl and lftp do over IPv6; curl -P is active mode: leave it out.",
            mode=Mode.PASSIVE,
        ),
        Remedy(
            who="client",
            product="a client host with 464XLAT (RFC 6877), or with IPv4 beside IPv6",
            text="Talk to the server's IPv4 address: ftpdiag probe --family 4, curl -4, lftp: set dns:order inet.",
        ),
        Remedy(
            who="network",
            product="NAT64",
            text="Turn its FTP helper on, if it has one (RFC 6384); it helps sessions without TLS only.\n"
            "Cisco IOS XE: nat64 service ftp; Jool and tayga have none.",
        ),
        Remedy(who="server", product="any FTP server", text="Give it an IPv6 address of its own, with an AAAA record."),
    ),
    references=("RFC 6146", "RFC 6384", "RFC 6052 §2.1", "RFC 2428 §2"),
    overrides=(
        "active-address-refused",
        "active-eprt-unsupported",
        "active-inbound-dropped",
        "active-refused-by-server",
        "passive-epsv-unsupported",
    ),
)
def nat64_without_alg(channel: DataChannel) -> Grounds | None:
    """A command that names IPv6, in vain, and a server on IPv4."""
    found = translated(channel) if _names_ipv6(channel) and not channel.opened else None
    if found is None:
        return None
    in_vain = data_declined(channel) or (channel.mode is Mode.ACTIVE and stopped(channel))
    return _grounds(channel, found) if in_vain else None


def _names_ipv6(channel: DataChannel) -> bool:
    if channel.method is Method.EPSV:
        return channel.negotiation.argument == "2"
    return channel.method is Method.EPRT and channel.announced is not None and channel.announced.family == 6


def _grounds(channel: DataChannel, found: Translated) -> Grounds:
    said = refusal(channel)
    what = f"to call {channel.announced}" if channel.mode is Mode.ACTIVE else "for a port on IPv6"
    declined = said is not None and said.what is not Declined.CONNECTION
    return Grounds(
        confidence=found.confidence,
        verdict=None if declined else Verdict.BLOCKED,
        summary=f"The server is asked {what}, and has IPv4 only: on the way to it something translates IPv6 to IPv4, a "
        "NAT64 as a rule, and leaves FTP as it is.",
        evidence=(
            found.evidence,
            command_sighting(channel.negotiation, "The client asked for IPv6."),
            *((quotation(said.reply, "The server declined."),) if said else ()),
        ),
        location=stop(channel).location,
    )
