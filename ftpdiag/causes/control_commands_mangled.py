"""A device on the way changes, masks or answers commands itself.

What happens: a firewall that inspects FTP knows fewer commands than client and server do. It overwrites a command with
XXXX so that the server declines it, answers EPSV or AUTH itself with an error, or masks replies. The server seems
not to know what it knows.

How it is told: captures at both ends. A command that left the client arrives as another one at the server, or never,
though it was answered; or a reply arrives that the server never gave.

What it is not: a rewritten address or port is `alg-rewrote-endpoint` or `alg-rewrote-port-command`; a line that is
lost, repeated and lost again is `control-segment-dropped`. A change that did no harm is told as information.
"""

from __future__ import annotations

from collections.abc import Sequence

from ftpdiag.cause import Decided, Grounds, cause
from ftpdiag.model import (
    Confidence,
    ControlSession,
    DataChannel,
    Difference,
    Evidence,
    Exchange,
    Location,
    Method,
    Party,
    Remedy,
    Verdict,
)

_NEGOTIATING = frozenset(Method)


@cause(
    title="A device on the way changes or answers commands itself",
    judges=(ControlSession, DataChannel),
    verdict=None,
    or_else="blocked where the login or the data connection fails by it",
    location=Location.PATH,
    remedies=(
        Remedy(
            who="network",
            product="FTP-aware firewall",
            text="Let it pass what it does not know, or do not inspect FTP to $server:$port at all.\n"
            "Cisco ASA: inspect ftp without `strict`, and no mask-syst-reply; FortiGate: no session helper for port "
            "$port.",
        ),
        Remedy(
            who="client",
            product="any FTP client",
            text="Use implicit TLS (ftps://), where the server offers it: no device can read it. AUTH TLS is a command "
            "that can be mangled, too.",
        ),
    ),
    references=("RFC 959 §4.1", "RFC 2228 §3", "Cisco ASA: inspect ftp strict"),
    overrides=(
        "active-address-refused",
        "active-eprt-unsupported",
        "active-refused-by-server",
        "control-login-refused",
        "control-question-unanswered",
        "control-tls-required",
        "control-tls-unsupported",
        "passive-epsv-unsupported",
        "passive-refused-by-server",
        "reply-malformed",
        "transfer-refused",
    ),
    decided_by=Decided.BOTH_ENDS,
)
def control_commands_mangled(subject: ControlSession | DataChannel) -> Grounds | None:
    """What was said is not what was heard: by what a data connection needed, or by the rest of the session."""
    if isinstance(subject, DataChannel):
        exchanges = [one for one in (subject.negotiation, subject.transfer) if one]
        concerned = [one for one in subject.session.differences if any(_within(one, each) for each in exchanges)]
        return _grounds(concerned, exchanges, None if subject.completed else Verdict.BLOCKED)
    session = subject
    channels = [one for one in session.exchanges if one.verb in _NEGOTIATING]
    rest = [one for one in session.differences if not any(_within(one, each) for each in channels)]
    return _grounds(rest, session.exchanges, None if session.logged_in else Verdict.BLOCKED)


def _within(difference: Difference, exchange: Exchange) -> bool:
    """Whether it concerns this command or its replies, as the client's tap saw them."""
    line = difference.said if difference.sender is Party.CLIENT else difference.heard
    if line is None:
        return False
    if line.sender is Party.CLIENT:
        return line.at == exchange.at and line.text.upper().startswith(exchange.verb)
    return any(line.text in reply.lines and reply.at >= line.at >= exchange.at for reply in exchange.replies)


def _grounds(differences: list[Difference], exchanges: Sequence[Exchange], verdict: Verdict | None) -> Grounds | None:
    told = [one for one in differences if _spoken_by_device(one, exchanges)]
    if not told:
        return None
    # What the client asked comes first: what it was answered follows from it.
    told.sort(key=lambda one: one.sender is Party.SERVER)
    return Grounds(
        confidence=Confidence.PROVEN,
        verdict=verdict,
        summary=_summary(told[0]),
        evidence=tuple(_evidence(one) for one in told),
    )


def _spoken_by_device(one: Difference, exchanges: Sequence[Exchange]) -> bool:
    """A line that did not arrive may have been lost; where it was a command, and was answered, somebody heard it."""
    if one.heard is not None:
        return True
    if one.sender is Party.SERVER or one.said is None:
        return False
    return any(_within(one, exchange) and exchange.replies for exchange in exchanges)


def _summary(one: Difference) -> str:
    if one.sender is Party.CLIENT and one.said:
        return (
            f"The client says “{one.said.text}”, and “{one.heard.text}” arrives at the server: a device on the way "
            "changes it."
            if one.heard
            else f"The client says “{one.said.text}”, is answered, and it never arrives at the server: a device on the "
            "way answers itself."
        )
    heard = f"“{one.heard.text}”" if one.heard else "nothing of it"
    if one.said is None:
        return f"{heard} arrives, which was never said: it is a device on the way that speaks."
    return f"The server answers “{one.said.text}”, and {heard} arrives at the client: a device on the way changes it."


def _evidence(one: Difference) -> Evidence:
    line = one.said or one.heard
    peer = one.sender.peer
    if one.said is None:
        text = f"This arrived at the {peer}, and the {one.sender} never said it."
    elif one.heard is None:
        text = f"The {one.sender} said this, and it never arrived at the {peer}."
    else:
        text = f"The {one.sender} said this, and “{one.heard.text}” arrived at the {peer}."
    return Evidence(text=text, at=line.at if line else None, line=line.text if line else None)
