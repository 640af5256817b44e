"""One tap of several -> what it alone tells, and its packets asked by sequence number."""

from __future__ import annotations

from functools import cached_property

from msgspec import Struct
from msgspec.structs import replace

from ftpdiag.facts import sessions
from ftpdiag.facts.ends.dialogue import Directions, directions
from ftpdiag.facts.wire import Wire
from ftpdiag.model import ControlSession, DataChannel, Endpoint, Opening, Recording, Source, Tap, Vantage, View
from ftpdiag.tcp import Call

_VANTAGES = {
    View.CLIENT_WIRE: Vantage.CLIENT,
    View.MIDDLE_WIRE: Vantage.MIDDLE,
    View.SERVER_WIRE: Vantage.SERVER,
}

Known = tuple[ControlSession, tuple[DataChannel, ...]]


class Reading(Struct, frozen=True, kw_only=True, dict=True):
    """What one tap tells."""

    view: View
    tap: Tap
    wire: Wire
    known: tuple[Known, ...]

    @cached_property
    def directions(self) -> Directions:
        """Its segments, by sender and receiver."""
        return directions(self.tap.packets)

    @property
    def control_only(self) -> bool:
        """It holds nothing but control connections."""
        return len(self.known) == len(self.wire.calls)

    @cached_property
    def _by_number(self) -> dict[int, Call]:
        return {one.syns[0].seq: one for one in self.wire.calls if one.syns}

    def opening(self, seq: int) -> Opening | None:
        """The attempt whose SYN has this sequence number, whatever its addresses and ports."""
        found = self._by_number.get(seq)
        return self.wire.opening(found) if found else None

    def absent(self, at: float, opener: Endpoint, target: Endpoint) -> Opening | None:
        """An attempt that this tap did not see; none where it did not watch yet, or perhaps no longer."""
        began = self.tap.began
        watched = (began is None or began <= at) and at <= self.wire.ended
        return self.wire.absent(at, opener, target) if watched else None


def read(tap: Tap) -> Reading:
    """Read a tap by itself."""
    wire = Wire(
        Recording(
            source=Source(), vantage=_VANTAGES[tap.view], began=tap.began or 0.0, ended=tap.ended, packets=tap.packets
        )
    )
    return Reading(view=tap.view, tap=tap, wire=wire, known=tuple(sessions.from_packets(wire)))


def set_back(tap: Tap, seconds: float) -> Tap:
    """The tap by another clock."""
    began, ended = (None if at is None else at - seconds for at in (tap.began, tap.ended))
    return replace(
        tap, began=began, ended=ended, packets=tuple(one._replace(at=one.at - seconds) for one in tap.packets)
    )
