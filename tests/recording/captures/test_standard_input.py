"""`tcpdump -w - | ftpdiag replay -`, while the capture runs: real pipes, real signals."""

import fcntl
import json
import os
import pty
import random
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import IO, Any

import pytest

from tests.recording.scanners import as_pcap, as_pcapng
from tests.synthetic.crowd import SECOND, crowd

RECORDS, TRUTH = crowd(random.Random(8), 4, 1_795_000_000 * SECOND, SECOND)
FILES = {"pcap": as_pcap(RECORDS), "pcapng": as_pcapng(RECORDS)}


@contextmanager
def replay() -> Iterator[subprocess.Popen[bytes]]:
    """A replay of standard input."""
    command = (sys.executable, "-m", "ftpdiag", "replay", "-", "--format", "json")
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        try:
            yield process
        finally:
            process.kill()


def pipe(process: subprocess.Popen[bytes]) -> IO[bytes]:
    """What it reads."""
    assert process.stdin
    return process.stdin


def finished(process: subprocess.Popen[bytes]) -> tuple[dict[str, Any], int]:
    """Its report, and its exit code."""
    assert process.stdout
    assert process.stderr
    report, complaints = process.stdout.read(), process.stderr.read()
    assert complaints == b""
    document: dict[str, Any] = json.loads(report)
    return document, process.wait(30)


def drained(file: IO[bytes]) -> None:
    """Wait until everything that was written has been read."""
    until = time.monotonic() + 30
    while struct.unpack("i", fcntl.ioctl(file, termios.FIONREAD, bytes(4)))[0]:
        assert time.monotonic() < until
        time.sleep(0.02)


@pytest.mark.parametrize("name", FILES)
def test_a_capture_that_still_runs(name: str) -> None:
    """However slowly it comes, standard input is read up to its end, and then reported."""
    content = FILES[name]
    with replay() as process:
        for start in range(0, len(content), 1 + len(content) // 12):
            pipe(process).write(content[start : start + 1 + len(content) // 12])
            pipe(process).flush()
            time.sleep(0.02)
        drained(pipe(process))
        assert process.poll() is None
        pipe(process).close()
        document, code = finished(process)
    assert (len(document["sessions"]), document["source"]["files"][0]["problems"]) == (len(TRUTH), [])
    assert code in {0, 1, 3}


def test_interrupted() -> None:
    """Ctrl-C ends a capture that would go on, and what has come till then is reported."""
    content = FILES["pcap"]
    with replay() as process:
        pipe(process).write(content[: -len(content) // 4])
        pipe(process).flush()
        drained(pipe(process))
        process.send_signal(signal.SIGINT)
        document, code = finished(process)
    assert document["sessions"]
    assert document["source"]["files"][0]["bytes"] == len(content[: -len(content) // 4])
    assert code in {0, 1, 3}


def test_interrupted_together() -> None:
    """What the capture hands out after Ctrl-C, at its end, is not lost."""
    content = FILES["pcap"]
    with replay() as process:
        pipe(process).write(content[:-5000])
        pipe(process).flush()
        drained(pipe(process))
        process.send_signal(signal.SIGINT)
        pipe(process).write(content[-5000:])
        pipe(process).close()
        document, _ = finished(process)
    assert (len(document["sessions"]), document["source"]["files"][0]["problems"]) == (len(TRUTH), [])


def test_interrupted_before_anything_came() -> None:
    """Where no packet came before Ctrl-C, the report says that there was none."""
    with replay() as process:
        pipe(process).write(FILES["pcap"][:24])
        pipe(process).flush()
        drained(pipe(process))
        process.send_signal(signal.SIGINT)
        document, _ = finished(process)
    assert (document["sessions"], document["source"]["files"][0]["packets"]) == ([], 0)


def test_a_keyboard_is_no_capture() -> None:
    """Nobody waits for a capture that nobody pipes in."""
    ours, theirs = pty.openpty()
    command = (sys.executable, "-m", "ftpdiag", "replay", "-")
    done = subprocess.run(command, stdin=theirs, capture_output=True, text=True, timeout=30, check=False)
    os.close(ours)
    os.close(theirs)
    assert (done.returncode, done.stdout) == (2, "")
    assert "it is your terminal: pipe a capture into it" in done.stderr
