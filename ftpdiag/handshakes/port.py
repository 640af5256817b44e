"""PORT (RFC 959 §4.1.2): the client names its own IPv4 address and port, the server calls back."""

from __future__ import annotations

from ftpdiag import ftp
from ftpdiag.model import Method
from ftpdiag.session import Session, handshake


@handshake(method=Method.PORT, families=(4,))
def port(session: Session) -> None:
    """Announce a fresh listener."""
    announced = session.listen()
    if announced is None:
        return
    reply = session.command("PORT", ftp.port_argument(announced))
    if reply and reply.positive:
        session.transfer()
