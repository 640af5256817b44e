"""The server says something that is no FTP.

What happens: a 227 or 229 names no usable address and port: numbers are missing, too large or zero, or delimiters are
wrong. Or what comes over the control connection is no dialogue at all: a line or a reply without end, binary, a reply
of one byte a second.

How it is told: by the reply itself, which is quoted; ftpdiag reads 227 with and without parentheses, as RFC 1123 asks,
and stops reading where memory or patience would end.

What it is not: a 227 whose address is well-formed and wrong is passive-address-unroutable. Another protocol's greeting
is control-not-ftp, one that begins and does not end in time control-no-greeting. A device on the way that rewrites
addresses may have garbled the reply.
"""

from __future__ import annotations

from ftpdiag import ftp
from ftpdiag.cause import Grounds, cause
from ftpdiag.clues.greetings import greets_too_slowly
from ftpdiag.evidence import command_sighting, quotation
from ftpdiag.model import (
    Alternative,
    Confidence,
    ControlSession,
    DataChannel,
    Evidence,
    Location,
    Mode,
    Remedy,
    Verdict,
)


@cause(
    title="The server's reply is not what FTP allows",
    judges=(ControlSession, DataChannel),
    modes=(Mode.PASSIVE,),
    verdict=Verdict.REFUSED,
    or_else="unknown where the server says that the transfer is done",
    location=Location.UNKNOWN,
    remedies=(
        Remedy(
            who="server",
            product="any FTP server",
            text="Update it, and report the reply to its makers: RFC 959 §4.2 has the form of replies, RFC 1123 "
            "§4.1.2.6 that of 227, RFC 2428 §3 that of 229.",
        ),
        Remedy(
            who="network",
            product="FTP helper (ALG) on the way",
            text="Turn it off for $server:$port, or use TLS, which keeps it from rewriting replies.",
        ),
        Remedy(who="client", product="any FTP client", text="Use EPSV instead of PASV, or the other way round."),
    ),
    references=("RFC 959 §4.2", "RFC 1123 §4.1.2.6", "RFC 2428 §3"),
    overrides=("control-no-greeting", "control-reset-midway", "data-stalled", "passive-refused-by-server"),
)
def reply_malformed(subject: ControlSession | DataChannel) -> Grounds | None:
    """A 2yz to PASV or EPSV that names no endpoint; or a peer that does what FTP does not allow."""
    return _no_endpoint(subject) if isinstance(subject, DataChannel) else _misbehaviour(subject)


def _no_endpoint(channel: DataChannel) -> Grounds | None:
    reply = channel.negotiation.final
    if channel.announced is not None or reply is None or not 200 <= reply.code < 300 or not ftp.whole(reply):
        return None
    if channel.session.torn_at is not None and reply.code not in ftp.ANNOUNCES:
        return None  # it may be the answer to what was not heard
    final = channel.transfer.final if channel.transfer else None
    done = final is not None and final.positive
    return Grounds(
        confidence=Confidence.PROVEN,
        verdict=Verdict.UNKNOWN if done else None,
        summary=f"The reply of {channel.session.server} to {channel.method} names no usable address and port: "
        f"`{reply.lines[0]}`."
        + (" The transfer ended well all the same: this client made sense of it, others may not." if done else ""),
        evidence=(
            command_sighting(channel.negotiation, "What was asked."),
            quotation(reply, "No address and port can be read from this reply."),
        ),
        alternatives=(
            Alternative(
                cause="alg-rewrote-endpoint",
                settle_with="the same command under TLS (--tls explicit), where no device can rewrite the reply",
            ),
        ),
    )


def _misbehaviour(session: ControlSession) -> Grounds | None:
    done = (one.final for one in session.exchanges if one.verb in ftp.TRANSFERS)
    if session.behaviour is None or greets_too_slowly(session) or any(final and final.positive for final in done):
        return None
    return Grounds(
        confidence=Confidence.PROVEN,
        summary=f"{session.server} does not keep to FTP. {session.behaviour}",
        evidence=(Evidence(text=session.behaviour, at=session.hangup.at if session.hangup else session.began),),
        alternatives=(
            Alternative(
                cause="proxy-in-the-way",
                settle_with="the same probe from another network: whether the server itself behaves so",
            ),
        ),
    )
