"""The addresses of a name, in the order in which they are to be tried."""

from __future__ import annotations

import socket
from collections.abc import Mapping

import pytest

from ftpdiag.model import Endpoint
from ftpdiag.recording.addresses import resolve


def records(monkeypatch: pytest.MonkeyPatch, known: Mapping[int, tuple[str, ...]]) -> None:
    """A resolver that knows these addresses of every name, by family."""

    def look_up(_host: str, port: int, family: int, _kind: int) -> object:
        if family not in known:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return [(family, socket.SOCK_STREAM, 6, "", (host, port)) for host in known[family]]

    monkeypatch.setattr(socket, "getaddrinfo", look_up)


def test_every_address_once_in_order(monkeypatch: pytest.MonkeyPatch) -> None:
    """The resolver's order is kept, family by family as they were asked for."""
    records(monkeypatch, {socket.AF_INET: ("127.0.0.2", "127.0.0.1", "127.0.0.2"), socket.AF_INET6: ("::1",)})
    six = (Endpoint(host="::1", port=21),)
    four = Endpoint(host="127.0.0.2", port=21), Endpoint(host="127.0.0.1", port=21)
    assert resolve("ftp.example.org", 21, (4, 6)).servers == (four, six)
    assert resolve("ftp.example.org", 21, (6, 4)).servers == (six, four)


def test_family_without_an_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """A family in which the name has no address is left out; a name without any is an error."""
    records(monkeypatch, {socket.AF_INET: ("127.0.0.1",)})
    assert resolve("ftp.example.org", 21, (6, 4)).servers == ((Endpoint(host="127.0.0.1", port=21),),)
    with pytest.raises(socket.gaierror):
        resolve("ftp.example.org", 21, (6,))


def test_family_without_a_route(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where this machine has no route an address is not tried, unless there is no other."""
    records(monkeypatch, {socket.AF_INET: ("255.255.255.255",), socket.AF_INET6: ("::1",)})
    four, six = Endpoint(host="255.255.255.255", port=21), Endpoint(host="::1", port=21)
    assert resolve("ftp.example.org", 21, (4, 6)) == (((six,),), (four,))
    assert resolve("ftp.example.org", 21, (4,)) == (((four,),), ())
