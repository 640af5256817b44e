"""What was seen or said -> evidence that cites it: by packet, by moment, or by line."""

from __future__ import annotations

from ftpdiag.model import DataChannel, Evidence, Exchange, Opening, Packet, Reply


def sighting(opening: Opening, text: str) -> Evidence:
    """An opening as evidence: its first packet, or the socket's word."""
    first = opening.packets[0] if opening.packets else None
    return packet_sighting(first, text) if first else Evidence(text=text, at=opening.at)


def channel_sighting(channel: DataChannel, text: str) -> Evidence:
    """An open data connection as evidence: its first packet, the socket's word, or else its negotiation."""
    opening = channel.wire or channel.socket
    return sighting(opening, text) if opening else Evidence(text=text, at=channel.negotiation.at)


def packet_sighting(packet: Packet, text: str) -> Evidence:
    """One packet as evidence."""
    view = packet.track.view if packet.track else None
    return Evidence(text=text, at=packet.at, packet=packet.number, view=view)


def quotation(reply: Reply, text: str) -> Evidence:
    """A reply as evidence."""
    return Evidence(text=text, at=reply.at, line=reply.lines[0])


def command_sighting(exchange: Exchange, text: str) -> Evidence:
    """A command as evidence."""
    return Evidence(text=text, at=exchange.at, line=exchange.line or None)
