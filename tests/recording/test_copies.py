from __future__ import annotations

from ftpdiag.recording.copies import Copies
from ftpdiag.recording.packets import RAW_IP, Frame


def frame(at: float, data: bytes = b"SYN") -> Frame:
    """A packet that passes."""
    return Frame(at=at, data=data, length=len(data), link_type=RAW_IP)


def test_a_bond() -> None:
    """What one interface shows and another has just shown is the same packet."""
    copies = Copies()
    assert not copies.repeats(frame(10.0), "eth0")
    assert copies.repeats(frame(10.00001), "bond0")
    assert copies.repeats(frame(10.00002), "br0")
    assert not copies.repeats(frame(10.0, b"SYN-ACK"), "bond0")


def test_a_repetition() -> None:
    """What one interface shows twice was sent twice, and so was what another shows much later."""
    copies = Copies()
    assert not copies.repeats(frame(10.0), "eth0")
    assert not copies.repeats(frame(10.00001), "eth0")
    assert not copies.repeats(frame(10.3), "eth1")


def test_bounded() -> None:
    """However much passes, little is remembered."""
    copies = Copies()
    for number in range(10_000):
        assert not copies.repeats(frame(10.0, b"%d" % number), "eth0")
    assert len(copies._first) <= 512  # noqa: SLF001 - what it costs shows nowhere else
