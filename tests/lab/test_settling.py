"""The report before an experiment, and after it: what a look-alike's reader is told."""

from pathlib import Path

import pytest

from tests.lab.case import Case, cases
from tests.lab.running import staged

pytestmark = pytest.mark.lab

CASES = {case.name: case for case in cases()}

WALK = "What would tell: a hop walk"
ADDRESSES = "the same handshake with the others would tell"
SAMPLES = "more passive ports, of which ftpdiag probe tries a few by itself"
OPENER = "What would tell: a SYN sent ahead"
CLEAR = "What would tell: the same handshakes side by side, with and without TLS"
SMALL = "What would tell: the same transfer with small segments"


def _report(case: Case, folder: Path, *options: str) -> str:
    """The words of the table, each separated by one space."""
    folder.mkdir()
    with staged(case, folder) as scene:
        done = scene.probe(*options)
    assert done.returncode == 1, done.stderr
    return " ".join(done.stdout.split())


@pytest.mark.parametrize(
    ("name", "doubt", "told"),
    [
        ("passive-egress-policy-vsftpd", WALK, "passes hop 1 (198.51.100.1) and is not seen at hop 2"),
        ("passive-port-dropped-between-providers", WALK, "passes hop 2 (198.18.1.1) and is not seen at hop 3"),
        ("passive-port-dropped-by-server-edge-ipv6", WALK, "hop 3 drops it on its way out, or the server itself does"),
        ("passive-port-dropped-by-server-nat", WALK, "a NAT that speaks as the server"),
        ("passive-ports-partly-blocked-in-turn", SAMPLES, "pass, 50060-50065 do not"),
        ("active-inbound-dropped-by-client-edge", OPENER, "After a SYN sent ahead from that port the call comes in"),
        ("active-inbound-dropped-by-server-edge", OPENER, "A SYN sent ahead from that port did not let it in"),
        ("alg-blind-to-tls-ipv6", CLEAR, "In the clear 3 of 3 data connections opened"),
        ("active-inbound-dropped-by-client-edge-explicit-tls", CLEAR, "After a SYN sent ahead from that port"),
        ("data-path-mtu-vsftpd", SMALL, "with segments of 536 bytes the transfer passes"),
        ("data-stalled-vsftpd", SMALL, "So it does with small segments: it is not their size"),
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
