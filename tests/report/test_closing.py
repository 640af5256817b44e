"""What is missing, and why."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from ftpdiag.model import CaptureFile, Diagnosis, Judgement, Method, Sight, Source, Tls, Verdict, View
from ftpdiag.report.closing import closing
from ftpdiag.report.requirements import requirements
from tests.hand_built import (
    BLOCKED,
    LIVE,
    UNTESTED,
    WORKS,
    active,
    control_finding,
    diagnosis,
    passive,
    session,
    shut_out,
)

CAPTURE = Source(files=(CaptureFile(path="x.pcap", packets=1, bytes=60, link_type="ethernet"),))
LIMITED = Judgement(verdict=Verdict.UNTESTED, causes=("prober-limited",))


def said(found: Diagnosis, *words: str) -> str:
    """The closing lines for what was required."""
    return " ".join(closing(found, requirements(words)))


def test_nothing_is_missing() -> None:
    """Where all that is required works there is nothing to say; nor where nothing was required and all was tested."""
    mixed = diagnosis((passive(), WORKS), (active(), BLOCKED))
    assert said(mixed, "passive") == ""
    assert said(mixed) == ""


def test_required_and_blocked() -> None:
    """What is required and fails is named with what became of it."""
    mixed = diagnosis((passive(), WORKS), (active(), BLOCKED))
    assert said(mixed, "passive", "port/4") == "Required: port/4 is blocked. Exit code 1."


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("passive/6", "no IPv6 address was tried: the server has none, this machine has no route to it, or --family"),
        ("passive/explicit", "explicit TLS was not tried: the server does not offer it, or --tls left it out"),
        ("pasv", "PASV is tried only when --method asks for it"),
        ("active", "no such handshake was run: --method, --family or --tls left it out"),
    ],
)
def test_left_out(word: str, reason: str) -> None:
    """What was required and never tried is said to be so, with what may have left it out."""
    sentence = said(diagnosis((passive(), WORKS)), word)
    assert sentence.startswith(f"Required: {word} was not tested, because {reason}")
    assert sentence.endswith(". Exit code 3.")


def test_not_in_the_capture() -> None:
    """A capture holds what it holds."""
    found = diagnosis((passive(), WORKS), source=CAPTURE)
    assert said(found, "active") == (
        "Required: active was not tested, because no such session is in the capture. Exit code 3."
    )


def test_no_login() -> None:
    """What stopped the login stopped the test."""
    control = shut_out()
    found = diagnosis((control, UNTESTED), findings=[control_finding("control-login-refused", control)])
    assert said(found, "passive") == ("Required: passive was not tested, because nobody could log in. Exit code 4.")


@pytest.mark.parametrize(("source", "way_out"), [(LIVE, "; --family 4 leaves it out"), (CAPTURE, "")])
def test_no_login_over_one_family(source: Source, way_out: str) -> None:
    """Where one version of IP works and no login succeeded over the other, that is why the run failed."""
    shut = shut_out(family=6)
    found = diagnosis(
        (passive(), WORKS), (shut, UNTESTED), findings=[control_finding("control-dropped", shut)], source=source
    )
    assert said(found) == f"Exit code 4: nobody could log in over IPv6{way_out}."


def test_this_machine_could_not() -> None:
    """A mode that this machine could not test is missing even where nothing was required by name."""
    control = session(Method.PORT)
    found = diagnosis((passive(), WORKS), (control, LIMITED), findings=[control_finding("prober-limited", control)])
    assert said(found) == "Required: active was not tested, because the summary of prober-limited. Exit code 3."


def test_one_of_two_families() -> None:
    """TLS over one family is no TLS over the other."""
    found = diagnosis((passive(session(tls=Tls.EXPLICIT)), WORKS), (passive(session(family=6)), WORKS))
    assert "left it out" in said(found, "passive/6/explicit")


def test_captures_of_different_transfers_tell_nothing() -> None:
    """Each shows sessions that work, and none is in both; one that is in both is enough."""
    one, other = (passive(session(tls=tls)) for tls in (Tls.NONE, Tls.EXPLICIT))
    ends = session()
    assert ends.client
    near, far = (
        Sight(view=view, client=ends.client, server=ends.server) for view in (View.CLIENT_WIRE, View.SERVER_WIRE)
    )

    def seen(*sights: tuple[Sight, ...]) -> Diagnosis:
        found = diagnosis((one, WORKS), (other, WORKS))
        those = zip(found.facts.sessions, sights, strict=True)
        sessions = tuple(replace(session, sights=own) for session, own in those)
        return replace(found, facts=replace(found.facts, source=CAPTURE, sessions=sessions))

    assert said(seen((near,), (far,))).startswith("Exit code 3: no session is in more than one capture")
    assert said(seen((near,), (near, far))) == ""
    assert said(seen((near,), (near,))) == ""
