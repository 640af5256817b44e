from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from scapy.layers.inet import IP, TCP
from scapy.layers.inet6 import IPv6

from ftpdiag.recording.frames.checksum import left_to_hardware, of_segment, updated

HEADERS = (IP(src="198.51.100.2", dst="203.0.113.2"), IPv6(src="2001:db8::2", dst="2001:db8:1::2"))


@given(st.sampled_from(HEADERS), st.binary(min_size=1, max_size=50), st.data())
def test_scapy_agrees(ip: IP | IPv6, text: bytes, data: st.DataObject) -> None:
    """A checksum brought up to date, and one computed anew, are what scapy computes."""
    other = data.draw(st.binary(min_size=len(text), max_size=len(text)))
    before, after = (type(ip)(bytes(ip / TCP() / payload)) for payload in (text, other))
    new = updated(before[TCP].chksum, bytes(before[TCP]), bytes(before[TCP])[:20] + other)
    assert new == after[TCP].chksum
    blank = after[TCP].copy()
    blank.chksum = 0
    assert of_segment(ip.src, ip.dst, bytes(blank)) == after[TCP].chksum


def test_left_to_hardware() -> None:
    """Where the card is to finish the checksum, the field holds the sum of addresses, protocol and length."""
    assert left_to_hardware(0x0A + 0x0A + 6 + 20, "0.10.0.0", "0.10.0.0", 20)
    assert not left_to_hardware(0x1234, "0.10.0.0", "0.10.0.0", 20)
