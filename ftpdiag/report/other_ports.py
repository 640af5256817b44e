"""Facts -> sentences about the same handshakes on another control port, where the user asked for them."""

from __future__ import annotations

from collections.abc import Iterator

from ftpdiag.model import Answer, Facts, Mode, Retried


def on_other_ports(facts: Facts) -> Iterator[str]:
    """One for each mode, or that there was nothing to compare with."""
    ports = sorted({one.change.port for one in facts.retried if one.change.port})
    for port in ports:
        there = [one for one in facts.retried if one.change.port == port]
        if not any(one.session.logged_in for one in there):
            yield f"On the control port {port} there was no session to compare with: {_why(there[0])}."
            continue
        for mode in Mode:
            channels = [channel for one in there for channel in one.channels if channel.mode is mode]
            if channels:
                came = sum(channel.opened for channel in channels)
                yield f"On the control port {port} {came} of {len(channels)} {mode} data connections opened."


def _why(one: Retried) -> str:
    socket = one.session.socket
    if socket and socket.answer is Answer.REFUSED:
        return "it refuses connections"
    if not one.session.reachable:
        return "nothing answers there as an FTP server should"
    return "the login failed" if one.session.exchanges else "what answers there is no FTP server"
