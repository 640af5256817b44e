"""The words of the command line -> a Plan. What is wrong with them is a ValueError of one sentence."""

from __future__ import annotations

import ipaddress
import math
import re
import socket
import ssl
from collections.abc import Iterable
from pathlib import Path

from ftpdiag.credentials import account, one_line, without_password
from ftpdiag.model import Experiment, Method, Mode, Tls
from ftpdiag.recording.plan import SAMPLES, Dialling, Plan, Sniffing, Trust, Waiting
from ftpdiag.report.requirements import requirements
from ftpdiag.target import MAX_PORT, target


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
    families = _families(wanted.host, family)
    asked = {
        Experiment.PORT_SAMPLES: samples,
        Experiment.HELD_TRANSFER: hold,
        Experiment.LATER_TRANSFER: hold,
        Experiment.OTHER_PORT: also_port,
    }
    return Plan(
        target=wanted,
        typed=typed,
        account=account(one_line(without_password(user) or "") or wanted.user, wanted.host, password_file),
        methods=wished,
        families=families,
        encryptions=chosen,
        verb=_verb(verb, wanted.path),
        timeout=timeout,
        waiting=Waiting.SERVERS_VERDICT if patience else Waiting.OUR_VERDICT,
        dialling=Dialling.ANNOUNCED_TOO if dial_announced else Dialling.CONTROL_HOST,
        trust=Trust.NOTHING if insecure else Trust.AUTHORITIES if ca_file else Trust.SYSTEM,
        authorities=_authorities(ca_file) if ca_file else None,
        active_address=_active_address(active_address, families, wished),
        active_ports=_active_ports(active_ports, wished),
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
        raise ValueError(
            f"--ca-file {file} holds no certificates in PEM format: name one that begins with -----BEGIN CERTIFICATE."
        ) from None
    except OSError as failure:
        raise ValueError(
            f"--ca-file {file} cannot be read ({failure.strerror}): name a file that you may read."
        ) from None
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


def _active_address(text: str | None, families: tuple[int, ...], methods: tuple[Method, ...] | None) -> str | None:
    if text is None:
        return None
    _check_active("--active-address", methods)
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        raise ValueError(f"--active-address {text!r} is no IP address.") from None
    if address.version not in families:
        tried = f"only IPv{families[0]} is to be tried; announce one of that"
        raise ValueError(f"--active-address {address} is an IPv{address.version} address, and {tried}.")
    return str(address)


def _check_active(option: str, methods: tuple[Method, ...] | None) -> None:
    if methods and all(one.mode is Mode.PASSIVE for one in methods):
        raise ValueError(
            f"{option} is about active mode, and --method asks for passive mode; add --method eprt or port."
        )


def _interface(name: str | None) -> str | None:
    if name is None:
        return None
    try:
        socket.if_nametoindex(name)
    except (OSError, ValueError):
        here = ", ".join(known for _, known in socket.if_nameindex())
        raise ValueError(f"There is no interface {name!r}; this machine has {here}.") from None
    return name


def _active_ports(text: str | None, methods: tuple[Method, ...] | None) -> range | None:
    if text is None:
        return None
    _check_active("--active-ports", methods)
    match = re.fullmatch(r"(\d+)(?:-(\d+))?", text)
    first, last = (int(match[1]), int(match[2] or match[1])) if match else (0, 0)
    if not 0 < first <= last <= MAX_PORT:
        raise ValueError(f"--active-ports {text!r} is no range of ports; write for example 50000-50100.")
    return range(first, last + 1)
