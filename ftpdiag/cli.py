"""The command line: parses, calls record, derive, diagnose and render, prints, exits. Decides nothing.

Heavy imports stand inside the commands, so that `--help` costs no more than typer.
"""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Collection, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from typing import TYPE_CHECKING, Annotated

import typer

from ftpdiag import __version__, arguments
from ftpdiag.destination import kept_apart, packets_to, shown
from ftpdiag.mishaps import contradictions, interruptible, say, system_errors, unforeseen, unread, usage_errors
from ftpdiag.vocabulary import Exit, Vantage, View

if TYPE_CHECKING:
    from pathlib import Path

    from ftpdiag.destination import Destination
    from ftpdiag.recording.captures.capture import Begun
    from ftpdiag.recording.frames.packets import Frame
    from ftpdiag.recording.plan import Tell

app = typer.Typer(
    help="Which FTP mode a firewall blocks, where, how we know, and who must change what.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


@app.callback(invoke_without_command=True)
def _version(
    version: Annotated[bool, typer.Option("--version", help="Show the version and exit.")] = False,
) -> None:
    if version:
        typer.echo(f"ftpdiag {__version__}")
        raise typer.Exit


@app.command()
def probe(  # noqa: PLR0913  one parameter per documented option
    context: typer.Context,
    target: arguments.Target,
    *,
    user: arguments.User = None,
    password_file: arguments.PasswordFile = None,
    method: arguments.Methods = None,
    family: arguments.Families = arguments.Family.ANY,
    tls: arguments.Encryptions = None,
    ca_file: arguments.CaFile = None,
    insecure: arguments.Insecure = False,
    verb: arguments.Transfer = None,
    timeout: arguments.Timeout = 5.0,
    patience: arguments.Patience = False,
    samples: arguments.Samples = None,
    dial_announced: arguments.DialAnnounced = False,
    active_address: arguments.ActiveAddress = None,
    active_ports: arguments.ActivePorts = None,
    interface: arguments.Interface = None,
    no_sniff: arguments.NoSniff = False,
    no_follow_up: arguments.NoFollowUp = False,
    hold: arguments.Hold = None,
    also_port: arguments.AlsoPort = None,
    save: arguments.Save = None,
    format_name: arguments.Format = "table",
    output: arguments.Output = None,
    require: arguments.Require = None,
) -> None:
    """Try FTP to TARGET, and explain what is blocked.

    Runs each handshake of FTP in a connection of its own, while a sniffer records who sends a SYN to whom.
    """
    from ftpdiag import options
    from ftpdiag.delivery import Delivery

    with interruptible(), ExitStack() as stack:
        with usage_errors():
            kept_apart([password_file, ca_file], {"--save": save, "--output": output})
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
                samples=samples,
                dial_announced=dial_announced,
                active_address=active_address,
                active_ports=active_ports,
                interface=interface,
                no_sniff=no_sniff,
                hold=hold,
                also_port=also_port,
                save=save,
                typed=arguments.typed(context),
                require=require or [],
            )
            report = stack.enter_context(Delivery(format_name=format_name, output=output, required=require or []))
            saved = stack.enter_context(packets_to("--save", save, output)) if save else None
        from ftpdiag.discovery import declarations
        from ftpdiag.experiment import Procedure
        from ftpdiag.recording import live
        from ftpdiag.session import Handshake

        with system_errors(), _salvaging(saved, plan.control_ports), _progress() as tell:
            doubting = None if no_follow_up else lambda recording: report.judge(recording).doubts
            handshakes = declarations("ftpdiag.handshakes", Handshake)
            experiments = declarations("ftpdiag.experiments", Procedure)
            recording, frames = live.probe(plan, handshakes, experiments, tell, doubting)
        with system_errors():
            code = report.give(report.judge(recording))
            if saved and not recording.source.sniffed:
                say(f"Nothing was sniffed, so nothing was saved in {saved.name}.")
                # Where the server has no address, that is what the exit code says.
                code = code if recording.unresolved else Exit.USAGE
            elif saved:
                _save(saved, frames, plan.control_ports)
    raise typer.Exit(code)


@app.command()
def replay(  # noqa: PLR0913  one parameter per documented option
    files: arguments.Files = None,
    *,
    client: arguments.ClientEnd = None,
    middle: arguments.MiddleEnd = None,
    server: arguments.ServerEnd = None,
    vantage: arguments.Vantage = Vantage.UNKNOWN,
    keylog: arguments.KeyLog = None,
    session: arguments.Session = None,
    host: arguments.Hosts = None,
    port: arguments.Ports = None,
    verdict: arguments.Verdicts = None,
    cause: arguments.Causes = None,
    since: arguments.Since = None,
    until: arguments.Until = None,
    extract: arguments.Extract = None,
    anonymise: arguments.Anonymise = False,
    format_name: arguments.Format = "table",
    output: arguments.Output = None,
    require: arguments.Require = None,
) -> None:
    """Find every FTP session in captures, and explain each."""
    from ftpdiag.delivery import Delivery
    from ftpdiag.recording.captures.order import in_order
    from ftpdiag.recording.replay import record_any
    from ftpdiag.report.selection import Selection

    with interruptible(), ExitStack() as stack:
        with usage_errors():
            wanted = Selection(
                session=session,
                hosts=tuple(host or ()),
                ports=tuple(port or ()),
                verdicts=tuple(verdict or ()),
                causes=tuple(cause or ()),
                since=since,
                until=until,
            )
            places = {View.CLIENT_WIRE: client, View.MIDDLE_WIRE: middle, View.SERVER_WIRE: server}
            captures, left_out = in_order(files or [])
            kept_apart([*captures, *places.values(), keylog], {"--extract": extract, "--output": output})
            report = stack.enter_context(
                Delivery(format_name=format_name, output=output, required=require or [], selection=wanted)
            )
            if anonymise and not extract:
                raise ValueError("--anonymise is about what --extract FILE.pcap writes; name that file too.")
            if keylog:
                from ftpdiag.recording.captures import keylog as secrets

                secrets.check(keylog)  # before a long reading
            evidence = stack.enter_context(packets_to("--extract", extract, output)) if extract else None
            frames: dict[int, Frame] | None = {} if extract else None
            with _reading([*captures, *filter(None, places.values())]) as begun:
                captured = recording = record_any(captures, places, vantage, frames, begun)
            for sentence in left_out:
                say(sentence)
            if keylog:
                recording = secrets.decrypted(captured, keylog)
        with contradictions(), system_errors():
            diagnosis = report.judge(recording)
            code = report.give(diagnosis)
            if evidence and frames is not None:
                from ftpdiag.recording.captures import extract as extraction
                from ftpdiag.recording.captures.anonymous import Anonymous

                names = Anonymous() if anonymise else None
                with evidence.writing() as file:
                    extraction.write(file, captured, frames, diagnosis.facts, names)
    raise typer.Exit(code)


@app.command()
def demo() -> None:
    """Show the main job, without any target.

    Small networks with a firewall in the way, and the real reports.
    """
    from ftpdiag.demo import show

    with interruptible():
        code = show.run()
    raise typer.Exit(code)


@app.command()
def explain(cause: arguments.Cause = None) -> None:
    """List the causes, or explain one.

    What it is, how it is told, who must do what.
    """
    from ftpdiag import explanation

    with usage_errors():
        shown(explanation.told(cause) if cause else explanation.everything())


def main() -> None:
    """Run the command line; no traceback ever reaches the user."""
    gc.disable()  # one report and gone: looking for cycles among what was imported costs a tenth of the time
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name) or os.fdopen(os.open(os.devnull, os.O_WRONLY), "w")  # none where it was closed
        if hasattr(stream, "reconfigure"):  # what the reader's encoding lacks is no reason to say nothing
            stream.reconfigure(errors="backslashreplace")
        setattr(sys, name, stream)
    try:
        app(standalone_mode=True)
    except SystemExit as end:
        code = unread(end.__context__) if isinstance(end.__context__, BrokenPipeError) else int(end.code or 0)
    except BrokenPipeError as gone:
        code = unread(gone)
    except Exception as error:
        if os.environ.get("FTPDIAG_DEBUG"):
            raise
        code = unforeseen(error)
    for stream in (sys.stdout, sys.stderr):
        with suppress(OSError):  # what could not be written has had its sentence, or its reader has gone
            stream.flush()
    os._exit(code)  # taking down in order what was loaded costs another tenth


@contextmanager
def _salvaging(saved: Destination | None, control_ports: Collection[int]) -> Iterator[None]:
    """What was sniffed until an interruption is saved, if there is anything; what stays on servers is told."""
    from ftpdiag.recording import live
    from ftpdiag.report.left_behind import left_behind

    try:
        yield
    except live.Interrupted as interruption:
        if saved and interruption.frames:
            _save(saved, interruption.frames, control_ports)
            say(f"What was sniffed until the interruption is saved in {saved.name}.")
        for sentence in left_behind(interruption.left_behind, unasked="it was interrupted"):
            say(sentence)
        raise


def _save(saved: Destination, frames: Iterable[Frame], control_ports: Collection[int]) -> None:
    from ftpdiag.recording.captures import capture

    with saved.writing() as file:
        capture.write(file, frames, control_ports=control_ports)


@contextmanager
def _progress() -> Iterator[Tell]:
    """On a terminal, what each handshake waits for; otherwise nothing."""
    if not sys.stderr.isatty():
        yield lambda _who, _what: None
        return
    from ftpdiag.progress import showing

    with showing() as tell:
        yield tell


_SOON_READ = 20_000_000
"""Bytes of captures that are read before anybody wonders."""


@contextmanager
def _reading(files: list[Path]) -> Iterator[Begun | None]:
    """On a terminal, how far a long reading has come; otherwise nothing."""
    sizes = [file.stat().st_size if file.is_file() else None for file in files]
    total = None if None in sizes else sum(filter(None, sizes))
    if not sys.stderr.isatty() or (total is not None and total < _SOON_READ):
        yield None
        return
    from ftpdiag.progress import reading

    with reading(total) as begun:
        yield begun
