from __future__ import annotations

import pytest
from msgspec.structs import replace

from ftpdiag.clues.refusals import Declined, refusal, vsftpd_died
from ftpdiag.model import Answer, Ending, Method, Mode, Reply, View
from tests.causes.build import active, carried, dial, exchange, passive, session
from tests.causes.build import reply as said

NEGOTIATIONS = [
    # vsftpd
    ("PORT", "500 Illegal PORT command.", Declined.ADDRESS),
    ("EPRT", "500 Illegal EPRT command.", Declined.ADDRESS),
    ("EPRT", "500 Bad EPRT protocol.", Declined.METHOD),
    ("EPRT", "500 Bad EPRT command.", Declined.METHOD),
    ("PORT", "550 Permission denied.", Declined.MODE),
    ("EPSV", "522 Bad network protocol.", Declined.METHOD),
    ("PASV", "550 Permission denied.", Declined.MODE),
    ("PASV", "500 OOPS: vsf_sysutil_bind", Declined.MODE),
    # ProFTPD
    ("PORT", "501 Illegal PORT command", Declined.ADDRESS),
    ("PORT", "500 Unable to service PORT commands", Declined.MODE),
    ("EPRT", "501 EPRT denied by <Limit> configuration", Declined.MODE),
    ("EPRT", "522 Network protocol not supported, use (1,2)", Declined.METHOD),
    ("PASV", "425 Unable to build data connection: Internal error", Declined.MODE),
    ("PASV", "522 SSL/TLS required on the data channel", Declined.OTHER),
    # Pure-FTPd
    ("PORT", "500 I won't open a connection to 10.1.0.2 (only to 198.51.100.2)", Declined.ADDRESS),
    ("PORT", "501 Sorry, but I won't connect to ports < 1024", Declined.ADDRESS),
    ("PORT", "501 Active mode is disabled", Declined.MODE),
    ("EPRT", "522 Only IPv4 and IPv6 are supported (1,2)", Declined.METHOD),
    ("PASV", "425 All reserved TCP ports are busy", Declined.MODE),
    ("PASV", "521 Data connection cannot be opened with this PROT setting.", Declined.OTHER),
    # FileZilla Server
    ("PASV", "425 Cannot prepare for data connection.", Declined.MODE),
    ("PASV", "503 Use AUTH first.", Declined.OTHER),
    # pyftpdlib
    ("PORT", "501 Rejected data connection to foreign address 10.1.0.2:46055.", Declined.ADDRESS),
    ("PORT", '501 PORT against the privileged port "1023" refused.', Declined.ADDRESS),
    ("PORT", "501 PORT not allowed after EPSV ALL.", Declined.OTHER),
    ("PORT", "425 Can't connect to specified address.", Declined.CONNECTION),
    ("PORT", "421 Active data channel timed out.", Declined.CONNECTION),
    ("EPRT", "501 Unknown network protocol (use 2).", Declined.METHOD),
    ("EPSV", '500 Command "EPSV" not understood.', Declined.METHOD),
    ("PASV", "425 Too many connections. Can't open data channel.", Declined.MODE),
    # IIS
    ("PORT", "501 Server cannot accept argument.", Declined.ADDRESS),
    # anybody
    ("PORT", "504 Command not implemented for that parameter.", Declined.METHOD),
    ("PORT", "530 Please login with USER and PASS.", Declined.OTHER),
    ("EPSV", "421 Service not available, closing control connection.", Declined.OTHER),
    ("EPRT", "500 No.", Declined.METHOD),
    ("PORT", "500 No.", Declined.MODE),
]


@pytest.mark.parametrize(("verb", "text", "what"), NEGOTIATIONS)
def test_what_a_reply_to_the_negotiation_declines(verb: str, text: str, what: Declined) -> None:
    """Each product's words, read by the code where they leave it open."""
    method = Method(verb)
    channel = (active if method.mode is Mode.ACTIVE else passive)(method=method, answer=text)
    found = refusal(channel)
    assert found is not None
    assert found.what is what


TRANSFERS = [
    ("425 Failed to establish connection.", Declined.CONNECTION),
    ("425 Unable to build data connection: Connection timed out", Declined.CONNECTION),
    ("425 Could not open data connection to port 46055: Connection refused", Declined.CONNECTION),
    ("425 Cannot open data connection.", Declined.CONNECTION),
    ("421 Passive data channel timed out.", Declined.CONNECTION),
    ("421 Timeout (no new data for 900 seconds)", Declined.CONNECTION),
    ("425 Unable to build data connection: Address already in use", Declined.MODE),
    ("500 OOPS: vsf_sysutil_bind", Declined.MODE),
    ("421 Timeout.", Declined.OTHER),
    ("421 Control connection timed out.", Declined.OTHER),
    ("425 Security: Bad IP connecting.", Declined.OTHER),
    ("425 Rejected data connection from foreign address 198.51.100.9:5000.", Declined.OTHER),
    ("425 Unable to build data connection: TLS session of data connection not resumed.", Declined.OTHER),
    ("425 Use PORT or PASV first.", Declined.OTHER),
    ("522 Data connections must be encrypted.", Declined.OTHER),
    ("550 Permission denied.", Declined.TRANSFER),
]


@pytest.mark.parametrize(("text", "what"), TRANSFERS)
def test_what_a_reply_to_the_transfer_declines(text: str, what: Declined) -> None:
    """The network's failures, the server's own, and everything else."""
    found = refusal(passive(transfer=exchange("LIST", "150 Here it comes.", text)))
    assert found is not None
    assert found.what is what


def test_proftpd_says_operation_not_permitted_of_a_tls_session() -> None:
    """With the data connection open it is about TLS, without it about the socket."""
    listing = exchange("LIST", "425 Unable to build data connection: Operation not permitted")
    opened = refusal(passive(dial(View.CLIENT_SOCKET, Answer.ACCEPTED), transfer=listing))
    closed = refusal(passive(transfer=listing))
    assert opened is not None
    assert closed is not None
    assert (opened.what, closed.what) == (Declined.OTHER, Declined.MODE)


def test_an_address_that_the_server_sees_itself_is_not_what_it_declines() -> None:
    """The same words mean the mode then, or an address that was changed on its way."""
    found = refusal(active(control=session(client_seen_as="198.51.100.2"), answer="500 Illegal PORT command."))
    assert found is not None
    assert found.what is Declined.RIGHT_ADDRESS


def test_the_time_to_the_reply_counts_from_its_command() -> None:
    """A 425 to LIST is measured from LIST."""
    found = refusal(active(transfer=exchange("LIST", "425 Failed to establish connection.", at=2.0, after=60.0)))
    assert found is not None
    assert found.after == pytest.approx(60.0)


def test_a_line_that_is_no_reply_declines_nothing() -> None:
    """Junk has code 0."""
    listing = replace(exchange("LIST"), replies=(Reply(at=1.0, code=0, lines=("garbage",)),))
    assert refusal(active(transfer=listing)) is None


@pytest.mark.parametrize("word", ["426 Connection closed; transfer aborted.", "451 Local error in processing."])
def test_what_a_server_says_of_a_transfer_that_we_ended_declines_nothing(word: str) -> None:
    """Data moved until we closed the connection ourselves: the transfer went well, whatever the server calls it."""
    listing = exchange("RETR big", "150 Here it comes.", word, at=0.6, after=10.0)
    long = carried(Ending.SUFFICED, transfer=listing, to_client=1 << 30, sufficed=20.5)
    assert refusal(long) is None
    assert long.completed
    assert refusal(carried(Ending.SUFFICED, transfer=listing, sufficed=20.7)) is not None


def test_only_vsftpd_dies_with_its_own_words() -> None:
    """Others say oops of a file, or of a password; and their words of a file's name are not about a socket."""
    assert vsftpd_died(said("500 OOPS: child died"))
    assert not any(
        vsftpd_died(said(text)) for text in ("550 OOPS: no such file", "500 Oops: no such file", "550 Oops!")
    )
    answered = refusal(passive(transfer=exchange("RETR socket.c", "550 Oops! socket.c: no such file.")))
    assert answered is not None
    assert answered.what is Declined.TRANSFER


def test_a_server_that_waited_in_vain_declines_no_file() -> None:
    """Pure-FTPd says 451 when its timer ends a transfer that stands still."""
    gave_up = exchange("STOR x", "150 Go on.", "451-Timeout\n451-Transfer aborted\n451 60 seconds (measured here)")
    for ending, what in ((Ending.STALLED, Declined.OTHER), (Ending.FINISHED, Declined.TRANSFER)):
        said = refusal(carried(ending, transfer=gave_up))
        assert said
        assert said.what is what
