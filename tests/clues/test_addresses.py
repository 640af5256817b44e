from __future__ import annotations

import pytest

from ftpdiag.clues.addresses import local_kind


@pytest.mark.parametrize(
    ("host", "kind"),
    [
        ("10.1.2.3", "private"),
        ("172.31.255.255", "private"),
        ("172.32.0.0", None),
        ("192.168.0.1", "private"),
        ("100.127.0.1", "carrier-grade NAT"),
        ("100.128.0.1", None),
        ("127.0.1.1", "loopback"),
        ("0.0.0.0", "unspecified"),
        ("169.254.9.9", "link-local"),
        ("203.0.113.2", None),
        ("8.8.8.8", None),
        ("::1", "loopback"),
        ("::", "unspecified"),
        ("fe80::1", "link-local"),
        ("fd00::1", "private"),
        ("2001:db8::1", None),
    ],
)
def test_the_kind_says_where_an_address_means_anything(host: str, kind: str | None) -> None:
    """The registries of RFC 6890, without the documentation networks."""
    assert local_kind(host) == kind
