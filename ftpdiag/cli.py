"""The command line: parses, calls record, derive, diagnose and render, prints, exits. Decides nothing.

Heavy imports stand inside the commands, so that `--help` costs no more than typer.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, BinaryIO, NoReturn, TextIO

import typer

from ftpdiag import __version__
from ftpdiag.vocabulary import Tls, Vantage

if TYPE_CHECKING:
    from ftpdiag.model import Recording
    from ftpdiag.recording.plan import Tell

WRONG_USAGE = 2
INTERNAL_ERROR = 5
INTERRUPTED = 130
"""128 + SIGINT, as shells report it."""

app = typer.Typer(
    help="Which FTP mode a firewall blocks, where, how we know, and who must change what.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


class Verb(StrEnum):
    """The transfer that a data connection carries."""

    LIST = "list"
    RETR = "retr"
    STOR = "stor"


class Family(StrEnum):
    """Which IP versions to test."""

    V4 = "4"
    V6 = "6"
    ANY = "any"


FormatOption = Annotated[str, typer.Option("--format", "-f", help="How to report: table or json.", metavar="NAME")]
OutputOption = Annotated[Path | None, typer.Option("--output", "-o", help="Write the report to this file.")]
RequireOption = Annotated[
    list[str] | None,
    typer.Option(
        help="What must work for exit code 0: passive, active, epsv, passive/6/explicit … (repeatable; "
        "default: every mode tested).",
        metavar="WHAT",
    ),
]


@app.callback(invoke_without_command=True)
def _version(
    version: Annotated[bool, typer.Option("--version", help="Show the version and exit.")] = False,
) -> None:
    if version:
        typer.echo(f"ftpdiag {__version__}")
        raise typer.Exit


@app.command()
def probe(  # noqa: PLR0913  one parameter per documented option
    target: Annotated[str, typer.Argument(help="host, host:port, ftp://user@host:port/path or ftps://host.")],
    *,
    user: Annotated[str | None, typer.Option(help="Log in as this user (default: anonymous).")] = None,
    password_file: Annotated[Path | None, typer.Option(help="Read the password from this file's first line.")] = None,
    method: Annotated[
        list[str] | None,
        typer.Option(help="pasv, epsv, port or eprt (repeatable; default: all four, without PASV over IPv6)."),
    ] = None,
    family: Annotated[Family, typer.Option(help="IP version to test.")] = Family.ANY,
    tls: Annotated[
        list[Tls] | None,
        typer.Option(help="Encryption to test (repeatable; default: none, and explicit where it is offered)."),
    ] = None,
    ca_file: Annotated[Path | None, typer.Option(help="Verify certificates against this PEM file.")] = None,
    insecure: Annotated[bool, typer.Option("--insecure", help="Do not verify certificates.")] = False,
    verb: Annotated[
        Verb | None,
        typer.Option(help="What the data connection carries (default: list; retr where TARGET names a file)."),
    ] = None,
    timeout: Annotated[float, typer.Option(help="Seconds a data connection gets.", min=0.5, max=300)] = 5.0,
    patience: Annotated[
        bool, typer.Option("--patience", help="Wait for the server's own verdict (up to 75 s).")
    ] = False,
    dial_announced: Annotated[
        bool, typer.Option("--dial-announced", help="Also dial another host that a 227 names.")
    ] = False,
    active_address: Annotated[
        str | None, typer.Option(help="Announce this address in PORT and EPRT (behind a forwarded port).")
    ] = None,
    active_ports: Annotated[
        str | None, typer.Option(help="Listen on a port of this range for the call-back.", metavar="A-B")
    ] = None,
    interface: Annotated[str | None, typer.Option(help="Sniff on this interface.")] = None,
    no_sniff: Annotated[bool, typer.Option("--no-sniff", help="Do not sniff; rely on the sockets alone.")] = False,
    save: Annotated[Path | None, typer.Option(help="Keep what was sniffed in this pcap file.")] = None,
    format_name: FormatOption = "table",
    output: OutputOption = None,
    require: RequireOption = None,
) -> None:
    """Run the handshakes against TARGET while sniffing, and explain what is blocked."""
    from ftpdiag import options

    with _usage_errors():
        plan = options.plan(
            given=target,
            user=user,
            password_file=password_file,
            methods=method or [],
            family=family,
            encryptions=tls or [],
            ca_file=ca_file,
            insecure=insecure,
            verb=verb,
            timeout=timeout,
            patience=patience,
            dial_announced=dial_announced,
            active_address=active_address,
            active_ports=active_ports,
            interface=interface,
            no_sniff=no_sniff,
        )
        report = _Report(format_name, output, require)
        saved = _opened_for_writing(save)
    from ftpdiag.discovery import declarations
    from ftpdiag.recording import live
    from ftpdiag.session import Handshake

    with _usage_errors():
        with _progress() as tell:
            recording, frames = live.probe(plan, declarations("ftpdiag.handshakes", Handshake), tell)
        if saved:
            from ftpdiag.recording import capture

            capture.write(saved, frames, control_port=plan.target.port)
            saved.close()
    report.give(recording)


@app.command()
def replay(
    files: Annotated[list[Path], typer.Argument(help="pcap or pcapng files, also gzip or zstd of them; - for stdin.")],
    *,
    vantage: Annotated[Vantage, typer.Option(help="Where the capture was made.")] = Vantage.UNKNOWN,
    format_name: FormatOption = "table",
    output: OutputOption = None,
    require: RequireOption = None,
) -> None:
    """Find every FTP session in captures, and explain each."""
    from ftpdiag.recording.replay import record

    with _usage_errors():
        report = _Report(format_name, output, require)
        recording = record(files, vantage)
    report.give(recording)


@app.command()
def demo() -> None:
    """Show the main job without any target: small networks with a firewall in the way, and the real reports."""
    from ftpdiag.demo import show

    raise typer.Exit(show.run())


@app.command()
def explain(
    cause: Annotated[str | None, typer.Argument(help="A cause, such as active-inbound-dropped.")] = None,
) -> None:
    """List the causes, or explain one: what it is, how it is told, who must do what."""
    from ftpdiag import explanation
    from ftpdiag.diagnosis import Cause
    from ftpdiag.discovery import declaration, declarations

    if cause is None:
        typer.echo(explanation.listing(declarations("ftpdiag.causes", Cause)), nl=False)
        return
    try:
        known = declaration("ftpdiag.causes", cause.replace("-", "_"), Cause)
    except KeyError:
        _fail(f"There is no cause {cause!r}; `ftpdiag explain` lists them.")
    typer.echo(explanation.explain(known), nl=False)


def main() -> None:
    """Run the command line; no traceback ever reaches the user."""
    gc.disable()  # one report and gone: looking for cycles among what was imported costs a tenth of the time
    try:
        app(standalone_mode=True)
    except KeyboardInterrupt:
        typer.echo("Interrupted.", err=True)
        sys.exit(INTERRUPTED)
    except BrokenPipeError:
        _silence()
        sys.exit(INTERNAL_ERROR)
    except Exception as error:
        if os.environ.get("FTPDIAG_DEBUG"):
            raise
        typer.echo(
            f"ftpdiag: an internal error ({type(error).__name__}: {error}). Please report it; "
            "FTPDIAG_DEBUG=1 shows where.",
            err=True,
        )
        sys.exit(INTERNAL_ERROR)


def _silence() -> None:
    """The reader of our output has gone (`| head`); Python would complain once more when it flushes at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


class _Report:
    """Where and how to report: checked before the work begins, used when it is done."""

    def __init__(self, format_name: str, output: Path | None, require: list[str] | None) -> None:
        from ftpdiag.discovery import declarations
        from ftpdiag.report.format import Format
        from ftpdiag.report.look import Colour, Look
        from ftpdiag.report.requirements import requirements

        self._requirements = requirements(require or [])
        known = {one.name: one for one in declarations("ftpdiag.formats", Format)}
        if format_name not in known:
            raise ValueError(f"There is no format {format_name!r}; use one of {', '.join(known)}.")
        self._format = known[format_name]
        self._file: TextIO = output.open("w", encoding="utf-8") if output else sys.stdout
        colour = Colour.ANSI if self._file.isatty() and "NO_COLOR" not in os.environ else Colour.NONE
        self._look = Look(colour=colour)

    def give(self, recording: Recording) -> NoReturn:
        """Derive, diagnose, render, exit."""
        from ftpdiag.diagnosis import Cause, diagnose
        from ftpdiag.discovery import declarations
        from ftpdiag.facts import derive
        from ftpdiag.report.requirements import exit_code

        diagnosis = diagnose(derive(recording), declarations("ftpdiag.causes", Cause))
        text = self._format.render(diagnosis, self._look)
        try:
            self._file.write(text)
            self._file.flush()
        except BrokenPipeError:
            _silence()  # the reader has seen enough, and the verdict is the same
        raise typer.Exit(exit_code(diagnosis, self._requirements))


@contextmanager
def _usage_errors() -> Iterator[None]:
    """What the user can mend is said in one sentence, with exit code 2."""
    from ftpdiag.recording.stream import Unreadable

    try:
        yield
    except (ValueError, Unreadable) as error:
        _fail(str(error))
    except KeyboardInterrupt:
        typer.echo("Interrupted.", err=True)
        os._exit(INTERRUPTED)  # not waiting for sessions that wait for the server; the kernel closes what they hold
    except OSError as error:
        _fail(f"{error.filename or 'A file'}: {error.strerror}." if error.strerror else str(error))


def _fail(sentence: str) -> NoReturn:
    typer.echo(f"ftpdiag: {sentence}", err=True)
    raise typer.Exit(WRONG_USAGE)


def _opened_for_writing(path: Path | None) -> BinaryIO | None:
    """Opened before the probe: a wrong path shows at once, and the right to write may be dropped later."""
    return path.open("wb") if path else None


@contextmanager
def _progress() -> Iterator[Tell]:
    """On a terminal, what each handshake waits for; otherwise nothing."""
    if not sys.stderr.isatty():
        yield lambda _who, _what: None
        return
    from ftpdiag.progress import showing

    with showing() as tell:
        yield tell
