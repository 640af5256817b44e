from __future__ import annotations

import pytest

from ftpdiag.causes.transfer_refused import transfer_refused
from ftpdiag.model import Ending, Location, Mode
from tests.causes.build import active, carried, exchange, grounds_of, passive

REFUSALS = [
    # vsftpd, ProFTPD, Pure-FTPd, pyftpdlib
    ("RETR a", "550 Failed to open file.", Location.UNKNOWN),
    ("STOR a", "553 Could not create file.", Location.SERVER_CONFIG),
    ("STOR a", "550 Permission denied.", Location.SERVER_CONFIG),
    ("RETR a", "550 a: No such file or directory", Location.UNKNOWN),
    ("RETR a", "550 Can't open a: No such file or directory", Location.UNKNOWN),
    ("STOR a", "553 Can't open that file: Permission denied", Location.SERVER_CONFIG),
    ("STOR a", "550 Not enough privileges.", Location.SERVER_CONFIG),
    ("STOR a", "552 Disk full - please upload later", Location.SERVER_CONFIG),
    ("STOR a", "452 Insufficient storage space", Location.SERVER_CONFIG),
    ("RETR a", "450 The file is busy", Location.UNKNOWN),
    ("RETR x", "550 Oops! x: no such file or directory.", Location.UNKNOWN),
    ("RETR x", "500 Oops: no such file.", Location.UNKNOWN),
    ("LIST", "502 Command not implemented.", Location.UNKNOWN),
]


@pytest.mark.parametrize(("command", "reply", "location"), REFUSALS)
@pytest.mark.parametrize("mode", Mode)
def test_refusals(mode: Mode, command: str, reply: str, location: Location) -> None:
    """The server's words about a file, a folder or a command are quoted; a right that lacks is the server's to give."""
    grounds = grounds_of(transfer_refused, carried(Ending.STOPPED, mode=mode, transfer=exchange(command, reply)))
    assert grounds.location is location
    assert grounds.summary.endswith(f" declines {command}: `{reply}`. The data connection for it opens.")
    assert grounds.evidence[1].line == reply


def test_a_server_that_breaks_down_is_not_asked_for_another_file() -> None:
    """Vsftpd's sandbox ends it at the first transfer: no right and no folder helps."""
    transfer = exchange("LIST", "500 OOPS: priv_sock_get_cmd")
    grounds = grounds_of(transfer_refused, carried(Ending.STOPPED, transfer=transfer))
    assert grounds.location is Location.SERVER_CONFIG
    assert "breaks down at LIST" in grounds.summary
    assert any("seccomp_sandbox=NO" in one.text for one in grounds.remedies)
    assert {one.who for one in grounds.remedies} == {"server"}


def test_a_transfer_that_the_server_gives_up() -> None:
    """A disk that is full when the upload has begun is the same refusal, only later."""
    transfer = exchange("STOR a", "150 Go on.", "452 No space left.")
    assert grounds_of(transfer_refused, carried(Ending.RESET, transfer=transfer)).location is Location.SERVER_CONFIG


def test_nothing_is_said_of_a_network_that_was_not_tried() -> None:
    """A server that declines before it calls back shows nothing about the call-back."""
    grounds = grounds_of(transfer_refused, active(transfer=exchange("RETR a", "550 No such file.")))
    assert "opens" not in grounds.summary
    assert "is not known" in grounds.evidence[-1].text


@pytest.mark.parametrize(
    "reply",
    [
        "226 Done.",
        "425 Failed to establish connection.",
        "425 Security: Bad IP connecting.",
        "426 Failure writing network stream.",
        "421 Timeout.",
        "500 OOPS: vsf_sysutil_bind",
        "503 Use PORT or PASV first.",
        "521 Data connection cannot be opened with this PROT setting.",
        "522 SSL connection failed; session reuse required",
        "550 SSL/TLS required on the data channel",
    ],
)
def test_other_words_are_other_causes(reply: str) -> None:
    """The data connection, the session, the mode, the order and encryption are not the transfer."""
    assert transfer_refused.rule(passive(transfer=exchange("LIST", reply))) is None


def test_a_mode_that_is_declined_is_no_transfer() -> None:
    """What PASV or PORT is declined with is about the mode."""
    assert transfer_refused.rule(passive(answer="550 Permission denied.")) is None
