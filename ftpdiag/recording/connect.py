"""What connect() and other calls on a socket tell: a socket or an Opening, an error by name and in words."""

from __future__ import annotations

import errno
import socket
import ssl
from contextlib import suppress

from ftpdiag.model import Answer, Endpoint, Opening, View
from ftpdiag.recording.clock import now


def opened(
    target: Endpoint, wait: float, source: str | None = None, segment: int | None = None
) -> tuple[socket.socket | None, Opening]:
    """A connected socket, none where it cannot be, and what the connect() told.

    `source`: the address to open from; `segment`: the most bytes of one.
    """
    began, here = now(), Endpoint(host="", port=0)
    sock = socket.socket(socket.AF_INET6 if target.family == 6 else socket.AF_INET)
    try:
        sock.settimeout(wait)
        limit_segments(sock, segment)
        if source is not None:
            sock.bind((source, 0))
            here = endpoint(sock.getsockname())  # what fails has no name afterwards
        sock.connect((target.host, target.port))
    except OSError as failure:
        sock.close()
        return None, socket_opening(began, here, target, failure)
    with suppress(OSError):  # it may have been reset already
        here = endpoint(sock.getsockname())
    return sock, socket_opening(began, here, target, None)


def limit_segments(sock: socket.socket, segment: int | None) -> None:
    """Have both sides put no more than so many bytes into a segment; to be said before the socket is connected."""
    if segment is not None:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, segment)


def endpoint(address: tuple[str, int] | tuple[str, int, int, int]) -> Endpoint:
    """A socket address as an endpoint, without a zone."""
    return Endpoint(host=address[0].partition("%")[0], port=address[1])


def socket_opening(began: float, opener: Endpoint, target: Endpoint, error: OSError | None) -> Opening:
    """What a connect() told."""
    answer = Answer.ACCEPTED
    if isinstance(error, ConnectionRefusedError):
        answer = Answer.REFUSED
    elif isinstance(error, TimeoutError):
        answer = Answer.SILENT
    elif error is not None:
        answer = Answer.REJECTED
    return Opening(
        at=began,
        opener=opener,
        target=target,
        answer=answer,
        view=View.CLIENT_SOCKET,
        tries=1,
        established=error is None,
        error=None if error is None else "ETIMEDOUT" if isinstance(error, TimeoutError) else errno_name(error),
        waited=now() - began,
    )


def seconds(duration: float) -> str:
    """Such as `15 s` or `0.5 s`."""
    return f"{round(duration, 1):g} s"


def errno_name(error: OSError) -> str:
    """Such as `EHOSTUNREACH`."""
    return errno.errorcode.get(error.errno or 0, type(error).__name__)


def words(failure: Exception) -> str:
    """An exception in a few words."""
    if isinstance(failure, ssl.SSLError):
        return (getattr(failure, "reason", None) or str(failure)).replace("_", " ").lower()
    return getattr(failure, "strerror", None) or str(failure) or type(failure).__name__
