"""EPSV (RFC 2428 §3): the server names a port only; the address is the control connection's."""

from __future__ import annotations

from ftpdiag import ftp
from ftpdiag.model import Method
from ftpdiag.session import Session, handshake


@handshake(method=Method.EPSV)
def epsv(session: Session) -> None:
    """Dial the announced port."""
    announced = ftp.passive_port(Method.EPSV, session.command("EPSV"), session.server.host)
    if announced and session.connect(announced):
        session.transfer()
