"""Commands without their answer yet -> the oldest, and whether there are any of a kind; however many wait."""

from __future__ import annotations

from collections import OrderedDict, defaultdict, deque
from collections.abc import Iterable

from ftpdiag.ftp.commands import command_line
from ftpdiag.ftp.lines import lost
from ftpdiag.model import Line, Reply

Kind = str | None
"""A verb; none: the recording lacks the command. What is said unasked has the verb "" (RFC 959 §5.4)."""

LOST = frozenset({None})


class Pending:
    """A command, and the replies to it so far."""

    def __init__(self, line: Line | None) -> None:
        self.line = line
        self.replies: list[Reply] = []
        self.kind = _kind(line)
        self.begun = False
        """A 1yz came."""
        self.answered = False
        """A reply came, and not only lines that are none."""

    def take(self, reply: Reply) -> None:
        """Take a reply to it."""
        self.replies.append(reply)
        self.begun |= reply.preliminary
        self.answered |= bool(reply.code)


def _kind(line: Line | None) -> Kind:
    if line is None:
        return ""
    return None if lost(line.text) else command_line(line.text)[0]


class Waiting:
    """First in, first out, or out of turn the first of a kind."""

    def __init__(self) -> None:
        self._all = OrderedDict[int, Pending]()
        """By number, in order."""
        self._numbers = defaultdict[Kind, deque[int]](deque)
        self._latest = 0

    def __len__(self) -> int:
        return len(self._all)

    @property
    def oldest(self) -> Pending | None:
        """Whose turn it is."""
        return next(iter(self._all.values()), None)

    def add(self, pending: Pending) -> None:
        """One more, behind all others."""
        self._latest += 1
        self._all[self._latest] = pending
        self._numbers[pending.kind].append(self._latest)

    def pop(self) -> Pending:
        """The oldest, which waits no longer."""
        _, pending = self._all.popitem(last=False)
        self._numbers[pending.kind].popleft()
        return pending

    def holds(self, kinds: Iterable[Kind]) -> bool:
        """Whether any is of these kinds."""
        return any(self._numbers.get(kind) for kind in kinds)

    def pop_first(self, kinds: Iterable[Kind]) -> Pending | None:
        """The oldest of these kinds, which waits no longer."""
        queues = [queue for kind in kinds if (queue := self._numbers.get(kind))]
        if not queues:
            return None
        return self._all.pop(min(queues, key=lambda queue: queue[0]).popleft())
