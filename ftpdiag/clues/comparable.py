"""Handshakes that were stopped, others that passed -> what else than their kind may make the difference.

Another time, another client behind the same address, another server on the other port; or a server that overlooks
what PORT names, which looks like a device that rewrites it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from functools import lru_cache

from ftpdiag.clues.addresses import local_kind
from ftpdiag.clues.compared import KINDS, Tally, called_behind_nat, ports_of
from ftpdiag.clues.greetings import greeting
from ftpdiag.clues.refusals import address_declined
from ftpdiag.clues.remembered import PAIRS
from ftpdiag.model import Alternative, ControlSession, DataChannel, Evidence, Method, Mode, Vantage, View

_NEAR = frozenset({View.CLIENT_WIRE, View.CLIENT_SOCKET})

_LIKE = {Mode.PASSIVE: "passive-port-dropped", Mode.ACTIVE: "active-inbound-dropped"}
"""What it is where the difference is of another kind."""

_SIDE_BY_SIDE = "the same handshakes side by side: here all of one kind came before all of the other"

_EACH_CLIENT = (
    "the same captured at the client, or a probe from there: behind one NAT several clients share this address, each "
    "with a firewall of its own"
)

_CHECKS = r"(?i)vsftpd|pure-ftpd|pyftpdlib|filezilla"
"""Servers that look at the address in PORT and in EPRT alike (field guide §1.0)."""


@lru_cache(maxsize=KINDS * PAIRS)
def apart(failed: Tally, worked: Tally) -> bool:
    """All passive ports of the one lie below all of the other: that may be what makes the difference."""
    one, two = ports_of(failed.stopped), ports_of(worked.passed)
    return failed.stopped[0].mode is Mode.PASSIVE and (max(one) < min(two) or max(two) < min(one))


def coincidences(failed: Tally, worked: Tally, ranges: str) -> tuple[Alternative, ...]:
    """What else makes such a difference: other passive ports (`ranges` would tell), or what a capture leaves open."""
    other_range = Alternative(cause="passive-port-dropped", settle_with=ranges)
    return (*((other_range,) if apart(failed, worked) else ()), *doubts(failed, worked))


@lru_cache(maxsize=KINDS * PAIRS)
def doubts(failed: Tally, worked: Tally) -> tuple[Alternative, ...]:
    """What a capture leaves open; a probe makes its handshakes side by side, and all of them itself."""
    cause = _LIKE[failed.stopped[0].mode]
    turns = (Alternative(cause=cause, settle_with=_SIDE_BY_SIDE),) if in_turn(failed, worked) else ()
    clients = (Alternative(cause=cause, settle_with=_EACH_CLIENT),) if several_clients(failed, worked) else ()
    return clients or turns


def in_turn(failed: Tally, worked: Tally) -> bool:
    """In a capture the one ends before the other begins: something may have been changed in between."""
    if failed.stopped[0].session.method is not None:
        return False
    one, two = ([one.negotiation.at for one in those] for those in (failed.stopped, worked.passed))
    return max(one) < min(two) or max(two) < min(one)


def several_clients(failed: Tally, worked: Tally) -> bool:
    """A NAT may stand between where it was captured and the clients, and no session had either outcome."""
    one, two = ({id(each.session): each for each in those} for those in (failed.stopped, worked.passed))
    return one.keys().isdisjoint(two) and not all(map(_one_machine, (*one.values(), *two.values())))


def _one_machine(channel: DataChannel) -> bool:
    """Whoever has the address of its client is one. IPv6 has an address for each."""
    session = channel.session
    seen = {one.view for one in (*session.openings, *channel.openings)}
    at_client = session.place is not None and session.place.vantage in {Vantage.CLIENT, Vantage.BOTH}
    return session.method is not None or session.family != 4 or at_client or not seen.isdisjoint(_NEAR)


@lru_cache(maxsize=KINDS * PAIRS)
def translated(failed: Tally, worked: Tally) -> DataChannel | None:
    """One that was called at an address which the server cannot know, and which it declines where it reads it."""
    called = (one for one in worked.passed if one.mode is Mode.ACTIVE and called_behind_nat(one))
    declines = tuple(filter(address_declined, failed.stopped))
    return next((one for one in called if any(_alike(each, one) for each in declines)), None)


def _alike(declined: DataChannel, called: DataChannel) -> bool:
    """The server that declined the one would have declined the other."""
    product = declined.session.product
    same_command = declined.method is called.method or bool(product and re.match(_CHECKS, product))
    return same_command and _unlike([declined.session], [called.session]) is None


def overlooked(failed: Tally, worked: Tally) -> tuple[Alternative, ...]:
    """What it may be where an address was called that the server cannot know, and it may not have read it."""
    called = any(one.mode is Mode.ACTIVE and called_behind_nat(one) for one in worked.passed)
    if not called or translated(failed, worked):
        return ()
    declines = any(map(address_declined, failed.stopped))
    return (
        Alternative(
            cause="active-address-refused" if declines else "active-inbound-dropped",
            settle_with="a capture at the server: whether the private address arrives there; some servers call the "
            "address that they see, whatever PORT names, and a NAT that leads everything in lets that pass",
        ),
    )


@lru_cache(maxsize=KINDS * PAIRS)
def other_server(failed: Tally, worked: Tally) -> Evidence | None:
    """What shows that it was not the same server that was asked."""
    one, two = ([each.session for each in those] for those in (failed.stopped, worked.passed))
    said = _unlike(one, two) or _unlike_hosts(failed, worked)
    return Evidence(text=f"It may not be the same server: {said}.") if said else None


def _unlike(these: Iterable[ControlSession], those: Iterable[ControlSession]) -> str | None:
    """A greeting, but for its numbers, or a distance."""
    signs: tuple[tuple[str, Callable[[ControlSession], object]], ...] = (
        ("it greets otherwise", greeting),
        ("it is another product", lambda session: session.product),
        ("it is not as far away", lambda session: session.server_ttl),
    )
    for what, sign in signs:
        one, two = ({sign(each) for each in sessions} - {None} for sessions in (these, those))
        if one and two and one.isdisjoint(two):
            return what
    return None


def _unlike_hosts(failed: Tally, worked: Tally) -> str | None:
    """Addresses of the same kind in the replies to PASV; a public and a private one are what a device makes of one."""
    one, two = ({host for each in those if (host := named_in_227(each))} for those in (failed.stopped, worked.passed))
    alike = {local_kind(host) for host in one} == {local_kind(host) for host in two}
    return "it names another address in its replies to PASV" if alike and one and one.isdisjoint(two) else None


def named_in_227(channel: DataChannel) -> str | None:
    """The host in the reply to PASV; none: there is none, or it was not read."""
    read = channel.method is Method.PASV and not channel.inferred
    return channel.announced.host if read and channel.announced else None
