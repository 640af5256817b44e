"""Community ID, against the baseline that its specification publishes."""

from __future__ import annotations

import pytest

from ftpdiag.community_id import community_id
from ftpdiag.model import Endpoint

BASELINE = [
    ("128.232.110.120", 34855, "66.35.250.204", 80, "1:LQU9qZlK+B5F3KDmev6m5PMibrg="),
    (
        "2001:470:e5bf:dead:4957:2174:e82c:4887",
        63943,
        "2607:f8b0:400c:c03::1a",
        25,
        "1:/qFaeAR+gFe1KYjMzVDsMv+wgU4=",
    ),
]
"""The TCP rows of corelight/community-id-spec, baseline/baseline_deflt.json."""


@pytest.mark.parametrize(("host", "port", "other_host", "other_port", "expected"), BASELINE)
def test_published_baseline(host: str, port: int, other_host: str, other_port: int, expected: str) -> None:
    """Zeek, Suricata and Arkime call the same connection by the same name, in whichever direction it is given."""
    one, other = Endpoint(host=host, port=port), Endpoint(host=other_host, port=other_port)
    assert community_id(one, other) == community_id(other, one) == expected


def test_same_host() -> None:
    """Between two ports of one host the ports decide the order, so both directions still agree."""
    low, high = Endpoint(host="127.0.0.1", port=21), Endpoint(host="127.0.0.1", port=40000)
    assert community_id(low, high) == community_id(high, low)


def test_zone() -> None:
    """The zone of a link-local address is this machine's affair, so it does not change the name."""
    server = Endpoint(host="fe80::2", port=21)
    zoned, bare = Endpoint(host="fe80::1%eth0", port=40000), Endpoint(host="fe80::1", port=40000)
    assert community_id(zoned, server) == community_id(bare, server)
