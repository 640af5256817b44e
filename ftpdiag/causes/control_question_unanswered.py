"""The server leaves a question about itself unanswered.

What happens: FEAT, SYST or STAT gets no reply, or one only after ftpdiag has gone on. RFC 959 §5.4 wants a reply to
every command; small or old servers ignore what they do not know, and FTP-aware devices hold back what they dislike.

How it is told: nothing came for seconds, and then the server answered the commands after it as if nothing had been
asked; or nothing more came at all, and a new session without the question went on. The latter is likely only: where
many packets are lost, one may stop a session for seconds. Where the server then lets nobody in, it tells nothing.

What it is not: a fault of the data connection. But a client that asks the same, as most do, waits here for a while or
for ever, and without an answer to FEAT it does not learn that the server does TLS.
"""

from __future__ import annotations

from collections.abc import Iterator

from ftpdiag import ftp
from ftpdiag.cause import Grounds, cause
from ftpdiag.evidence import command_sighting
from ftpdiag.model import Alternative, Confidence, ControlSession, Evidence, Exchange, Location, Remedy, Reply


@cause(
    title="The server leaves a question about itself unanswered",
    judges=ControlSession,
    verdict=None,
    location=Location.UNKNOWN,
    remedies=(
        Remedy(
            who="server",
            product="any FTP server",
            text="Update it: a command that it does not know wants a 500 or 502 at once (RFC 959 §5.4).",
        ),
        Remedy(
            who="network",
            product="FTP-aware firewall",
            text="Do not inspect FTP to $server:$port, or allow these commands.",
        ),
    ),
    references=("RFC 959 §5.4", "RFC 2389 §3"),
)
def control_question_unanswered(session: ControlSession) -> Grounds | None:
    """A question without a reply, and then a reply to something later; or one that was left out for that."""
    passed_over = tuple(_passed_over(session))[::-1]
    unasked = () if session.shut_out else session.unasked  # from then on it answered nothing at all: control-dropped
    questions = [*(one.verb for one in passed_over), *unasked]
    if not questions:
        return None
    return Grounds(
        confidence=Confidence.PROVEN if passed_over else Confidence.LIKELY,
        summary=f"{session.server} gives no answer to {' and '.join(questions)}; ftpdiag went on without."
        + ("" if passed_over else " Nothing came in that session any more: lost packets explain it as well."),
        evidence=(
            *(command_sighting(one, "No reply to it came.") for one in passed_over),
            *(Evidence(text=f"An earlier session had no reply to {verb}.") for verb in unasked),
        ),
        alternatives=(
            Alternative(
                cause="control-commands-mangled",
                settle_with="the same probe with --tls explicit, where no device on the way can read the commands",
            ),
            *((_HELD_BACK,) if unasked else ()),
        ),
    )


_HELD_BACK = Alternative(cause="control-segment-dropped", settle_with="captures of both ends at the same time")
"""Where the session of the question stood still: nothing that is sent after a lost segment counts as arrived."""


def _passed_over(session: ControlSession) -> Iterator[Exchange]:
    """The latest first. A capture may lack the answer."""
    later: Reply | None = None
    for one in reversed(session.exchanges):
        if one.replies:
            later = one.replies[0]
        elif one.verb in ftp.QUESTIONS and later and not later.after_loss:
            yield one
