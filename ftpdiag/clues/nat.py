"""A channel -> what is known of the NATs between its client and the server, seen from the client."""

from __future__ import annotations

from ftpdiag.clues.addresses import CARRIERS, local_kind, only_to
from ftpdiag.clues.trials import walked
from ftpdiag.model import DataChannel, Evidence, Experiment, Fate, Method, Mode, Reply, View

_PRIVATE = frozenset({"private", CARRIERS})


def seen_from_outside(channel: DataChannel) -> str | None:
    """The client's address as the server sees it, where that is not its own: a NAT lies between."""
    session = channel.session
    seen = session.client_seen_as
    return seen if seen and session.client and seen != session.client.host else None


def seen_by_server(channel: DataChannel, refusal: Reply) -> str | None:
    """The client's address as the server sees it, where that is not the announced one: by what is said or captured."""
    announced, session = channel.announced, channel.session
    if announced is None:
        return None
    named = next((host for host in only_to(refusal) if host != announced.host), None)
    seen = named or session.client_seen_as or _captured_beyond(channel)
    return None if seen in {announced.host, session.server.host} else seen


def _captured_beyond(channel: DataChannel) -> str | None:
    """In a capture from beyond the NAT: the address from which the control connection comes."""
    session, announced = channel.session, channel.announced
    beyond = session.method is None and session.client and announced and session.client.host != announced.host
    return session.client.host if beyond and session.client else None


def third_host(channel: DataChannel) -> str | None:
    """In a capture: what PORT or EPRT names, where that is not the client, nor the other side of a NAT of its.

    None too where one of the two addresses is routed and the other is not: then the NAT is the likelier reason.
    """
    session, announced = channel.session, channel.announced
    if session.method is not None or session.client is None or announced is None or channel.mode is Mode.PASSIVE:
        return None
    own = {session.client.host, session.client_seen_as, *(one.client.host for one in session.sights)}
    kind = local_kind(announced.host)
    alike = announced.family == session.family and kind == local_kind(session.client.host)
    if kind and session.wire and session.wire.view is not View.CLIENT_WIRE:
        return None  # it may be the client's own address, behind a NAT of its network
    called = {announced.host, *(one.target.host for one in channel.openings if one.tries)}
    return announced.host if alike and not own & called else None


def carrier_hop(channel: DataChannel) -> tuple[int, str] | None:
    """The first router of a carrier's shared address space that a walk met, behind one of the client's own."""
    walk = walked(channel)
    for step in walk.control.steps if walk else ():
        if step.fate is Fate.EXPIRED and step.by and local_kind(step.by) == CARRIERS:
            return (step.ttl, step.by) if step.ttl > 1 else None
    return None


def whose_nat(channel: DataChannel) -> tuple[Experiment, ...]:
    """What would tell whether the NAT is the client's own, where there is one."""
    client = channel.session.client
    hidden = seen_from_outside(channel) and client and local_kind(client.host) == "private"
    return (Experiment.CONTROL_WALK,) if hidden and walked(channel) is None else ()


def announced_inside(channel: DataChannel) -> str | None:
    """The address behind a NAT that the server took for its own: a reply to PASV named it."""
    public, named = channel.session.server.host, (one.announced for one in channel.beside if one.method is Method.PASV)
    inside = (one.host for one in named if one and local_kind(one.host) in _PRIVATE)
    return None if local_kind(public) else next(inside, None)


def one_network(channel: DataChannel) -> Evidence | None:
    """What shows that no Internet lies between client and server, though the server's address is public.

    None where nothing says so, or the server bears that address itself: its call comes from there; or where passive
    ports are led to it.
    """
    session = channel.session
    if session.client is None or session.client_seen_as is None or any(map(_led_straight, channel.beside)):
        return None
    own, seen = session.client.host, session.client_seen_as
    if local_kind(session.server.host) or local_kind(own) not in _PRIVATE or local_kind(seen) not in _PRIVATE:
        return None
    told = f"The server at {session.server.host}, a public address, sees this client as {seen}, a private one"
    return Evidence(text=f"{told}, by its own: nothing translates it in between." if seen == own else f"{told}.")


def _led_straight(channel: DataChannel) -> bool:
    """A data connection stood between the client's own address and the server's public one."""
    callers = {one.opener.host for one in channel.openings if one.tries}
    return channel.opened if channel.mode is Mode.PASSIVE else channel.session.server.host in callers
