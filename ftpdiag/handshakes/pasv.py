"""PASV (RFC 959 §4.1.2): the server names an IPv4 address and a port, the client opens the data connection.

Over IPv6 it cannot work, and no client uses it there: it is asked only where the user names it.
"""

from __future__ import annotations

from ftpdiag import ftp
from ftpdiag.model import Method
from ftpdiag.session import Session, handshake


@handshake(method=Method.PASV, unasked=(4,))
def pasv(session: Session) -> None:
    """Dial the announced port at the control connection's host; a third host only when that was asked for."""
    announced = ftp.passive_port(Method.PASV, session.command("PASV"), session.server.host)
    if announced is None:
        return
    ours = announced.at_host(session.server.host)
    believed = announced != ours and session.dials_announced and session.connect(announced)
    if believed or session.connect(ours):
        session.transfer()
