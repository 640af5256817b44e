import pytest

from ftpdiag.recording.captures.layout import EARLIEST, LATEST, Interface, Layout
from ftpdiag.recording.captures.scan import Layer
from ftpdiag.recording.frames.links import LINKS

ETHERNET, RAW, NANOSECONDS = Interface(1, 10**6), Interface(101, 10**6), Interface(1, 10**9)


def layout(*interfaces: Interface) -> Layout:
    """Of a pcapng file."""
    return Layout(pcapng=True, swapped=False, header=28, interfaces=interfaces)


@pytest.mark.parametrize(
    ("one", "other", "joined"),
    [
        ((), (), ()),
        ((), (ETHERNET, RAW), (ETHERNET, RAW)),
        ((ETHERNET,), (ETHERNET, RAW), (ETHERNET, RAW)),
        ((ETHERNET, RAW), (ETHERNET,), (ETHERNET, RAW)),
        ((ETHERNET,), (NANOSECONDS,), None),
        ((RAW, ETHERNET), (ETHERNET,), None),
    ],
)
def test_beside(one: tuple[Interface, ...], other: tuple[Interface, ...], joined: tuple[Interface, ...] | None) -> None:
    """Two layouts know the interfaces of both, unless they describe one differently."""
    found = layout(*one).beside(layout(*other))
    assert (found.interfaces if found else None) == joined


def test_a_frame() -> None:
    """A packet's time counts in its interface's units, from its offset on."""
    shown = (7, 2_500_000, 1, 90, 0, b"data")
    frame = layout(ETHERNET, Interface(101, 10**6, offset=100))
    found = frame.frame(shown)
    assert (found.at, found.data, found.length, found.link_type) == (102.5, b"data", 90, 101)


@pytest.mark.parametrize(
    ("clock", "ticks", "at"),
    [
        (ETHERNET, 18 * 10**18, LATEST),
        (Interface(1, 10**6, offset=-(1 << 62)), 10**15, EARLIEST),
        (Interface(1, 1, offset=(1 << 63) - 1), (1 << 64) - 1, LATEST),
    ],
)
def test_years_that_cannot_be(clock: Interface, ticks: int, at: float) -> None:
    """A clock that was never set right reads as the nearest time that can be written, and is known for it."""
    assert (clock.at(ticks), clock.misreads(ticks)) == (at, True)


def test_units_beyond_64_bits() -> None:
    """The scanner in C counts in 64 bits; both scanners are told what it can hold."""
    assert layout(Interface(1, 2**127), RAW).clocks == ((Layer.ETHERNET, 2**64 - 1), (Layer.RAW_IP, 10**6))


def test_layers() -> None:
    """What the scanner reads by itself is known to the parser, too; every other link type is the parser's."""
    layers = {number: Interface(number, 1).layer for number in range(512)}
    assert {number for number, layer in layers.items() if layer is not Layer.OTHER} <= LINKS.keys()
    assert layers[1] is Layer.ETHERNET
    assert layers[105] is Layer.OTHER
