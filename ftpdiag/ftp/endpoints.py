"""The arguments of PORT and EPRT and the replies to PASV and EPSV <-> endpoints (RFC 959, 1123, 1639, 2428)."""

from __future__ import annotations

import ipaddress
import re
from functools import lru_cache

from ftpdiag.ftp.lines import MISSING
from ftpdiag.model import Endpoint, Method, Reply

_WHOLE = rf"(?! {MISSING})"
"""A number whose last digits may be missing is none."""
_SIX_NUMBERS = re.compile(r"(?<!\d)(?<!\d,)(?<!\d, )(\d{1,3})" + 5 * r", ?(\d{1,3})" + r"(?!\d| ?,)" + _WHOLE)
"""With blanks after the commas, as some servers write them and clients read them (`scanf`)."""
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


def passive_port(method: Method, reply: Reply | None, control_host: str) -> Endpoint | None:
    """The endpoint that an answer to PASV or EPSV announces; None where none came, or it declines, or names none."""
    return announced_by(method, reply.text, control_host) if reply and reply.positive else None


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
    address = _address(host)
    return Endpoint(host=address, port=port) if address and 0 < port <= _MAX_PORT else None


@lru_cache(maxsize=1024)
def _address(host: str) -> str | None:
    """As it is written canonically; none: it is no address."""
    try:
        return str(ipaddress.ip_address(host))
    except ValueError:
        return None


def port_argument(endpoint: Endpoint) -> str:
    """RFC 959 §4.1.2: `h1,h2,h3,h4,p1,p2`."""
    return f"{endpoint.host.replace('.', ',')},{endpoint.port >> 8},{endpoint.port & 0xFF}"


def eprt_argument(endpoint: Endpoint) -> str:
    """RFC 2428 §2: `|1|132.235.1.2|6275|`, protocol 1 for IPv4 and 2 for IPv6."""
    return f"|{1 if endpoint.family == 4 else 2}|{endpoint.host}|{endpoint.port}|"
