from __future__ import annotations

import pytest

from ftpdiag.causes.control_login_refused import control_login_refused
from ftpdiag.model import Confidence, Location, Tls
from tests.causes.build import GREETING, exchange, grounds_of, talk

ASKED = exchange("USER alice", "331 Password?", at=0.1)


@pytest.mark.parametrize("answer", ["530 Login incorrect.", "530 Permission denied.", "500 OOPS: chroot", "430 No."])
def test_a_refused_password(answer: str) -> None:
    """The server says no, and not why: the credentials or the account, in any case for one user."""
    grounds = grounds_of(control_login_refused, talk(GREETING, ASKED, exchange("PASS ***", answer, at=0.2)))
    assert (grounds.confidence, grounds.location) == (Confidence.PROVEN, Location.UNKNOWN)
    assert "alice" in grounds.summary
    assert [one.cause for one in grounds.alternatives] == ["control-tls-required"]


def test_under_tls_tls_is_not_what_is_missing() -> None:
    """Vsftpd may decline a login because it is encrypted."""
    refused = exchange("USER anonymous", "530 Anonymous sessions may not use encryption.")
    assert grounds_of(control_login_refused, talk(GREETING, refused, tls=Tls.EXPLICIT)).alternatives == ()


def test_anonymous_users_are_not_welcome() -> None:
    """The probe was given no user: that can be changed here."""
    refused = exchange("USER anonymous", "530 This is a private system - No anonymous login")
    assert grounds_of(control_login_refused, talk(GREETING, refused)).location is Location.CLIENT_CONFIG


def test_who_named_himself_is_not_told_to_name_himself() -> None:
    """A named user is told to check what was refused, the password or the name, and nothing of anonymous users."""
    password = grounds_of(control_login_refused, talk(GREETING, ASKED, exchange("PASS ***", "530 No.", at=0.2)))
    assert password.remedies[0].text == "Check alice's password: the server took the name and refused it."
    name = grounds_of(control_login_refused, talk(GREETING, exchange("USER alice", "530 No.")))
    assert name.remedies[0].text.startswith("Check the name alice")
    assert not any("anonymous" in one.text for one in (*password.remedies, *name.remedies))
    anonymous = talk(GREETING, exchange("USER anonymous", "530 No."))
    assert grounds_of(control_login_refused, anonymous).remedies == ()


def test_no_refusal_no_finding() -> None:
    """A login that worked, one that was not tried, one that TLS hides, and a refusal to greet."""
    worked = exchange("PASS ***", "230 Welcome.", at=0.3)
    refused = exchange("PASS ***", "530 No.", at=0.2)
    assert control_login_refused.rule(talk(GREETING, ASKED, refused, worked, logged_in=True)) is None
    assert control_login_refused.rule(talk(GREETING, ASKED)) is None
    assert control_login_refused.rule(talk(GREETING, refused, opaque=True)) is None
    assert control_login_refused.rule(talk(exchange("", "421 Too many users."))) is None
