"""A certificate authority of the tests' own, made when it is first needed."""

from __future__ import annotations

import ssl
from functools import cache

import trustme


@cache
def authority() -> trustme.CA:
    """Who signs."""
    return trustme.CA()


@cache
def certificate() -> trustme.LeafCert:
    """What servers on loopback show."""
    return authority().issue_cert("localhost", "127.0.0.1", "::1")


def server_context(version: ssl.TLSVersion | None = None) -> ssl.SSLContext:
    """TLS for a server; of one version only where one is named."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate().configure_cert(context)
    if version:
        context.minimum_version = context.maximum_version = version
    return context
