"""The server calls back from another port than a firewall may expect.

What happens: by RFC 959 §3.2 the server's data port is the one below its control port, 20 for 21; some servers use 20
whatever the control port is. Others call from any free port, because ports below 1024 need rights that they gave up.
That is harmless, except to firewall rules that let call-backs in by their source port.

How it is told: the source port of the server's SYN, or of the accepted connection, is neither.

What it is not: a fault. It becomes one together with a rule that accepts source port 20 only; then another finding
says where the call-back was stopped. Nor does a missing port 20 in a capture mean that active mode was not tried.
"""

from __future__ import annotations

from ftpdiag.cause import Grounds, cause
from ftpdiag.clues import settings
from ftpdiag.evidence import sighting
from ftpdiag.model import Confidence, DataChannel, Location, Mode

FTP_DATA = 20
"""The registered port `ftp-data`; vsftpd uses it whatever the control port is."""


@cause(
    title="The server calls back from a port other than 20",
    judges=DataChannel,
    modes=(Mode.ACTIVE,),
    verdict=None,
    location=Location.SERVER_CONFIG,
    remedies=settings.CALL_BACK_FROM_DATA_PORT,
    references=("RFC 959 §3.2", "https://www.iana.org/assignments/service-names-port-numbers"),
)
def active_source_port_not_20(channel: DataChannel) -> Grounds | None:
    """A call from neither the control port - 1 nor 20."""
    server = channel.session.server
    usual = {server.port - 1, FTP_DATA}
    calls = (one for one in channel.openings if one.opener.host == server.host and one.opener.port)
    call = next((one for one in calls if one.opener.port not in usual), None)
    if call is None:
        return None
    expected = " or ".join(str(port) for port in sorted(usual, reverse=True))
    return Grounds(
        confidence=Confidence.PROVEN,
        summary=f"The server calls back from port {call.opener.port}, not from {expected}: a firewall rule that lets "
        "call-backs in by their source port does not fit it.",
        evidence=(sighting(call, f"The call came from {call.opener}."),),
    )
