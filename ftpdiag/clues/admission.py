"""A session that did not log in -> the reply that kept it out."""

from __future__ import annotations

from ftpdiag.model import ControlSession, Exchange, Reply

_ADMITTING = frozenset({"", "USER", "PASS", "ACCT"})
"""The greeting, and what RFC 959 §4.1.1 calls access control."""

_LEAVING = 421
"""The only refusal that comes unasked (RFC 959 §5.4)."""


def answered(session: ControlSession, exchange: Exchange) -> str:
    """For evidence: what it was that the server answered so."""
    if exchange.verb:
        return f"The reply to {exchange.verb}."
    if exchange.unheard:
        return "The capture lacks the command that it answers."
    return "It said so in place of a greeting." if exchange is session.greeting else "It said so unasked."


def denial(session: ControlSession) -> tuple[Exchange, Reply] | None:
    """The first 4yz or 5yz on the way to a login that never came, and the command it declined; "" is the greeting."""
    if session.logged_in or session.opaque:  # what follows under TLS is hidden
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
