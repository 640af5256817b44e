from __future__ import annotations

import pytest

from ftpdiag.causes.control_not_ftp import control_not_ftp
from ftpdiag.model import Confidence
from tests.causes.build import exchange, grounds_of, talk


@pytest.mark.parametrize(
    ("greeting", "protocol"),
    [
        ("SSH-2.0-OpenSSH_9.2p1", "SSH"),
        ("220 mail.example.org ESMTP Postfix", "SMTP"),
        ("+OK Dovecot ready.", "POP3"),
        ("* OK [CAPABILITY IMAP4rev1] ready.", "IMAP"),
        ("200 news.example.org NNRP posting ok", "NNTP"),
        ("HTTP/1.1 400 Bad Request", "HTTP"),
        ("RFB 003.008", "VNC"),
        ("@RSYNCD: 31.0", "rsync"),
    ],
)
def test_protocols_introduce_themselves(greeting: str, protocol: str) -> None:
    """Their own words are proof."""
    grounds = grounds_of(control_not_ftp, talk(exchange("", greeting)))
    assert grounds.confidence is Confidence.PROVEN
    assert protocol in grounds.summary
    assert grounds.evidence[0].line == greeting


@pytest.mark.parametrize("greeting", ["\\x00\\x01\\xff", "hello?", "200 hello"])
def test_what_is_no_greeting_is_likely_no_ftp(greeting: str) -> None:
    """No reply at all, or none that greets."""
    assert grounds_of(control_not_ftp, talk(exchange("", greeting))).confidence is Confidence.LIKELY


@pytest.mark.parametrize(
    "replies",
    [
        ("220 Welcome.",),
        ("120 Ready in a minute.", "220 Welcome."),
        ("421 Too many users.",),
        ("500 OOPS: bad bool value in config file",),
        ("Hello from inetd", "220 Welcome."),
    ],
)
def test_ftp_servers_greet_friendly_or_not(replies: tuple[str, ...]) -> None:
    """Even where junk comes before the greeting."""
    assert control_not_ftp.rule(talk(exchange("", *replies))) is None


def test_whoever_lets_us_log_in_speaks_ftp() -> None:
    """A strange greeting does not matter then."""
    assert control_not_ftp.rule(talk(exchange("", "200 hello"), logged_in=True)) is None


def test_what_never_ends_has_its_own_cause() -> None:
    """Bytes without a complete reply are a malformed one, unless they name another protocol."""
    behaviour = "The server sent 9 bytes in 15 s after the connection, and no complete reply among them."
    assert control_not_ftp.rule(talk(exchange("", "\\x00"), behaviour=behaviour)) is None
    assert control_not_ftp.rule(talk(exchange("", "SSH-2.0-x"), behaviour=behaviour)) is not None


def test_a_recording_that_began_later_shows_no_greeting() -> None:
    """The first reply is not one then."""
    assert control_not_ftp.rule(talk(exchange("USER me", "331 Password?"))) is None
    assert control_not_ftp.rule(talk()) is None
