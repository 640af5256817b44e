"""EPRT (RFC 2428 §2): the client names its own address, IPv4 or IPv6, and port; the server calls back."""

from __future__ import annotations

from ftpdiag import ftp
from ftpdiag.model import Method
from ftpdiag.session import Session, handshake


@handshake(method=Method.EPRT)
def eprt(session: Session) -> None:
    """Announce a fresh listener."""
    announced = session.listen()
    if announced is None:
        return
    reply = session.command("EPRT", ftp.eprt_argument(announced))
    if reply and reply.positive:
        session.transfer()
