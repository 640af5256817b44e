from __future__ import annotations

import pytest
from msgspec.structs import replace

from ftpdiag.causes.data_peer_rejected import data_peer_rejected
from ftpdiag.model import Answer, Confidence, DataChannel, Ending, Endpoint, Mode, Tls, View
from tests.causes.build import (
    CLIENT,
    captured,
    carried,
    control_opening,
    dial,
    exchange,
    grounds_of,
    passive,
    reset,
    session,
)

UNANSWERED = exchange("LIST", at=0.6)
PURE = session(product="Pure-FTPd")


@pytest.mark.parametrize("ending", [Ending.FINISHED, Ending.RESET, Ending.TLS_FAILED, Ending.STOPPED])
@pytest.mark.parametrize(
    "answer",
    [
        "425 Security: Bad IP connecting.",
        "425 Rejected data connection from foreign address 198.51.100.3:40001.",
        "425 data connection ip address 198.51.100.3 does not match control connection ip address 198.51.100.2",
    ],
)
def test_each_product_says_so_in_its_words(answer: str, ending: Ending) -> None:
    """vsftpd, pyftpdlib, ftpserverlib; however the data connection ended."""
    control = session(tls=Tls.EXPLICIT, client_seen_as="198.51.100.2")
    grounds = grounds_of(data_peer_rejected, carried(ending, transfer=exchange("LIST", answer), control=control))
    assert grounds.confidence is Confidence.PROVEN
    assert "198.51.100.2" in grounds.evidence[1].text


@pytest.mark.parametrize("ending", [Ending.FINISHED, Ending.TLS_FAILED])
def test_pure_ftpd_closes_without_a_word(ending: Ending) -> None:
    """Not even a 150, which it sends as soon as it accepts a data connection."""
    grounds = grounds_of(data_peer_rejected, carried(ending, transfer=UNANSWERED, control=PURE))
    assert grounds.confidence is Confidence.LIKELY


def test_proftpd_gives_no_permission() -> None:
    """To a data connection that did open; one that did not may lack another permission."""
    answer = "425 Unable to build data connection: Permission denied"
    grounds = grounds_of(data_peer_rejected, carried(Ending.FINISHED, transfer=exchange("LIST", answer)))
    assert grounds.confidence is Confidence.LIKELY
    assert data_peer_rejected.rule(passive(transfer=exchange("LIST", answer))) is None


def test_beyond_the_nat_two_addresses_are_proof() -> None:
    """Where the control and the data connection are seen to come from two hosts, the server need not say why."""
    control = captured(product="Pure-FTPd", openings=(control_opening(View.SERVER_WIRE),))
    channel = carried(Ending.FINISHED, transfer=UNANSWERED, control=control)
    seen = dial(View.SERVER_WIRE, Answer.ACCEPTED)
    stranger = replace(seen, opener=Endpoint(host="198.51.100.3", port=40001))
    assert grounds_of(data_peer_rejected, replace(channel, openings=(stranger,))).confidence is Confidence.PROVEN
    assert grounds_of(data_peer_rejected, replace(channel, openings=(seen,))).confidence is Confidence.LIKELY


def test_others_that_close_without_a_word_may_mean_it() -> None:
    """Or another machine answered, or a device closed it."""
    grounds = grounds_of(data_peer_rejected, carried(Ending.FINISHED, transfer=UNANSWERED))
    assert grounds.confidence is Confidence.POSSIBLE
    assert [one.cause for one in grounds.alternatives] == ["passive-other-backend", "data-reset-midway"]


@pytest.mark.parametrize(
    "channel",
    [
        carried(Ending.FINISHED, transfer=exchange("LIST", "150 Here it comes.", "226 Done.")),
        carried(Ending.FINISHED, transfer=exchange("LIST", "150 Here it comes."), control=PURE),
        carried(Ending.FINISHED, transfer=UNANSWERED, control=PURE, to_client=10),
        carried(Ending.FINISHED, transfer=UNANSWERED, control=PURE, ended_by=CLIENT[4]),
        carried(Ending.FINISHED, transfer=UNANSWERED, control=PURE, tls="TLSv1.3"),
        carried(Ending.STALLED, transfer=UNANSWERED, control=PURE),
        carried(Ending.RESET, transfer=UNANSWERED),
        carried(Ending.RESET, transfer=UNANSWERED, control=PURE, rst=reset(63, port=50001)),
        carried(Ending.FINISHED, transfer=exchange("RETR x", "550 No such file.")),
        passive(),
    ],
)
def test_what_is_no_rejected_caller(channel: DataChannel) -> None:
    """Words, bytes or TLS came first; the client ended it; a stall; a RST, or one from elsewhere; the file; nothing."""
    assert data_peer_rejected.rule(channel) is None


def test_a_refused_port_argument_is_another_cause() -> None:
    """PORT names an address; this cause is about where passive connections come from."""
    assert data_peer_rejected.modes == (Mode.PASSIVE,)
    refused = passive(answer="501 Rejected data connection to foreign address 10.1.0.2:1234.")
    assert data_peer_rejected.rule(refused) is None
