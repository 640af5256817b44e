"""Data connections pass in the clear and not under TLS: a device opens what it reads, and reads nothing there.

What happens: a firewall or NAT router that understands FTP (ALG, connection tracking helper, inspection) reads the
control connection, opens just the ports that PASV, EPSV, PORT and EPRT name, and puts public addresses in the place of
private ones. Under TLS it can read nothing: the ports stay closed, the addresses private. It may be at either side; a
host's own firewall does the same.

How it is told: by the difference. Handshakes of the same mode come to a data connection in the clear and are stopped
under TLS; a probe makes each again, side by side, so that it is no chance. It is proven where the device is seen to
rewrite: the client's private address in PORT is called in the clear, and declined under TLS; or the 227 names a public
address in the clear and a private one under TLS; or where captures of both ends differ. In a capture that was not made
at the client it is possible at most: behind a NAT several clients share one address.

What it is not: where the same mode is stopped in the clear as well, TLS is not to blame. A data connection that opens,
and on which TLS then fails, is `data-tls-failed`; a control connection that breaks at AUTH TLS, `control-tls-broken`. A
server that lets nobody in without TLS leaves nothing to compare with.
"""

from __future__ import annotations

from functools import lru_cache

from msgspec import Struct

from ftpdiag.cause import Grounds, cause
from ftpdiag.clues import remedies, settings
from ftpdiag.clues.addresses import local_kind
from ftpdiag.clues.algs import begun
from ftpdiag.clues.announced import rewritten
from ftpdiag.clues.comparable import doubts, named_in_227, several_clients, translated
from ftpdiag.clues.compared import OFTEN, Tally, counted, in_the_clear, stopped, under_tls
from ftpdiag.clues.refusals import address_declined
from ftpdiag.clues.remembered import PAIRS
from ftpdiag.clues.stops import located, locating, stop
from ftpdiag.evidence import channel_sighting, command_sighting, quotation
from ftpdiag.model import (
    Alternative,
    Confidence,
    ControlSession,
    DataChannel,
    Evidence,
    Experiment,
    Location,
    Mode,
    Remedy,
    Tls,
    Verdict,
)

_READABLE_AFTER_LOGIN = Remedy(
    who="client",
    product="any FTP client, where the server allows it",
    text="Log in under TLS and then go on in the clear on the control connection alone (CCC, RFC 4217): the device can "
    "read again what is announced.\ncurl: --ftp-ssl-ccc; ProFTPD: TLSRequired auth+data",
)


@cause(
    title="A device on the way opens what it reads of FTP, and can read nothing under TLS",
    judges=DataChannel,
    verdict=Verdict.BLOCKED,
    or_else="refused where the server declines the address that is not rewritten",
    location=Location.UNKNOWN,
    remedies=(*settings.FIX_THEN_OPEN_PASSIVE_RANGE, _READABLE_AFTER_LOGIN),
    references=("RFC 4217 §15", "RFC 3235 §4.2", "RFC 2663 §5"),
    overrides=(
        "active-address-refused",
        "active-dropped-by-client-host",
        "active-inbound-dropped",
        "active-refused-by-client-host",
        "passive-address-unroutable",
        "passive-dropped-by-client-host",
        "passive-egress-policy",
        "passive-port-dropped",
        "passive-port-refused",
        "passive-port-rejected",
    ),
)
def alg_blind_to_tls(channel: DataChannel) -> Grounds | None:
    """Stopped under TLS, always; in the clear, never."""
    if channel.session.tls is Tls.NONE or not stopped(channel):
        return None
    clear, encrypted = in_the_clear(channel), under_tls(channel)
    if not clear.only_passed or not encrypted.only_stopped:
        return None
    proof = _rewriting(clear, encrypted)
    where = stop(channel)
    location = proof.location if proof and where.location is Location.UNKNOWN else where.location
    often = min(len(clear.passed), len(encrypted.stopped)) >= OFTEN
    open_left = () if proof else doubts(encrypted, clear)
    sure = proof is not None or (often and not open_left)
    unproven = Confidence.POSSIBLE if several_clients(encrypted, clear) else Confidence.LIKELY
    tried = often or (sure and channel.mode is Mode.ACTIVE)  # of a hop walk it matters that it is not the port
    return Grounds(
        confidence=Confidence.PROVEN if proof else unproven,
        verdict=Verdict.REFUSED if address_declined(channel) else None,
        summary=f"The same {channel.mode} data connection passes in the clear and is stopped under TLS: a device "
        f"{'rewrites' if proof else 'opens'} what it reads of FTP, and can read nothing there."
        + (f" {where.told}" if where.told else ""),
        evidence=(
            *(proof.evidence if proof else ()),
            counted(clear, "In the clear"),
            counted(encrypted, "Under TLS"),
            channel_sighting(channel, f"The data connection to {channel.announced} was stopped."),
            *located(channel),
        ),
        location=location,
        hop=where.hop,
        remedies=_remedies(channel, location),
        alternatives=() if sure else open_left or (_CHANCE[channel.mode],),
        settle_with=(
            *(() if tried or Experiment.IN_THE_CLEAR in begun(channel) else (Experiment.IN_THE_CLEAR,)),
            *locating(channel),
            *_ccc(channel),
        ),
    )


def _ccc(channel: DataChannel) -> tuple[Experiment, ...]:
    """Whether CCC would be a way out; once asked, the answer stands in the session's own findings."""
    return () if _asked_for_ccc(channel) else (Experiment.CLEAR_CONTROL,)


def _asked_for_ccc(channel: DataChannel) -> list[ControlSession]:
    again = (one.session for one in channel.session.tried(Experiment.CLEAR_CONTROL))
    return [one for one in (channel.session, *again) if one.exchange("CCC")]


def _readable_after_login(channel: DataChannel) -> tuple[Remedy, ...]:
    """No advice where the server declines it."""
    asked = (one.exchange("CCC") for one in _asked_for_ccc(channel))
    declined = any(one and one.final and not one.final.positive for one in asked)
    return () if declined else (_READABLE_AFTER_LOGIN,)


_AGAIN = "the same handshakes a few times more, with and without TLS"
_CHANCE = {
    Mode.PASSIVE: Alternative(cause="passive-port-dropped", settle_with=_AGAIN),
    Mode.ACTIVE: Alternative(cause="active-inbound-dropped", settle_with=_AGAIN),
}


class _Rewriting(Struct, frozen=True, kw_only=True):
    """What shows that the device translates addresses."""

    location: Location
    evidence: tuple[Evidence, ...]


@lru_cache(maxsize=PAIRS)
def _rewriting(clear: Tally, encrypted: Tally) -> _Rewriting | None:
    """None: it may only open ports."""
    for one in clear.passed:
        if change := rewritten(one):
            return _Rewriting(location=Location.PATH, evidence=change.evidence)
    if called := translated(encrypted, clear):
        text = f"In the clear the client announced {called.announced}, and was called."
        seen_as = called.session.client_seen_as
        declined = "Under TLS the server declines that address"
        nat = Evidence(text=f"{declined}; it sees the client at {seen_as}." if seen_as else f"{declined}.")
        told = command_sighting(called.negotiation, text)
        return _Rewriting(location=Location.CLIENT_NETWORK, evidence=(told, nat))
    return _two_replies(clear, encrypted)


def _two_replies(clear: Tally, encrypted: Tally) -> _Rewriting | None:
    one = next((one for one in clear.passed if (host := named_in_227(one)) and not local_kind(host)), None)
    other = next((one for one in encrypted.stopped if (host := named_in_227(one)) and local_kind(host)), None)
    said, heard = one and one.negotiation.final, other and other.negotiation.final
    if not (one and other and said and heard):
        return None
    return _Rewriting(
        location=Location.SERVER_NETWORK,
        evidence=(
            quotation(said, f"In the clear the reply names {named_in_227(one)}."),
            quotation(heard, f"Under TLS it names {named_in_227(other)}, as the server knows itself."),
        ),
    )


def _remedies(channel: DataChannel, location: Location) -> tuple[Remedy, ...]:
    if channel.mode is Mode.PASSIVE:
        private = channel.announced is not None and channel.announced.host != channel.session.server.host
        public = settings.ANNOUNCE_PUBLIC_ADDRESS if private and location is not Location.CLIENT_HOST else ()
        return (*settings.open_by_hand(location), *public, *_readable_after_login(channel))
    return (*remedies.beside_a_helper(location), *_readable_after_login(channel))
