"""The control connection dies when TLS begins on it.

What happens: the server agrees to AUTH TLS with 234 (or the port is for implicit TLS), the client says hello, and
then the connection is reset, closed or silent, or the two sides find no common TLS. The usual culprit on the way is
an FTP-aware firewall: what it cannot read as FTP, it cuts off. The usual one on the server is a certificate, key or
TLS version that does not work.

How it is told: the TLS handshake on the control connection does not complete. Who ended it is told where it can be:
a RST whose TTL does not fit the server's comes from a device on the way; a TLS alert comes from a TLS implementation,
not from a firewall. A close, a silence or a RST from as far away as the server may come from either.

What it is not: a refusal of AUTH is control-tls-unsupported, a certificate that does not verify control-tls-untrusted.
Where it falls silent, a live probe tries again with small segments: if TLS then stands, it is data-path-mtu.
"""

from __future__ import annotations

from ftpdiag.cause import Grounds, cause
from ftpdiag.clues import openssl
from ftpdiag.clues.resets import Sender, origin
from ftpdiag.clues.widths import Outcome, secured_evidence, secured_with_small
from ftpdiag.clues.wording import times
from ftpdiag.evidence import packet_sighting, quotation
from ftpdiag.model import (
    Alternative,
    Confidence,
    ControlSession,
    Ending,
    Evidence,
    Exchange,
    Experiment,
    Hangup,
    Location,
    Remedy,
    Segment,
    Stuck,
    Tls,
    Verdict,
)

_FAILURES = frozenset({Ending.RESET, Ending.FINISHED, Ending.STALLED, Ending.TLS_FAILED})
_AGREED = frozenset({234, 334})
"""RFC 4217 §4: 234; RFC 2228 §3: 334 asks for security data, and a few old servers begin TLS with it."""


@cause(
    title="The control connection dies when TLS begins",
    judges=ControlSession,
    verdict=Verdict.BROKEN,
    location=Location.UNKNOWN,
    remedies=(
        Remedy(
            who="network",
            product="FTP-aware firewall",
            text="Do not inspect FTP to $server:$port, or let AUTH TLS pass.\n"
            "Cisco ASA: inspect ftp without `strict`, or none; FortiGate: no session helper for port $port; "
            "Check Point: a plain TCP service on port $port instead of ftp.",
        ),
        Remedy(
            who="server",
            product="any FTP server",
            text="Offer implicit TLS on port 990, or FTP on another port than 21: inspection looks at port 21.\n"
            "To see whether the server's own TLS works, on the server:\nopenssl s_client -connect localhost:$port "
            "-starttls ftp",
        ),
        Remedy(
            who="server",
            product="vsftpd",
            text="rsa_cert_file=/etc/ssl/certs/ftp.pem\nrsa_private_key_file=/etc/ssl/private/ftp.key\nssl_ciphers=HIGH",
        ),
        Remedy(
            who="server",
            product="ProFTPD",
            text="TLSEngine on\nTLSRSACertificateFile /etc/ssl/certs/ftp.pem\n"
            "TLSRSACertificateKeyFile /etc/ssl/private/ftp.key\nTLSProtocol TLSv1.2 TLSv1.3\nAnd read the TLSLog.",
        ),
        Remedy(
            who="server",
            product="Pure-FTPd",
            text="cat ftp.key ftp.pem > /etc/ssl/private/pure-ftpd.pem && chmod 600 /etc/ssl/private/pure-ftpd.pem",
        ),
        Remedy(
            who="server",
            product="IIS",
            text="FTP SSL Settings > SSL Certificate: choose one that has a private key.",
        ),
        Remedy(
            who="client",
            product="ftpdiag",
            text="For a server that speaks old TLS only:\nftpdiag probe --insecure $target",
        ),
    ),
    references=("RFC 4217 §4", "http://www.proftpd.org/docs/howto/TLS.html", "Cisco ASA: inspect ftp"),
    overrides=("control-reset-midway", "control-no-greeting"),
)
def control_tls_broken(session: ControlSession) -> Grounds | None:
    """TLS was agreed on, and the connection ended before a word came through it."""
    hangup = session.hangup
    if hangup is None or hangup.ending not in _FAILURES or not session.reachable:
        return None
    agreement = _agreement(session)
    if session.tls is Tls.IMPLICIT:
        if session.lines or openssl.hears_no_tls(hangup.detail):
            return None
    elif agreement is None:
        return None
    evidence = (
        *((quotation(agreement.replies[-1], "The server agreed to TLS."),) if agreement else ()),
        Evidence(text=hangup.detail, at=hangup.at),
    )
    if session.reset and origin(session.reset, session).sender is Sender.DEVICE:
        return _by_device(session, session.reset, evidence)
    if openssl.finds_no_common_ground(hangup.detail):
        return Grounds(
            confidence=Confidence.LIKELY,
            location=Location.SERVER_CONFIG,
            summary=f"{session.server} and this machine find no common TLS: {hangup.detail}",
            evidence=evidence,
        )
    return _by_loss(session, session.stuck, evidence) if session.stuck else _undecided(session, hangup, evidence)


def _agreement(session: ControlSession) -> Exchange | None:
    """The AUTH that was agreed to, if nothing was answered after it."""
    verbs = [exchange.verb for exchange in session.exchanges]
    if "AUTH" not in verbs:
        return None
    index = len(verbs) - 1 - verbs[::-1].index("AUTH")
    final = session.exchanges[index].final
    answered = any(exchange.replies for exchange in session.exchanges[index + 1 :])
    return session.exchanges[index] if final and final.code in _AGREED and not answered else None


def _by_device(session: ControlSession, reset: Segment, evidence: tuple[Evidence, ...]) -> Grounds:
    sender = origin(reset, session)
    return Grounds(
        confidence=Confidence.PROVEN,
        location=sender.location,
        hop=sender.hop,
        summary=f"A device on the way, not {session.server.host} itself, resets the session when TLS begins.",
        evidence=(
            *evidence,
            packet_sighting(
                reset,
                f"The RST in the server's name has a TTL of {reset.ttl}, its SYN-ACK had {session.server_ttl}.",
            ),
        ),
    )


def _by_loss(session: ControlSession, stuck: Stuck, evidence: tuple[Evidence, ...]) -> Grounds:
    """Captures of both ends."""
    return Grounds(
        confidence=Confidence.PROVEN,
        location=Location.PATH,
        summary=f"A device on the way drops what the {stuck.sender} sends when TLS begins on the control connection to "
        f"{session.server}.",
        evidence=(
            *evidence,
            packet_sighting(
                stuck.packet,
                f"This segment left the {stuck.sender} {times(stuck.tries)}, and is not in the capture of the "
                f"{stuck.sender.peer}.",
            ),
        ),
    )


def _undecided(session: ControlSession, hangup: Hangup, evidence: tuple[Evidence, ...]) -> Grounds:
    if openssl.hears_no_tls(hangup.detail):
        summary = f"{session.server} agreed to TLS, and what answered the TLS handshake is no TLS."
    else:
        end = {Ending.RESET: "is reset", Ending.FINISHED: "is closed", Ending.STALLED: "falls silent"}
        summary = (
            f"The control connection to {session.server} {end.get(hangup.ending, 'fails')} when TLS begins: a firewall "
            "that inspects FTP does that, and so does a server whose TLS does not work."
        )
    outcome = secured_with_small(session) if hangup.ending is Ending.STALLED else None
    narrow = hangup.ending is Ending.STALLED and outcome is None
    if outcome is Outcome.NEITHER:
        summary += " So it does with small packets: it is not their size."
    starttls = "" if session.tls is Tls.IMPLICIT else " -starttls ftp"
    return Grounds(
        confidence=Confidence.LIKELY,
        summary=summary,
        evidence=(
            *evidence,
            *(secured_evidence(session) if outcome else ()),
            *(
                (packet_sighting(session.reset, "The RST comes from as far away as the server."),)
                if session.reset and origin(session.reset, session).sender is Sender.SERVER
                else ()
            ),
        ),
        alternatives=(
            Alternative(
                cause="control-tls-unsupported",
                settle_with=f"on the server: openssl s_client -connect localhost:{session.server.port}{starttls}",
            ),
            *((_NARROW,) if narrow else ()),
        ),
        settle_with=(Experiment.SMALL_SEGMENTS,) if narrow and session.method else (),
    )


_NARROW = Alternative(
    cause="data-path-mtu",
    settle_with="the same with small segments: the certificates are the first packets that fill a link",
)
