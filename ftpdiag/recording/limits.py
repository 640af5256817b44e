"""An attempt -> whether a limit of sessions kept it out; and turns, of which there are fewer where one does."""

from __future__ import annotations

from collections.abc import Collection
from threading import Condition

from ftpdiag import ftp
from ftpdiag.model import Answer, Attempt, Ending, Endpoint, Tls

RELEASE = 1.0
"""Seconds that a server gets to let go of the connections before."""


class Turns:
    """For the sessions that may be open at once: each holds one while it lasts."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._open = 0
        self._changed = Condition()
        self.patient = True
        """No session was kept out twice while it was alone: the next is made again then."""

    def __enter__(self) -> None:
        with self._changed:
            self._changed.wait_for(lambda: self._open < self._most)
            self._open += 1

    def __exit__(self, *_: object) -> None:
        with self._changed:
            self._open -= 1
            self._changed.notify_all()

    def fewer(self) -> int:
        """One less from now on, as one of those that are open was not let in; how many were beside it."""
        with self._changed:
            beside = self._open - 1
            self._most = max(1, min(self._most - 1, beside))
        return beside


def unheard(attempt: Attempt) -> bool:
    """Not even its SYN was answered. Where it was alone that is no limit, but a ban, which more of them prolong."""
    return bool(attempt.openings) and attempt.openings[0].answer is Answer.SILENT


def limited(attempt: Attempt, admitted: Collection[tuple[int, Tls]]) -> bool:
    """Not admitted, by a 421 or 530 or already at the door, where others were.

    Where those others were encrypted otherwise, only what cannot be about encryption is a limit.
    """
    if ftp.admitted(attempt.lines) or all(family != attempt.family for family, _ in admitted):
        return False
    replies = [reply for exchange in ftp.exchanges(attempt.lines) for reply in exchange.replies]
    if (attempt.family, attempt.tls) in admitted:
        return not replies or any(reply.code in {421, 530} for reply in replies)
    refused = not any(opening.established for opening in attempt.openings)
    turned_away = not replies and (refused or attempt.tls is not Tls.IMPLICIT)
    limit = (reply for reply in replies if reply.code == 421 or (reply.code == 530 and ftp.out_of_service(reply)))
    return turned_away or any(not ftp.wants_tls(reply) for reply in limit)


def crowded_out(attempt: Attempt, server: Endpoint, admitted: Collection[tuple[int, Tls]]) -> bool:
    """A limit, rather than another machine's closed door, or one that nobody answers, kept it out at once."""
    if unheard(attempt) or (attempt.hangup and attempt.hangup.ending is Ending.STALLED):
        return False
    return limited(attempt, admitted) and (bool(attempt.lines) or attempt.server == server)
