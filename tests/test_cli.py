"""The command, run as a user runs it."""

from __future__ import annotations

import ctypes
import errno
import json
import os
import pty
import signal
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from ftplib import FTP
from pathlib import Path

import pytest
import typer
from typer.main import get_command

from ftpdiag import __version__, arguments, cli
from ftpdiag.mishaps import system_errors
from ftpdiag.model import Endpoint
from tests.fuzzing.targets import clocks
from tests.scripted_server import Conversation, ordinary, serving

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
        (("probe", "host", "--user", "alice:secret"), "visible to every user"),
        (("probe", "host", "--method", "sftp"), "'sftp' is no method"),
        (("probe", "host", "--format", "yaml"), "There is no format 'yaml'; use one of json, table."),
        (("probe", "host", "--require", "everything"), "'everything' is no requirement"),
        (("probe", "host", "--save", "/nonexistent/x.pcap"), "/nonexistent/x.pcap: No such file or directory; name a"),
        (("probe", "host", "--interface", "foo"), "There is no interface 'foo'; this machine has lo"),
        (("probe", "host", "--user", "\udcff"), "must be text in UTF-8"),
        (("probe", "host", "--timeout", "nan"), "--timeout needs a number of seconds."),
        (("probe", "host", "--samples", "9", "--method", "eprt"), "--samples is about passive ports"),
        (("probe", "host", "--samples", "1"), "'--samples'"),
        (("probe", "host", "--output", "/"), "/: Is a directory; name a file, not a folder."),
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


def test_no_path_is_judged_by_the_parser() -> None:
    """Its words say what is wrong with a path, and not what to do; nor which file, where one is only to be written."""
    commands = get_command(cli.app).commands.values()  # type: ignore[attr-defined]  # it is a group of them
    kinds = [option.type for command in commands for option in command.params]
    paths = [kind for kind in kinds if hasattr(kind, "readable")]
    assert len(paths) > 8
    assert not any(one.readable or one.writable or one.exists for one in paths)


def test_help_names_every_option_of_the_contract() -> None:
    """`probe --help` lists what the contract promises for this command so far."""
    text = ran("probe", "--help").stdout
    promised = """
        --user --password-file --method --family --tls --ca-file --insecure --verb --timeout --patience
        --samples --dial-announced --active-address --active-ports --interface --no-sniff --no-follow-up --hold --save
        --also-port --format --output --require
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


@pytest.mark.parametrize("words", [f'replay "{CAPTURE}" --format json --vantage client', "explain"])
def test_a_reader_that_leaves_changes_no_verdict(words: str) -> None:
    """`ftpdiag … | head -1` ends with the verdict's own code, and without a complaint."""
    command = f'"{sys.executable}" -m ftpdiag {words}'
    script = f"{command} | true; exit ${{PIPESTATUS[0]}}"
    done = subprocess.run(("bash", "-c", script), capture_output=True, text=True, timeout=30, check=False)
    assert (done.returncode, done.stderr) == (0, "")


REPLAY = ("replay", str(CAPTURE), "--vantage", "client")


def test_a_report_that_cannot_be_written_is_shown() -> None:
    """A full disk does not throw the diagnosis away; one sentence says what could not be done, with exit code 2."""
    done = ran(*REPLAY, "--output", "/dev/full")
    assert done.stdout == ran(*REPLAY).stdout
    assert (done.returncode, done.stderr) == (2, "ftpdiag: /dev/full: No space left on device.\n")


@pytest.mark.parametrize("words", [f'replay "{CAPTURE}"', "explain"])
def test_a_full_standard_output(words: str) -> None:
    """So it is with standard output, where nothing is left to show it on."""
    command = f'"{sys.executable}" -m ftpdiag {words} > /dev/full'
    done = subprocess.run(("bash", "-c", command), capture_output=True, text=True, timeout=30, check=False)
    assert (done.returncode, done.stderr) == (2, "ftpdiag: Standard output: No space left on device.\n")


@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
def test_closed_outputs(closed: str) -> None:
    """Whoever closes what there is to write on, as some schedulers do, has the verdict all the same."""
    command = f'"{sys.executable}" -m ftpdiag replay "{CAPTURE}" --vantage client {closed}'
    done = subprocess.run(("bash", "-c", command), capture_output=True, text=True, timeout=30, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_an_old_report_outlives_a_run_that_fails(tmp_path: Path) -> None:
    """What a file held stays until there is something to put in its place."""
    old, new = tmp_path / "old.txt", tmp_path / "new.txt"
    old.write_text("yesterday's report, which is longer than nothing")
    assert ran("replay", __file__, "--output", str(old)).returncode == 2
    assert old.read_text().startswith("yesterday")
    assert ran("replay", __file__, "--output", str(new)).returncode == 2
    assert not new.exists()
    assert ran(*REPLAY, "--output", str(old)).returncode == 0
    assert old.read_text() == ran(*REPLAY).stdout


def test_an_encoding_that_lacks_a_sign() -> None:
    """A terminal that cannot show a sign shows its number, and all the rest."""
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "0"}
    done = subprocess.run(
        (*FTPDIAG, *REPLAY, "--require", "passive"), capture_output=True, env=environment, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")


def test_too_few_files() -> None:
    """Where the system gives it no more files, one sentence says how to raise the limit."""
    script = f'ulimit -n 5; "{sys.executable}" -m ftpdiag probe 127.0.0.1:1'
    done = subprocess.run(("bash", "-c", script), capture_output=True, text=True, timeout=30, check=False)
    assert "Traceback" not in done.stderr
    assert "ulimit -n" in done.stderr + done.stdout


def test_a_mistake_of_ours_is_no_wrong_usage() -> None:
    """A ValueError from within the probe is an internal error, whatever it says."""
    script = (
        "from ftpdiag import cli, ftp\n"
        "def broken(*_): raise ValueError('no bytes')\n"
        "ftp.announced_by = broken\n"
        "cli.main()"
    )
    with serving(ordinary()) as server:
        arguments = ("probe", str(server.endpoint), "--no-sniff", "--method", "epsv")
        done = subprocess.run(
            (sys.executable, "-c", script, *arguments), capture_output=True, text=True, timeout=30, check=False
        )
    assert done.returncode == 5
    assert "internal error (ValueError: no bytes)" in done.stderr


def interrupt(process: int) -> None:
    """As a terminal does: the system picks the main thread."""
    os.kill(process, signal.SIGINT)


def interrupt_elsewhere(process: int) -> None:
    """Another thread is told, which is as good as the main one just before it begins to wait."""
    threads = {int(one.name) for one in Path(f"/proc/{process}/task").iterdir()}
    ctypes.CDLL(None).tgkill(process, max(threads - {process}), signal.SIGINT)


ELSEWHERE = pytest.param(
    interrupt_elsewhere, marks=pytest.mark.skipif(sys.platform != "linux", reason="only Linux lists its threads")
)


def test_interrupted_upload() -> None:
    """What an interrupted probe has uploaded and could not delete is named."""
    uploading = threading.Event()

    def take(conversation: Conversation, _argument: str) -> None:
        conversation.say("150 Go on.")
        uploading.set()

    with serving(ordinary(STOR=take)) as server:
        target = f"ftp://127.0.0.1:{server.endpoint.port}/in/"
        options = ("--verb", "stor", "--method", "epsv", "--no-sniff", "--no-follow-up", "--user", "anonymous")
        command = ("env", "--default-signal=INT", sys.executable, "-m", "ftpdiag", "probe", target, *options)
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True) as running:
            assert uploading.wait(10)
            interrupt(running.pid)
            _, said = running.communicate(timeout=10)
    assert running.returncode == 130
    told, _ = said.splitlines()
    assert told.startswith("ftpdiag: An upload of this probe may still be on 127.0.0.1, for it was interrupted;")
    assert "ftpdiag-" in told.partition("delete it:")[2]


@pytest.mark.parametrize("interrupting", [interrupt, ELSEWHERE])
def test_interrupted(tmp_path: Path, interrupting: Callable[[int], None]) -> None:
    """Whoever interrupts does not wait for the server, keeps what was sniffed, and finds no empty files."""
    saved, written = tmp_path / "x.pcap", tmp_path / "x.txt"
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        target = f"127.0.0.1:{port}"
        # A shell that starts something in the background has it ignore the signal.
        heeding = ("env", "--default-signal=INT")
        ftpdiag = (sys.executable, "-X", "faulthandler", "-m", "ftpdiag")
        command = (*heeding, *ftpdiag, "probe", target, "--save", str(saved), "--output", str(written))
        with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as running:
            connection, _ = silent.accept()
            connection.sendall(b"220 Welcome.\r\n")
            assert connection.recv(100)
            assert saved.exists()
            interrupting(running.pid)
            try:
                _, said = running.communicate(timeout=10)
            except subprocess.TimeoutExpired:
                running.send_signal(signal.SIGABRT)  # it says where it is
                _, said = running.communicate()
            connection.close()
    sniffed = os.geteuid() == 0
    kept = f"ftpdiag: What was sniffed until the interruption is saved in {saved}.\n" if sniffed else ""
    assert (running.returncode, said) == (130, f"{kept}Interrupted.\n")
    assert not written.exists()
    assert saved.exists() is sniffed
    if sniffed:
        # Other sessions may pass on the loopback at the same time.
        alone = ran("replay", str(saved), "--port", str(port), "--format", "json")
        assert "220 Welcome." in alone.stdout


def test_nothing_sniffed_and_nothing_saved(tmp_path: Path) -> None:
    """An ordinary user who asks to save what was sniffed is told that nothing was, and keeps the file of yesterday."""
    kept = tmp_path / "kept.pcap"
    kept.write_bytes(b"yesterday")
    done = ran("probe", "no-such-host.invalid", "--save", str(kept))
    assert f"Nothing was sniffed, so nothing was saved in {kept}." in done.stderr
    assert (done.returncode, kept.read_bytes()) == (4, b"yesterday")


def test_whoever_may_not_sniff_cannot_save(tmp_path: Path) -> None:
    """The report comes all the same, and the exit code says that the capture does not."""
    without = ("setpriv", "--bounding-set=-net_raw") if os.geteuid() == 0 else ()
    with serving(ordinary()) as server:
        command = (*without, *FTPDIAG, "probe", str(server.endpoint), "--save", str(tmp_path / "kept.pcap"))
        done = subprocess.run(command, capture_output=True, text=True, timeout=30, check=False)
    assert "works, in passive and in active mode." in " ".join(done.stdout.split())
    assert (done.returncode, list(tmp_path.iterdir())) == (2, [])
    assert "Nothing was sniffed, so nothing was saved" in done.stderr


def test_a_narrow_screen() -> None:
    """A report is as wide as the reader's screen, where that is narrower than 80 columns."""
    done = subprocess.run(
        (*FTPDIAG, "replay", str(CAPTURE.parents[1] / "active-dropped-by-client-host-vsftpd/client.pcap")),
        env={**os.environ, "COLUMNS": "60"},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    drawn = [line for line in done.stdout.splitlines() if "│" in line]
    assert drawn
    assert {len(line) for line in drawn} == {60}


def test_help_is_short_enough_for_80_columns() -> None:
    """No summary of a command is cut."""
    done = subprocess.run(
        (*FTPDIAG, "--help"),
        env={**os.environ, "COLUMNS": "80"},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert "..." not in done.stdout.partition("Commands:")[2]


@pytest.mark.skipif(os.geteuid() != 0, reason="only root sniffs")
def test_a_capture_that_cannot_be_saved_costs_no_diagnosis() -> None:
    """The report comes first; then it is said that the capture could not be saved, with exit code 2."""
    with serving(ordinary()) as server:
        done = ran("probe", str(server.endpoint), "--format", "json", "--save", "/dev/full")
    assert json.loads(done.stdout)["source"]["sniffed"] is True
    assert (done.returncode, done.stderr) == (2, "ftpdiag: /dev/full: No space left on device.\n")


@pytest.mark.skipif(os.geteuid() != 0, reason="only root sniffs")
def test_others_on_this_machine_are_not_told_on(tmp_path: Path) -> None:
    """What another client says to the same server meanwhile is not saved."""
    saved, over = tmp_path / "x.pcap", threading.Event()

    def alice(server: Endpoint) -> None:
        while not over.is_set():
            with FTP() as client:
                client.connect(server.host, server.port)
                client.login("alice")

    with serving(ordinary()) as server, ThreadPoolExecutor(max_workers=1) as pool:
        other = pool.submit(alice, server.endpoint)
        done = ran("probe", str(server.endpoint), "--save", str(saved))
        over.set()
        other.result()
    assert done.returncode == 0
    assert b"USER anonymous" in saved.read_bytes()
    assert b"alice" not in saved.read_bytes()


def test_what_is_required_and_was_not_tested_is_said() -> None:
    """Exit code 3 comes with its reason on the page."""
    done = ran(*REPLAY, "--require", "passive/6")
    words = " ".join(done.stdout.split())
    assert "Required: passive/6 was not tested, because no such session is in the capture. Exit code 3." in words
    assert done.returncode == 3


@pytest.mark.parametrize("name", ["alg-blind-to-tls", "data-stalled"])
def test_explain(name: str) -> None:
    """What a report names is explained."""
    done = ran("explain", name)
    assert (done.returncode, done.stdout.splitlines()[0]) == (0, name)


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


# --- replay: which sessions, which files, and what may be shown to others -----------------------------------------

SHUT = CAPTURE.parents[1] / "both-modes-dropped-by-client-edge/client.pcap"


def sessions(*arguments: str) -> tuple[int, int]:
    """How many sessions a replay tells of, and its exit code."""
    done = ran("replay", *arguments, "--format", "json")
    return len(json.loads(done.stdout)["sessions"]), done.returncode


def test_filters_decide_what_is_told_and_the_exit_code() -> None:
    """Sessions that nobody asked for are neither in the document nor in the exit code."""
    both = (str(CAPTURE), str(SHUT))
    assert sessions(*both) == (8, 1)
    assert sessions(*both, "--verdict", "works") == (4, 0)
    assert sessions(*both, "--cause", "passive-port-dropped") == (2, 1)
    assert sessions(*both, "--session", "1") == (1, 1)
    assert sessions(*both, "--host", "192.0.2.1") == (0, 3)
    assert "--host 192.0.2.1 fits none of the 8 that were found" in ran("replay", *both, "--host", "192.0.2.1").stdout


def test_one_session_in_full() -> None:
    """`--session N` tells the dialogue and every data connection, without a password."""
    text = ran("replay", str(SHUT), "--session", "3").stdout
    assert "Session 3" in text
    assert "> USER anonymous" in text
    assert "Data connection 1: active" in text
    assert "Session 2" not in text


@pytest.mark.parametrize("words", [(), ("--session", "1"), ("--format", "json")])
def test_a_clock_that_was_never_set(words: tuple[str, ...], tmp_path: Path) -> None:
    """Sessions of impossible years are reported, one by one or together, and the report says so of the clock."""
    clock = struct.pack("<Bq", 6, -(1 << 62))
    (tmp_path / "odd.pcapng").write_bytes(clocks(clock * 2 + struct.pack("<Q", 18 * 10**18) * 20))
    done = ran("replay", str(tmp_path / "odd.pcapng"), *words)
    assert done.returncode == 3, done.stderr
    assert "years before 1970" in done.stdout


def test_what_the_system_declines_without_a_name(capsys: pytest.CaptureFixture[str]) -> None:
    """An error that names no file is none of a file."""
    with pytest.raises(typer.Exit), system_errors():
        raise OSError(errno.EOVERFLOW, os.strerror(errno.EOVERFLOW))
    assert capsys.readouterr().err == "ftpdiag: The system declined: Value too large for defined data type.\n"


def test_a_folder_is_a_capture(tmp_path: Path) -> None:
    """Its captures are read as one; what is none is said on standard error."""
    (tmp_path / "ring.2").write_bytes(CAPTURE.read_bytes())
    (tmp_path / "ring.1").write_bytes(SHUT.read_bytes())
    (tmp_path / "readme").write_text("not a capture")
    assert sessions(str(tmp_path)) == (8, 1)
    assert "readme is not a pcap" in ran("replay", str(tmp_path)).stderr


def test_an_extract_replays_like_its_capture(tmp_path: Path) -> None:
    """Of the sessions that were asked for, also from standard input, with other addresses."""
    extract = tmp_path / "extract.pcap"
    with SHUT.open("rb") as file:
        command = (*FTPDIAG, "replay", "-", "--session", "2", "--extract", str(extract), "--anonymise")
        subprocess.run(command, stdin=file, capture_output=True, timeout=30, check=False)
    (told,) = json.loads(ran("replay", str(extract), "--format", "json").stdout)["sessions"]
    assert told["channels"][0]["causes"] == ["passive-port-dropped"]
    assert told["client"]["host"].startswith("198.51.100.")


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (("--anonymise",), "--anonymise is about what --extract"),
        (("--extract", str(SHUT)), "is read as well: let --extract write another file."),
        (("--cause", "gremlins"), "There is no cause 'gremlins'"),
        (("--since", "noon"), "--since 'noon' is no time"),
    ],
)
def test_wrong_usage_of_replay(arguments: Sequence[str], sentence: str) -> None:
    """It is said in one sentence, with exit code 2, and no capture is harmed."""
    before = SHUT.read_bytes()
    done = ran("replay", str(SHUT), *arguments)
    assert (done.returncode, done.stdout) == (2, "")
    assert sentence in done.stderr
    assert SHUT.read_bytes() == before


def test_a_long_reading_shows_how_far_it_is() -> None:
    """On a terminal, while a capture of which nobody knows the size is awaited; the report itself is plain."""
    ours, theirs = pty.openpty()
    reading = subprocess.Popen([*FTPDIAG, "replay", "-"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=theirs)
    os.close(theirs)
    shown = b""
    while b"reading the capture" not in shown:  # it is shown once a second has passed
        shown += os.read(ours, 65536)
    report, _ = reading.communicate(SHUT.read_bytes(), timeout=30)
    os.close(ours)
    assert b"\x1b[" not in report
    assert reading.returncode == 1


def test_what_was_tried_is_told_in_the_words_it_was_typed_in() -> None:
    """Each option that says what to try is repeated, a value with it; what only shapes the report is not."""
    tried = "ftp://host/in/ --method epsv --method port --tls explicit --insecure --hold 7 --also-port 2121"
    again = tried.split()
    command = typer.main.get_command(cli.app)
    with command.make_context("ftpdiag", ["probe", "--no-sniff", "--format", "json", *again]) as outer:
        probe = command.get_command(outer, "probe")  # type: ignore[attr-defined]  # typer does not say it is a group
        with probe.make_context("probe", ["--no-sniff", "--format", "json", *again], parent=outer) as context:
            words = arguments.typed(context)
    assert sorted(word for one in words for word in one) == sorted(["--no-sniff", *again[1:]])
    assert {("--method", "epsv"), ("--method", "port"), ("--insecure",)} <= set(words)


@pytest.mark.parametrize(
    "options",
    [
        ("replay", "COPY", "--output", "COPY"),
        ("replay", "COPY", "--extract", "new", "--output", "./new"),
        ("probe", "127.0.0.1:1", "--user", "a", "--password-file", "COPY", "--output", "COPY"),
        ("probe", "127.0.0.1:1", "--save", "new", "--output", "new"),
    ],
)
def test_no_file_is_written_that_is_read_or_written_as_well(tmp_path: Path, options: tuple[str, ...]) -> None:
    """A slip of the keyboard costs neither a capture nor a report: one sentence, exit code 2, and all is as it was."""
    copy = tmp_path / "COPY"
    copy.write_bytes(CAPTURE.read_bytes())
    command = (*FTPDIAG, *options)
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 2
    assert "let --output write another file." in done.stderr
    assert copy.read_bytes() == CAPTURE.read_bytes()
    assert list(tmp_path.iterdir()) == [copy]


@pytest.mark.parametrize(
    "words",
    [
        (*REPLAY, "--extract", "-"),
        (*REPLAY, "--extract", "-", "--output", "-"),
        ("probe", "127.0.0.1:1", "--save", "-"),
    ],
)
def test_packets_do_not_go_among_the_words_of_a_report(words: Sequence[str]) -> None:
    """Both cannot be told apart on standard output: one sentence, exit code 2, before any work is done."""
    done = ran(*words)
    assert (done.returncode, done.stdout) == (2, "")
    assert "send that to a file with --output FILE." in done.stderr


def test_packets_are_not_shown_on_a_terminal(tmp_path: Path) -> None:
    """Nobody reads pcap: one sentence, exit code 2, and no file is left behind."""
    ours, theirs = pty.openpty()
    command = (*FTPDIAG, *REPLAY, "--extract", "-", "--output", str(tmp_path / "report"))
    done = subprocess.run(command, stdout=theirs, stderr=subprocess.PIPE, timeout=30, check=False)
    os.close(theirs)
    os.close(ours)
    assert done.returncode == 2
    assert b"would write packets to your terminal" in done.stderr
    assert not list(tmp_path.iterdir())


def test_a_dash_is_standard_output(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A report goes there by that name too; an extract goes through a pipe as it goes into a file."""
    monkeypatch.chdir(tmp_path)
    assert ran(*REPLAY, "--output", "-").stdout == ran(*REPLAY).stdout
    ran(*REPLAY, "--extract", "extract.pcap")
    command = (*FTPDIAG, *REPLAY, "--extract", "-", "--output", "report")
    done = subprocess.run(command, capture_output=True, timeout=30, check=False)
    assert done.stdout == Path("extract.pcap").read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["extract.pcap", "report"]


def test_a_closed_standard_input() -> None:
    """There is nothing to read, and no terminal to ask at."""
    for words, said in (("replay -", "it is closed"), ("probe ftp://alice@127.0.0.1:1", "no password for alice")):
        command = f'"{sys.executable}" -m ftpdiag {words} <&-'
        done = subprocess.run(("bash", "-c", command), capture_output=True, text=True, timeout=30, check=False)
        assert done.returncode == 2
        assert said in done.stderr


@pytest.mark.parametrize("words", ["--help", "--version", "probe --help"])
def test_help_that_cannot_be_written(words: str) -> None:
    """A full disk is no error of ftpdiag's, whatever was asked."""
    command = f'"{sys.executable}" -m ftpdiag {words} > /dev/full'
    done = subprocess.run(("bash", "-c", command), capture_output=True, text=True, timeout=30, check=False)
    assert (done.returncode, done.stderr) == (2, "ftpdiag: Standard output: No space left on device.\n")


@pytest.mark.parametrize(("words", "code"), [("--help", 0), ("probe --help", 0), ("--version", 0), ("probe --nope", 2)])
def test_help_that_nobody_reads_to_the_end(words: str, code: int) -> None:
    """`ftpdiag --help | true` is no failure; wrong usage is one, whoever hears of it."""
    script = f'"{sys.executable}" -m ftpdiag {words} 2>&1 | true; exit ${{PIPESTATUS[0]}}'
    done = subprocess.run(("bash", "-c", script), capture_output=True, text=True, timeout=30, check=False)
    assert (done.returncode, done.stderr) == (code, "")


def test_nobody_can_be_told() -> None:
    """Where the sentence cannot be written, the exit code is the same."""
    command = f'"{sys.executable}" -m ftpdiag explain nonsense 2> /dev/full'
    assert subprocess.run(("bash", "-c", command), timeout=30, check=False).returncode == 2
