"""The report before an experiment, and after it: what a look-alike's reader is told."""

import re
from dataclasses import replace
from pathlib import Path
from subprocess import CompletedProcess
from tempfile import mkdtemp

import pytest

from tests.lab.case import Case, cases
from tests.lab.running import staged
from tests.lab.steady import steadily

pytestmark = pytest.mark.lab

CASES = {case.name: case for case in cases()}

FAMILY = "What would tell: the same port at the server's other addresses"
WALK = "What would tell: a hop walk"
ADDRESSES = "the same handshake with the others would tell"
AGAIN = "the same port again within seconds"
SAMPLES = "more passive ports, of which ftpdiag probe tries a few by itself"
OPENER = "What would tell: a SYN sent ahead"
METHODS = "What would tell: both methods side by side"
CLEAR = "What would tell: the same handshakes side by side, with and without TLS"
WHOSE = "What would tell: a hop walk to the server"
CCC = "What would tell: CCC in a session of its own"
SMALL = "What would tell: the same transfer with small segments"


LUCK = 12
"""Runs of a probe of which at least one meets what meets every second one."""

UNREACHED = 4
"""The exit code where the control connection does not come to stand."""


def _report(case: Case, folder: Path, *options: str) -> str:
    """The words of the table, each separated by one space. Whether it works is what the tests are about."""
    folder.mkdir()

    def probe() -> CompletedProcess[str]:
        with staged(case, Path(mkdtemp(dir=folder))) as scene:
            return scene.probe(*options)

    done = steadily(probe)
    assert done.returncode in {0, 1, UNREACHED}, done.stderr
    return " ".join(done.stdout.split())


@pytest.mark.parametrize(
    ("name", "doubt", "told"),
    [
        ("passive-egress-policy-vsftpd", WALK, "passes hop 1 (198.51.100.1) and is not seen at hop 2"),
        ("passive-port-dropped-between-providers", WALK, "passes hop 2 (198.18.1.1) and is not seen at hop 3"),
        ("passive-port-dropped-by-server-edge-ipv6", WALK, "hop 3 drops it on its way out, or the server itself does"),
        ("passive-port-dropped-by-server-nat", WALK, "a NAT that speaks as the server"),
        ("data-listener-late-pyftpdlib", AGAIN, "it announces the port before it listens there"),
        ("family-mismatch-ipv4-pure-ftpd", FAMILY, "that is open by the server's own family alone"),
        ("passive-port-refused-one-family", FAMILY, "By the other address family, at [2001:db8:5::2]"),
        ("passive-port-refused-nat64", FAMILY, "By the other address family, at [64:ff9b::cb00:7102]"),
        ("passive-ports-partly-blocked-in-turn", SAMPLES, "pass, 5006"),
        ("active-inbound-dropped-by-client-edge", OPENER, "After a SYN sent ahead from that port the call comes in"),
        ("active-inbound-dropped-by-server-edge", OPENER, "A SYN sent ahead from that port did not let it in"),
        ("active-inbound-impossible-carrier-nat-proftpd", WHOSE, "That is a second NAT"),
        ("active-inbound-dropped-by-client-nat", WHOSE, "A hop walk to the server meets no second one"),
        ("alg-ignores-epsv-client-nat", METHODS, "After PORT 4 of 4 data connections opened"),
        ("alg-ignores-epsv-server-edge", METHODS, "After PASV 4 of 4 data connections opened"),
        ("alg-epsv-only-server-edge", METHODS, "After EPSV 4 of 4 data connections opened"),
        ("alg-blind-to-tls-ipv6", CLEAR, "In the clear 3 of 3 data connections opened"),
        ("alg-blind-to-tls-client-edge", CCC, "The server does not know CCC"),
        ("active-inbound-dropped-by-client-edge-explicit-tls", CLEAR, "After a SYN sent ahead from that port"),
        ("data-path-mtu-vsftpd", SMALL, "with segments of 536 bytes the transfer passes"),
        ("data-stalled-vsftpd", SMALL, "So it does with small segments: it is not their size"),
        ("data-path-mtu-control-tls", SMALL, "with segments of 536 bytes the TLS handshake passes"),
        ("control-tls-broken-dropped", SMALL, "Made again with segments of 536 bytes: the TLS handshake stood still"),
        ("passive-port-reset-by-provider", WALK, "A SYN that expires at hop 3 is reset as well"),
        ("passive-hairpin-vsftpd", WALK, "Hop walk to port 21: 1 203.0.113.2, 2 open"),
        ("name-resolves-to-several-hosts", ADDRESSES, "at 203.0.113.3 of the same name the same EPSV works"),
    ],
)
def test_what_the_experiment_adds(name: str, doubt: str, told: str, tmp_path: Path) -> None:
    """Without follow-up the report names the experiment; with it, what that showed."""
    before = _report(CASES[name], tmp_path / "before", "--no-follow-up")
    after = _report(CASES[name], tmp_path / "after")
    assert doubt in before
    assert told not in before
    assert told in after
    assert doubt not in after


@pytest.mark.parametrize(
    ("name", "told", "other"),
    [
        ("control-idle-dropped-proftpd", "control-idle-dropped", "control-server-timeout"),
        ("control-server-timeout-pyftpdlib", "control-server-timeout", "control-idle-dropped"),
    ],
)
def test_what_a_held_transfer_adds(name: str, told: str, other: str, tmp_path: Path) -> None:
    """Short transfers work; of one that is held the report says who ended it, and that NOOP keeps it alive."""
    case = CASES[name]
    before = _report(_without(case, "--hold"), tmp_path / "before")
    after = _report(case, tmp_path / "after")
    assert told not in before
    assert f"[{told}]" in after
    assert f"[{other}]" not in after
    assert "A NOOP now and then keeps it" in after


def _without(case: Case, option: str) -> Case:
    """The case of a user who does not ask for that."""
    if option not in case.options:
        return case
    at = case.options.index(option)
    return replace(case, options=(*case.options[:at], *case.options[at + 2 :]))


@pytest.mark.parametrize(
    ("name", "option", "told", "other"),
    [
        ("passive-ports-exhausted-proftpd", "--samples", "passive-ports-exhausted", "passive-ports-partly-blocked"),
        ("passive-ports-partly-blocked-sip", "--samples", "passive-ports-partly-blocked", "passive-ports-exhausted"),
        ("passive-other-backend-by-port", "--samples", "passive-other-backend", "passive-ports-partly-blocked"),
        ("data-tls-resume-lost-proftpd", "--hold", "data-tls-resume-lost", "data-tls-session-reuse-required"),
        ("alg-bound-to-port-21-server-edge", "--also-port", "alg-bound-to-port-21", "passive-port-dropped"),
    ],
)
def test_what_is_asked_for_adds(name: str, option: str, told: str, other: str, tmp_path: Path) -> None:
    """One look at each method does not show it; the experiment does, and that it is not the look-alike."""
    case = CASES[name]
    before = _report(_without(case, option), tmp_path / "before", "--no-follow-up")
    after = _report(case, tmp_path / "after")
    assert f"[{told}]" not in before
    assert f"[{told}]" in after
    assert f"[{other}]" not in after


@pytest.mark.parametrize(
    ("name", "told", "other"),
    [
        ("passive-other-backend-vsftpd", "passive-other-backend", "data-listener-late"),
        ("data-listener-late-ipv6", "data-listener-late", "passive-other-backend"),
    ],
)
def test_what_calling_again_adds(name: str, told: str, other: str, tmp_path: Path) -> None:
    """A port refuses: that alone does not show whether it opens a moment later, or elsewhere; calls after it do."""
    case = CASES[name]
    short = _without(case, "--samples")
    befores = (_report(short, tmp_path / f"before-{number}", "--no-follow-up") for number in range(LUCK))
    before = next(report for report in befores if "[passive-port-refused]" in report)
    after = _report(case, tmp_path / "after")
    assert AGAIN in before
    assert f"[{told}]" not in before
    assert f"[{told}]" in after
    assert f"[{other}]" not in after
    assert AGAIN not in after


def test_what_samples_add(tmp_path: Path) -> None:
    """One method had luck, so the mode seems to work; samples show that its ports fail as well."""
    case = CASES["passive-ports-partly-blocked-in-turn"]
    before = _report(case, tmp_path / "before", "--no-follow-up")
    after = _report(case, tmp_path / "after")
    assert SAMPLES in before
    assert "[passive-port-dropped]" in before
    assert "do not" not in before
    assert re.search(r"pass, 5006[01]-5006\d do not", after)
    assert "[passive-port-dropped]" not in after
