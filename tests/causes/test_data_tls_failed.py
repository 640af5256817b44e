from __future__ import annotations

import pytest

from ftpdiag.causes.data_tls_failed import data_tls_failed
from ftpdiag.model import Confidence, DataChannel, Ending, Location, Mode, Tls
from tests.causes.build import SERVER_TTL, carried, exchange, grounds_of, passive, reset, session

SECURE = session(tls=Tls.EXPLICIT)
BROKEN_OFF = "The connection was closed in the middle of the TLS handshake."


@pytest.mark.parametrize("mode", list(Mode))
@pytest.mark.parametrize("ending", [Ending.TLS_FAILED, Ending.UNTRUSTED])
def test_the_handshake_fails_on_our_side(ending: Ending, mode: Mode) -> None:
    """OpenSSL says so; why the server broke it off, it may keep to itself."""
    grounds = grounds_of(data_tls_failed, carried(ending, control=SECURE, mode=mode, error=BROKEN_OFF))
    assert (grounds.confidence, grounds.location) == (Confidence.PROVEN, Location.UNKNOWN)
    assert BROKEN_OFF in grounds.summary
    assert [one.cause for one in grounds.alternatives] == ["data-tls-session-reuse-required", "data-peer-rejected"]


@pytest.mark.parametrize(
    ("answer", "confidence"),
    [
        ("522 SSL handshake failed.", Confidence.PROVEN),
        ("522 SSL connection failed", Confidence.PROVEN),
        ("425 Unable to build data connection: TLS negotiation failed", Confidence.PROVEN),
        ("425 Unable to build data connection: Operation not permitted", Confidence.LIKELY),
    ],
)
def test_the_handshake_fails_on_the_servers_side(answer: str, confidence: Confidence) -> None:
    """It says so; ProFTPD does in a roundabout way."""
    channel = carried(Ending.FINISHED, control=SECURE, transfer=exchange("LIST", "150 Here.", answer))
    assert grounds_of(data_tls_failed, channel).confidence is confidence


@pytest.mark.parametrize(("ttl", "location"), [(63, Location.PATH), (SERVER_TTL, Location.UNKNOWN)])
def test_a_reset_from_elsewhere_than_the_server_is_a_devices(ttl: int, location: Location) -> None:
    """It lets no TLS begin."""
    channel = carried(Ending.TLS_FAILED, control=SECURE, error=BROKEN_OFF, rst=reset(ttl, port=50001))
    assert grounds_of(data_tls_failed, channel).location is location


@pytest.mark.parametrize(
    "channel",
    [
        carried(Ending.FINISHED, control=SECURE, transfer=exchange("LIST", "150 Here.", "226 Done."), tls="TLSv1.3"),
        carried(Ending.RESET, control=SECURE, tls="TLSv1.3"),
        carried(Ending.STALLED, control=SECURE),
        carried(
            Ending.FINISHED, transfer=exchange("LIST", "425 Unable to build data connection: Operation not permitted")
        ),
        carried(Ending.FINISHED, control=SECURE, transfer=exchange("LIST", "425 Failed to establish connection.")),
        passive(control=SECURE, transfer=exchange("LIST", "522 SSL handshake failed.")),
    ],
)
def test_what_is_no_failed_handshake(channel: DataChannel) -> None:
    """It worked; it ended later; it stalls; no TLS was to be; the network; no data connection at all."""
    assert data_tls_failed.rule(channel) is None
