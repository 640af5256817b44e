"""What the sniffer saw, asked by a session that waits for a call-back."""

from __future__ import annotations

import threading
import time

from ftpdiag.model import Endpoint, Flag, Segment
from ftpdiag.recording.tap.watch import IGNORED_AFTER, WireWatch

LISTENER = Endpoint(host="198.51.100.2", port=50000)
SERVER = Endpoint(host="203.0.113.2", port=20)


def segment(source: Endpoint, to: Endpoint, flags: int, *, ago: float) -> Segment:
    """A segment that passed some time ago."""
    return Segment(
        number=1,
        at=time.time() - ago,
        source=source,
        destination=to,
        flags=flags,
        seq=1000,
        ack=0,
        window=64240,
        ttl=61,
        length=0,
        payload=b"",
    )


def test_ignored() -> None:
    """A SYN that our own kernel has left unanswered for long was dropped by this machine."""
    watch = WireWatch()
    assert not watch.ignored(LISTENER)
    watch.feed(segment(SERVER, LISTENER, Flag.SYN, ago=0.0))
    time.sleep(IGNORED_AFTER)
    assert watch.ignored(LISTENER)
    assert not watch.ignored(Endpoint(host=LISTENER.host, port=50001))


def test_not_yet_ignored() -> None:
    """A SYN of a moment ago may still be answered."""
    watch = WireWatch()
    watch.feed(segment(SERVER, LISTENER, Flag.SYN, ago=0.0))
    assert not watch.ignored(LISTENER)


def test_told_late() -> None:
    """A sniffer that was held up tells of an old SYN just now: its answer may be the next that it tells of."""
    watch = WireWatch()
    watch.feed(segment(SERVER, LISTENER, Flag.SYN, ago=IGNORED_AFTER + 0.1))
    assert not watch.ignored(LISTENER)


def test_repeated_in_vain() -> None:
    """The first of several SYNs counts, not the latest."""
    watch = WireWatch()
    watch.feed(segment(SERVER, LISTENER, Flag.SYN, ago=0.0))
    time.sleep(IGNORED_AFTER)
    watch.feed(segment(SERVER, LISTENER, Flag.SYN, ago=0.0))
    assert watch.ignored(LISTENER)


def test_answered() -> None:
    """A SYN that was answered, with a SYN-ACK or with a RST, was not ignored."""
    for flags in (Flag.SYN | Flag.ACK, Flag.RST | Flag.ACK):
        watch = WireWatch()
        watch.feed(segment(SERVER, LISTENER, Flag.SYN, ago=0.0))
        watch.feed(segment(LISTENER, SERVER, flags, ago=0.0))
        time.sleep(IGNORED_AFTER)
        assert not watch.ignored(LISTENER)


def test_fed_while_asked() -> None:
    """The sniffer's thread feeds while sessions ask; neither disturbs the other."""
    watch = WireWatch()
    stopping = threading.Event()

    def feed() -> None:
        port = 1024
        while not stopping.is_set():
            port = 1024 + (port - 1023) % 60000
            watch.feed(segment(Endpoint(host=SERVER.host, port=port), LISTENER, Flag.SYN, ago=0.0))

    thread = threading.Thread(target=feed)
    thread.start()
    try:
        until = time.monotonic() + 0.2
        while time.monotonic() < until:
            assert not watch.ignored(LISTENER)
    finally:
        stopping.set()
        thread.join()
