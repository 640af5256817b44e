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
SMALL = "What would tell: the same transfer with small segments"


def _report(case: Case, folder: Path, *options: str, code: int = 1) -> str:
    """The words of the table, each separated by one space; `code`: of the exit, or 0 where another method works."""
    folder.mkdir()

    def probe() -> CompletedProcess[str]:
        with staged(case, Path(mkdtemp(dir=folder))) as scene:
            return scene.probe(*options)

    done = steadily(probe)
    assert done.returncode in {code, 0}, done.stderr
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
        ("passive-ports-partly-blocked-in-turn", SAMPLES, "pass, 50060-5006"),
        ("active-inbound-dropped-by-client-edge", OPENER, "After a SYN sent ahead from that port the call comes in"),
        ("active-inbound-dropped-by-server-edge", OPENER, "A SYN sent ahead from that port did not let it in"),
        ("active-inbound-impossible-carrier-nat-proftpd", WHOSE, "That is a second NAT"),
        ("active-inbound-dropped-by-client-nat", WHOSE, "A hop walk to the server meets no second one"),
        ("alg-ignores-epsv-client-nat", METHODS, "After PORT 4 of 4 data connections opened"),
        ("alg-ignores-epsv-server-edge", METHODS, "After PASV 4 of 4 data connections opened"),
        ("alg-blind-to-tls-ipv6", CLEAR, "In the clear 3 of 3 data connections opened"),
        ("active-inbound-dropped-by-client-edge-explicit-tls", CLEAR, "After a SYN sent ahead from that port"),
        ("data-path-mtu-vsftpd", SMALL, "with segments of 536 bytes the transfer passes"),
        ("data-stalled-vsftpd", SMALL, "So it does with small segments: it is not their size"),
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
    short = replace(case, options=case.options[: case.options.index("--hold")])
    before = _report(short, tmp_path / "before", code=0)
    after = _report(case, tmp_path / "after")
    assert told not in before
    assert f"[{told}]" in after
    assert f"[{other}]" not in after
    assert "A NOOP now and then keeps it" in after


def test_what_samples_add(tmp_path: Path) -> None:
    """One method had luck, so the mode seems to work; samples show that its ports fail as well."""
    case = CASES["passive-ports-partly-blocked-in-turn"]
    before = _report(case, tmp_path / "before", "--no-follow-up", code=0)
    after = _report(case, tmp_path / "after")
    assert SAMPLES in before
    assert "[passive-port-dropped]" in before
    assert "do not" not in before
    assert re.search(r"pass, 50060-5006\d do not", after)
    assert "[passive-port-dropped]" not in after
