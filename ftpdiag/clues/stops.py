"""A data connection that the network stopped -> where, as far as its packets and the trials tell."""

from __future__ import annotations

from msgspec import Struct

from ftpdiag.clues.between import lost_syn
from ftpdiag.clues.hops import answerer, from_client_itself, from_server_itself, nearer, place, server_hop
from ftpdiag.clues.trials import gap, may_be_opened, opened, walk_evidence, walked
from ftpdiag.clues.wording import client_of
from ftpdiag.model import Answer, DataChannel, Evidence, Experiment, IcmpError, Location, Mode, Opening, Party, View
from ftpdiag.stacks import hop_of


class Stop(Struct, frozen=True, kw_only=True):
    """Where, and in a sentence what shows it; "it" being the SYN."""

    location: Location = Location.UNKNOWN
    hop: int | None = None
    told: str = ""


def stop(channel: DataChannel) -> Stop:
    """For a channel that was stopped."""
    wire = channel.wire
    if wire and (loss := lost_syn(wire, channel.mode.opener, channel.session, channel.beside)):
        return Stop(location=loss.location, told=f"It is lost {loss.where}.")
    if wire and wire.answer in {Answer.REFUSED, Answer.REJECTED}:
        return _turned_down(channel, wire)
    return _passive(channel, wire) if channel.mode is Mode.PASSIVE else _active(channel, wire)


def _passive(channel: DataChannel, wire: Opening | None) -> Stop:
    if wire and wire.view is View.CLIENT_WIRE and wire.answer is Answer.ABSENT:
        return Stop(location=Location.CLIENT_HOST, told=f"It never leaves {client_of(channel.session)}.")
    if wire and wire.view is View.SERVER_WIRE and wire.answer is Answer.SILENT:
        return Stop(location=Location.SERVER_HOST, told="It reaches the server, whose own firewall drops it.")
    gone = gap(channel)
    return Stop(location=gone.location, hop=gone.hop, told=gone.told) if gone else Stop()


def _active(channel: DataChannel, wire: Opening | None) -> Stop:
    if wire and wire.view is View.CLIENT_WIRE and wire.answer is Answer.SILENT:
        here = client_of(channel.session)
        return Stop(location=Location.CLIENT_HOST, told=f"It reaches {here}, whose own firewall drops it.")
    trial = opened(channel)
    if trial is None:
        return Stop()
    return Stop(location=trial.location or Location.UNKNOWN, hop=trial.hop, told=trial.summary)


def _turned_down(channel: DataChannel, wire: Opening) -> Stop:
    packet, session = answerer(wire), channel.session
    if packet is None:
        return Stop()
    if channel.mode.opener is Party.SERVER:
        own = from_client_itself(packet, session, wire.view)
        return (
            Stop(location=Location.CLIENT_HOST, told=f"{client_of(session).capitalize()} rejects it.")
            if own
            else Stop()
        )
    hop = hop_of(packet.ttl)
    if isinstance(packet, IcmpError) and packet.reporter != session.server.host:
        return Stop(
            location=place(wire.view, hop, server_hop(session)),
            hop=hop if wire.view is View.CLIENT_WIRE else None,
            told=f"{packet.reporter} rejects it.",
        )
    if from_server_itself(packet, session) and wire.view is View.SERVER_WIRE:
        return Stop(location=Location.SERVER_HOST, told="The server itself turns it down.")
    if nearer(packet, session):
        return Stop(
            location=place(wire.view, hop, server_hop(session)),
            hop=hop if wire.view is View.CLIENT_WIRE else None,
            told="A device in front of the server turns it down in its name.",
        )
    return Stop()


def located(channel: DataChannel) -> tuple[Evidence, ...]:
    """What the trials showed of where."""
    trial = opened(channel)
    return (*walk_evidence(channel), *(trial.evidence if trial else ()))


def locating(channel: DataChannel) -> tuple[Experiment, ...]:
    """What would tell more of where, and has not been tried."""
    seen = channel.wire or channel.socket
    if seen is None or seen.view not in {View.CLIENT_WIRE, View.CLIENT_SOCKET}:
        return ()
    if channel.mode is Mode.PASSIVE:
        told = seen.answer not in {Answer.SILENT, Answer.REFUSED} or walked(channel)
        return () if told else (Experiment.HOP_WALK,)
    unasked = seen.answer is Answer.ABSENT and channel.transfer is not None and opened(channel) is None
    return (Experiment.LOW_TTL_OPENER,) if unasked and may_be_opened(channel, seen) else ()
