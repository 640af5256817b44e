from __future__ import annotations

import pytest

from ftpdiag.causes.data_protection_mismatch import data_protection_mismatch
from ftpdiag.model import Confidence, DataChannel, Ending, Method, Mode, Tls, Verdict
from tests.causes.build import active, carried, exchange, grounds_of, passive, session

CLEAR = session()
SECURE = session(tls=Tls.EXPLICIT, exchanges=(exchange("PROT P", "200 Protection set to Private"),))


@pytest.mark.parametrize(
    "answer",
    [
        "522 Data connections must be encrypted.",
        "522 SSL/TLS required on the data channel",
        "521 Data connection cannot be opened with this PROT setting.",
        "534 Policy requires SSL.",
        "536 Requested PROT level not supported by mechanism.",
    ],
)
def test_the_transfer_is_declined(answer: str) -> None:
    """vsftpd, ProFTPD, Pure-FTPd, IIS and RFC 2228 have words or codes for it."""
    for mode in Mode:
        channel = carried(Ending.STOPPED, transfer=exchange("LIST", answer), mode=mode, control=CLEAR)
        grounds = grounds_of(data_protection_mismatch, channel)
        assert (grounds.confidence, grounds.verdict) == (Confidence.PROVEN, None)


def test_the_negotiation_is_declined() -> None:
    """Pyftpdlib answers PASV and PORT so."""
    answer = "550 SSL/TLS required on the data channel."
    for channel in (passive(method=Method.PASV, answer=answer), active(answer=answer)):
        assert grounds_of(data_protection_mismatch, channel).confidence is Confidence.PROVEN


@pytest.mark.parametrize("ending", ["425 No data connection", "226 Done."])
def test_prot_declined(ending: str) -> None:
    """A transfer that works all the same works in the clear, and that is not what was asked for."""
    control = session(tls=Tls.EXPLICIT, exchanges=(exchange("PROT P", "534 Unwilling to accept security parameters"),))
    channel = carried(Ending.FINISHED, transfer=exchange("LIST", "150 Here.", ending), control=control)
    grounds = grounds_of(data_protection_mismatch, channel)
    assert (grounds.confidence, grounds.verdict) == (Confidence.PROVEN, None)
    assert grounds.evidence[0].line == "PROT P"
    assert ("in the clear" in grounds.summary) == ending.startswith("226")


def test_an_answer_in_the_clear() -> None:
    """The server had agreed to encrypt: nothing was refused, the transfer broke."""
    channel = carried(Ending.TLS_FAILED, control=SECURE, error="The TLS handshake failed: wrong version number.")
    grounds = grounds_of(data_protection_mismatch, channel)
    assert (grounds.confidence, grounds.verdict) == (Confidence.LIKELY, Verdict.BROKEN)


WORKED = carried(Ending.FINISHED, transfer=exchange("LIST", "150 Here.", "226 Done."), control=SECURE)


@pytest.mark.parametrize(
    "channel",
    [
        carried(Ending.FINISHED, transfer=exchange("LIST", "522 SSL connection failed: session reuse required")),
        carried(Ending.FINISHED, transfer=exchange("LIST", "522 SSL handshake failed."), control=SECURE),
        carried(Ending.FINISHED, transfer=exchange("LIST", "425 Failed to establish connection."), control=SECURE),
        carried(Ending.FINISHED, transfer=exchange("RETR x", "550 No such file."), control=SECURE),
        carried(Ending.TLS_FAILED, control=SECURE, error="The TLS handshake failed: sslv3 alert handshake failure."),
        passive(answer="522 Network protocol not supported, use (1)"),
        WORKED,
        carried(Ending.STALLED),
    ],
)
def test_other_words_are_other_causes(channel: DataChannel) -> None:
    """TLS that fails, the network, the file, the network protocol; a transfer that worked, and one that stalls."""
    assert data_protection_mismatch.rule(channel) is None
