"""A channel -> what is known of the NATs between its client and the server, seen from the client."""

from __future__ import annotations

from ftpdiag.clues.addresses import CARRIERS, local_kind
from ftpdiag.clues.trials import walked
from ftpdiag.model import DataChannel, Experiment, Fate


def seen_from_outside(channel: DataChannel) -> str | None:
    """The client's address as the server sees it, where that is not its own: a NAT lies between."""
    session = channel.session
    seen = session.client_seen_as
    return seen if seen and session.client and seen != session.client.host else None


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
