"""What evidence points at."""

from __future__ import annotations

from ftpdiag.evidence import command_sighting, packet_sighting, quotation, sighting
from ftpdiag.model import (
    Flag,
)
from tests.hand_built import active, exchange, reply, segment


def test_evidence() -> None:
    """Evidence points at what it rests on: a packet, a reply, a command, or a moment at a socket."""
    at_socket, on_wire = active().openings
    assert (sighting(on_wire, "x").packet, sighting(on_wire, "x").at) == (12, on_wire.at)
    assert (sighting(at_socket, "x").packet, sighting(at_socket, "x").at) == (None, at_socket.at)
    server, client = at_socket.opener, at_socket.target
    assert packet_sighting(segment(7, 0.5, server, client, Flag.RST), "x").packet == 7
    assert quotation(reply("211-One\n211 Two", at=0.0), "x").line == "211-One"
    assert command_sighting(exchange("PORT 1,2,3,4,5,6", "200 Ok", at=0.0), "x").line == "PORT 1,2,3,4,5,6"
    assert command_sighting(exchange("EPSV", "500 ?", at=0.0), "x").line == "EPSV"
