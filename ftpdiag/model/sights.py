"""What captures show of a session beside what is said in it: where it was seen, what differs, what was not heard."""

from __future__ import annotations

from msgspec import Struct

from ftpdiag.model.said import Line
from ftpdiag.model.seen import Endpoint, Segment
from ftpdiag.vocabulary import Party, Vantage, View


class Sight(Struct, frozen=True, kw_only=True):
    """A control connection as one of several taps saw it: addresses as they are there."""

    view: View
    client: Endpoint
    server: Endpoint
    control_only: bool = False
    """Nothing but control connections was captured there: a filter may have left the data connections out."""


class Difference(Struct, frozen=True, kw_only=True):
    """What a side said, and what the other heard; none: nothing. Announced endpoints are compared elsewhere."""

    sender: Party
    said: Line | None
    heard: Line | None


class Stuck(Struct, frozen=True, kw_only=True):
    """A segment of the control connection that its sender's tap saw again and again, and no other tap ever."""

    sender: Party
    packet: Segment
    tries: int
    line: str | None
    """The last line that begins in it; none: encrypted."""


class Unacknowledged(Struct, frozen=True, kw_only=True):
    """The segment of the control connection that one side sent to the end of it, and the other never acknowledged."""

    sender: Party
    packet: Segment
    """The first time that it was sent."""
    tries: int
    pause: float
    """Seconds before it in which neither side had said anything."""


class HeldUp(Struct, frozen=True, kw_only=True):
    """What the server said after a pause, and the client had not got when it spoke next."""

    packet: Segment | None
    """Its first transmission; none: only a later copy was captured."""
    word: Segment
    """What the client said next."""
    got_through: Segment
    """The copy that reached the client."""
    tries: int
    """Copies that came by."""
    pause: float
    """Seconds before, in which neither side had said anything."""


class Distance(Struct, frozen=True, kw_only=True):
    """One side's packets came from one distance on the control connection, and from another on a data connection."""

    party: Party
    control_ttl: int
    data: Segment
    """The SYN or SYN-ACK in its name that opened the data connection."""


class Place(Struct, frozen=True, kw_only=True):
    """Where packets were captured."""

    vantage: Vantage
    reason: str
    """How that is told, or why it cannot be, in one sentence."""


class Announcement(Struct, frozen=True, kw_only=True):
    """What one of several taps saw announced."""

    view: View
    line: str | None
    """The command or reply that announces; none: no reply came by."""
    endpoint: Endpoint | None
