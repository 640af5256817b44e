from __future__ import annotations

import pytest

from ftpdiag.causes.control_login_refused import control_login_refused
from ftpdiag.model import Confidence, Location, Tls
from tests.causes.build import GREETING, exchange, grounds_of, talk

ASKED = exchange("USER alice", "331 Password?", at=0.1)


@pytest.mark.parametrize("answer", ["530 Login incorrect.", "530 Permission denied.", "430 No."])
def test_a_refused_password(answer: str) -> None:
    """The server says no, and not why: the credentials or the account, in any case for one user."""
    grounds = grounds_of(control_login_refused, talk(GREETING, ASKED, exchange("PASS ***", answer, at=0.2)))
    assert (grounds.confidence, grounds.location) == (Confidence.PROVEN, Location.UNKNOWN)
    assert "alice" in grounds.summary
    assert [one.cause for one in grounds.alternatives] == ["control-tls-required"]


@pytest.mark.parametrize(
    ("answer", "confidence"),
    [
        ("500 OOPS: vsftpd: refusing to run with writable root inside chroot()", Confidence.PROVEN),
        ("500 OOPS: cannot change directory:/home/alice", Confidence.PROVEN),
        ("530 User cannot log in, home directory inaccessible.", Confidence.LIKELY),
        ("421 Home directory not available - aborting", Confidence.LIKELY),
        ("530 Unable to set default root directory.", Confidence.LIKELY),
    ],
)
def test_a_server_that_cannot_set_the_account_up_has_to_be_set_right(answer: str, confidence: Confidence) -> None:
    """Neither another password nor TLS helps; the folder does."""
    grounds = grounds_of(control_login_refused, talk(GREETING, ASKED, exchange("PASS ***", answer, at=0.2)))
    assert (grounds.confidence, grounds.location) == (confidence, Location.SERVER_CONFIG)
    assert answer in grounds.summary
    assert {one.who for one in grounds.remedies} == {"server"}
    assert grounds.alternatives == ()


@pytest.mark.parametrize(
    "answer",
    [
        "530 Oops, wrong password. Try again.",
        "530 OOPS: wrong password",
        "530-Forgot it? Without it your home directory is inaccessible.\n530 Login incorrect.",
        "530 Not in chroot list, login incorrect",
        "530 Cannot enter the home directory: password incorrect",
        "530 See the help page in the root folder.",
    ],
)
def test_words_of_a_folder_or_of_surprise_alone_blame_no_server(answer: str) -> None:
    """Help for everybody, a folder that does not fail, and one beside the password leave open what was wrong."""
    grounds = grounds_of(control_login_refused, talk(GREETING, ASKED, exchange("PASS ***", answer, at=0.2)))
    assert grounds.location is Location.UNKNOWN
    assert answer.splitlines()[-1] in grounds.summary


def test_iis_says_in_the_first_line_what_fails() -> None:
    """Its last one is `530 End`."""
    first = "530-User cannot log in, home directory inaccessible."
    answer = exchange("PASS ***", f"{first}\n Win32 error: Access is denied.\n530 End", at=0.2)
    grounds = grounds_of(control_login_refused, talk(GREETING, ASKED, answer))
    assert grounds.location is Location.SERVER_CONFIG
    assert first in grounds.summary


@pytest.mark.parametrize("words", ["priv_sock_get_cmd", "child died"])
def test_a_vsftpd_that_its_sandbox_ends_needs_no_other_folder(words: str) -> None:
    """Its own words name its processes."""
    answer = exchange("PASS ***", f"500 OOPS: {words}", at=0.2)
    grounds = grounds_of(control_login_refused, talk(GREETING, ASKED, answer))
    assert grounds.confidence is Confidence.PROVEN
    assert any("seccomp_sandbox=NO" in one.text for one in grounds.remedies)
    assert not any("chroot" in one.text for one in grounds.remedies)


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
