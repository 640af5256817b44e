"""The server does not go back to the clear on the control connection.

What happens: CCC (RFC 4217 §12) ends TLS on the control connection after the login, so that a firewall or NAT that
understands FTP can read what is announced; the data connections stay encrypted. Few servers allow it: it lets anybody
on the way add or change commands. A client that insists on it (curl --ftp-ssl-ccc, `CCC` in a backup tool's settings)
fails.

How it is told: by the reply: 500 or 502 where the server does not know the command, 533 or 534 where it will not. A
live probe asks only where `alg-blind-to-tls` holds, for which CCC would be a way out; a capture tells it where its
dialogue can be read (`--keylog`). It is information.

What it is not: a refusal of AUTH TLS is `control-tls-unsupported`.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from ftpdiag.cause import Grounds, cause
from ftpdiag.evidence import quotation
from ftpdiag.model import Confidence, ControlSession, Experiment, Location, Remedy, Reply, Tls

_UNKNOWN = frozenset({500, 502})
"""RFC 959 §4.2.1: the command is not understood, or not implemented."""


@cause(
    title="The server does not go back to the clear on the control connection",
    judges=ControlSession,
    verdict=None,
    location=Location.SERVER_CONFIG,
    remedies=(
        Remedy(
            who="client",
            product="any FTP client",
            text="Do not ask for CCC; have the passive range opened instead, or the call-backs let in.",
        ),
        Remedy(
            who="server",
            product="ProFTPD",
            text="Where policy allows it: leave `ctrl` out of TLSRequired (TLSRequired auth+data), then\n"
            "systemctl reload proftpd",
        ),
    ),
    references=("RFC 4217 §12.3", "RFC 2228 §3"),
)
def control_ccc_unsupported(session: ControlSession) -> Grounds | None:
    """CCC was asked for under TLS, and declined."""
    declined = next((reply for reply in _answers(session) if not reply.positive), None)
    if session.tls is Tls.NONE or declined is None:
        return None
    why = "does not know CCC" if declined.code in _UNKNOWN else "does not allow CCC"
    return Grounds(
        confidence=Confidence.PROVEN,
        summary=f"The server {why}: its control connection stays encrypted.",
        evidence=(quotation(declined, "The server declined CCC."),),
    )


def _answers(session: ControlSession) -> Iterator[Reply]:
    asked = (one.session for one in session.tried(Experiment.CLEAR_CONTROL))
    for one in chain((session,), asked):
        exchange = one.exchange("CCC")
        if exchange and exchange.final:
            yield exchange.final
