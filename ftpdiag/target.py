"""What a user calls a server, a host, an address or a URL -> a Target. What is none is a ValueError of one sentence."""

from __future__ import annotations

import ipaddress
import re
import socket
from urllib.parse import unquote

from ftpdiag.credentials import one_line, without_password
from ftpdiag.ftp import CONTROL_PORT, IMPLICIT_TLS_PORT
from ftpdiag.model import Target, Tls

MAX_PORT = 65535

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
    user = without_password(match["user"])
    encryption = _SCHEMES[scheme]
    port = int(match["port"] or (IMPLICIT_TLS_PORT if encryption is Tls.IMPLICIT else CONTROL_PORT))
    if not 0 < port <= MAX_PORT:
        raise ValueError(f"{port} is no port; ports go from 1 to {MAX_PORT}.")
    return Target(
        given=given,
        host=host,
        port=port,
        user=one_line(unquote(user)) if user else None,
        path=one_line(unquote(_path(match["path"] or ""))) or None,
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
