"""The words of the command line -> a Plan. What is wrong with them is a ValueError of one sentence."""

from __future__ import annotations

import getpass
import ipaddress
import math
import netrc
import os
import re
import socket
import ssl
import sys
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from urllib.parse import unquote

from ftpdiag.ftp import CONTROL_PORT, IMPLICIT_TLS_PORT
from ftpdiag.model import Experiment, Method, Mode, Target, Tls
from ftpdiag.recording.plan import SAMPLES, Dialling, Plan, Sniffing, Trust, Waiting
from ftpdiag.report.requirements import requirements
from ftpdiag.session import ANONYMOUS, Account

MAX_PORT = 65535

PASSWORD_VARIABLE = "FTPDIAG_PASSWORD"  # noqa: S105  the name of a variable, not a password

_TARGET = re.compile(
    r"(?:(?P<scheme>[A-Za-z]+)://)?(?:(?P<user>[^@/]*)@)?"
    r"(?:\[(?P<six>[^]]*)\]|(?P<host>[^\s:/\[\]@]*)|(?P<bare>[^\s/\[\]@]*:[^\s/\[\]@]*:[^\s/\[\]@]*))"
    r"(?::(?P<port>[0-9]{1,9}))?(?:/(?P<path>.*))?",
    re.DOTALL,
)

_SCHEMES = {"ftp": None, "ftps": Tls.IMPLICIT, "ftpes": Tls.EXPLICIT}


def target(given: str) -> Target:
    """`host`, `host:port`, `[2001:db8::1]:port`, `ftp://user@host:port/path` or `ftps://host`."""
    match = _TARGET.fullmatch(given)
    host = match and _host(match["host"], match["six"] or match["bare"])
    if not match or not host:
        shown = "This" if "@" in given else repr(given)  # what stands before an @ may be a password
        raise ValueError(f"{shown} is no target; write host, host:port, [IPv6]:port or ftp://user@host:port/path.")
    if ":" not in host and host.rpartition(".")[2].isdecimal() and not _is_ipv4(host):
        raise ValueError(f"{host} is no IPv4 address: that is four numbers from 0 to 255, such as 192.0.2.1.")
    if ":" in host and ipaddress.IPv6Address(host).is_link_local:
        raise ValueError(f"{host} is a link-local address, which FTP cannot carry; give another address of the server.")
    scheme = (match["scheme"] or "ftp").lower()
    if scheme not in _SCHEMES:
        raise ValueError(f"{scheme}:// is not FTP; use ftp:// or, for implicit TLS, ftps://.")
    user = _without_password(match["user"])
    encryption = _SCHEMES[scheme]
    port = int(match["port"] or (IMPLICIT_TLS_PORT if encryption is Tls.IMPLICIT else CONTROL_PORT))
    if not 0 < port <= MAX_PORT:
        raise ValueError(f"{port} is no port; ports go from 1 to {MAX_PORT}.")
    return Target(
        given=given,
        host=host,
        port=port,
        user=_one_line(unquote(user)) if user else None,
        path=_one_line(unquote(_path(match["path"] or ""))) or None,
        tls=encryption,
    )


_TYPED = re.compile(r"(?P<path>.*);type=(?P<code>[^;/]*)", re.DOTALL | re.IGNORECASE)
_FOLDER = "d"


def _path(text: str) -> str:
    """Without the typecode of RFC 1738 §3.2.2. Only `d` changes what is asked for: a listing."""
    match = _TYPED.fullmatch(text)
    if not match:
        return text
    code = match["code"].lower()
    if code not in {"a", "i", _FOLDER}:
        raise ValueError(
            f";type={match['code']} is no type of FTP; write a, i or d, or %3B for a semicolon of the file's name."
        )
    return f"{match['path'].rstrip('/')}/" if code == _FOLDER and match["path"] else match["path"]


def _host(name: str | None, address: str | None) -> str | None:
    """A host name or numeric address that can be looked up; None for what is neither."""
    try:
        if address:
            # RFC 4291 §2.5.5.2: a mapped address is one of IPv4, and that is what goes over the wire.
            return str(ipaddress.IPv6Address(address).ipv4_mapped or address)
        (name or "").encode("idna")
    except ValueError:
        return None
    return name


def _is_ipv4(text: str) -> bool:
    """As systems read it, 127.1 among them."""
    try:
        socket.inet_aton(text)
    except OSError:
        return False
    return True


def _without_password(user: str | None) -> str | None:
    """What may be a password, as in `user:password`, is not taken, and shown to nobody."""
    if user and ":" in user:
        raise ValueError(
            "A password on the command line is visible to every user of this machine; "
            f"use {PASSWORD_VARIABLE}, --password-file, ~/.netrc or the prompt. "
            "A colon that belongs to the user's name is %3A in ftp://USER@HOST."
        )
    return user


def _one_line(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        raise ValueError("A user, a password or a path must be text in UTF-8; this one is not.") from None
    if any(ord(char) < ord(" ") for char in text):
        raise ValueError("A user or a path with control characters cannot be sent on one command line.")
    return text


def plan(  # noqa: PLR0913  one parameter per documented option of `probe`
    *,
    given: str,
    user: str | None,
    password_file: Path | None,
    methods: Iterable[str],
    family: str,
    encryptions: Iterable[Tls],
    ca_file: Path | None,
    insecure: bool,
    verb: str | None,
    timeout: float,
    patience: bool,
    samples: int | None,
    dial_announced: bool,
    active_address: str | None,
    active_ports: str | None,
    interface: str | None,
    no_sniff: bool,
    hold: float | None,
    also_port: int | None,
    save: Path | None,
    typed: tuple[tuple[str, ...], ...] = (),
    require: Iterable[str] = (),
) -> Plan:
    """The plan that the options of `probe` describe; asks for a password where one is needed."""
    wanted = target(given)
    if ca_file and insecure:
        raise ValueError("--ca-file verifies the certificate and --insecure does not; give one of them.")
    for option, number in (("--timeout", timeout), ("--hold", hold or 0)):
        if math.isnan(number):
            raise ValueError(f"{option} needs a number of seconds.")
    wished = tuple(dict.fromkeys(_method(word) for word in methods)) or None
    if samples and wished and all(one.mode is Mode.ACTIVE for one in wished):
        raise ValueError(
            "--samples is about passive ports, and --method asks for active mode; add --method epsv or pasv."
        )
    if save and no_sniff:
        raise ValueError("--save keeps what was sniffed, and --no-sniff sniffs nothing; give one of them.")
    if also_port == wanted.port:
        raise ValueError(f"--also-port {also_port} is the port of the target itself; name another one of the server.")
    hopeless = [str(one) for one in requirements(require) if wished and not any(map(one.asks_for, wished))]
    if hopeless:
        tried = " and ".join(one.lower() for one in wished or ())
        raise ValueError(
            f"--require {hopeless[0]} can never be met: --method asks for {tried} only; leave one of the two out."
        )
    chosen = tuple(dict.fromkeys(encryptions)) or ((wanted.tls,) if wanted.tls else None)
    if also_port and chosen and Tls.NONE not in chosen:
        raise ValueError("--also-port compares what a device can read, and under TLS it reads nothing; add --tls none.")
    asked = {
        Experiment.PORT_SAMPLES: samples,
        Experiment.HELD_TRANSFER: hold,
        Experiment.LATER_TRANSFER: hold,
        Experiment.OTHER_PORT: also_port,
    }
    return Plan(
        target=wanted,
        typed=typed,
        account=account(_one_line(_without_password(user) or "") or wanted.user, wanted.host, password_file),
        methods=wished,
        families=_families(wanted.host, family),
        encryptions=chosen,
        verb=_verb(verb, wanted.path),
        timeout=timeout,
        waiting=Waiting.SERVERS_VERDICT if patience else Waiting.OUR_VERDICT,
        dialling=Dialling.ANNOUNCED_TOO if dial_announced else Dialling.CONTROL_HOST,
        trust=Trust.NOTHING if insecure else Trust.AUTHORITIES if ca_file else Trust.SYSTEM,
        authorities=_authorities(ca_file) if ca_file else None,
        active_address=_address(active_address),
        active_ports=_ports(active_ports),
        interface=_interface(interface),
        sniffing=Sniffing.OFF if no_sniff else Sniffing.WHERE_ALLOWED,
        samples=samples or SAMPLES,
        experiments=tuple(experiment for experiment, wish in asked.items() if wish),
        hold=hold,
        also_port=also_port,
    )


def _authorities(file: Path) -> str:
    """The certificates of --ca-file, read while we still may."""
    try:
        certificates = file.read_text(encoding="ascii")
        ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT).load_verify_locations(cadata=certificates)
    except (ssl.SSLError, ValueError):
        raise ValueError(f"--ca-file {file} holds no certificates in PEM format.") from None
    except OSError as failure:
        raise ValueError(f"--ca-file {file} cannot be read: {failure.strerror}.") from None
    return certificates


_METHODS = (Method.PASV, Method.EPSV, Method.PORT, Method.EPRT)


def _method(word: str) -> Method:
    try:
        method = Method(word.upper())
    except ValueError:
        method = None
    if method not in _METHODS:
        raise ValueError(f"{word!r} is no method; use pasv, epsv, port or eprt.")
    return method


def _families(host: str, family: str) -> tuple[int, ...]:
    """A numeric target has one family, whatever was wished."""
    wanted = (4, 6) if family == "any" else (int(family),)
    try:
        version = ipaddress.ip_address(host.partition("%")[0]).version
    except ValueError:
        return wanted
    if version not in wanted:
        raise ValueError(f"{host} is an IPv{version} address, and --family {family} was given.")
    return (version,)


def _verb(verb: str | None, path: str | None) -> str:
    """As other clients do: a path that ends in `/` is listed, any other is retrieved."""
    if verb is None:
        return "RETR" if path and not path.endswith("/") else "LIST"
    if verb == "retr" and not path:
        raise ValueError("--verb retr needs a file to retrieve; name it in the target: ftp://host/path.")
    return verb.upper()


def _address(text: str | None) -> str | None:
    if text is None:
        return None
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        raise ValueError(f"--active-address {text!r} is no IP address.") from None


def _interface(name: str | None) -> str | None:
    if name is None:
        return None
    try:
        socket.if_nametoindex(name)
    except (OSError, ValueError):
        here = ", ".join(known for _, known in socket.if_nameindex())
        raise ValueError(f"There is no interface {name!r}; this machine has {here}.") from None
    return name


def _ports(text: str | None) -> range | None:
    if text is None:
        return None
    match = re.fullmatch(r"(\d+)(?:-(\d+))?", text)
    first, last = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
    if not 0 < first <= last <= MAX_PORT:
        raise ValueError(f"--active-ports {text!r} is no range of ports; write for example 50000-50100.")
    return range(first, last + 1)


def account(user: str | None, host: str, password_file: Path | None) -> Account:
    """Who logs in: nobody named is anonymous. A password comes from where no other user can see it."""
    if user is None and password_file:
        raise ValueError("--password-file is for a user, and none is named; add --user, or write ftp://user@host.")
    if user is None or (user == ANONYMOUS and not password_file):
        return Account()
    return Account(user=user, password=_password(user, host, password_file))


def _password(user: str, host: str, password_file: Path | None) -> str:
    if password_file:
        text = password_file.read_text(encoding="utf-8", errors="surrogateescape")
        return _one_line(next(iter(text.splitlines()), ""))
    if PASSWORD_VARIABLE in os.environ:
        return _one_line(os.environ[PASSWORD_VARIABLE])
    known = _netrc(host)
    if known and known[0] == user:
        return _one_line(known[1])
    with suppress(EOFError):  # at the prompt
        if sys.stdin and sys.stdin.isatty():
            return _one_line(getpass.getpass(f"Password for {user}@{host}: "))
    raise ValueError(f"There is no password for {user}: set {PASSWORD_VARIABLE}, use --password-file or ~/.netrc.")


def _netrc(host: str) -> tuple[str, str] | None:
    """Login and password of ~/.netrc for the host; a file that cannot be read there is as good as none."""
    try:
        found = netrc.netrc().authenticators(host)
    except (OSError, UnicodeDecodeError, netrc.NetrcParseError):
        return None
    return (found[0], found[2] or "") if found else None
