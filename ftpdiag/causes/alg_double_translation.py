"""The address in PORT or 227 was right already, and a device on the way translates it once more.

What happens: a server behind a NAT is set to announce its public address, or a client its own, as it should be where
nobody else does that. A router's FTP helper (ALG) on the way translates all the same, or two helpers in a row do; the
address that arrives belongs to nobody. Each of the two settings would do alone.

How it is told: captures of both ends, with a NAT between them. One side announces the address by which the other knows
it, and something else arrives; or a capture in the middle has the right address, after a first helper, and the end has
not.

What it is not: a private address that a single device translates wrongly is `alg-rewrote-endpoint` or
`alg-rewrote-port-command`. An address that was wrong when it left is `passive-address-unroutable`.
"""

from __future__ import annotations

from ftpdiag.cause import Decided, Grounds, cause
from ftpdiag.clues.announced import NO_HELPER, addressed, rewritten
from ftpdiag.clues.remedies import USE_EPSV
from ftpdiag.model import Confidence, DataChannel, Evidence, Location, Method, Mode, Remedy, Verdict

_PORT_ONLY = frozenset({Method.EPSV})


@cause(
    title="An address that was right is translated once more on the way",
    judges=DataChannel,
    verdict=Verdict.BLOCKED,
    location=Location.PATH,
    remedies=(
        *NO_HELPER,
        Remedy(
            who="server",
            product="any FTP server behind a NAT whose helper stays on",
            text="Let it announce the address that it has, and the NAT translate it.\n"
            "vsftpd: remove pasv_address; ProFTPD: remove MasqueradeAddress; Pure-FTPd: without -P",
        ),
        USE_EPSV,
    ),
    references=("RFC 2663 §5", "RFC 3235 §4.2"),
    overrides=(
        "active-address-refused",
        "active-inbound-dropped",
        "active-refused-by-server",
        "alg-rewrote-endpoint",
        "alg-rewrote-port-command",
        "passive-address-unroutable",
        "passive-host-unreachable",
        "passive-port-dropped",
        "passive-port-refused",
        "passive-port-rejected",
    ),
    decided_by=Decided.BOTH_ENDS,
)
def alg_double_translation(channel: DataChannel) -> Grounds | None:
    """Right on its way, wrong where it arrives, and a NAT between the two."""
    change = None if channel.method in _PORT_ONLY else rewritten(channel)
    if change is None or change.heard is None:
        return None
    if channel.mode is Mode.PASSIVE:
        right, own, before = change.near.server.host, change.far.server.host, channel.announcements[1:]
    else:
        right, own, before = change.far.client.host, change.near.client.host, channel.announcements[:-1]
    passed = next((one for one in before if one.endpoint and one.endpoint.host == right), None)
    if passed is None or right in {own, change.heard.host} or _went_well(channel, change.heard.host):
        return None
    return Grounds(
        confidence=Confidence.PROVEN,
        summary=f"{addressed(passed.endpoint)} was announced, which is right: {own} is known as {right} on the other "
        f"side. A device on the way makes {addressed(change.heard)} of it.",
        evidence=(
            *change.evidence,
            *(
                (Evidence(text=f"In {passed.view.capture} it was right.", line=passed.line),)
                if passed.endpoint != change.said
                else ()
            ),
        ),
    )


def _went_well(channel: DataChannel, heard: str) -> bool:
    """What was heard led to a data connection; a client may have known better, and dialled something else."""
    if channel.mode is Mode.ACTIVE:
        return channel.opened
    return any(one.established and one.target.host == heard for one in channel.openings)
