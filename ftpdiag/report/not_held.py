"""Facts -> that a transfer was to be held, or repeated later, and the server did not let its session in."""

from __future__ import annotations

from collections.abc import Iterator

from ftpdiag.model import Facts


def not_held(facts: Facts) -> Iterator[str]:
    """One sentence for all that it said to such sessions last."""
    for one in facts.retried:
        if (one.change.hold is None and one.change.pause is None) or one.session.logged_in:
            continue
        replies = [reply.text for exchange in one.session.exchanges for reply in exchange.replies]
        word = f" ({replies[-1]})" if replies else ""
        yield f"What --hold asks for was not all tried: the server did not let a session in{word}."
