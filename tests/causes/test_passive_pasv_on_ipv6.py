from __future__ import annotations

import pytest

from ftpdiag.causes.passive_pasv_on_ipv6 import passive_pasv_on_ipv6
from ftpdiag.model import Confidence, Method
from tests.causes.build import SERVER, grounds_of, passive, pasv_reply, session


@pytest.mark.parametrize(
    "answer",
    [
        "425 You cannot use PASV on IPv6 connections. Use EPSV instead.",
        "500 You are connected using IPv6. PASV is only for IPv4.",
        "227 Entering Passive Mode (0,0,0,0,195,81).",
        "227 Entering Passive Mode (203,0,113,2,195,81).",
        "227 Entering Passive Mode (2001:db8:5::2,195,81).",
    ],
)
def test_whatever_the_reply_it_cannot_name_the_server(answer: str) -> None:
    """A refusal, 0.0.0.0 and any IPv4 address are all of no use over IPv6."""
    channel = passive(control=session(6), method=Method.PASV, answer=answer)
    grounds = grounds_of(passive_pasv_on_ipv6, channel)
    assert grounds.confidence is Confidence.PROVEN
    assert answer in {item.line for item in grounds.evidence}


def test_epsv_over_ipv6_is_right() -> None:
    """It was made for this."""
    assert passive_pasv_on_ipv6.rule(passive(control=session(6))) is None


def test_pasv_over_ipv4_is_right() -> None:
    """Its reply has room for the address."""
    assert passive_pasv_on_ipv6.rule(passive(method=Method.PASV, answer=pasv_reply(SERVER[4]))) is None
