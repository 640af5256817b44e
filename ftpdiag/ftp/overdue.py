"""Replies in; out which of them is to the latest command, and which answers late what was asked before it."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection

from ftpdiag.ftp.exchanges import QUESTIONS, informs
from ftpdiag.model import Reply

_OF_ITSELF = frozenset({421})
"""RFC 959 §5.4: the reply to any command, or to none, when the server must shut down."""


class Overdue:
    """Questions without an answer in time: the session went on, and each may still be answered, in turn, or never."""

    def __init__(self) -> None:
        self._questions = deque[str]()
        self._passed_over = deque[str]()
        """Later commands have their replies."""

    @property
    def questions(self) -> Collection[str]:
        """Those without an answer, while nothing the server said since shows that it has passed them over."""
        return self._questions

    def add(self, question: str) -> None:
        """One more of `QUESTIONS`."""
        self._questions.append(question)

    def settled_by(self, reply: Reply) -> bool:
        """Whether a reply that came before anything else was asked answers the oldest of them."""
        owed = bool(self._questions) and reply.code and not reply.preliminary and reply.code not in _OF_ITSELF
        if owed:
            self._questions.popleft()
        return bool(owed)

    def overtaken(self, reply: Reply, asked: str) -> bool:
        """Whether a reply that came after `asked` is the answer to one that was passed over."""
        late = bool(self._passed_over) and informs(reply) and asked not in QUESTIONS
        if late:
            self._passed_over.popleft()
        return late

    def reply_to(self, asked: str, following: Callable[[Reply | None], Reply | None]) -> Reply | None:
        """The reply to `asked` among those to come.

        `following` hands out the next one; it is told of the refusal that may be either's: a question's, late, if
        another reply follows it; else that of what was asked after the question.
        """
        refusal: Reply | None = None
        while reply := following(refusal):
            if not self._questions:
                return reply
            if informs(reply) and reply.code not in QUESTIONS.get(asked, ()):
                self._questions.popleft()
            elif reply.positive or reply.code in _OF_ITSELF:
                self._passed_over += self._questions
                self._questions.clear()
                return reply
            else:
                if refusal:
                    self._questions.popleft()
                refusal = reply
                if not self._questions:
                    return reply
        return refusal
