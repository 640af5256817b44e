import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ftpdiag.model import Segment
from ftpdiag.recording.captures import glance
from ftpdiag.recording.captures.layout import Interface
from ftpdiag.recording.captures.scan import Layer
from ftpdiag.recording.frames.packets import Frame, parse
from tests.synthetic import shapes
from tests.synthetic.conversation import conversation

LINKS = [(name, link_type, family, wrap) for name, (_, link_type, family, wrap) in shapes.LINKS.items()]
FRAMES = [
    (link_type, bytes(wrap(packet))) for _, link_type, family, wrap in LINKS for _, packet in conversation(family)[:6]
]


def agree(link_type: int, data: bytes) -> glance.Tcp | None:
    """What a glance tells of a frame, after a look at what the parser says."""
    layer = Interface(link_type, 1).layer
    seen = glance.tcp(data, len(data), layer) if layer is not Layer.OTHER else glance.LOOK
    packet = parse(Frame(at=0.0, data=data, length=len(data), link_type=link_type), 1)
    if seen is None or seen is glance.LOOK:
        # What a glance passes over is nothing that the parser would read.
        assert seen is glance.LOOK or packet is None
    elif isinstance(packet, Segment):
        ports = data[seen.header : seen.header + 4]
        assert (packet.source.port, packet.destination.port) == (int.from_bytes(ports[:2]), int.from_bytes(ports[2:]))
        assert packet.flags == seen.flags & 0x1F
        assert packet.length == seen.size
        assert packet.payload == data[seen.payload : seen.payload + seen.size]
    return seen


@pytest.mark.parametrize(("name", "link_type", "family", "wrap"), LINKS, ids=[one[0] for one in LINKS])
def test_the_parser_agrees(name: str, link_type: int, family: int, wrap: shapes.Wrap) -> None:
    """Where a glance finds TCP, its ports, flags and payload are the parser's; elsewhere the parser is to look."""
    seen = [agree(link_type, bytes(wrap(packet))) for _, packet in conversation(family)]
    plain = name in {"cooked", "cooked-v2", "loopback", "loopback-openbsd", "raw", "qinq"}
    assert (seen[0] is not glance.LOOK) == plain


@given(
    st.sampled_from(FRAMES),
    st.lists(st.tuples(st.integers(0, 90), st.integers(0, 255)), max_size=3),
    st.none() | st.integers(0, 90),
)
@settings(max_examples=200)
def test_wrong_bytes(frame: tuple[int, bytes], changes: list[tuple[int, int]], cut: int | None) -> None:
    """Whatever the bytes are, a glance never passes over a segment that the parser reads."""
    link_type, data = frame
    changed = bytearray(data)
    for place, byte in changes:
        changed[place % len(changed)] = byte
    agree(link_type, bytes(changed[:cut]))
