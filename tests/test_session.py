"""Logging in, as RFC 959's state diagram and RFC 4217 have it, whatever the server asks for."""

from __future__ import annotations

import pytest

from ftpdiag.model import Method, Mode, Tls
from ftpdiag.session import ANONYMOUS_PASSWORD, Account, handshake
from tests.playbook import LOGIN, Answers, Playbook

ALICE = Account(user="alice", password="s3cret")
STATUS: Answers = {"STAT": "211 Fine"}


def said(transcript: list[str]) -> list[str]:
    """What the client said and did."""
    return [line for line in transcript if not line.startswith("<")]


def test_ordinary_login() -> None:
    """Greeting, FEAT, USER, PASS, and then what the server is."""
    usable, transcript = Playbook({**LOGIN, **STATUS}).log_in(ALICE)
    assert usable
    assert transcript == [
        "< 220 Hi",
        "> FEAT",
        "< 211 Nothing",
        "> USER alice",
        "< 331 Go on",
        "> PASS s3cret",
        "< 230 In",
        "> SYST",
        "< 215 UNIX",
        "> STAT",
        "< 211 Fine",
    ]


def test_anonymous_login() -> None:
    """Nobody named is anonymous, with an address as courtesy (RFC 1635)."""
    _, transcript = Playbook({**LOGIN, **STATUS}).log_in()
    assert said(transcript)[1:3] == ["> USER anonymous", f"> PASS {ANONYMOUS_PASSWORD}"]


def test_user_without_a_password() -> None:
    """A named user without a password sends an empty one, never the anonymous courtesy."""
    _, transcript = Playbook({**LOGIN, **STATUS}).log_in(Account(user="alice"))
    assert "> PASS " in transcript


LOGINS = [
    pytest.param({"USER": "230 In"}, ["> USER alice"], True, id="230 straight after USER"),
    pytest.param({"USER": "232 In by certificate"}, ["> USER alice"], True, id="232 straight after USER"),
    pytest.param(
        {"PASS": "332 Account", "ACCT": "230 In"}, ["> USER alice", "> PASS s3cret", "> ACCT "], True, id="account"
    ),
    pytest.param({"USER": "332 Account", "ACCT": "230 In"}, ["> USER alice", "> ACCT "], True, id="account at once"),
    pytest.param({"USER": "530 No"}, ["> USER alice"], False, id="user refused"),
    pytest.param({"PASS": "530 No"}, ["> USER alice", "> PASS s3cret"], False, id="password refused"),
    pytest.param({"PASS": "331 Again"}, ["> USER alice", "> PASS s3cret", "> PASS s3cret"], False, id="asked twice"),
    pytest.param({"USER": "421 Too many"}, ["> USER alice"], False, id="421 to USER"),
    pytest.param({"USER": None}, ["> USER alice"], False, id="silence after USER"),
    pytest.param({"PASS": None}, ["> USER alice", "> PASS s3cret"], False, id="silence after PASS"),
]


@pytest.mark.parametrize(("answers", "asked", "usable"), LOGINS)
def test_logins(answers: Answers, asked: list[str], usable: bool) -> None:  # noqa: FBT001  a row of the table
    """PASS and ACCT come only when asked for, and a refusal ends it."""
    came_through, transcript = Playbook({**LOGIN, **STATUS, **answers}).log_in(ALICE)
    assert came_through is usable
    assert [line for line in said(transcript) if line[2:6] in {"USER", "PASS", "ACCT"}] == asked
    assert ("> STAT" in transcript) is usable


@pytest.mark.parametrize("greeting", ["421 Too many", "500 What?", "331 What?", None])
def test_no_greeting(greeting: str | None) -> None:
    """A server that does not greet with 2yz is asked nothing."""
    usable, transcript = Playbook({"": greeting}).log_in()
    assert not usable
    assert said(transcript) == []


@pytest.mark.parametrize("question", ["FEAT", "SYST", "STAT"])
def test_unanswered_question(question: str) -> None:
    """Nothing depends on what the server says of itself: the login goes on without, and does not ask again."""
    usable, transcript = Playbook({**LOGIN, **STATUS, question: None}).log_in(ALICE)
    assert usable
    assert said(transcript) == ["> FEAT", "> USER alice", "> PASS s3cret", "> SYST", "> STAT"]


def test_feat_only_after_the_login() -> None:
    """A server that wants the login first is asked for its features again."""
    answers = {**LOGIN, **STATUS, "FEAT": ["530 Log in first", "211 Nothing"]}
    usable, transcript = Playbook(answers).log_in()
    assert usable
    assert said(transcript) == [
        "> FEAT",
        "> USER anonymous",
        f"> PASS {ANONYMOUS_PASSWORD}",
        "> FEAT",
        "> SYST",
        "> STAT",
    ]


ENCRYPTED: Answers = {**LOGIN, **STATUS, "AUTH TLS": "234 Go", "PBSZ 0": "200 Ok", "PROT P": "200 Ok"}


def test_explicit_tls() -> None:
    """RFC 4217 4, 8: AUTH TLS before the login, PBSZ 0 before PROT P after it, and no name in the clear."""
    usable, transcript = Playbook(ENCRYPTED, tls=Tls.EXPLICIT).log_in(ALICE)
    assert usable
    assert said(transcript) == [
        "> AUTH TLS",
        "secure",
        "> FEAT",
        "> USER alice",
        "> PASS s3cret",
        "> PBSZ 0",
        "> PROT P",
        "> SYST",
        "> STAT",
    ]


def test_implicit_tls() -> None:
    """Where TLS came first there is no AUTH, and the data connection is protected all the same."""
    usable, transcript = Playbook(ENCRYPTED, tls=Tls.IMPLICIT).log_in(ALICE)
    assert usable
    assert "> AUTH TLS" not in transcript
    assert "> PROT P" in transcript


@pytest.mark.parametrize("reply", ["502 No", "334 Tokens", "431 Not now", "534 Policy", None])
def test_tls_declined(reply: str | None) -> None:
    """Where AUTH is declined nobody logs in: a password would go in the clear."""
    usable, transcript = Playbook({**ENCRYPTED, "AUTH TLS": reply}, tls=Tls.EXPLICIT).log_in(ALICE)
    assert not usable
    assert said(transcript) == ["> AUTH TLS"]


def test_tls_fails() -> None:
    """Where TLS does not start nobody logs in either."""
    usable, transcript = Playbook(ENCRYPTED, tls=Tls.EXPLICIT, opens={"TLS": False}).log_in(ALICE)
    assert not usable
    assert said(transcript) == ["> AUTH TLS", "secure"]


@pytest.mark.parametrize("silent", ["PBSZ 0", "SYST", "STAT"])
def test_silence_after_the_login(silent: str) -> None:
    """What only informs may go unanswered: the login stands."""
    usable, _ = Playbook({**ENCRYPTED, silent: None}, tls=Tls.EXPLICIT).log_in(ALICE)
    assert usable


def test_account_hides_its_password() -> None:
    """An account that is printed by accident gives nothing away."""
    assert "s3cret" not in repr(ALICE)
    assert "alice" in repr(ALICE)


def test_declaration() -> None:
    """A declared handshake knows its method, the families it can name, and thereby its mode."""
    declared = handshake(method=Method.PORT, families=(4,))(lambda _: None)
    assert (declared.method, declared.mode, declared.families) == (Method.PORT, Mode.ACTIVE, (4,))
