"""Bytes <-> lines <-> commands, replies, endpoints (RFC 959, 1123, 1639, 2428, 4217). Pure: feed and ask."""

from __future__ import annotations

import ipaddress
import re
from collections import deque
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from ftpdiag.model import Endpoint, Exchange, Line, Method, Party, Reply

MAX_LINE = 8192
"""Bytes kept of one line. RFC 959 sets no limit; no server's reply comes near it, a hostile one has no end."""

CONTROL_PORT = 21
"""IANA: ftp. A connection to it is meant as FTP even where nobody answered, or nothing was asked."""

TRANSFERS = frozenset({"LIST", "NLST", "MLSD", "RETR", "STOR", "STOU", "APPE"})
"""Commands whose data goes over the data connection (RFC 959 §4.1.3, RFC 3659 §7)."""

COMMANDS = TRANSFERS | {
    *("USER", "PASS", "ACCT", "CWD", "CDUP", "SMNT", "QUIT", "REIN", "PORT", "PASV", "TYPE", "STRU", "MODE", "ALLO"),
    *("REST", "RNFR", "RNTO", "ABOR", "DELE", "RMD", "MKD", "PWD", "SITE", "SYST", "STAT", "HELP", "NOOP", "XCWD"),
    *("XCUP", "XMKD", "XRMD", "XPWD", "FEAT", "OPTS", "MDTM", "MLST", "SIZE", "EPRT", "EPSV", "LPRT", "LPSV", "AUTH"),
    *("PBSZ", "PROT", "CCC", "HOST", "LANG", "CLNT", "MFMT", "AVBL"),
}
"""What a client may say (RFC 959, 2228, 2389, 2428, 2640, 3659, 7151 and common extensions)."""

SECRETS = frozenset({"PASS", "ACCT"})
"""Commands whose argument is shown nowhere."""

BLANKED = "***"

_TELNET = re.compile(rb"\xff(?:[\xfb-\xfe].|[\xf0-\xfa\xff])", re.DOTALL)
"""RFC 959 §4: the control connection follows Telnet; its options are two bytes long, its commands one."""


class LineReader:
    """Bytes of one direction in, lines out. A line ends with LF; its CR is optional (RFC 1123 §4.1.2.5 tolerance)."""

    def __init__(self) -> None:
        self._pending = b""
        self._skipping = False

    def feed(self, data: bytes) -> Iterator[str]:
        """The lines that `data` completes. What is longer than MAX_LINE is cut there."""
        *lines, self._pending = (self._pending + data).split(b"\n")
        for line in lines:
            if self._skipping:
                self._skipping = False
            else:
                yield _text(line[:MAX_LINE])
        if len(self._pending) > MAX_LINE:
            if not self._skipping:
                yield _text(self._pending[:MAX_LINE])
            self._skipping = True
            self._pending = b""

    def interrupt(self) -> str:
        """The unfinished line, which will not be finished; what comes next is read as a new one."""
        rest, self._pending = ("" if self._skipping else _text(self._pending)), b""
        self._skipping = False
        return rest

    @property
    def rest(self) -> bytes:
        """An unfinished line."""
        return self._pending


def _text(line: bytes) -> str:
    """RFC 2640: UTF-8; older servers send anything, which is shown byte for byte. Control characters are escaped."""
    text = _TELNET.sub(b"", line).rstrip(b"\r").decode("utf-8", "backslashreplace")
    text = text.replace("\t", " ")
    return text if text.isprintable() else "".join(char if char.isprintable() else _escape(char) for char in text)


def _escape(char: str) -> str:
    code = ord(char)
    return f"\\x{code:02x}" if code <= _BYTE else f"\\u{code:04x}"


_CRLF = 2


def torn(line: str, missing: int | None) -> str:
    """A line of whose end `missing` bytes were not recorded (none: nobody knows how many), as it is shown.

    The end of the line alone is no loss.
    """
    if line and missing is not None and missing <= _CRLF:
        return line
    return f"{line} [{'rest' if missing is None else f'{missing} bytes'} missing]".lstrip()


_MISSING = r"\[(?:\d+ bytes|rest) missing\]"
_TORN = re.compile(rf"(?:^| ){_MISSING}$")


def is_torn(line: str) -> bool:
    """Whether some of it, or all, was not recorded."""
    return bool(_TORN.search(line))


def lost(line: str) -> bool:
    """Whether it stands for bytes that were not recorded, and for nothing else."""
    return bool(_TORN.match(line))


def whole(reply: Reply) -> bool:
    """Whether no part of a reply is missing in the recording."""
    return not any(map(is_torn, reply.lines))


def command_line(line: str) -> tuple[str, str | None]:
    """A command line as verb (upper case) and argument; a secret argument comes back blanked."""
    verb, _, argument = line.strip().partition(" ")
    verb = verb.upper()
    return verb, (BLANKED if verb in SECRETS else argument) if argument else None


def blanked(line: str) -> str:
    """The command line as it may be shown."""
    verb, argument = command_line(line)
    return f"{line.strip().partition(' ')[0]} {BLANKED}" if verb in SECRETS and argument else line


WORTH_SEEKING = 4
"""Characters of a secret that is looked for inside words too: a shorter one would be found there by chance."""


def secret(line: str) -> str | None:
    """The secret argument of a command line, where replies may be searched for it: some servers repeat commands."""
    verb, _, argument = line.strip().partition(" ")
    return argument if verb.upper() in SECRETS and argument else None


def without(secrets: Iterable[str], text: str) -> str:
    """A reply line as it may be shown."""
    for one in secrets:
        shown = "".join(char if char.isprintable() else _escape(char) for char in one)
        if len(one) >= WORTH_SEEKING:
            text = text.replace(shown, BLANKED)
        else:
            text = text[:4] + re.sub(rf"(?<!\w){re.escape(shown)}(?!\w)", BLANKED, text[4:])
    return text


_REPLY = re.compile(r"([1-6]\d\d)([ -]|$)")


class ReplyReader:
    """Lines in, replies out (RFC 959 §4.2: `123-` opens, `123 ` closes; lines in between may begin with anything)."""

    MAX_LINES = 500
    """Kept of one reply; the closing line is awaited all the same."""

    def __init__(self) -> None:
        self._code = ""
        self._lines: list[str] = []
        self._torn = ""
        """The code of a multi-line reply whose end is missing."""
        self._after_loss = False

    def feed(self, line: Line) -> Reply | None:
        """The reply that `line` completes. A line outside any reply that is none itself has code 0."""
        match = _REPLY.match(line.text)
        code, more = (match[1], match[2] == "-") if match else ("", False)
        torn = bool(_TORN.search(line.text))
        if self._code:
            if len(self._lines) < self.MAX_LINES:
                self._lines.append(line.text)
            if not torn and (code != self._code or more):
                return None
            return self._complete(line, self._code, self._code if torn else "")
        if (not code and (torn or self._after_loss)) or (code and code == self._torn):
            self._torn = self._torn if more or not code else ""
            self._after_loss = True
            return None
        self._lines = [line.text]
        if more and not torn:
            self._code = code
            return None
        return self._complete(line, code, code if more else "")

    def _complete(self, line: Line, code: str, torn: str) -> Reply:
        reply = Reply(at=line.at, code=int(code or 0), lines=tuple(self._lines), after_loss=self._after_loss)
        self._code, self._lines = "", []
        self._torn, self._after_loss = torn, bool(torn)
        return reply

    def ask(self) -> None:
        """Something new was asked: what comes next is no longer the end of a reply of which a part is missing."""
        self._torn = ""

    @property
    def unfinished(self) -> bool:
        """A multi-line reply has begun and not ended."""
        return bool(self._code)


class Patience:
    """How long an answer is listened to: counts what a server says between one complete reply and the next."""

    MAX_BYTES = 1 << 18
    """The longest real replies (HELP, STAT of a busy folder) stay well below it."""

    MAX_LINES = 10_000
    """A quarter of a megabyte of empty lines would take seconds."""

    def __init__(self) -> None:
        self._bytes = 0
        self._lines = 0

    def hear(self, count: int) -> None:
        """Bytes came."""
        self._bytes += count

    def listen(self) -> bool:
        """A line came; whether it is worth keeping."""
        self._lines += 1
        return self._lines <= ReplyReader.MAX_LINES

    def rest(self) -> None:
        """A reply was complete, or something new was asked."""
        self._bytes = self._lines = 0

    @property
    def exhausted(self) -> str | None:
        """How much was heard, once that is too much."""
        if self._lines > self.MAX_LINES:
            return f"{self.MAX_LINES} lines"
        return f"{self.MAX_BYTES >> 10} KiB" if self._bytes > self.MAX_BYTES else None


def endless(asked: str, heard: str) -> str:
    """One sentence about a server that does not come to an end."""
    return f"The server answered {asked} with more than {heard} and no end; ftpdiag stopped reading."


def unfinished(asked: str, count: int, waited: float) -> str:
    """One sentence about a server that begins to answer, and does not finish."""
    return f"The server sent {count} bytes in {round(waited, 1):g} s after {asked}, and no complete reply among them."


_GREETINGS = frozenset({0, 120, 220, 421})
"""What a server may say before any command (RFC 959 §5.4); 0 is a line that is no reply at all."""


QUESTIONS: Mapping[str, frozenset[int]] = {
    "FEAT": frozenset({211}),
    "SYST": frozenset({215}),
    "STAT": frozenset({211, 212, 213}),
}
"""What a client asks about the server itself, and the answers (RFC 959 §5.4, RFC 2389 §3.2). Nothing depends on them,
and not every server gives one."""


def informs(reply: Reply) -> bool:
    """Whether a reply is about the server (RFC 959 §4.2.1: x1z); none to a login, a negotiation or a transfer is."""
    return 210 <= reply.code < 220


_Pending = tuple[Line | None, list[Reply]]


def exchanges(lines: Iterable[Line]) -> tuple[Exchange, ...]:
    """The dialogue as commands with their replies, in order.

    A reply goes to the oldest command that still waits; a 1yz keeps it waiting. A question that was left unanswered
    waits no longer once a later command is answered. The greeting, and whatever the server says unasked (such as a
    421), are exchanges with the verb "".
    """
    unasked: _Pending = (None, [])
    found = [unasked]
    waiting = deque(found)
    passed_over = deque[_Pending]()
    events = list(_events(lines))
    for number, event in enumerate(events, 1):
        if isinstance(event, Line):
            found.append((event, []))
            waiting.append(found[-1])
            continue
        reply = event
        if len(waiting) > 1 and waiting[0] is unasked and reply.code not in _GREETINGS:
            waiting.popleft()  # the recording began after the greeting
        passed_over += _outlived(waiting, reply, events[number:])
        if passed_over and reply.code in _LATE and not (waiting and _asks(waiting[0])):
            passed_over.popleft()[1].append(reply)
            continue
        while waiting and _not_answered_by(reply, waiting):
            waiting.popleft()
        if not waiting:
            if found[-1] is unasked or found[-1][0]:
                found.append((None, []))
            found[-1][1].append(reply)  # nothing waits for what follows it
            continue
        waiting[0][1].append(reply)
        if reply.code and not reply.preliminary:
            waiting.popleft()
    return tuple(_exchange(line, replies) for line, replies in found if line or replies)


_LATE = frozenset({211, 215})
"""Status and system: no other command than a question gets these (RFC 959 §5.4)."""


def _events(lines: Iterable[Line]) -> Iterator[Line | Reply]:
    """Commands, and complete replies."""
    reader = ReplyReader()
    for line in lines:
        if line.sender is Party.CLIENT:
            if not lost(line.text):
                reader.ask()
                yield line
        elif reply := reader.feed(line):
            yield reply


def _asks(pending: _Pending) -> bool:
    return _verb(pending) in QUESTIONS and not any(reply.code for reply in pending[1])


def _verb(pending: _Pending) -> str:
    line, _ = pending
    return command_line(line.text)[0] if line else ""


def _outlived(waiting: deque[_Pending], reply: Reply, later: Sequence[Line | Reply]) -> Iterator[_Pending]:
    """The questions that wait no longer, because the reply answers what was asked after them."""
    while len(waiting) > 1 and _asks(waiting[0]) and _is_for_another(reply, waiting, later):
        yield waiting.popleft()


def _is_for_another(reply: Reply, waiting: Collection[_Pending], later: Sequence[Line | Reply]) -> bool:
    """Whether a reply answers what was asked after the oldest command, a question.

    A refusal may answer either. It does where otherwise the client would have gone on, and never have got its answer.
    """
    if not reply.code:
        return False
    if reply.positive:
        oldest, *others = (QUESTIONS.get(_verb(one), frozenset()) for one in waiting)
        return reply.code not in oldest and (not informs(reply) or any(reply.code in codes for codes in others))
    asked = [index for index, one in enumerate(later) if isinstance(one, Line)]
    before = sum(_is_final(one) for one in (later[: asked[0]] if asked else later))
    ever = sum(map(_is_final, later))
    return len(waiting) > 1 + before and len(waiting) + len(asked) > 1 + ever


def _is_final(event: Line | Reply) -> bool:
    return isinstance(event, Reply) and event.code > 0 and not event.preliminary


_ANSWERS: Mapping[int, frozenset[str]] = {
    125: TRANSFERS,
    150: TRANSFERS,
    215: frozenset({"SYST"}),
    221: frozenset({"QUIT"}),
    227: frozenset({"PASV"}),
    228: frozenset({"LPSV"}),
    229: frozenset({"EPSV"}),
    234: frozenset({"AUTH"}),
    257: frozenset({"PWD", "XPWD", "MKD", "XMKD"}),
    331: frozenset({"USER"}),
}
"""Replies that only these commands get (RFC 959 §5.4, 1639, 2428, 4217)."""


def _not_answered_by(reply: Reply, waiting: Collection[_Pending]) -> bool:
    """Whether the oldest command has no answer any more: the reply can only be to a later one.

    A client that waits for each answer sends the next command after it; where bytes are missing, that answer is lost.
    """
    oldest, *later = (_verb(one) for one in waiting)
    able = _ANSWERS.get(reply.code)
    if able is None:
        return reply.after_loss and bool(later)
    return oldest not in able and any(verb in able for verb in later)


def _exchange(line: Line | None, replies: list[Reply]) -> Exchange:
    verb, argument = command_line(line.text) if line else ("", None)
    at, packet = (line.at, line.packet) if line else (replies[0].at, None)
    return Exchange(at=at, verb=verb, argument=argument, replies=tuple(replies), packet=packet)


def logged_in(exchanges: Iterable[Exchange]) -> bool:
    """Whether a login succeeded: a 2yz to USER, PASS or ACCT (RFC 959 §6)."""
    finals = (one.final for one in exchanges if one.verb in {"USER", "PASS", "ACCT"})
    return any(final is not None and 200 <= final.code < 300 for final in finals)


# --- endpoints ----------------------------------------------------------------------------------------------------

_WHOLE = rf"(?! {_MISSING})"
"""A number whose last digits may be missing is none."""
_SIX_NUMBERS = re.compile(
    r"(?<!\d)(?<!\d,)(\d{1,3}),(\d{1,3}),(\d{1,3}),(\d{1,3}),(\d{1,3}),(\d{1,3})(?![\d,])" + _WHOLE
)
_EPSV = re.compile(r"\((?P<d>[!-~])(?P=d)(?P=d)(?P<port>\d{1,5})(?P=d)\)")
_MANY_NUMBERS = re.compile(r"(?<!\d)(?<!\d,)\d{1,3}(?:,\d{1,3}){3,}(?![\d,])" + _WHOLE)
_PORT = re.compile(r"\d{1,5}")
_BYTE = 255
_MAX_PORT = 65535


def announced_by(method: Method, text: str, control_host: str) -> Endpoint | None:
    """The endpoint that a PORT/EPRT argument or a 227/229 reply names; None where it names none.

    `control_host` completes a 229, which carries a port only (RFC 2428 §3).
    """
    match method:
        case Method.PORT | Method.PASV:
            return _six_numbers(text)
        case Method.EPSV:
            found = _EPSV.search(text)
            return _endpoint(control_host, int(found["port"])) if found else None
        case Method.EPRT:
            return _eprt(text)
        case Method.LPRT | Method.LPSV:
            return _long(text)


def _six_numbers(text: str) -> Endpoint | None:
    """RFC 959 §4.1.2 `h1,h2,h3,h4,p1,p2`; RFC 1123 §4.1.2.6: scan a 227 for the first digit, parentheses or not."""
    found = _SIX_NUMBERS.search(re.sub(r"^227[ -]", "", text))
    if not found:
        return None
    numbers = [int(number) for number in found.groups()]
    if max(numbers) > _BYTE:
        return None
    return _endpoint(".".join(map(str, numbers[:4])), numbers[4] * 256 + numbers[5])


def _eprt(text: str) -> Endpoint | None:
    """RFC 2428 §2 `<d>proto<d>address<d>port<d>`."""
    parts = text.strip()[1:].split(text.strip()[:1]) if text.strip() else []
    if len(parts) < 3 or parts[0] not in {"1", "2"} or not _PORT.fullmatch(parts[2]):
        return None
    return _endpoint(parts[1], int(parts[2]))


def _long(text: str) -> Endpoint | None:
    """RFC 1639 `af,hal,h1,…,pal,p1,…`, obsolete but seen."""
    found = _MANY_NUMBERS.search(re.sub(r"^228[ -]", "", text))
    numbers = [int(number) for number in found[0].split(",")] if found else []
    if len(numbers) < 4 or max(numbers) > _BYTE:
        return None
    length = numbers[1]
    address, rest = numbers[2 : 2 + length], numbers[2 + length :]
    if len(address) not in {4, 16} or not rest or len(rest) != rest[0] + 1:
        return None
    return _endpoint(str(ipaddress.ip_address(bytes(address))), int.from_bytes(bytes(rest[1:]), "big"))


def _endpoint(host: str, port: int) -> Endpoint | None:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return None
    return Endpoint(host=str(address), port=port) if 0 < port <= _MAX_PORT else None


def port_argument(endpoint: Endpoint) -> str:
    """RFC 959 §4.1.2: `h1,h2,h3,h4,p1,p2`."""
    return f"{endpoint.host.replace('.', ',')},{endpoint.port >> 8},{endpoint.port & 0xFF}"


def eprt_argument(endpoint: Endpoint) -> str:
    """RFC 2428 §2: `|1|132.235.1.2|6275|`, protocol 1 for IPv4 and 2 for IPv6."""
    return f"|{1 if endpoint.family == 4 else 2}|{endpoint.host}|{endpoint.port}|"


# --- what replies tell ----------------------------------------------------------------------------------------------

_SEEN_AS = re.compile(r"[Cc]onnected (?:to|from) +(?:[^\s(]* *\()?([0-9A-Fa-f:.]*[0-9A-Fa-f])")


def client_seen_as(status: Reply) -> str | None:
    """Our address as STAT reports it (vsftpd `Connected to`, ProFTPD `Connected from`); None where it does not.

    pyftpdlib names its own address there, after `Connected to:` with a colon, and is not believed.
    """
    for line in status.lines:
        if found := _SEEN_AS.search(line):
            try:
                address = ipaddress.ip_address(found[1])
            except ValueError:
                continue
            mapped = getattr(address, "ipv4_mapped", None)
            return str(mapped or address)
    return None


_PRODUCTS = re.compile(
    r"(?i)\b(vsFTPd(?: [\d.]+)?|ProFTPD(?: [\d.]+\w*)?|Pure-FTPd|FileZilla Server(?: (?:version )?[\d.]+\w*)?"
    r"|pyftpdlib(?: [\d.]+)?|Microsoft FTP Service|Serv-U(?: FTP Server)?(?: v?[\d.]+)?|Gene6 FTP Server"
    r"|Bitvise|WU-FTPD?|glFTPd(?: [\d.]+)?|CrushFTP|Wing FTP Server|ftpserverlib|Apache FtpServer|bftpd(?: [\d.]+)?)"
)


def product_in(text: str) -> str | None:
    """The server's name and version where a greeting, SYST or STAT reply tells it."""
    found = _PRODUCTS.search(text)
    return found[1] if found else None


def offers_tls(features: Reply) -> bool:
    """Whether FEAT lists AUTH TLS (RFC 4217 §6; some list `AUTH SSL;TLS` or `AUTH TLS-C`, some after `211-`)."""
    return any(re.match(r"(?:211-)?\s*AUTH\b.*\bTLS\b", line, re.IGNORECASE) for line in features.lines)


_WANTS_TLS = re.compile(
    r"(?i)\b(tls|ssl|ftps|encrypt\w*|clear ?text|plain ?text|plain ftp|AUTH first"
    r"|secure (?:control |ftp )?(?:connection|session|channel|login))\b"
)
_LACKS_TLS = re.compile(
    r"(?i)\b(?:auth|tls|ssl)\b[^,;.]*\b(?:not|un) ?(?:allow|support|underst|implement|avail|enabl|config|recogni)"
    r"|\b(?:not|n't) (?:allow|support|understand|recogni[sz]e) (?:auth|tls|ssl)\b"
)


def wants_tls(reply: Reply) -> bool:
    """Whether a refusal says that the session must be encrypted first, and not that it cannot be."""
    return not reply.positive and bool(_WANTS_TLS.search(reply.text)) and not _LACKS_TLS.search(reply.text)
