"""What to do, as the reader is told."""

from __future__ import annotations

from ftpdiag.model import Remedy
from ftpdiag.report.advice import advice, fitting
from ftpdiag.report.look import Look

REMEDIES = (
    Remedy(
        who="network", product="NAT router", text="Forward TCP 50000-50100 to the server, each port to the same port."
    ),
    Remedy(who="server", product="vsftpd", text="In /etc/vsftpd.conf:\npasv_min_port=50000\npasv_max_port=50100"),
    Remedy(who="server", product="ProFTPD, where the range is used up", text="PassivePorts 50000 60000"),
    Remedy(who="server", product="IIS", text="Set the data channel port range."),
    Remedy(
        who="client",
        product="firewalld",
        text="firewall-cmd --permanent --add-port=50000-50100/tcp && firewall-cmd --reload",
    ),
)


def _products(*banners: str) -> list[str]:
    return [remedy.product.split(",")[0] for remedy in fitting(REMEDIES, banners)]


def test_advice() -> None:
    """Advice is grouped by who must act; sentences are wrapped, and lines to paste stand alone and whole."""
    assert (
        "\n" + "\n".join(advice(REMEDIES, Look(width=50)))
        == """
On the client:
- firewalld:
    firewall-cmd --permanent --add-port=50000-50100/tcp && firewall-cmd --reload
On the server:
- vsftpd:
  In /etc/vsftpd.conf:
    pasv_min_port=50000
    pasv_max_port=50100
- ProFTPD, where the range is used up:
    PassivePorts 50000 60000
- IIS: Set the data channel port range.
On the firewall or router in between:
- NAT router: Forward TCP 50000-50100 to the
  server, each port to the same port."""
    )


def test_known_server() -> None:
    """The settings of servers that this one is not are left out; firewalls and routers stay."""
    assert _products("vsFTPd 3.0.3") == ["NAT router", "vsftpd", "firewalld"]
    assert _products("ProFTPD 1.3.8") == ["NAT router", "ProFTPD", "firewalld"]


def test_server_that_calls_itself_otherwise() -> None:
    """IIS introduces itself as Microsoft FTP Service."""
    assert _products("Microsoft FTP Service") == ["NAT router", "IIS", "firewalld"]


def test_several_servers() -> None:
    """Behind one address several servers may answer, and each gets its setting."""
    assert _products("vsFTPd 3.0.3", "ProFTPD") == ["NAT router", "vsftpd", "ProFTPD", "firewalld"]


def test_unknown_server() -> None:
    """A server that does not say what it is, or is none we know, may be any: everything is shown."""
    assert len(_products()) == len(_products("Serv-U FTP Server v15")) == len(REMEDIES)


def test_what_only_the_reader_knows() -> None:
    """It stands in capitals, and the end of the advice says that it is to be replaced."""
    told = [
        Remedy(who="network", product="NAT", text=text) for text in ("snat to PUBLIC", "aws --group-id GROUP PUBLIC")
    ]
    *_, last = advice(told, Look(width=90))
    assert last == "Put your own in the place of PUBLIC (the public address) and GROUP."
    assert not any("your own" in line for line in advice(REMEDIES, Look(width=90)))
