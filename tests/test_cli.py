"""The command, run as a user runs it."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from ftpdiag import __version__
from tests.scripted_server import ordinary, serving

FTPDIAG = (sys.executable, "-m", "ftpdiag")
CAPTURE = Path(__file__).parents[1] / "captures/open-vsftpd/client.pcap"


def ran(*arguments: str) -> subprocess.CompletedProcess[str]:
    """The command, to its end."""
    return subprocess.run((*FTPDIAG, *arguments), capture_output=True, text=True, timeout=30, check=False)


def test_version() -> None:
    """`--version` names the tool and its version."""
    assert ran("--version").stdout == f"ftpdiag {__version__}\n"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("probe", "ftp://alice:secret@host/"), "visible to every user"),
        (("probe", "host", "--method", "sftp"), "'sftp' is no method"),
        (("probe", "host", "--format", "yaml"), "There is no format 'yaml'; use one of json, table."),
        (("probe", "host", "--require", "everything"), "'everything' is no requirement"),
        (("probe", "host", "--save", "/nonexistent/x.pcap"), "/nonexistent/x.pcap: No such file or directory."),
        (("replay", "/nonexistent.pcap"), "There is no file /nonexistent.pcap"),
        (("replay", __file__), "is not a pcap or pcapng file"),
        (("explain", "gremlins"), "There is no cause 'gremlins'"),
    ],
)
def test_wrong_usage(arguments: Sequence[str], sentence: str) -> None:
    """What the user can mend is said in one sentence on standard error, with exit code 2, and never with a password."""
    done = ran(*arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr
    assert "secret" not in done.stderr


def test_help_names_every_option_of_the_contract() -> None:
    """`probe --help` lists what the contract promises for this command so far."""
    text = ran("probe", "--help").stdout
    promised = """
        --user --password-file --method --family --tls --ca-file --insecure --verb --timeout --patience
        --dial-announced --active-address --active-ports --interface --no-sniff --save --format --output --require
    """
    for option in promised.split():
        assert option in text


def test_probe_in_a_pipe_is_quiet() -> None:
    """Nothing but the report is on standard output, and nothing at all on standard error."""
    with serving(ordinary()) as server:
        done = ran("probe", str(server.endpoint), "--no-sniff", "--format", "json")
    assert done.stderr == ""
    assert json.loads(done.stdout)["source"]["target"]["address"] == server.endpoint.host


def test_probe_on_a_terminal_shows_what_it_waits_for() -> None:
    """On a terminal the handshakes tell what they wait for, on standard error."""
    ours, theirs = pty.openpty()
    with serving(ordinary()) as server:
        command = (*FTPDIAG, "probe", str(server.endpoint), "--no-sniff")
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=theirs, timeout=30, check=False)
    os.close(theirs)
    shown = os.read(ours, 65536).decode(errors="replace")
    os.close(ours)
    assert "EPSV" in shown
    assert b"\x1b[" not in done.stdout


def test_a_reader_that_leaves_changes_no_verdict() -> None:
    """`ftpdiag … | head -1` ends with the verdict's own code, and without a complaint."""
    command = f'"{sys.executable}" -m ftpdiag replay "{CAPTURE}" --format json --vantage client'
    script = f"{command} | true; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(("bash", "-c", script), capture_output=True, text=True, timeout=30, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_colour_is_for_terminals_that_want_it() -> None:
    """A terminal gets colour, unless NO_COLOR is set."""
    for unwanted, coloured in (({}, True), ({"NO_COLOR": "1"}, False)):
        ours, theirs = pty.openpty()
        command = (*FTPDIAG, "replay", str(CAPTURE), "--vantage", "client")
        environment = {**os.environ, **unwanted}
        subprocess.run(command, stdout=theirs, env=environment, timeout=30, check=False)
        os.close(theirs)
        shown = os.read(ours, 65536)
        os.close(ours)
        assert (b"\x1b[" in shown) is coloured
