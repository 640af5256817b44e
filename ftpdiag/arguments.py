"""What may be typed after a command: each argument and option, its type and its line of help. Light, as `cli` is.

No path is looked at here (`readable=False`): whoever opens it says what is wrong with it, and what to do.
"""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

from typer import Argument, Context, Option

from ftpdiag import vocabulary
from ftpdiag.vocabulary import Tls


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


_OF_THE_REPORT = frozenset({"format_name", "output", "require", "save"})
"""Options that change nothing of what is tried."""


def typed(context: Context) -> tuple[tuple[str, ...], ...]:
    """The options of a command that say what to try, as they were typed, each with its value."""
    words: list[tuple[str, ...]] = []
    for one in context.command.params:
        name = one.name or ""
        source = context.get_parameter_source(name)
        is_option = one.param_type_name == "option"
        if not is_option or name in _OF_THE_REPORT or source is None or source.name != "COMMANDLINE":
            continue
        given = context.params[name]
        if given is True:
            words.append((one.opts[0],))
        else:
            values = given if isinstance(given, list | tuple) else (given,)
            words += [(one.opts[0], f"{value:g}" if isinstance(value, float) else str(value)) for value in values]
    return tuple(words)


# --- of probe ---------------------------------------------------------------------------------------------------

Target = Annotated[
    str, Argument(help="host, host:port, [IPv6]:port, ftp://user@host:port/path or ftps://host.", metavar="TARGET")
]
User = Annotated[str | None, Option(help="Log in as this user (default: anonymous).")]
PasswordFile = Annotated[Path | None, Option(help="Read the password from this file's first line.", readable=False)]
Methods = Annotated[
    list[str] | None,
    Option(help="pasv, epsv, port or eprt (repeatable; default: all four, without PASV over IPv6)."),
]
Families = Annotated[Family, Option(help="IP version to test.")]
Encryptions = Annotated[
    list[Tls] | None,
    Option(help="Encryption to test (repeatable; default: none, and explicit where it is offered)."),
]
CaFile = Annotated[Path | None, Option(help="Verify certificates against this PEM file.", readable=False)]
Insecure = Annotated[bool, Option("--insecure", help="Do not verify certificates.")]
Transfer = Annotated[
    Verb | None,
    Option(help="What the data connection carries (default: list; retr where TARGET names a file)."),
]
Timeout = Annotated[
    float,
    Option(
        help="Give a data connection up after so many seconds of silence. One that moves data may take longer.",
        min=0.5,
        max=300,
    ),
]
Patience = Annotated[bool, Option("--patience", help="Wait for the server's own verdict (up to 75 s).")]
DialAnnounced = Annotated[bool, Option("--dial-announced", help="Also dial another host that a 227 names.")]
ActiveAddress = Annotated[str | None, Option(help="Announce this address in PORT and EPRT (behind a forwarded port).")]
ActivePorts = Annotated[str | None, Option(help="Listen on a port of this range for the call-back.", metavar="A-B")]
Interface = Annotated[str | None, Option(help="Sniff on this interface only (default: all).")]
NoSniff = Annotated[bool, Option("--no-sniff", help="Do not sniff; rely on the sockets alone.")]
Samples = Annotated[
    int | None,
    Option(
        help="Open N passive ports, as far as 15 s reach, to see which pass (a few by itself, where some did not).",
        metavar="N",
        min=2,
        max=1000,
    ),
]
Hold = Annotated[
    float | None,
    Option(
        help="Hold a transfer open for so many seconds, and see whether the control connection outlives it.",
        metavar="SECONDS",
        min=1,
        max=86400,
    ),
]
AlsoPort = Annotated[
    int | None,
    Option(
        help="Try the same on another control port of the server too: does a device read FTP on port 21 only?",
        metavar="PORT",
        min=1,
        max=65535,
    ),
]
NoFollowUp = Annotated[bool, Option("--no-follow-up", help="Do not try, after the first round, what would settle it.")]
Save = Annotated[Path | None, Option(help="Keep what was sniffed in this pcap file (- for stdout).", readable=False)]

# --- of replay --------------------------------------------------------------------------------------------------

Files = Annotated[
    list[Path] | None,
    Argument(
        help="pcap or pcapng files, also gzip or zstd of them; folders; - for stdin.",
        metavar="FILE...",
        readable=False,
    ),
]
ClientEnd = Annotated[
    Path | None,
    Option("--client", help="Of captures of several ends, that of the client.", metavar="FILE", readable=False),
]
MiddleEnd = Annotated[
    Path | None, Option("--middle", help="That of a device in between.", metavar="FILE", readable=False)
]
ServerEnd = Annotated[Path | None, Option("--server", help="That of the server.", metavar="FILE", readable=False)]
Vantage = Annotated[vocabulary.Vantage, Option(help="Where the capture was made. Unknown: as its packets tell.")]

KeyLog = Annotated[
    Path | None,
    Option(
        "--keylog",
        help="Read encrypted dialogues with the secrets in this SSLKEYLOGFILE (needs tshark).",
        metavar="FILE",
        readable=False,
    ),
]

Session = Annotated[
    int | None, Option(help="Tell session N in full: its dialogue, every data connection.", metavar="N", min=1)
]
Hosts = Annotated[
    list[str] | None,
    Option("--host", help="Only sessions with this client or server, or network (repeatable).", metavar="ADDR[/LEN]"),
]
Ports = Annotated[
    list[int] | None,
    Option("--port", help="Only sessions with this control or data port (repeatable).", metavar="N", min=1, max=65535),
]
Verdicts = Annotated[
    list[vocabulary.Verdict] | None, Option("--verdict", help="Only sessions with this verdict on a mode (repeatable).")
]
Causes = Annotated[
    list[str] | None, Option("--cause", help="Only sessions that have this cause (repeatable).", metavar="CAUSE")
]
Since = Annotated[
    str | None,
    Option(
        help="Only sessions begun from then on: ISO time (UTC, even without year or day), or seconds from the start."
    ),
]
Until = Annotated[
    str | None, Option(help="Only sessions begun until then, written likewise: the whole second, minute or day.")
]

Extract = Annotated[
    Path | None,
    Option(
        help="Write the packets that are evidence to this pcap file (- for stdout): control connections without "
        "passwords, data connections without contents, ICMP errors.",
        metavar="FILE.pcap",
        readable=False,
    ),
]
Anonymise = Annotated[
    bool, Option("--anonymise", help="Put other addresses and names into the extract; networks stay recognisable.")
]

# --- of both ----------------------------------------------------------------------------------------------------

Format = Annotated[str, Option("--format", "-f", help="How to report: table or json.", metavar="NAME")]
Output = Annotated[
    Path | None, Option("--output", "-o", help="Write the report to this file (- for stdout).", readable=False)
]
Require = Annotated[
    list[str] | None,
    Option(
        help="What must work for exit code 0: passive, active, epsv, passive/6/explicit … (repeatable; "
        "default: every mode tested).",
        metavar="WHAT",
    ),
]

# --- of explain -------------------------------------------------------------------------------------------------

Cause = Annotated[str | None, Argument(help="A cause, such as active-inbound-dropped.", metavar="CAUSE")]
