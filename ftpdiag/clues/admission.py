"""A session that did not log in -> the reply that kept it out; beside one that did, what may keep out what follows."""

from __future__ import annotations

from ftpdiag.evidence import sighting
from ftpdiag.model import Alternative, Answer, ControlSession, Evidence, Exchange, Opening, Reply

_ADMITTING = frozenset({"", "USER", "PASS", "ACCT"})
"""The greeting, and what RFC 959 §4.1.1 calls access control."""

_LEAVING = 421
"""The only refusal that comes unasked (RFC 959 §5.4)."""


LIMITED = (
    " Its control port did not answer every time either: a firewall may limit new connections, or have shut this "
    "machine out."
)
"""For the summary of what nobody answered."""


_LATER = (
    "the same probe in an hour, with one --method; whether a firewall on the way limits new connections, or the server "
    "has banned this address (fail2ban)"
)

SHUT_OUT = Alternative(cause="control-dropped", settle_with=_LATER)


def perhaps_limited(session: ControlSession) -> tuple[Alternative, ...]:
    """What it may be instead, where not every SYN to the control port was answered."""
    return (SHUT_OUT,) if session.shut_out or session.limited else ()


def limit_evidence(session: ControlSession) -> tuple[Evidence, ...]:
    """The first SYN of an experiment to the control port that was not answered."""
    one = next(filter(None, (unanswered(one.session) for one in session.retries)), None)
    return (sighting(one, f"Later, the SYN of an experiment to {one.target} was not answered."),) if one else ()


def unanswered(session: ControlSession) -> Opening | None:
    """The SYN to the control port, where nobody answered it."""
    seen = session.wire or session.socket
    return seen if seen and seen.answer is Answer.SILENT else None


def answered(session: ControlSession, exchange: Exchange) -> str:
    """For evidence: what it was that the server answered so."""
    if exchange.verb:
        return f"The reply to {exchange.verb}."
    if exchange.unheard:
        return "The capture lacks the command that it answers."
    return "It said so in place of a greeting." if exchange is session.greeting else "It said so unasked."


_FOR_USERS = frozenset({125, 150, 226, 227, 228, 229})
"""What a server says to those whom it has let in (RFC 959 §5.4)."""


_SOON = 3.0
"""Seconds in which a server lets somebody in, if it does."""


def _let_in_unseen(session: ControlSession) -> bool:
    """It may have been let in by words that its capture lacks: some were lost, or it ended before they were due.

    A server that hangs up, or says no more for long, has let nobody in.
    """
    torn, until = session.torn_at, session.watched_until
    last = next((one for one in reversed(session.exchanges) if one.verb in _ADMITTING - {""}), None)
    if last is not None and last.final is None:
        if torn is not None and torn >= last.at:
            return True
        if until is not None and until - last.at < _SOON and session.hangup is None:
            return True
    codes = (reply.code for one in session.exchanges for reply in one.replies)
    return torn is not None and not _FOR_USERS.isdisjoint(codes)


def denial(session: ControlSession) -> tuple[Exchange, Reply] | None:
    """The first 4yz or 5yz on the way to a login that never came, and the command it declined; "" is the greeting."""
    if session.logged_in or session.opaque or _let_in_unseen(session):  # what follows under TLS is hidden
        return None
    declined = (
        (exchange, reply)
        for exchange in session.exchanges
        if exchange.verb in _ADMITTING
        for reply in exchange.replies
        if reply.code and not reply.positive
        if exchange.verb or exchange is session.greeting or reply.code == _LEAVING
    )
    return next(declined, None)
