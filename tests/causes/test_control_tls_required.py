from __future__ import annotations

import pytest

from ftpdiag.causes.control_tls_required import control_tls_required
from ftpdiag.model import Confidence, Tls
from tests.causes.build import GREETING, exchange, grounds_of, talk


@pytest.mark.parametrize(
    "answer",
    [
        "530 Non-anonymous sessions must use encryption.",
        "530 Anonymous sessions must use encryption.",
        "550 SSL/TLS required on the control channel",
        "421-Sorry, cleartext sessions and weak ciphers are not accepted on this server.\n421 Please reconnect.",
        "503 Use AUTH first.",
        "534 Policy requires SSL.",
    ],
)
def test_each_product_says_so_in_its_words(answer: str) -> None:
    """vsftpd, ProFTPD and pyftpdlib, Pure-FTPd, FileZilla Server, IIS."""
    grounds = grounds_of(control_tls_required, talk(GREETING, exchange("USER me", answer)))
    assert grounds.confidence is Confidence.PROVEN
    assert answer.split("\n", maxsplit=1)[0] in grounds.summary


def test_other_refusals_are_other_causes() -> None:
    """A wrong password; a refusal to let anonymous users encrypt; a demand that was met."""
    asked = exchange("USER me", "331 Password?")
    assert control_tls_required.rule(talk(GREETING, asked, exchange("PASS ***", "530 Login incorrect."))) is None
    unwanted = exchange("USER anonymous", "530 Anonymous sessions may not use encryption.")
    assert control_tls_required.rule(talk(GREETING, unwanted, tls=Tls.EXPLICIT)) is None
    demand = exchange("USER me", "530 Use TLS.")
    assert control_tls_required.rule(talk(GREETING, demand, logged_in=True)) is None
    assert control_tls_required.rule(talk(GREETING, demand, tls=Tls.EXPLICIT, opaque=True)) is None


def test_demands_on_data_connections_come_later() -> None:
    """After the login they are about data."""
    demand = exchange("PASV", "522 Data connections must be encrypted.")
    assert control_tls_required.rule(talk(GREETING, demand)) is None
