"""What must work, and how the run ends."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from ftpdiag.model import Answer, CaptureFile, Judgement, Method, Mode, Source, Tls, Verdict
from ftpdiag.report.format import Format, report_format
from ftpdiag.report.look import Colour, Look, Paint
from ftpdiag.report.requirements import Requirement, exit_code, requirements
from ftpdiag.vocabulary import Exit
from tests.hand_built import (
    BLOCKED,
    UNTESTED,
    WORKS,
    active,
    control_finding,
    diagnosis,
    passive,
    session,
    shut_out,
)

UNKNOWN = Judgement(verdict=Verdict.UNKNOWN)
CAPTURE = Source(files=(CaptureFile(path="x.pcap", packets=1, bytes=60, link_type="ethernet"),))


@pytest.mark.parametrize(
    ("word", "expected"),
    [
        ("passive", Requirement(mode=Mode.PASSIVE)),
        ("Active", Requirement(mode=Mode.ACTIVE)),
        ("epsv", Requirement(mode=Mode.PASSIVE, method=Method.EPSV)),
        ("EPRT/6", Requirement(mode=Mode.ACTIVE, method=Method.EPRT, family=6)),
        ("port/none", Requirement(mode=Mode.ACTIVE, method=Method.PORT, tls=Tls.NONE)),
        ("passive/6/explicit", Requirement(mode=Mode.PASSIVE, family=6, tls=Tls.EXPLICIT)),
    ],
)
def test_requirement(word: str, expected: Requirement) -> None:
    """A requirement names a mode or a method, then the family, then the encryption, the last two if they matter."""
    assert requirements([word]) == (expected,)
    assert str(expected) == word.lower()


@pytest.mark.parametrize(
    "word", ["", "ftp", "passive/5", "passive/explicit/6", "6/passive", "passive/", "lpsv", "epsv 6"]
)
def test_wrong_requirement(word: str) -> None:
    """A wrong word is answered by one sentence that quotes it and says what would be right."""
    with pytest.raises(ValueError, match="is no requirement: it is active, passive, pasv") as raised:
        requirements([word])
    assert str(raised.value).startswith(repr(word))
    assert "\n" not in str(raised.value)


def test_everything_tested_works() -> None:
    """Without a requirement every mode that was tested has to work; one that was not tested is not missed."""
    assert exit_code(diagnosis((passive(), WORKS))) is Exit.WORKS


def test_one_mode_fails() -> None:
    """A verdict against one tested mode ends the run with 1, though the other works."""
    mixed = diagnosis((passive(), WORKS), (active(), BLOCKED))
    assert exit_code(mixed) is Exit.FAILS
    assert exit_code(mixed, requirements(["passive"])) is Exit.WORKS
    assert exit_code(mixed, requirements(["passive", "port"])) is Exit.FAILS


@pytest.mark.parametrize("verdict", [Verdict.BLOCKED, Verdict.REFUSED, Verdict.BROKEN])
def test_every_verdict_against(verdict: Verdict) -> None:
    """Blocked, refused and broken are verdicts: the required thing does not work."""
    assert exit_code(diagnosis((passive(), Judgement(verdict=verdict)))) is Exit.FAILS


def test_could_not_tell() -> None:
    """Looked and could not tell is 3, never the number of blocked."""
    assert exit_code(diagnosis((passive(), UNKNOWN))) is Exit.UNKNOWN


def test_one_verdict_against_outweighs_a_doubt() -> None:
    """What fails for certain fails, whatever else could not be told."""
    assert exit_code(diagnosis((passive(), UNKNOWN), (active(), BLOCKED))) is Exit.FAILS


def test_required_and_not_tested() -> None:
    """A requirement that no handshake stood for has not been met, nor has it failed."""
    works = diagnosis((passive(), WORKS))
    assert exit_code(works, requirements(["active"])) is Exit.UNKNOWN
    assert exit_code(works, requirements(["passive/6"])) is Exit.UNKNOWN
    assert exit_code(works, requirements(["epsv/4/none"])) is Exit.WORKS


def test_login_refused() -> None:
    """Where no session logged in and a cause says why, the target is unreachable."""
    control = shut_out()
    refused = diagnosis((control, UNTESTED), findings=[control_finding("control-login-refused", control)])
    assert exit_code(refused) is Exit.UNREACHABLE
    assert exit_code(refused, requirements(["passive"])) is Exit.UNREACHABLE


def test_no_login_and_no_cause() -> None:
    """Where no session logged in and nobody knows why, it could not be told."""
    assert exit_code(diagnosis((shut_out(), UNTESTED))) is Exit.UNKNOWN


def test_name_unresolved() -> None:
    """A name without an address is an unreachable target."""
    assert exit_code(diagnosis(unresolved="ftp.example.org has no address.")) is Exit.UNREACHABLE


def test_one_family_never_logs_in() -> None:
    """A family that never gets as far as a login is unreachable, unless what is required leaves it out."""
    control = shut_out(family=6)
    half = diagnosis((passive(), WORKS), (control, UNTESTED), findings=[control_finding("control-dropped", control)])
    assert exit_code(half) is Exit.UNREACHABLE
    assert exit_code(half, requirements(["passive"])) is Exit.UNREACHABLE
    assert exit_code(half, requirements(["passive/4"])) is Exit.WORKS


def test_server_insists_on_tls() -> None:
    """Clear text that a server declines is not missed where TLS works over that family, unless asked for by name."""
    clear = shut_out()
    encrypted = passive(session(tls=Tls.EXPLICIT))
    secure = diagnosis((clear, UNTESTED), (encrypted, WORKS), findings=[control_finding("control-tls-required", clear)])
    assert exit_code(secure) is Exit.WORKS
    assert exit_code(secure, requirements(["passive"])) is Exit.WORKS
    assert exit_code(secure, requirements(["passive/none"])) is Exit.UNREACHABLE


def test_server_does_no_tls() -> None:
    """TLS that a server does not do is not missed where it let us in without, unless asked for by name."""
    encrypted = shut_out(tls=Tls.EXPLICIT)
    remark = replace(control_finding("control-tls-unsupported", encrypted), verdict=None)
    plain = diagnosis((encrypted, UNTESTED), (passive(), WORKS), findings=[remark])
    assert exit_code(plain) is Exit.WORKS
    assert exit_code(plain, requirements(["passive"])) is Exit.WORKS
    assert exit_code(plain, requirements(["passive/explicit"])) is Exit.UNREACHABLE
    alone = diagnosis((encrypted, UNTESTED), findings=[control_finding("control-tls-unsupported", encrypted)])
    assert exit_code(alone) is Exit.UNREACHABLE


def test_server_insists_on_tls_over_another_family() -> None:
    """TLS over IPv4 does not excuse a server that never let us in over IPv6."""
    clear = shut_out(family=6)
    found = [control_finding("control-tls-required", clear)]
    split = diagnosis((clear, UNTESTED), (passive(session(tls=Tls.EXPLICIT)), WORKS), findings=found)
    assert exit_code(split) is Exit.UNREACHABLE


def test_capture_without_ftp() -> None:
    """A capture that holds no FTP proves nothing."""
    assert exit_code(diagnosis(source=CAPTURE)) is Exit.UNKNOWN


def test_capture_that_begins_after_the_login() -> None:
    """A data connection that was agreed and worked shows a login, even one that the capture does not hold."""
    midway = passive(shut_out())
    assert exit_code(diagnosis((midway, WORKS), source=CAPTURE)) is Exit.WORKS


def test_information_is_no_verdict() -> None:
    """A finding that is information only does not explain why no login came."""
    control = shut_out()
    remark = replace(control_finding("active-source-port-not-20", control), verdict=None)
    assert exit_code(diagnosis((control, UNTESTED), findings=[remark])) is Exit.UNKNOWN


LIMITED = Judgement(verdict=Verdict.UNTESTED, causes=("prober-limited",))


def test_this_machine_could_not_test_a_mode() -> None:
    """A mode that this machine itself kept from being tested is missed, unless another is required."""
    control = session(Method.PORT)
    limited = diagnosis((passive(), WORKS), (control, LIMITED), findings=[control_finding("prober-limited", control)])
    assert exit_code(limited) is Exit.UNKNOWN
    assert exit_code(limited, requirements(["active"])) is Exit.UNKNOWN
    assert exit_code(limited, requirements(["passive"])) is Exit.WORKS


def test_this_machine_could_not_test_one_family() -> None:
    """A mode that works over one family, and that this machine could not test over the other, is not known to work."""
    control = session(Method.PORT, family=6)
    limited = diagnosis((active(), WORKS), (control, LIMITED), findings=[control_finding("prober-limited", control)])
    assert exit_code(limited) is Exit.UNKNOWN
    assert exit_code(limited, requirements(["active/4"])) is Exit.WORKS
    blocked = diagnosis((active(), BLOCKED), (control, LIMITED))
    assert exit_code(blocked) is Exit.FAILS


def test_no_files_left() -> None:
    """Where this machine had no socket to try with, nothing is known of the target."""
    control = shut_out()
    socket = replace(control.openings[0], answer=Answer.UNKNOWN, established=False, error="EMFILE")
    exhausted = replace(control, openings=(socket,))
    found = diagnosis((exhausted, LIMITED), findings=[control_finding("prober-limited", exhausted)])
    assert exit_code(found) is Exit.UNKNOWN


def test_format_declaration() -> None:
    """A format is a name for `--format` and a pure function."""

    @report_format(name="shout")
    def shout(_: object, look: Look, __: object = ()) -> str:
        return f"{look.width}!\n"

    assert isinstance(shout, Format)
    assert (shout.name, shout.render(diagnosis(), Look())) == ("shout", "80!\n")


def test_look_without_colour() -> None:
    """Colour codes reach only a reader whose screen understands them."""
    assert Look().painted("works", Paint.GOOD) == "works"
    assert Look(colour=Colour.ANSI).painted("works", Paint.GOOD) == "\x1b[32mworks\x1b[0m"


def test_look_keeps_names_whole() -> None:
    """Prose is wrapped between words, and the name of a cause stays whole."""
    lines = Look(width=40).wrapped("It may be active-dropped-by-client-host.", first="  - ", rest="    ")
    assert lines == ["  - It may be", "    active-dropped-by-client-host."]


def test_a_quotation_ends_its_sentence() -> None:
    """A server's own full stop is not followed by another."""
    assert Look().wrapped("It says `530 No.`. Then “Bye.”. Gone.") == ["It says `530 No.` Then “Bye.” Gone."]
