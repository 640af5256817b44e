"""ProFTPD: its configuration and its command."""

from __future__ import annotations

from tests.lab.server import UNPACKED, Encryption, Server
from tests.lab.site import Site

PLAIN = """
Port {port}
ServerIdent on "ProFTPD Server ready."
UseIPv6 on
DefaultAddress 127.0.0.1
DefaultServer on
User nobody
Group nogroup
RequireValidShell off
UseReverseDNS off
DelayEngine off
WtmpLog off
TransferLog none
PidFile {run}/pid
ScoreboardFile {run}/scoreboard
PassivePorts 50000 50100
<Anonymous /srv/ftp>
    User ftp
    Group ftp
    UserAlias anonymous ftp
</Anonymous>
"""

TLS = """
TLSEngine on
TLSLog {run}/tls.log
TLSRSACertificateFile {certificate}
TLSRSACertificateKeyFile {certificate}
"""

MORE = {
    Encryption.NONE: "",
    Encryption.EXPLICIT: TLS,
    Encryption.REQUIRED: TLS + "TLSRequired on\n",
    Encryption.IMPLICIT: TLS + "TLSOptions UseImplicitSSL\n",
}


def command(site: Site, server: Server) -> list[str]:
    """Write proftpd.conf, name the program."""
    settings = (PLAIN + MORE[server.tls]).format(port=server.port, run=site.root / "run", certificate=site.certificate)
    lines = (
        f"ModulePath {UNPACKED / 'usr/lib/proftpd'}",
        "" if server.tls is Encryption.NONE else "LoadModule mod_tls.c",
        server.config,  # before ours: of two equal directives the first wins
        settings,
    )
    path = site.write("proftpd.conf", "\n".join(lines))
    return [str(UNPACKED / "usr/sbin/proftpd"), "--nodaemon", "--config", str(path)]
